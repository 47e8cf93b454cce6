use std::sync::Arc;

use arrow_array::RecordBatch;
use erewhon_mobility::{Public, Reducer, Track};
use erewhon_types::{Result, Subscriber};

use super::{
    Inputs,
    inbound::home_network,
    rows::{Rows, Value},
};
use crate::{Day, Seen, Segment, groups::md5_hex, seen_of, segments};

/// The segments of each day of a run, each of them once, with the day in which it begins.
///
/// What a day says of the first hours of the next is that day's, and the last of it goes on there. multimno writes it at once,
/// and leaves out what the next day's events make of it, so that of a stay over midnight the hours after the first event
/// are missing.
pub(super) fn days(inputs: &Inputs, seen: &[Seen], each: &mut dyn FnMut(&Day, Segment)) {
    let mut before: Option<Segment> = None;
    let mut early = Vec::new();
    for (at, day) in inputs.days.iter().enumerate() {
        std::mem::take(&mut early)
            .into_iter()
            .for_each(|segment| each(day, segment));
        let from = seen.partition_point(|s| s.at_ms < day.start_ms());
        let to = seen.partition_point(|s| s.at_ms < day.end_ms());
        // An event that is not of the very next day says nothing of its first hours.
        let next_ms = inputs.days.get(at + 1).map_or(i64::MIN, Day::end_ms);
        let next = seen[to..].iter().take_while(|s| s.at_ms < next_ms).take(1);
        let of_day = &seen[from..to + next.count()];
        let overlaps = inputs.network.overlaps();
        let found = segments(before.as_ref(), of_day, day, overlaps, &inputs.segments);
        for segment in found.into_iter().flatten() {
            // What begins within the last second of a day and ends there has no next day.
            if segment.from_ms < day.end_ms() {
                before = Some(segment.clone());
                each(day, segment);
            } else if segment.to_ms >= segment.from_ms {
                early.push(segment);
            }
        }
        before = early.pop().or(before);
    }
}

/// Time segments: `user_id`, `time_segment_id`, `start_timestamp`, `end_timestamp`, `last_event_timestamp`, `mcc`, `mnc`,
/// `plmn`, `cells`, `state`, `is_last`.
///
/// `mcc` and `mnc` are 0 where the records do not say the home network.
pub(super) struct TimeSegments {
    pub(super) inputs: Arc<Inputs>,
}

impl TimeSegments {
    fn row(
        &self,
        rows: &mut Rows,
        public: &Public<'_>,
        who: Subscriber,
        home: (i16, String),
        (day, s): (&Day, &Segment),
    ) {
        let cells = s
            .cells
            .iter()
            .map(|cell| public.cells.cell(*cell).id.as_str());
        rows.person(who);
        // A name that is the segment's own, by whose it is and when it begins; multimno writes the time as text.
        let name = md5_hex(&format!("{:016X}{}", who.bits(), s.from_ms));
        rows.push("time_segment_id", Value::Text(&name));
        rows.push("start_timestamp", Value::InstantMs(Some(s.from_ms)));
        rows.push("end_timestamp", Value::InstantMs(Some(s.to_ms)));
        rows.push("last_event_timestamp", Value::InstantMs(s.last_event_ms));
        rows.push("mcc", Value::Short(home.0));
        rows.push("mnc", Value::Text(&home.1));
        rows.push("cells", Value::Texts(cells.collect()));
        rows.push("state", Value::Byte(s.state as i8));
        rows.push("is_last", Value::Flag(s.is_last));
        rows.date_parts(day.date());
        rows.person_part(who);
        rows.end_row();
    }
}

impl Reducer for TimeSegments {
    type Partial = Rows;

    fn name(&self) -> &str {
        "time_segments"
    }

    fn places_alone(&self) -> bool {
        false
    }

    fn start(&self, _: &Public<'_>) -> Rows {
        Rows::default()
    }

    fn subscriber(&self, track: &Track<'_>, rows: &mut Rows) {
        let home = home_network(track).map(|home| home.to_string());
        let (mcc, mnc) = home
            .as_deref()
            .and_then(|h| h.split_once('-'))
            .unwrap_or(("0", "0"));
        let mcc = mcc.parse().unwrap_or(0);
        days(&self.inputs, &seen_of(track), &mut |day, segment| {
            let home = (mcc, mnc.to_owned());
            let of_day = (day, &segment);
            self.row(rows, track.public(), track.subscriber(), home, of_day);
        });
    }

    fn rows(&self, _: &Public<'_>, rows: &mut Rows) -> Result<Option<RecordBatch>> {
        rows.take(self.name())
    }

    fn merge(&self, into: &mut Rows, from: Rows) {
        // Both were emptied at the end of their last part.
        debug_assert!(into.len() == 0 && from.len() == 0);
    }
}
