use std::collections::HashMap;

use erewhon_events::Event;
use proptest::prelude::*;

use super::*;
use crate::cases::{Case, any_case};

proptest! {
    #[test]
    fn every_count_sees_each_event_inside_the_window_once(case in any_case()) {
        let (track, events) = (case.track(), &case.events);
        let inside: Vec<&Event> = events
            .iter()
            .filter(|e| {
                (case.calendar.start_utc_ms()..case.calendar.end_utc_ms()).contains(&e.time_utc_ms)
            })
            .collect();
        let total = inside.len() as u32;
        let per_day = events_per_day(&track);
        prop_assert_eq!(per_day.len(), 9);
        prop_assert_eq!(per_day.iter().sum::<u32>(), total);
        prop_assert_eq!(hour_profile(&track).iter().sum::<u32>(), total);

        let profile = hour_profile(&track);
        let week = hour_of_week(&track);
        for hour in 0..24 {
            prop_assert_eq!((0..7).map(|d| week[24 * d + hour]).sum::<u32>(), profile[hour]);
        }

        let mut gaps = Vec::new();
        inter_event_s(&track, &mut gaps);
        prop_assert_eq!(gaps.len(), inside.len().saturating_sub(1));
        if let (Some(first), Some(last)) = (inside.first(), inside.last()) {
            let span_s = (last.time_utc_ms - first.time_utc_ms) as f64 / 1000.0;
            prop_assert!((gaps.iter().sum::<f64>() - span_s).abs() < 1e-6);
        }
    }

    #[test]
    fn presence_is_the_share_of_an_hours_events(case in any_case()) {
        let mut counts: HashMap<(u8, CellIx), u32> = HashMap::new();
        for event in &case.events {
            if let Some(local) = case.calendar.local(event.time_utc_ms) {
                *counts.entry((local.hour(), event.cell)).or_default() += 1;
            }
        }
        let mut fast = HashMap::new();
        presence(&case.track(), &mut |hour, cell, share| {
            assert!(fast.insert((hour, cell), share).is_none());
        });
        prop_assert_eq!(fast.len(), counts.len());
        for (&(hour, cell), &count) in &counts {
            let all: u32 = counts.iter().filter(|(k, _)| k.0 == hour).map(|(_, c)| c).sum();
            prop_assert_eq!(fast[&(hour, cell)], count as f32 / all as f32);
        }
    }
}

#[test]
fn monday_is_the_first_day_of_the_week() {
    let case = Case::of(&[(0.0, 0.0)], 8, &[(0, 5, 0), (6, 23, 0), (7, 5, 0)]);
    let week = hour_of_week(&case.track());
    assert_eq!((week[5], week[167]), (2, 1));
}
