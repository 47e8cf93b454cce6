//! Outages: hours without events where a cell's or the network's own history says there are some.

use erewhon_types::{Calendar, CellIx, Local};

use crate::{
    Cleaner,
    quality::{Hole, NetworkReport, QualityReport, tally},
};

/// Days of one type, workdays or weekends, below which there is no history to compare with.
const LEAST_DAYS: usize = 4;
const HOURS: u8 = 24;

/// An hour of the window, and the days whose same hour it is compared with.
struct Hour {
    local: Local,
    workday: bool,
}

/// What cells did, against their own history in the load.
pub(crate) fn network(
    cleaner: &Cleaner<'_>,
    by_day: &[Vec<u32>],
    by_cell: &[u64],
) -> NetworkReport {
    let calendar = cleaner.calendar;
    let hours = hours(calendar, by_day);
    let at = |cell: usize, hour: &Hour| -> u64 {
        let day = &by_day[usize::from(hour.local.day)];
        let slot = tally::slot(CellIx(cell as u32), hour.local.hour());
        day.get(slot).copied().map_or(0, u64::from)
    };
    let in_all: Vec<u64> = hours
        .iter()
        .map(|hour| (0..by_cell.len()).map(|cell| at(cell, hour)).sum())
        .collect();
    let limits = &cleaner.rules.warnings;
    let find = |events: &[u64]| holes(&hours, events, limits.hole_share, limits.hole_events);
    let hole = |cell: Option<String>, found: &Found| Hole {
        cell,
        day: QualityReport::date(calendar, usize::from(hours[found.from].local.day)),
        hour: hours[found.from].local.hour(),
        hours: (found.to - found.from + 1) as u32,
        expected_events: found.expected,
    };
    let of_network = find(&in_all);
    let mut quiet = vec![false; hours.len()];
    for found in &of_network {
        quiet[found.from..=found.to].fill(true);
    }
    let mut of_cells = Vec::new();
    for (cell, &events) in by_cell.iter().enumerate() {
        if events == 0 {
            continue;
        }
        let events: Vec<u64> = hours.iter().map(|hour| at(cell, hour)).collect();
        // What the whole network lacks is no cell's outage.
        let own = find(&events)
            .into_iter()
            .filter(|found| !quiet[found.from..=found.to].iter().all(|q| *q));
        of_cells.extend(own.map(|found| (cell, found)));
    }
    let outages = of_cells.len() as u64;
    of_cells.sort_by_key(|(cell, found)| (std::cmp::Reverse(found.expected), *cell, found.from));
    of_cells.truncate(tally::LISTED);
    let name = |cell: usize| cleaner.cells.cells()[cell].id.clone();
    let silent = || by_cell.iter().enumerate().filter(|(_, n)| **n == 0);
    NetworkReport {
        silent_cells: silent().count() as u64,
        silent_cells_listed: silent()
            .take(tally::LISTED)
            .map(|(cell, _)| name(cell))
            .collect(),
        network_holes: of_network.iter().map(|found| hole(None, found)).collect(),
        cell_holes: outages,
        cell_holes_listed: of_cells
            .iter()
            .map(|(cell, found)| hole(Some(name(*cell)), found))
            .collect(),
        doubtful_cells: Vec::new(),
    }
}

/// The hours of the window that the local clock had, on days with any event.
fn hours(calendar: &Calendar, by_day: &[Vec<u32>]) -> Vec<Hour> {
    let days = (0..calendar.days()).zip(by_day);
    let days = days.filter(|(_, events)| !events.is_empty());
    days.flat_map(|(day, _)| (0..HOURS).map(move |hour| (day, hour)))
        .map(|(day, hour)| Hour {
            local: Local {
                day,
                minute: u16::from(hour) * 60,
            },
            workday: calendar.is_workday(day),
        })
        .filter(|hour| calendar.local(calendar.utc_ms(hour.local)) == Some(hour.local))
        .collect()
}

/// A run of hours with nearly no events.
#[derive(Debug, PartialEq, Eq)]
struct Found {
    /// Places in the list of hours, both inclusive.
    from: usize,
    to: usize,
    expected: u64,
}

/// Runs of hours at or below `share` of what is expected, in which `least` events were expected.
///
/// Expected is the lower median of the same hour over the days of the same type: one day with an
/// outage or a festival does not move it. An hour in which none are expected neither begins nor
/// ends a run.
fn holes(hours: &[Hour], events: &[u64], share: f64, least: f64) -> Vec<Found> {
    let expected = expected(hours, events);
    let mut found: Vec<Found> = Vec::new();
    let mut open = false;
    for (at, hour) in hours.iter().enumerate() {
        let expects = expected[usize::from(hour.workday)][usize::from(hour.local.hour())];
        let low = expects.is_some_and(|expects| events[at] as f64 <= share * expects as f64);
        let expected = expects.unwrap_or(0);
        match found.last_mut() {
            _ if low && expected == 0 => continue,
            Some(run) if low && open => {
                run.to = at;
                run.expected += expected;
            }
            _ if low => found.push(Found {
                from: at,
                to: at,
                expected,
            }),
            _ => {}
        }
        open = low;
    }
    found.retain(|run| run.expected as f64 >= least);
    found
}

/// Expected events of each local hour, on weekends and on workdays; none with too little history.
fn expected(hours: &[Hour], events: &[u64]) -> [[Option<u64>; HOURS as usize]; 2] {
    let mut same: [[Vec<u64>; HOURS as usize]; 2] = Default::default();
    for (hour, &n) in hours.iter().zip(events) {
        same[usize::from(hour.workday)][usize::from(hour.local.hour())].push(n);
    }
    same.map(|of_type| {
        of_type.map(|mut counts| {
            counts.sort_unstable();
            let lower = counts.get(counts.len().saturating_sub(1) / 2).copied();
            lower.filter(|_| counts.len() >= LEAST_DAYS)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(n: u16) -> Vec<Hour> {
        let hours = (0..n).flat_map(|day| (0..24).map(move |hour| (day, hour * 60)));
        let hours = hours.map(|(day, minute)| Hour {
            local: Local { day, minute },
            workday: true,
        });
        hours.collect()
    }

    #[test]
    fn a_hole_is_found_with_its_hours_and_what_was_expected() {
        let hours = days(5);
        let mut events = vec![10; 120];
        events[50..54].copy_from_slice(&[0, 1, 0, 0]);
        events[80] = 0;
        let hole = Found {
            from: 50,
            to: 53,
            expected: 40,
        };
        assert_eq!(holes(&hours, &events, 0.1, 30.0), [hole]);
    }

    #[test]
    fn a_short_history_has_no_holes() {
        assert_eq!(holes(&days(3), &[0; 72], 0.1, 0.0), []);
    }

    #[test]
    fn one_outage_does_not_hide_itself() {
        let hours = days(4);
        let mut events = vec![100; 96];
        events[24..48].fill(0);
        assert_eq!(holes(&hours, &events, 0.1, 30.0)[0].to, 47);
    }
}
