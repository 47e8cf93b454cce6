use std::{cmp::Ordering, num::NonZeroU64};

use erewhon_events::{DeviceClass, Event, EventKind, HomeNetwork};
use erewhon_types::{CellIx, Subscriber};

/// Whose event, and the event.
pub(crate) type Row = (Subscriber, Event);

/// The order of rows in the store: subscriber, time, then every other field, so that it is total.
pub(crate) fn order(a: &Row, b: &Row) -> Ordering {
    a.0.cmp(&b.0).then_with(|| a.1.order(&b.1))
}

const KIND: u8 = 0x0f;
const HAS_BYTES: u8 = 0x10;
const HAS_PEER: u8 = 0x20;
const HAS_HOME_NETWORK: u8 = 0x40;
const HAS_MORE: u8 = 0x80;

/// In the byte of the class of device: an amount follows.
const HAS_AMOUNT: u8 = 0x80;

/// Bytes of a pseudonym that are kept; the range that the row is filed under has the others.
const SUBSCRIBER_BYTES: usize = 7;

/// The longest packed row: head, subscriber, time, cell, duration, bytes twice, peer, network, device, amount.
const LONGEST: usize = 1 + SUBSCRIBER_BYTES + 10 + 5 + 5 + 10 + 10 + 8 + 5 + 1 + 5;

/// Bytes of a packed row, as a rule.
pub(crate) const USUAL_BYTES: usize = 24;

/// Stands before rows that came together: the time of the next row is a difference to 0.
const TOGETHER: u8 = KIND;

/// Appends rows, the time of each as the difference to that of the row before: 15 to 30 bytes each, as
/// a rule.
pub(crate) fn pack(rows: &[&Row], out: &mut Vec<u8>) {
    if !rows.is_empty() {
        out.push(TOGETHER);
    }
    let mut last_utc_ms = 0;
    for (subscriber, event) in rows {
        pack_one(*subscriber, event, &mut last_utc_ms, out);
    }
}

fn pack_one(subscriber: Subscriber, event: &Event, last_utc_ms: &mut i64, out: &mut Vec<u8>) {
    let mut packed = Packing {
        bytes: [0; LONGEST],
        len: 0,
    };
    let flag = |there: bool, flag: u8| if there { flag } else { 0 };
    let has_bytes = event.bytes_up != 0 || event.bytes_down != 0;
    let has_amount = event.amount_minor != 0;
    let has_more = has_amount || event.device != DeviceClass::Unknown;
    packed.raw(&[event.kind.code()
        | flag(has_bytes, HAS_BYTES)
        | flag(event.peer.is_some(), HAS_PEER)
        | flag(event.home_network.is_some(), HAS_HOME_NETWORK)
        | flag(has_more, HAS_MORE)]);
    packed.raw(&subscriber.bits().to_le_bytes()[..SUBSCRIBER_BYTES]);
    let step = event.time_utc_ms.wrapping_sub(*last_utc_ms);
    *last_utc_ms = event.time_utc_ms;
    packed.varint(((step << 1) ^ (step >> 63)).cast_unsigned());
    packed.varint(u64::from(event.cell.0));
    packed.varint(u64::from(event.duration_s));
    if has_bytes {
        packed.varint(event.bytes_up);
        packed.varint(event.bytes_down);
    }
    if let Some(peer) = event.peer {
        packed.raw(&peer.get().to_le_bytes());
    }
    if let Some(network) = event.home_network {
        packed.varint(u64::from(network.code()));
    }
    if has_more {
        packed.raw(&[event.device.code() | flag(has_amount, HAS_AMOUNT)]);
    }
    if has_amount {
        packed.varint(u64::from(event.amount_minor));
    }
    out.extend_from_slice(&packed.bytes[..packed.len]);
}

/// Appends the rows of packed bytes; `None` when the bytes are no rows.
///
/// `high_bits` are the bits of the pseudonyms that packing left out, in their place.
pub(crate) fn unpack(mut bytes: &[u8], high_bits: u64, rows: &mut Vec<Row>) -> Option<()> {
    let mut last_utc_ms = 0_i64;
    while let Some((&head, rest)) = bytes.split_first() {
        bytes = rest;
        if head == TOGETHER {
            last_utc_ms = 0;
            continue;
        }
        let mut low_bits = [0; 8];
        low_bits[..SUBSCRIBER_BYTES].copy_from_slice(take(&mut bytes, SUBSCRIBER_BYTES)?);
        let step = varint(&mut bytes)?;
        let step = (step >> 1).cast_signed() ^ -((step & 1).cast_signed());
        last_utc_ms = last_utc_ms.wrapping_add(step);
        let cell = CellIx(u32::try_from(varint(&mut bytes)?).ok()?);
        let mut event = Event::at(last_utc_ms, cell, EventKind::from_code(head & KIND)?);
        event.duration_s = u32::try_from(varint(&mut bytes)?).ok()?;
        if head & HAS_BYTES != 0 {
            event.bytes_up = varint(&mut bytes)?;
            event.bytes_down = varint(&mut bytes)?;
        }
        if head & HAS_PEER != 0 {
            let peer = take(&mut bytes, 8)?.try_into().ok()?;
            event.peer = Some(NonZeroU64::new(u64::from_le_bytes(peer))?);
        }
        if head & HAS_HOME_NETWORK != 0 {
            let code = u32::try_from(varint(&mut bytes)?).ok()?;
            event.home_network = Some(HomeNetwork::from_code(code)?);
        }
        if head & HAS_MORE != 0 {
            let more = *take(&mut bytes, 1)?.first()?;
            event.device = DeviceClass::from_code(more & !HAS_AMOUNT)?;
            if more & HAS_AMOUNT != 0 {
                event.amount_minor = u32::try_from(varint(&mut bytes)?).ok()?;
            }
        }
        let bits = u64::from_le_bytes(low_bits) | high_bits;
        rows.push((Subscriber::new(bits), event));
    }
    Some(())
}

struct Packing {
    bytes: [u8; LONGEST],
    len: usize,
}

impl Packing {
    #[inline]
    fn raw(&mut self, bytes: &[u8]) {
        self.bytes[self.len..self.len + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }

    #[inline]
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes[self.len] = value as u8 | 0x80;
            self.len += 1;
            value >>= 7;
        }
        self.bytes[self.len] = value as u8;
        self.len += 1;
    }
}

fn take<'a>(bytes: &mut &'a [u8], len: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(len)?;
    *bytes = rest;
    Some(taken)
}

#[inline]
fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::any_row;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rows_come_back_as_they_were(rows in prop::collection::vec(any_row(), 0..40)) {
            let (mut bytes, mut back) = (Vec::new(), Vec::new());
            let low = |row: &Row| (Subscriber::new(row.0.bits() & !(0xfff << 52)), row.1);
            let rows: Vec<Row> = rows.iter().map(low).collect();
            for rows in rows.chunks(8) {
                pack(&rows.iter().collect::<Vec<_>>(), &mut bytes);
            }
            unpack(&bytes, 0, &mut back).unwrap();
            prop_assert_eq!(back.len(), rows.len());
            prop_assert!(back == rows);
            if let Some(cut) = bytes.len().checked_sub(1) {
                prop_assert!(unpack(&bytes[..cut], 0, &mut Vec::new()).is_none());
            }
        }

        #[test]
        fn the_order_is_total(a in any_row(), b in any_row(), c in any_row()) {
            prop_assert_eq!(order(&a, &b), order(&b, &a).reverse());
            prop_assert_eq!(order(&a, &b) == Ordering::Equal, a == b);
            if order(&a, &b).is_le() && order(&b, &c).is_le() {
                prop_assert!(order(&a, &c).is_le());
            }
        }
    }
}
