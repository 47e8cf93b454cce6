use std::collections::{BTreeMap, BTreeSet};

use erewhon_events::{Event, EventKind};
use erewhon_mobility::Track;

use super::{Values, entropy_bits, mean, median, ratio};

/// Twin of [`erewhon_mobility::Social`].
pub fn social(track: &Track<'_>, most_contacts: usize) -> Values {
    let mut by_peer: BTreeMap<u64, Vec<EventKind>> = BTreeMap::new();
    for event in track.events() {
        use EventKind::{CallIn, CallOut, SmsIn, SmsOut};
        if let (Some(peer), CallOut | CallIn | SmsOut | SmsIn) = (event.peer, event.kind) {
            by_peer.entry(peer.get()).or_default().push(event.kind);
        }
    }
    let out = |kind: &EventKind| matches!(kind, EventKind::CallOut | EventKind::SmsOut);
    let call = |kind: &EventKind| matches!(kind, EventKind::CallOut | EventKind::CallIn);
    let count = |kinds: &[EventKind], holds: &dyn Fn(&EventKind) -> bool| {
        kinds.iter().filter(|kind| holds(kind)).count() as f64
    };
    // All, outgoing, calls, outgoing calls.
    let mut contacts: Vec<[f64; 4]> = by_peer
        .values()
        .map(|kinds| {
            let calls_out = |kind: &EventKind| call(kind) && out(kind);
            [
                kinds.len() as f64,
                count(kinds, &out),
                count(kinds, &call),
                count(kinds, &calls_out),
            ]
        })
        .collect();
    contacts.sort_by(|a, b| b.partial_cmp(a).unwrap_or(std::cmp::Ordering::Equal));
    contacts.truncate(most_contacts);

    let sum = |field: usize| contacts.iter().map(|contact| contact[field]).sum::<f64>();
    let n = contacts.len() as f64;
    let both = contacts
        .iter()
        .filter(|c| c[1] > 0.0 && c[1] < c[0])
        .count() as f64;
    let all: Vec<f64> = contacts.iter().map(|contact| contact[0]).collect();
    let balances: Vec<f64> = contacts
        .iter()
        .map(|contact| contact[1] / contact[0])
        .collect();
    vec![
        ("interactions", Some(sum(0))),
        ("contacts", Some(n)),
        ("reciprocated_share", ratio(both, n)),
        (
            "entropy_of_contacts_bits",
            (n > 0.0).then(|| entropy_bits(&all)),
        ),
        ("balance_of_contacts_share", mean(&balances)),
        ("interactions_per_contact", mean(&all)),
        ("initiated_share", ratio(sum(3), sum(2))),
    ]
}

/// Twin of [`erewhon_mobility::Traffic`].
pub fn traffic(track: &Track<'_>, slot_min: u16) -> Values {
    let is_session = |event: &Event| event.kind == EventKind::Data;
    let sessions: Vec<&Event> = track
        .events()
        .iter()
        .filter(|event| is_session(event))
        .collect();
    let slots: BTreeSet<(u16, u16)> = track
        .iter()
        .filter(|(_, event)| is_session(event))
        .map(|(local, _)| (local.day, local.minute / slot_min))
        .collect();
    let up: f64 = sessions.iter().map(|event| event.bytes_up as f64).sum();
    let down: f64 = sessions.iter().map(|event| event.bytes_down as f64).sum();
    let times_s: Vec<f64> = sessions
        .iter()
        .map(|event| event.time_utc_ms as f64 / 1e3)
        .collect();
    let gaps_s: Vec<f64> = times_s.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let (n, slots) = (sessions.len() as f64, slots.len() as f64);
    let any = |value: f64| (n > 0.0).then_some(value);
    vec![
        ("sessions", Some(n)),
        ("active_slots", Some(slots)),
        ("up_bytes", any(up)),
        ("down_bytes", any(down)),
        ("volume_bytes", any(up + down)),
        ("sessions_per_active_slot", ratio(n, slots)),
        ("volume_per_active_slot_bytes", ratio(up + down, slots)),
        ("volume_per_session_bytes", ratio(up + down, n)),
        ("inter_session_mean_s", mean(&gaps_s)),
        ("inter_session_median_s", median(&gaps_s)),
    ]
}
