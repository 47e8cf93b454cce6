use std::sync::Arc;

use arrow_array::RecordBatch;
use erewhon_mobility::{Public, Reducer, Track};
use erewhon_types::{Result, Subscriber};

use super::{
    Inputs,
    rows::{Rows, Value},
};
use crate::{Seen, Segment, groups::md5_hex, seen_of, segments};

/// The segments of each day of a run, each of them once.
pub(super) fn days(inputs: &Inputs, seen: &[Seen], each: &mut dyn FnMut(Segment)) {
    let mut before: Option<Segment> = None;
    for day in &inputs.days {
        let from = seen.partition_point(|s| s.at_ms < day.start_ms());
        let to = seen.partition_point(|s| s.at_ms < day.end_ms());
        let of_day = &seen[from..(to + 1).min(seen.len())];
        let overlaps = inputs.network.overlaps();
        let found = segments(before.as_ref(), of_day, day, overlaps, &inputs.segments);
        for segment in found.into_iter().flatten() {
            before = Some(segment.clone());
            each(segment);
        }
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
        s: &Segment,
    ) {
        let cells = s
            .cells
            .iter()
            .map(|cell| public.cells.cell(*cell).id.as_str());
        let Some(day) = self
            .inputs
            .days
            .iter()
            .rfind(|day| day.start_ms() <= s.from_ms)
        else {
            return;
        };
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
        let homes = track.events().iter().filter_map(|event| event.home_network);
        let home = homes.map(|home| home.to_string()).next();
        let (mcc, mnc) = home
            .as_deref()
            .and_then(|h| h.split_once('-'))
            .unwrap_or(("0", "0"));
        let mcc = mcc.parse().unwrap_or(0);
        days(&self.inputs, &seen_of(track), &mut |segment| {
            let home = (mcc, mnc.to_owned());
            self.row(rows, track.public(), track.subscriber(), home, &segment);
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
