//! Each table against a slow and obvious one, subscriber by subscriber.

use std::{collections::BTreeMap, sync::Arc};

use proptest::prelude::*;

use super::*;
use crate::{
    Contribution, Kernel, Zoning,
    cases::{Case, any_case},
};

/// Two zones: even cells and odd ones.
fn halves(case: &Case) -> Arc<Zoning> {
    let names = (0..case.cells.len()).map(|row| ["even", "odd"][row % 2]);
    Arc::new(Zoning::named(names))
}

/// What a kernel says of a case, by the values of the axes; checks the bound on the way.
pub(super) fn said(kernel: &dyn Kernel, case: &Case) -> BTreeMap<Vec<u32>, u32> {
    let public = case.public();
    let sizes: Vec<u32> = kernel
        .axes()
        .iter()
        .map(|axis| axis.size(&public))
        .collect();
    let mut out = Contribution::over(kernel, &public);
    kernel.contribution(&case.track(), &mut out);
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
