use erewhon_events::{Event, EventKind};

/// How often a subscriber called and wrote with one other party, from the subscriber's own records.
///
/// Whose contact it is and who the contact is, it does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contact {
    /// Calls and messages, at least 1.
    pub all: u32,
    /// Outgoing calls and messages.
    pub out: u32,
    /// Calls.
    pub calls: u32,
    /// Outgoing calls.
    pub calls_out: u32,
}

/// The known other parties of calls and messages, in no order that means anything.
pub(crate) fn contacts(events: &[Event]) -> Vec<Contact> {
    let kinds = [
        (EventKind::CallOut, [1, 1, 1, 1]),
        (EventKind::CallIn, [1, 0, 1, 0]),
        (EventKind::SmsOut, [1, 1, 0, 0]),
        (EventKind::SmsIn, [1, 0, 0, 0]),
    ];
    // Sorting kind by kind keeps what is sorted to one word, and then there are few.
    let (mut peers, mut by_peer) = (Vec::new(), Vec::new());
    for (kind, adds) in kinds {
        let of_kind = events.iter().filter(|event| event.kind == kind);
        peers.clear();
        peers.extend(of_kind.filter_map(|event| event.peer));
        peers.sort_unstable();
        for of_peer in peers.chunk_by(|a, b| a == b) {
            by_peer.push((of_peer[0], adds.map(|add| add * of_peer.len() as u32)));
        }
    }
    by_peer.sort_unstable_by_key(|&(peer, _)| peer);
    let of_one = by_peer.chunk_by(|a, b| a.0 == b.0);
    of_one
        .map(|of_peer| {
            let sum = |field: usize| of_peer.iter().map(|(_, counts)| counts[field]).sum();
            Contact {
                all: sum(0),
                out: sum(1),
                calls: sum(2),
                calls_out: sum(3),
            }
        })
        .collect()
}
