use erewhon_types::CellIx;

use crate::Track;

/// Inter-event time in seconds: the time from one event of the subscriber to the next.
///
/// Appends one value per pair of consecutive events inside the window, over midnight too; 0 where
/// two events share their time.
pub fn inter_event_s(track: &Track<'_>, out: &mut Vec<f64>) {
    let mut before: Option<i64> = None;
    for (_, event) in track.iter() {
        if let Some(earlier) = before {
            out.push((event.time_utc_ms - earlier) as f64 / 1000.0);
        }
        before = Some(event.time_utc_ms);
    }
}

/// Number of events on each local day of the window, days without any included.
pub fn events_per_day(track: &Track<'_>) -> Vec<u32> {
    let mut counts = vec![0; usize::from(track.public().calendar.days())];
    for (local, _) in track.iter() {
        counts[usize::from(local.day)] += 1;
    }
    counts
}

/// Number of events by hour of the local clock; entry `h` is `h:00` to `h + 1:00`.
///
/// The hour that a clock change repeats counts twice as long; the skipped one stays empty that day.
pub fn hour_profile(track: &Track<'_>) -> [u32; 24] {
    let mut counts = [0; 24];
    for (local, _) in track.iter() {
        counts[usize::from(local.hour())] += 1;
    }
    counts
}

/// Number of events by hour of the local week; entry `24 * weekday + hour`, Monday is weekday 0.
pub fn hour_of_week(track: &Track<'_>) -> [u32; 168] {
    let mut counts = [0; 168];
    for &hour in track.hours_of_week() {
        counts[usize::from(hour)] += 1;
    }
    counts
}

/// Presence: for each hour of the day with events, a mass of 1 split over the cells of those events
/// in proportion to their number, all days of the window together.
///
/// Calls `each(hour, cell, share)` once per hour and cell, ascending; the shares of an hour add up
/// to 1. A subscriber thus weighs the same in every hour they are seen in, however often they call.
pub fn presence(track: &Track<'_>, each: &mut impl FnMut(u8, CellIx, f32)) {
    let mut seen: Vec<(u8, CellIx)> = Vec::with_capacity(track.events().len());
    seen.extend(
        track
            .iter()
            .map(|(local, event)| (local.hour(), event.cell)),
    );
    seen.sort_unstable();
    for of_hour in seen.chunk_by(|a, b| a.0 == b.0) {
        for of_cell in of_hour.chunk_by(|a, b| a.1 == b.1) {
            let (hour, cell) = of_cell[0];
            each(hour, cell, of_cell.len() as f32 / of_hour.len() as f32);
        }
    }
}

#[cfg(test)]
mod tests;
