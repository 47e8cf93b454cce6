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
