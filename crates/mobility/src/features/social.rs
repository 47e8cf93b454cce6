use std::{borrow::Cow, cmp::Reverse};

use super::numbers::{entropy_bits, share};
use crate::{Column, Contact, Feature, Row, Track};

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

    /// The contacts that count.
    fn contacts<'t>(&self, track: &'t Track<'_>) -> Cow<'t, [Contact]> {
        let contacts = track.contacts();
        if contacts.len() <= self.most_contacts {
            return contacts.into();
        }
        let mut most = contacts.to_vec();
        most.sort_unstable_by_key(|c| Reverse((c.all, c.out, c.calls, c.calls_out)));
        most.truncate(self.most_contacts);
        most.into()
    }

    /// How many contacts count.
    pub(super) fn degree(&self, track: &Track<'_>) -> u32 {
        track.contacts().len().min(self.most_contacts) as u32
    }
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

    fn places_alone(&self) -> bool {
        false
    }

    fn row(&self, track: &Track<'_>, out: &mut Row<'_>) {
        let contacts = self.contacts(track);
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
