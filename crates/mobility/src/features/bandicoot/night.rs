use erewhon_events::Event;
use erewhon_types::Local;

const STARTS_MIN: u16 = 19 * 60;
const ENDS_MIN: u16 = 7 * 60;

/// Whether an event is at night: 19:00:00 to 7:00:00, both inclusive.
pub(super) const fn is_night(local: Local, event: &Event) -> bool {
    // By `|`, as is_record is by `&`.
    let is_dark = (local.minute >= STARTS_MIN) | (local.minute < ENDS_MIN);
    is_dark || local.minute == ENDS_MIN && event.time_utc_ms.rem_euclid(60_000) == 0
}

/// What a half hour of the clock is.
pub(super) enum Part {
    Day,
    Night,
    /// The half hour that begins when the night ends.
    Ends,
}

/// What the half hour of a local time is.
pub(super) const fn part(local: Local) -> Part {
    match local.minute / 30 * 30 {
        STARTS_MIN.. | ..ENDS_MIN => Part::Night,
        ENDS_MIN => Part::Ends,
        _ => Part::Day,
    }
}
