use std::ops::Range;

use super::indicators::{INDICATORS, Week};
use crate::{
    Row, Track,
    features::numbers::{mean, sd},
};

/// The weeks of a track that have events: which week since Monday of the window's first one, and
/// the places of its events.
pub(super) fn split<'t>(track: &'t Track<'_>) -> impl Iterator<Item = (u32, Range<usize>)> + 't {
    let starts = u16::from(track.public().calendar.weekday(0));
    let week = move |day: u16| (day + starts) / 7;
    let mut from = 0;
    let of_weeks = track
        .locals()
        .chunk_by(move |a, b| week(a.day) == week(b.day));
    of_weeks.map(move |of_week| {
        let events = from..from + of_week.len();
        from = events.end;
        (u32::from(week(of_week[0].day)), events)
    })
}

/// The values of each week.
#[derive(Default)]
pub(super) struct Weeks {
    weeks: Vec<Week>,
    /// Weeks with a record; others have recharges alone.
    pub(super) with_records: u32,
}

impl Weeks {
    /// Another week, of which nothing is known yet.
    pub(super) fn push(&mut self) -> &mut Week {
        self.weeks.push([f64::NAN; INDICATORS.len()]);
        let last = self.weeks.len() - 1;
        &mut self.weeks[last]
    }

    /// Mean and standard deviation of each indicator over the weeks that have it.
    pub(super) fn say(&self, out: &mut Row<'_>) {
        let mut values = Vec::with_capacity(self.weeks.len());
        for indicator in 0..INDICATORS.len() {
            values.clear();
            let of_weeks = self.weeks.iter().map(|week| week[indicator]);
            values.extend(of_weeks.filter(|value| !value.is_nan()));
            let mean = mean(&values);
            out.real(mean);
            out.real(mean.and_then(|mean| sd(&values, mean)));
        }
    }
}
