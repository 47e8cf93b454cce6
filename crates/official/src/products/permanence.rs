use std::sync::Arc;

use arrow_array::RecordBatch;
use erewhon_mobility::{Public, Reducer, Track};
use erewhon_types::{Result, Subscriber};

use super::{
    Inputs,
    rows::{Rows, Value},
};
use crate::{Day, GroupIx, Reach, Score, Seen, SlotScore, held, scores, seen_of};

/// The scores of some days of a run, days without a score left out.
pub(super) fn days(
    inputs: &Inputs,
    days: &[Day],
    seen: &[Seen],
    reach: &mut Reach,
    each: &mut dyn FnMut(&Day, Vec<SlotScore>),
) {
    for day in days {
        let from = seen.partition_point(|s| s.at_ms < day.start_ms());
        let to = seen.partition_point(|s| s.at_ms < day.end_ms());
        let around = &seen[from.saturating_sub(1)..(to + 1).min(seen.len())];
        let held = held(around, day, &inputs.permanence, reach);
        let found = scores(
            around,
            &held,
            day,
            &inputs.permanence,
            inputs.network.groups(),
        );
        if !found.is_empty() {
            each(day, found);
        }
    }
}

/// Daily permanence: `user_id`, `time_slot_initial_time`, `time_slot_end_time`, `dps`.
///
/// `dps` has the names of groups, the code of a country, or `-99` where nothing is known; of places without a
/// footprint it is empty.
pub(super) struct DailyPermanence {
    pub(super) inputs: Arc<Inputs>,
    /// Names of groups.
    pub(super) names: Vec<String>,
}

impl DailyPermanence {
    pub(super) fn over(inputs: &Arc<Inputs>) -> Self {
        let groups = inputs.network.groups();
        let names = (0..groups.len() as u32).map(|group| groups.name(GroupIx(group)));
        Self {
            names: names.collect(),
            inputs: Arc::clone(inputs),
        }
    }

    fn day(&self, rows: &mut Rows, who: Subscriber, day: &Day, found: &[SlotScore]) {
        let borders: Vec<i64> = day.slots_ms(self.inputs.permanence.slots).collect();
        for SlotScore { slot, score } in found {
            let country;
            let (dps, id_type) = match score {
                Score::Tiles(groups) => {
                    let names = groups.iter().map(|g| self.names[g.index()].as_str());
                    (names.collect(), "grid")
                }
                Score::NoFootprint => (Vec::new(), "grid"),
                Score::Abroad(code) => {
                    country = code.to_string();
                    (vec![country.as_str()], "abroad")
                }
                Score::Unknown => (vec!["-99"], "unknown"),
            };
            let slot = usize::from(*slot);
            rows.person(who);
            rows.push(
                "time_slot_initial_time",
                Value::InstantMs(Some(borders[slot])),
            );
            rows.push(
                "time_slot_end_time",
                Value::InstantMs(Some(borders[slot + 1])),
            );
            rows.push("dps", Value::Texts(dps));
            rows.date_parts(day.date());
            rows.person_part(who);
            rows.push("id_type", Value::Text(id_type));
            rows.end_row();
        }
    }
}

impl Reducer for DailyPermanence {
    type Partial = (Rows, Reach);

    fn name(&self) -> &str {
        "daily_permanence_score"
    }

    fn places_alone(&self) -> bool {
        true
    }

    fn start(&self, _: &Public<'_>) -> (Rows, Reach) {
        (Rows::default(), self.inputs.network.reach().clone())
    }

    fn subscriber(&self, track: &Track<'_>, (rows, reach): &mut (Rows, Reach)) {
        let (inputs, seen) = (&self.inputs, seen_of(track));
        days(inputs, &inputs.days, &seen, reach, &mut |day, found| {
            self.day(rows, track.subscriber(), day, &found);
        });
    }

    fn rows(&self, _: &Public<'_>, partial: &mut (Rows, Reach)) -> Result<Option<RecordBatch>> {
        partial.0.take(self.name())
    }

    fn merge(&self, into: &mut (Rows, Reach), from: (Rows, Reach)) {
        // Both were emptied at the end of their last part.
        debug_assert!(into.0.len() == 0 && from.0.len() == 0);
    }
}

/// Which tiles the groups are: `group_id`, `grid_id`.
pub(super) struct GroupTiles(pub(super) Arc<Inputs>);

impl Reducer for GroupTiles {
    type Partial = ();

    fn name(&self) -> &str {
        "group_to_tile"
    }

    fn places_alone(&self) -> bool {
        true
    }

    fn start(&self, _: &Public<'_>) {}

    fn subscriber(&self, _: &Track<'_>, (): &mut ()) {}

    fn merge(&self, (): &mut (), (): ()) {}

    fn finish(&self, _: &Public<'_>, (): ()) -> Result<Option<RecordBatch>> {
        let groups = self.0.network.groups();
        let mut rows = Rows::default();
        for group in (0..groups.len() as u32).map(GroupIx) {
            let name = groups.name(group);
            for tile in groups.tiles(group) {
                rows.push("group_id", Value::Text(&name));
                rows.push("grid_id", Value::Whole(tile.grid_id()));
                rows.end_row();
            }
        }
        rows.take(self.name())
    }
}
