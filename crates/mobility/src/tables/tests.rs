//! Each table against a slow and obvious one, subscriber by subscriber.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use erewhon_events::{Event, EventKind};
use erewhon_types::{Calendar, CellIx, Window};
use proptest::prelude::*;

use super::*;
use crate::{
    Anchor, Contribution, Kernel, Track, Zoning,
    cases::{Case, any_case},
};

mod around;
mod moves;
mod travel;

/// Two zones: even cells and odd ones.
fn halves(case: &Case) -> Arc<Zoning> {
    let names = (0..case.cells.len()).map(|row| ["even", "odd"][row % 2]);
    Arc::new(Zoning::named(names))
}

/// What a kernel says of a case, by the values of the axes; checks the bound on the way.
pub(super) fn said(kernel: &dyn Kernel, case: &Case) -> BTreeMap<Vec<u32>, u32> {
    said_by(kernel, case, &case.track())
}

/// The same of a track by other definitions than the usual ones.
fn said_by(kernel: &dyn Kernel, case: &Case, track: &Track<'_>) -> BTreeMap<Vec<u32>, u32> {
    let public = case.public();
    let sizes: Vec<u32> = kernel
        .axes()
        .iter()
        .map(|axis| axis.size(&public))
        .collect();
    let mut out = Contribution::over(kernel, &public);
    kernel.contribution(track, &mut out);
    let bound = kernel.bound(&public);
    let entries = out.entries();
    assert!(
        entries.len() as u64 <= bound.entries,
        "{} entries",
        entries.len()
    );
    assert!(
        entries
            .iter()
            .all(|entry| u64::from(entry.1) <= bound.amount)
    );
    let values = |&(mut key, amount): &(u64, u32)| {
        let value = |&size: &u32| {
            let value = key % u64::from(size);
            key /= u64::from(size);
            value as u32
        };
        let mut values: Vec<u32> = sizes.iter().rev().map(value).collect();
        values.reverse();
        (values, amount)
    };
    entries.iter().map(values).collect()
}

proptest! {
    #[test]
    fn nobody_is_twice_in_a_measure_of_histograms(case in any_case()) {
        said(&Histograms::usual(), &case);
    }
}

/// Day, hour, weekday and zone of every event inside the window, in time order.
fn seen(case: &Case, zones: &Zoning) -> Vec<(u32, u32, u32, u32)> {
    let inside = case.events.iter().filter_map(|event| {
        let local = case.calendar.local(event.time_utc_ms)?;
        let weekday = u32::from(case.calendar.weekday(local.day));
        let zone = zones.of(event.cell).0;
        Some((
            u32::from(local.day),
            u32::from(local.minute / 60),
            weekday,
            zone,
        ))
    });
    inside.collect()
}

proptest! {
    #[test]
    fn presence_counts_every_event_once(case in any_case()) {
        let zones = halves(&case);
        for by in [TimeBin::DayHour, TimeBin::Day, TimeBin::HourOfWeek, TimeBin::Window] {
            let mut slow = BTreeMap::new();
            for (day, hour, weekday, zone) in seen(&case, &zones) {
                let at = match by {
                    TimeBin::DayHour => vec![day, hour, zone],
                    TimeBin::Day => vec![day, zone],
                    TimeBin::HourOfWeek => vec![weekday * 24 + hour, zone],
                    TimeBin::Window => vec![zone],
                };
                *slow.entry(at).or_default() += 1;
            }
            let kernel = Presence { name: "presence", zones: Arc::clone(&zones), by };
            prop_assert_eq!(said(&kernel, &case), slow);
        }
    }

    #[test]
    fn flows_are_changes_of_zone_within_a_day(case in any_case()) {
        let zones = halves(&case);
        let seen = seen(&case, &zones);
        for by in [FlowBin::Day, FlowBin::Hour, FlowBin::Window] {
            let mut slow = BTreeMap::new();
            for pair in seen.windows(2) {
                let (from, to) = (pair[0], pair[1]);
                if from.0 == to.0 && from.3 != to.3 {
                    let at = match by {
                        FlowBin::Day => vec![to.0, from.3, to.3],
                        FlowBin::Hour => vec![to.1, from.3, to.3],
                        FlowBin::Window => vec![from.3, to.3],
                    };
                    *slow.entry(at).or_default() += 1;
                }
            }
            let kernel = EventFlows { name: "flows", zones: Arc::clone(&zones), by };
            prop_assert_eq!(said(&kernel, &case), slow);
        }
    }
}

/// Home, work or other, from the anchors, cell by cell.
fn type_of(case: &Case, track: &Track<'_>, cell: CellIx) -> u32 {
    let (anchors, radius_m) = (track.anchors(), track.definitions().anchors.radius_m);
    let near = |anchor: Option<Anchor>| {
        anchor.is_some_and(|a| case.cells.distance_m(a.cell, cell) <= radius_m)
    };
    match (near(anchors.home), near(anchors.work)) {
        (true, _) => 0,
        (false, true) => 1,
        (false, false) => 2,
    }
}

proptest! {
    #[test]
    fn the_week_by_place_type_has_every_event(case in any_case()) {
        let track = case.track();
        let mut slow = BTreeMap::new();
        for event in &case.events {
            let Some(local) = case.calendar.local(event.time_utc_ms) else { continue };
            let hour = u32::from(case.calendar.weekday(local.day)) * 24 + u32::from(local.minute / 60);
            *slow.entry(vec![hour, type_of(&case, &track, event.cell)]).or_default() += 1;
        }
        prop_assert_eq!(said(&WeekByPlaceType, &case), slow);
    }

    #[test]
    fn trips_are_counted_where_and_when_they_begin(case in any_case()) {
        let (track, zones) = (case.track(), halves(&case));
        for by in [FlowBin::Day, FlowBin::Hour, FlowBin::Window] {
            let (mut slow, mut moves) = (BTreeMap::new(), BTreeMap::new());
            for trip in track.trips() {
                let local = case.calendar.local(trip.depart_utc_ms).unwrap();
                let ends = [zones.of(trip.from_cell).0, zones.of(trip.to_cell).0];
                let at = match by {
                    FlowBin::Day => vec![u32::from(local.day), ends[0], ends[1]],
                    FlowBin::Hour => vec![u32::from(local.minute / 60), ends[0], ends[1]],
                    FlowBin::Window => ends.to_vec(),
                };
                *slow.entry(at).or_default() += 1;
                let types = [trip.from_cell, trip.to_cell].map(|c| type_of(&case, &track, c));
                *moves.entry(types.to_vec()).or_default() += 1;
            }
            let kernel = TripFlows { name: "trips", zones: Arc::clone(&zones), by };
            prop_assert_eq!(said(&kernel, &case), slow);
            prop_assert_eq!(said(&PlaceTypeMoves, &case), moves);
        }
    }

    /// Second by second: who is within a stay from the second's start to its end dwells there.
    #[test]
    fn dwell_is_the_time_of_stays_by_day(case in any_case()) {
        let (track, zones) = (case.track(), halves(&case));
        let mut slow = BTreeMap::new();
        for stay in track.stays() {
            let mut at = stay.arrive_utc_ms;
            while at + 1000 <= stay.leave_utc_ms {
                let day = u32::from(case.calendar.local(at).unwrap().day);
                *slow.entry(vec![day, zones.of(stay.cell).0]).or_default() += 1;
                at += 1000;
            }
        }
        prop_assert_eq!(said(&Dwell { zones }, &case), slow);
    }

    #[test]
    fn homes_are_counted_with_works_and_visits(case in any_case()) {
        let (track, zones) = (case.track(), halves(&case));
        let zone = |anchor: Anchor| zones.of(anchor.cell).0;
        let ends = track.anchors().home.zip(track.anchors().work);
        let pairs = ends.map(|(home, work)| (vec![zone(home), zone(work)], 1)).into_iter().collect();
        prop_assert_eq!(said(&HomeWork { zones: Arc::clone(&zones) }, &case), pairs);

        let mut days = BTreeMap::<Vec<u32>, BTreeSet<u32>>::new();
        for (day, _, _, at) in seen(&case, &zones) {
            if let Some(home) = track.anchors().home {
                days.entry(vec![zone(home), at]).or_default().insert(day);
            }
        }
        let slow = days.into_iter().map(|(at, days)| (at, days.len() as u32)).collect();
        prop_assert_eq!(said(&VisitorsByHome { zones: Arc::clone(&zones) }, &case), slow);
    }
}

#[test]
fn each_day_of_a_stay_is_rounded_down_to_a_second() {
    // From 400 ms after half past eleven: 1,799.6 s before midnight, then some milliseconds.
    for (until_ms, days) in [(1_999, vec![1_799, 1]), (999, vec![1_799])] {
        let mut case = Case::of(&[(0.0, 0.0)], 2, &[(0, 23, 0), (1, 0, 0)]);
        case.events[0].time_utc_ms += 30 * 60_000 + 400;
        case.events[1].time_utc_ms += until_ms;
        let zones = Arc::new(Zoning::cells(&case.cells));
        let slow = (0..).zip(days).map(|(day, s)| (vec![day, 0], s));
        assert_eq!(said(&Dwell { zones }, &case), slow.collect());
    }
}
