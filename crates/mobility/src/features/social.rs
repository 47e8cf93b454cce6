use std::cmp::Reverse;

use erewhon_events::EventKind;

use super::numbers::{entropy_bits, share};
use crate::{Column, Feature, Row, Track};

/// With whom a subscriber calls and writes, from the records served to that subscriber alone.
///
/// An interaction is a call or message with a known other party, a contact such a party. What the
/// contacts do among themselves, or in records of their own, plays no part. A subscriber adds at most
/// [`most_contacts`](Self::most_contacts) contacts: those with most interactions; ties: most
/// outgoing ones, then most calls, then most outgoing calls. What still ties says the same.
///
/// - `interactions`: calls and messages with the contacts that count.
/// - `contacts`: how many those are (contact degree); at the cap it means as many or more.
/// - `reciprocated_share`: of the contacts, those with incoming and outgoing interactions.
/// - `entropy_of_contacts_bits`: `-Σ p log2 p`, `p` a contact's share of the interactions.
/// - `balance_of_contacts_share`: the mean over contacts of outgoing by all interactions.
/// - `interactions_per_contact`: their mean.
/// - `initiated_share`: of the calls with these contacts, the outgoing ones; missing without calls.
///
/// The measures are those of bandicoot (de Montjoye, Rocher and Pentland 2016), which takes entropy to
/// base e. Without an interaction the two counts are 0 and the rest is missing. Time of day, clock
/// changes and places play no part.
pub struct Social {
    /// Most contacts of one subscriber.
    pub most_contacts: usize,
}

impl Social {
    /// A thousand contacts: more than people have, fewer than call centres.
    pub const fn thousand() -> Self {
        Self {
            most_contacts: 1_000,
        }
    }
}

/// Interactions with one contact.
#[derive(Clone, Copy)]
struct Contact {
    all: u32,
    out: u32,
    calls: u32,
    calls_out: u32,
}

impl Feature for Social {
    fn name(&self) -> &'static str {
        "social"
    }

    fn columns(&self) -> Vec<Column> {
        vec![
            Column::Count("interactions"),
            Column::Count("contacts"),
            Column::Real("reciprocated_share"),
            Column::Real("entropy_of_contacts_bits"),
            Column::Real("balance_of_contacts_share"),
            Column::Real("interactions_per_contact"),
            Column::Real("initiated_share"),
        ]
    }

    fn row(&self, track: &Track<'_>, out: &mut Row<'_>) {
        let contacts = contacts(track, self.most_contacts);
        let sum = |of: fn(&Contact) -> u32| contacts.iter().map(of).sum::<u32>();
        let (all, n) = (sum(|c| c.all), contacts.len() as u32);
        out.count(all);
        out.count(n);
        out.real(share(sum(|c| u32::from(0 < c.out && c.out < c.all)), n));
        let entropy = entropy_bits(contacts.iter().map(|c| c.all));
        out.real(Some(entropy).filter(|_| n > 0));
        let balances = contacts.iter().filter_map(|c| share(c.out, c.all));
        out.real(balances.sum::<f64>() / f64::from(n));
        out.real(share(all, n));
        out.real(share(sum(|c| c.calls_out), sum(|c| c.calls)));
    }
}

/// How many contacts a subscriber has, up to a cap.
pub(super) fn contact_count(track: &Track<'_>, most: usize) -> u32 {
    contacts(track, most).len() as u32
}

fn contacts(track: &Track<'_>, most: usize) -> Vec<Contact> {
    let kinds = [
        (EventKind::CallOut, [1, 1, 1, 1]),
        (EventKind::CallIn, [1, 0, 1, 0]),
        (EventKind::SmsOut, [1, 1, 0, 0]),
        (EventKind::SmsIn, [1, 0, 0, 0]),
    ];
    // Sorting kind by kind keeps what is sorted to one word, and then there are few.
    let (mut peers, mut by_peer) = (Vec::new(), Vec::new());
    for (kind, adds) in kinds {
        let of_kind = track.events().iter().filter(|event| event.kind == kind);
        peers.clear();
        peers.extend(of_kind.filter_map(|event| event.peer));
        peers.sort_unstable();
        for of_peer in peers.chunk_by(|a, b| a == b) {
            by_peer.push((of_peer[0], adds.map(|add| add * of_peer.len() as u32)));
        }
    }
    by_peer.sort_unstable_by_key(|&(peer, _)| peer);
    let mut contacts: Vec<Contact> = by_peer
        .chunk_by(|a, b| a.0 == b.0)
        .map(|of_peer| {
            let sum = |field: usize| of_peer.iter().map(|(_, counts)| counts[field]).sum();
            Contact {
                all: sum(0),
                out: sum(1),
                calls: sum(2),
                calls_out: sum(3),
            }
        })
        .collect();
    if contacts.len() > most {
        contacts.sort_unstable_by_key(|c| Reverse((c.all, c.out, c.calls, c.calls_out)));
        contacts.truncate(most);
    }
    contacts
}
