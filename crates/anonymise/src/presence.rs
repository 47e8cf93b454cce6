use erewhon_events::{Disclosed, Sample};
use erewhon_types::Calendar;

/// Hours of the local day.
const HOURS: usize = 24;

/// Mean over the hours of the day of the total variation distance between two distributions of people
/// over cells: half the sum of the differences, 0 where they are the same, 1 where they share nothing.
/// An hour that one of them has nobody in counts 1, and one that neither has is left out.
///
/// Somebody who has a sample in a cell and an hour of the window counts once for it; a sample over
/// several hours or cells is spread over them evenly.
pub(crate) fn presence_error(
    before: &Disclosed,
    after: &Disclosed,
    calendar: &Calendar,
    cells: usize,
) -> f64 {
    let clock = Clock::new(calendar);
    let (before, after) = (
        presence(before, &clock, cells),
        presence(after, &clock, cells),
    );
    let mut errors = Vec::new();
    for (a, b) in before.chunks(cells).zip(after.chunks(cells)) {
        let (in_a, in_b): (f64, f64) = (a.iter().sum(), b.iter().sum());
        if in_a > 0.0 && in_b > 0.0 {
            let gaps = a.iter().zip(b).map(|(x, y)| (x / in_a - y / in_b).abs());
            errors.push(gaps.sum::<f64>() / 2.0);
        } else if in_a + in_b > 0.0 {
            errors.push(1.0);
        }
    }
    errors.iter().sum::<f64>() / errors.len().max(1) as f64
}

/// Hour of the local day by hour since the start of the window.
struct Clock(Vec<u8>);

impl Clock {
    fn new(calendar: &Calendar) -> Self {
        let hours = || (calendar.start_utc_ms()..calendar.end_utc_ms()).step_by(3_600_000);
        Self(calendar.locals(hours()).map(|local| local.hour()).collect())
    }
}

/// By hour of the day and cell: people, each once in an hour of the window.
fn presence(disclosed: &Disclosed, clock: &Clock, cells: usize) -> Vec<f64> {
    // In the order of places, so that each is spread over its cells once.
    let mut of_place: Vec<Vec<(u32, u32)>> = vec![Vec::new(); disclosed.places().len()];
    let mut here: Vec<(u32, u32, u32)> = Vec::new();
    for (_, samples) in disclosed.rows() {
        here.clear();
        let hours = |s: &Sample| (s.place, s.from_s / 3600, (s.until_s - 1) / 3600);
        here.extend(samples.iter().map(hours));
        here.sort_unstable();
        here.dedup();
        for &(place, first, last) in &here {
            of_place[place as usize].push((first, last));
        }
    }
    let mut people = vec![0.0; HOURS * cells];
    for (place, spans) in disclosed.places().iter().zip(of_place) {
        let mut by_hour = [0.0; HOURS];
        for (first, last) in spans {
            let share = 1.0 / f64::from(last - first + 1);
            for hour in first..=last {
                let of_day = clock.0.get(hour as usize).copied().unwrap_or_default();
                by_hour[usize::from(of_day)] += share;
            }
        }
        for (hour, people_there) in by_hour.into_iter().enumerate() {
            let share = people_there / place.len() as f64;
            for cell in place.iter().filter(|_| share > 0.0) {
                people[hour * cells + cell.index()] += share;
            }
        }
    }
    people
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::technique::testing::{calendar, crowd};
    use erewhon_types::{CellIx, Subscriber};

    fn one(from_s: u32, until_s: u32, cells: &[u32]) -> Disclosed {
        let sample = Sample {
            from_s,
            until_s,
            place: 0,
        };
        let place = cells.iter().map(|&c| CellIx(c)).collect();
        Disclosed::new(vec![place], vec![(Subscriber::new(1), vec![sample])]).unwrap()
    }

    #[test]
    fn the_error_is_what_the_definition_says() {
        let calendar = calendar();
        let error = |a: &Disclosed, b: &Disclosed| presence_error(a, b, &calendar, 4);
        let noon = one(12 * 3600, 12 * 3600 + 1, &[0]);
        assert_eq!(error(&noon, &noon), 0.0);
        assert_eq!(
            error(&noon, &one(12 * 3600 + 70, 12 * 3600 + 71, &[0])),
            0.0
        );
        assert_eq!(error(&noon, &one(12 * 3600, 12 * 3600 + 1, &[1])), 1.0);
        assert_eq!(error(&noon, &one(12 * 3600, 13 * 3600, &[0, 1])), 0.5);
        // In one more hour there is nobody before: 0 in the one, 1 in the other.
        assert_eq!(error(&noon, &one(12 * 3600, 14 * 3600, &[0])), 0.5);
        let crowd = crowd(30, 30, 4);
        assert_eq!(
            presence_error(&crowd, &crowd, &calendar, crowd.places().len()),
            0.0
        );
    }
}
