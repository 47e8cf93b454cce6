use erewhon_events::Event;
use erewhon_types::Local;

const STARTS_MIN: u16 = 19 * 60;
const ENDS_MIN: u16 = 7 * 60;

/// Whether an event is at night: 19:00:00 to 7:00:00, both inclusive.
pub(super) const fn is_night(local: Local, event: &Event) -> bool {
    local.minute >= STARTS_MIN
        || local.minute < ENDS_MIN
        || local.minute == ENDS_MIN && event.time_utc_ms.rem_euclid(60_000) == 0
}
