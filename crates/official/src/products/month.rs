use std::{collections::BTreeMap, sync::Arc};

use arrow_array::RecordBatch;
use erewhon_mobility::{Public, Reducer, Track};
use erewhon_types::Result;
use jiff::civil::Date;

use super::{
    Inputs, permanence,
    rows::{Rows, Value},
    term::Term,
};
use crate::{Days, Interval, Midterm, Period, Permanence, Reach, Seen, Spot, seen_of};

/// What labels are made of, and what of all days is asked for beside it.
pub(super) const PERIODS: [Period; 3] = [Period::ALL, Period::NIGHT, Period::WORKING];

/// A subscriber's scores of each month of a term, as far as the term's days reach.
pub(super) fn months(
    inputs: &Inputs,
    term: &Term<'_>,
    seen: &[Seen],
    reach: &mut Reach,
) -> Vec<(Date, Scores)> {
    let months = term.months();
    let begin = |first: &Date| Midterm::new(&inputs.midterm, term.part_of(*first), &PERIODS);
    let mut open: Vec<Midterm<'_>> = months.iter().map(begin).collect();
    permanence::days(inputs, term.days(), seen, reach, &mut |day, found| {
        // The first hours of a month belong to the one before.
        for month in &mut open {
            month.add(day.date(), inputs.permanence.slots, &found);
        }
    });
    let groups = inputs.network.groups();
    let all = open.into_iter().map(|month| month.finish(groups));
    months.into_iter().zip(all).collect()
}

/// Scores by period and spot.
pub(super) type Scores = Vec<(Period, BTreeMap<Spot, Permanence>)>;

/// multimno's number and kind of a spot.
pub(super) fn id_of(spot: Spot) -> (i32, &'static str) {
    match spot {
        Spot::Tile(tile) => (tile.grid_id(), "grid"),
        Spot::Abroad(country) => (country.code().into(), "abroad"),
        Spot::Unknown => (-99, "unknown"),
        Spot::Device => (-1, "device_observation"),
    }
}

pub(super) const fn day_type(days: Days) -> &'static str {
    match days {
        Days::All => "all",
        Days::Workdays => "workdays",
        Days::Weekends => "weekends",
        Days::Holidays => "holidays",
        Days::Mondays => "mondays",
    }
}

pub(super) const fn time_interval(interval: Interval) -> &'static str {
    match interval {
        Interval::All => "all",
        Interval::Night => "night_time",
        Interval::Working => "working_hours",
        Interval::Evening => "evening_time",
    }
}

/// Mid-term permanence: `user_id`, `grid_id`, `mps`, `frequency`, and two columns of regularity, which
/// release 1.0.0 of multimno leaves empty.
pub(super) struct MidtermPermanence(pub(super) Arc<Inputs>);

impl Reducer for MidtermPermanence {
    type Partial = (Rows, Reach);

    fn name(&self) -> &str {
        "midterm_permanence_score"
    }

    fn places_alone(&self) -> bool {
        true
    }

    fn start(&self, _: &Public<'_>) -> (Rows, Reach) {
        (Rows::default(), self.0.network.reach().clone())
    }

    fn subscriber(&self, track: &Track<'_>, (rows, reach): &mut (Rows, Reach)) {
        let who = track.subscriber();
        let term = Term::whole(&self.0.days);
        for (month, periods) in months(&self.0, &term, &seen_of(track), reach) {
            for (period, spots) in periods {
                for (spot, count) in spots {
                    let (id, id_type) = id_of(spot);
                    rows.person(who);
                    rows.push("grid_id", Value::Whole(id));
                    rows.push("mps", Value::Whole(count.slots as i32));
                    rows.push("frequency", Value::Whole(count.days as i32));
                    rows.push("regularity_mean", Value::NoReal);
                    rows.push("regularity_std", Value::NoReal);
                    rows.push("year", Value::Short(month.year()));
                    rows.push("month", Value::Byte(month.month()));
                    rows.push("day_type", Value::Text(day_type(period.days)));
                    rows.push("time_interval", Value::Text(time_interval(period.interval)));
                    rows.push("id_type", Value::Text(id_type));
                    rows.person_part(who);
                    rows.end_row();
                }
            }
        }
    }

    fn rows(&self, _: &Public<'_>, partial: &mut (Rows, Reach)) -> Result<Option<RecordBatch>> {
        partial.0.take(self.name())
    }

    fn merge(&self, into: &mut (Rows, Reach), from: (Rows, Reach)) {
        // Both were emptied at the end of their last part.
        debug_assert!(into.0.len() == 0 && from.0.len() == 0);
    }
}
