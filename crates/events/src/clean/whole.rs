//! Rules that speak of a subscriber, not of a row.

use crate::{
    Event, EventKind,
    clean::rules::{Machine, TooManyEvents},
};

const DAY_MS: i64 = 86_400_000;

/// Whether some 24 hours hold more events than a person can cause.
pub(super) fn too_many(rule: &TooManyEvents, events: &[Event]) -> bool {
    let later = events.iter().skip(rule.per_day as usize);
    events
        .iter()
        .zip(later)
        .any(|(first, past)| past.time_utc_ms - first.time_utc_ms < DAY_MS)
}

/// Whether a machine wrote this history, by its device or by rate and immobility.
pub(super) fn is_machine(rule: &Machine, events: &[Event]) -> bool {
    let of_class = events.iter().filter(|e| rule.classes.contains(&e.device));
    2 * of_class.count() > events.len() || stands_and_ticks(rule, events)
}

fn stands_and_ticks(rule: &Machine, events: &[Event]) -> bool {
    use EventKind::{CallIn, CallOut, Topup};
    let (Some(first), Some(last)) = (events.first(), events.last()) else {
        return false;
    };
    let days = (last.time_utc_ms - first.time_utc_ms) as f64 / DAY_MS as f64;
    let ticks = days >= f64::from(rule.days) && events.len() as f64 >= rule.per_day * days;
    if !ticks
        || events
            .iter()
            .any(|e| matches!(e.kind, CallOut | CallIn | Topup))
    {
        return false;
    }
    // More than half the events in one cell make it the majority of any balanced count (Boyer and
    // Moore), so one candidate is enough.
    let (candidate, _) = events
        .iter()
        .fold((first.cell, 0_usize), |(cell, lead), e| {
            match (lead, e.cell == cell) {
                (0, _) => (e.cell, 1),
                (_, true) => (cell, lead + 1),
                (_, false) => (cell, lead - 1),
            }
        });
    let there = events.iter().filter(|e| e.cell == candidate).count();
    there as f64 >= rule.cell_share * events.len() as f64
}
