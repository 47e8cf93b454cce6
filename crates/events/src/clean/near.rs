use crate::{Event, clean::rules::NearDuplicate};

/// Rows that repeat an earlier row that stays: same kind, cell and other party, a moment later.
///
/// A row is compared with the rows of the last `within_s` alone.
pub(super) fn doubles(rule: &NearDuplicate, events: &[Event]) -> Vec<usize> {
    let within_ms = i64::from(rule.within_s) * 1000;
    let mut found: Vec<usize> = Vec::new();
    for (row, event) in events.iter().enumerate() {
        let mut gone = found.iter().rev().peekable();
        let is_double = events[..row]
            .iter()
            .enumerate()
            .rev()
            .take_while(|(_, earlier)| event.time_utc_ms - earlier.time_utc_ms <= within_ms)
            .any(|(before, earlier)| {
                let stays = gone.next_if_eq(&&before).is_none();
                stays && same(earlier, event)
            });
        if is_double && rule.kinds.contains(&event.kind) {
            found.push(row);
        }
    }
    found
}

fn same(a: &Event, b: &Event) -> bool {
    let what = |e: &Event| (e.kind, e.cell, e.peer, e.amount_minor);
    what(a) == what(b)
}
