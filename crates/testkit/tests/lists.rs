//! What `mobility` lists about one subscriber is what counting says.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::collections::{BTreeMap, BTreeSet};

use arrow_array::{
    RecordBatch,
    cast::AsArray as _,
    types::{Float64Type, UInt32Type},
};
use erewhon_events::{Event, EventKind, History};
use erewhon_geo::{Cell, CellTable, Frame};
use erewhon_mobility::{
    Listing, Lists, LocationVisits, MobilityNetwork, Public, Reducer as _, Track,
};
use erewhon_types::{Calendar, CellIx, Subscriber, Window};
use proptest::prelude::*;

fn listed(listing: impl Listing, track: &Track<'_>) -> Option<RecordBatch> {
    let lists = Lists(listing);
    let mut partial = lists.start(track.public());
    lists.subscriber(track, &mut partial);
    lists.rows(track.public(), &mut partial).unwrap()
}

fn whole(batch: &RecordBatch, name: &str) -> Vec<u32> {
    let column = batch.column_by_name(name).unwrap();
    if let Some(words) = column.as_dictionary_opt::<UInt32Type>() {
        return words.keys().values().to_vec();
    }
    column.as_primitive::<UInt32Type>().values().to_vec()
}

proptest! {
    #[test]
    fn visits_and_network(cells in prop::collection::vec((0i64..20_000, 0u32..7), 0..60)) {
        let place = |i: u32| Cell::planar(i.to_string(), f64::from(i) * 800.0, 0.0);
        let table = CellTable::new(Frame::Planar, (0..7).map(place).collect()).unwrap();
        let window = Window::parse("2026-03-24", 14, "Europe/Berlin").unwrap();
        let calendar = Calendar::new(&window).unwrap();
        let at = |(minute, cell): (i64, u32)| {
            let utc_ms = calendar.start_utc_ms() + minute * 60_000;
            Event::at(utc_ms, CellIx(cell), EventKind::Data)
        };
        let mut events: Vec<Event> = cells.into_iter().map(at).collect();
        events.sort_by_key(|event| event.time_utc_ms);
        let track = Track::new(
            Public { cells: &table, calendar: &calendar },
            History { subscriber: Subscriber::new(1), events: &events },
        );
        let seen: Vec<u32> = track.events().iter().map(|event| event.cell.0).collect();
        let Some(visits) = listed(LocationVisits, &track) else {
            prop_assert!(seen.is_empty());
            return Ok(());
        };
        let cells = whole(&visits, "cell");
        let count = |cell: u32| seen.iter().filter(|c| **c == cell).count() as u32;
        let events: Vec<u32> = cells.iter().map(|&cell| count(cell)).collect();
        prop_assert_eq!(&whole(&visits, "events"), &events);
        let shares = visits.column_by_name("share").unwrap().as_primitive::<Float64Type>();
        for (share, events) in shares.values().iter().zip(&events) {
            prop_assert_eq!(*share, f64::from(*events) / seen.len() as f64);
        }
        let days: Vec<u32> = cells
            .iter()
            .map(|&cell| {
                let there = track.iter().filter(|(_, event)| event.cell.0 == cell);
                there.map(|(local, _)| local.day).collect::<BTreeSet<u16>>().len() as u32
            })
            .collect();
        prop_assert_eq!(whole(&visits, "days"), days);
        // Most events first, then the one seen first; recency the other way round from the end.
        let first = |cell: u32| seen.iter().position(|c| *c == cell);
        let mut ranked: Vec<u32> = seen.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
        ranked.sort_by_key(|&cell| (std::cmp::Reverse(count(cell)), first(cell)));
        prop_assert_eq!(&cells, &ranked);
        let ranks: Vec<u32> = (1..=cells.len() as u32).collect();
        prop_assert_eq!(whole(&visits, "frequency_rank"), ranks);
        let last = |cell: u32| seen.iter().rposition(|c| *c == cell);
        let later = |cell: u32| cells.iter().filter(|c| last(**c) >= last(cell)).count() as u32;
        let recency: Vec<u32> = cells.iter().map(|&cell| later(cell)).collect();
        prop_assert_eq!(whole(&visits, "recency_rank"), recency);

        let mut slow = BTreeMap::<(u32, u32), u32>::new();
        for pair in seen.windows(2).filter(|pair| pair[0] != pair[1]) {
            *slow.entry((pair[0], pair[1])).or_default() += 1;
        }
        let network = listed(MobilityNetwork, &track);
        let columns = ["from_cell", "to_cell", "trips"].map(|name| {
            network.as_ref().map_or(Vec::new(), |network| whole(network, name))
        });
        let [from, to, trips] = columns;
        let found: Vec<_> = from.into_iter().zip(to).zip(trips).collect();
        prop_assert_eq!(found, slow.into_iter().collect::<Vec<_>>());
    }
}
