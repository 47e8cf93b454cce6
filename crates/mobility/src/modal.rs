use erewhon_types::CellIx;

use crate::{
    HourSet, Track,
    track::{cell, event},
};

/// The cell of a subscriber with most days in given hours, and its evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Modal {
    /// The cell.
    pub cell: CellIx,
    /// Days with an event at the cell in the hours.
    pub days: u16,
    /// Events at the cell in the hours.
    pub events: u32,
}

/// The cell with most days in some hours; ties: most events there, then the lowest row.
///
/// A day begins at `day_starts_h` of the local clock, 0 to 23, so that a night can count as one day,
/// named by its evening. `None` without an event in the hours.
pub fn modal_cell(track: &Track<'_>, hours: HourSet, day_starts_h: u8) -> Option<Modal> {
    let (calendar, locals) = (track.public().calendar, track.locals());
    let of_cell = |of_cell: &[u64]| {
        let (mut days, mut events, mut before) = (0, 0, None);
        for &key in of_cell {
            let local = locals[event(key)];
            if hours.contains(calendar, local) {
                let day = local.day + u16::from(local.hour() >= day_starts_h);
                days += u16::from(before.replace(day) != Some(day));
                events += 1;
            }
        }
        let cell = cell(of_cell[0]);
        (events > 0).then_some(Modal { cell, days, events })
    };
    let found = track.of_cells().filter_map(of_cell);
    found.max_by_key(|m| (m.days, m.events, std::cmp::Reverse(m.cell)))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;
    use crate::cases::any_case;

    proptest! {
        #[test]
        fn the_modal_cell_is_that_of_sets_of_days(case in any_case(), starts in 0u8..24) {
            let hours = HourSet::of(&[(19, 24), (0, 7), (9, 12)], starts % 2 == 0);
            let track = case.track();
            let mut seen = BTreeMap::<u32, (BTreeSet<u16>, u32)>::new();
            for (local, event) in track.iter() {
                let workday = case.calendar.weekday(local.day) < 5;
                let hour = local.hour();
                let named = (19..24).contains(&hour) || hour < 7 || (9..12).contains(&hour);
                if named && (workday || !hours.workdays_only) {
                    let (days, events) = seen.entry(event.cell.0).or_default();
                    days.insert(if hour >= starts { local.day + 1 } else { local.day });
                    *events += 1;
                }
            }
            let of = |(cell, (days, events)): (u32, (BTreeSet<u16>, u32))| Modal {
                cell: CellIx(cell),
                days: days.len() as u16,
                events,
            };
            let slow = seen.into_iter().rev().map(of).max_by_key(|m| (m.days, m.events));
            prop_assert_eq!(modal_cell(&track, hours, starts), slow);
        }
    }
}
