use std::{cmp::Ordering, fmt, num::NonZeroU64, str::FromStr};

use erewhon_types::{CellIx, Error};
use serde::{Deserialize, Serialize};

use crate::{DeviceClass, HomeNetwork};

/// What happened on the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum EventKind {
    /// An outgoing call.
    CallOut,
    /// An incoming call.
    CallIn,
    /// A message sent.
    SmsOut,
    /// A message received.
    SmsIn,
    /// A data session or a part of one.
    Data,
    /// A location update.
    LocationUpdate,
    /// A handover between cells.
    Handover,
    /// The phone joins the network.
    Attach,
    /// The phone leaves the network.
    Detach,
    /// The network looks for the phone.
    Paging,
    /// Credit is bought.
    Topup,
}

impl EventKind {
    /// All kinds, in the order of their codes.
    pub const ALL: [Self; 11] = [
        Self::CallOut,
        Self::CallIn,
        Self::SmsOut,
        Self::SmsIn,
        Self::Data,
        Self::LocationUpdate,
        Self::Handover,
        Self::Attach,
        Self::Detach,
        Self::Paging,
        Self::Topup,
    ];

    /// The kind's name in files and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CallOut => "call_out",
            Self::CallIn => "call_in",
            Self::SmsOut => "sms_out",
            Self::SmsIn => "sms_in",
            Self::Data => "data",
            Self::LocationUpdate => "location_update",
            Self::Handover => "handover",
            Self::Attach => "attach",
            Self::Detach => "detach",
            Self::Paging => "paging",
            Self::Topup => "topup",
        }
    }

    /// The code of the kind in the store.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The kind of a code; `None` for a code that no kind has.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for EventKind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name() == text)
            .ok_or_else(|| {
                let allowed = Self::ALL.map(Self::name).join(", ");
                Error::input(format!("`{text}` is not an event kind")).with_hint(format!(
                    "allowed: {allowed}; map other words in the mapping file"
                ))
            })
    }
}

/// One canonical row: what one served subscriber's phone did at one moment.
///
/// The subscriber is not in the row; it stands once, beside all rows of a [`crate::History`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// When, in milliseconds of UTC since 1970.
    pub time_utc_ms: i64,
    /// Bytes sent by the phone; 0 where the kind carries none.
    pub bytes_up: u64,
    /// Bytes received by the phone; 0 where the kind carries none.
    pub bytes_down: u64,
    /// Pseudonym of the other party, where there is one.
    pub peer: Option<NonZeroU64>,
    /// Where: a row of the public cell table.
    pub cell: CellIx,
    /// How long, in seconds; 0 where the kind has no duration.
    pub duration_s: u32,
    /// Money, in the currency's minor units (cents): what a top-up bought; 0 where the record says none.
    pub amount_minor: u32,
    /// The network that the subscriber belongs to, where the record says so.
    pub home_network: Option<HomeNetwork>,
    /// What.
    pub kind: EventKind,
    /// In what kind of machine.
    pub device: DeviceClass,
}

impl Event {
    /// An event with a time, a place and a kind, and nothing else known.
    pub const fn at(time_utc_ms: i64, cell: CellIx, kind: EventKind) -> Self {
        Self {
            time_utc_ms,
            bytes_up: 0,
            bytes_down: 0,
            peer: None,
            cell,
            duration_s: 0,
            amount_minor: 0,
            home_network: None,
            kind,
            device: DeviceClass::Unknown,
        }
    }
}

impl Event {
    /// The order of one subscriber's events: time, then every other field, so that
    /// [`Ordering::Equal`] means equal in every field.
    pub fn order(&self, other: &Self) -> Ordering {
        let rest = |e: &Self| {
            (
                e.cell,
                e.kind,
                (e.duration_s, e.amount_minor),
                (e.bytes_up, e.bytes_down),
                e.peer,
                e.home_network,
                e.device,
            )
        };
        let by_time = self.time_utc_ms.cmp(&other.time_utc_ms);
        by_time.then_with(|| rest(self).cmp(&rest(other)))
    }
}

/// Puts one subscriber's events in order and drops those that are there twice; how many these are.
pub fn settle(events: &mut Vec<Event>) -> u64 {
    if events.is_sorted_by(|a, b| a.order(b).is_lt()) {
        return 0;
    }
    let before = events.len();
    events.sort_unstable_by(Event::order);
    events.dedup();
    (before - events.len()) as u64
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Event(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_that_differ_in_one_field_are_two() {
        let event = Event::at(1_000, CellIx(1), EventKind::CallIn);
        let others: [fn(&mut Event); 10] = [
            |e| e.time_utc_ms += 1,
            |e| e.bytes_up = 1,
            |e| e.bytes_down = 1,
            |e| e.peer = NonZeroU64::new(1),
            |e| e.cell = CellIx(2),
            |e| e.duration_s = 1,
            |e| e.amount_minor = 1,
            |e| e.home_network = "262-01".parse().ok(),
            |e| e.kind = EventKind::SmsIn,
            |e| e.device = DeviceClass::Phone,
        ];
        for (place, change) in others.into_iter().enumerate() {
            let mut other = event;
            change(&mut other);
            assert_ne!(event.order(&other), Ordering::Equal, "{place}");
            assert_eq!(settle(&mut vec![event, other, event]), 1, "{place}");
        }
    }

    #[test]
    fn kinds_keep_their_codes_and_names() {
        for (code, kind) in EventKind::ALL.into_iter().enumerate() {
            assert_eq!(usize::from(kind.code()), code);
            assert_eq!(EventKind::from_code(code as u8), Some(kind));
            assert_eq!(kind.name().parse::<EventKind>().unwrap(), kind);
        }
        assert!("fax".parse::<EventKind>().is_err());
    }
}
