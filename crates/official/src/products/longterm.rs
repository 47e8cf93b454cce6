use std::{collections::BTreeMap, sync::Arc};

use arrow_array::RecordBatch;
use erewhon_mobility::{Public, Reducer, Track};
use erewhon_types::Result;
use jiff::civil::Date;

use super::{
    Inputs,
    month::{PERIODS, Scores, day_type, id_of, months, time_interval},
    rows::{Rows, Value},
    term::Term,
};
use crate::{LongTerm, Reach, Spot, long_term, seen_of};

/// Long-term permanence: `user_id`, `grid_id`, `lps`, `total_frequency`, `frequency_mean`, `frequency_std` (missing of
/// a single month), and two columns of regularity, which release 1.0.0 of multimno leaves empty.
///
/// The season `all` has all months of the window; where these are of several seasons, each has rows of its own.
pub(super) struct LongtermPermanence(pub(super) Arc<Inputs>);

/// multimno's seasons, by the months that its shipped configuration gives them.
fn season(month: Date) -> &'static str {
    match month.month() {
        12 | 1 | 2 => "winter",
        3..=5 => "spring",
        6..=8 => "summer",
        _ => "autumn",
    }
}

/// The seasons of some months, each with its months, ascending.
fn seasons(months: &[Date]) -> BTreeMap<&'static str, Vec<Date>> {
    let mut of_year: BTreeMap<&str, Vec<Date>> = BTreeMap::new();
    for month in months {
        of_year.entry(season(*month)).or_default().push(*month);
    }
    if of_year.len() < 2 {
        of_year.clear();
    }
    of_year.insert("all", months.to_vec());
    of_year
}

impl LongtermPermanence {
    fn season(
        &self,
        rows: &mut Rows,
        track: &Track<'_>,
        (season, dates): (&str, &[Date]),
        months: &[(Date, Scores)],
    ) {
        let (first, last) = Term::whole(&self.0.days).ends_of(dates);
        for (at, period) in PERIODS.iter().enumerate() {
            let of_season = months.iter().filter(|month| dates.contains(&month.0));
            let of_period = of_season.filter_map(|month| month.1.get(at));
            for (spot, term) in long_term(of_period.map(|scores| &scores.1)) {
                row(rows, track, spot, &term);
                rows.push("season", Value::Text(season));
                rows.push("start_date", Value::Date(first));
                rows.push("end_date", Value::Date(last));
                rows.push("day_type", Value::Text(day_type(period.days)));
                rows.push("time_interval", Value::Text(time_interval(period.interval)));
                rows.push("id_type", Value::Text(id_of(spot).1));
                rows.person_part(track.subscriber());
                rows.end_row();
            }
        }
    }
}

/// The columns that say something of a spot.
fn row(rows: &mut Rows, track: &Track<'_>, spot: Spot, term: &LongTerm) {
    rows.person(track.subscriber());
    rows.push("grid_id", Value::Whole(id_of(spot).0));
    rows.push("lps", Value::Whole(term.all.slots as i32));
    rows.push("total_frequency", Value::Whole(term.all.days as i32));
    rows.push("frequency_mean", Value::Real(term.days_mean));
    let spread = term.days_std.map_or(Value::NoReal, Value::Real);
    rows.push("frequency_std", spread);
    rows.push("regularity_mean", Value::NoReal);
    rows.push("regularity_std", Value::NoReal);
}

impl Reducer for LongtermPermanence {
    type Partial = (Rows, Reach);

    fn name(&self) -> &str {
        "longterm_permanence_score"
    }

    fn places_alone(&self) -> bool {
        true
    }

    fn start(&self, _: &Public<'_>) -> (Rows, Reach) {
        (Rows::default(), self.0.network.reach().clone())
    }

    fn subscriber(&self, track: &Track<'_>, (rows, reach): &mut (Rows, Reach)) {
        let term = Term::whole(&self.0.days);
        let months = months(&self.0, &term, &seen_of(track), reach);
        for (season, dates) in seasons(&term.months()) {
            self.season(rows, track, (season, &dates), &months);
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

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn months_of_one_season_make_no_second_table() {
        let month = |month| date(2026, month, 1);
        assert_eq!(seasons(&[month(3), month(5)]).len(), 1);
        let found = seasons(&[month(1), month(2), month(3), month(12)]);
        assert_eq!(found["winter"], [month(1), month(2), month(12)]);
        assert_eq!((found["spring"].len(), found["all"].len()), (1, 4));
        assert_eq!(found.len(), 3);
        let names = (1..=12).map(|at| season(month(at)));
        assert_eq!(names.filter(|name| *name == "autumn").count(), 3);
    }
}
