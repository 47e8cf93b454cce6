use erewhon_types::CellIx;

use crate::{HourSet, Track};

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
    let public = track.public();
    // Cell and day in one word, which sorts quicker than a pair.
    let mut seen: Vec<u64> = Vec::with_capacity(track.events().len());
    for (local, event) in track.iter() {
        if hours.contains(public, local) {
            let day = local.day + u16::from(local.hour() >= day_starts_h);
            seen.push(u64::from(event.cell.0) << 16 | u64::from(day));
        }
    }
    seen.sort_unstable();
    let of_cell = |seen: &[u64]| Modal {
        cell: CellIx((seen[0] >> 16) as u32),
        days: 1 + seen.windows(2).filter(|pair| pair[0] != pair[1]).count() as u16,
        events: seen.len() as u32,
    };
    let cells = seen.chunk_by(|a, b| a >> 16 == b >> 16).map(of_cell);
    cells.max_by_key(|m| (m.days, m.events, std::cmp::Reverse(m.cell)))
}
