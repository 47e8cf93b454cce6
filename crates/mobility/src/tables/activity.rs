use std::sync::Arc;

use erewhon_events::EventKind;

use super::seen::days;
use crate::{Axis, Bound, Contribution, Kernel, Period, Public, Track, Zoning};

/// Calendar activity: distinct subscribers by week and the pattern of its active days, with Monday as 1,
/// Tuesday as 2, Wednesday as 4 and so on; those without an event in the week are left out. With a home,
/// by its zone too (FlowKit's `calendar_activity` and `localised_calendar_activity`, week by week).
pub struct CalendarActivity {
    /// The zones, where homes are told apart; those without a home are left out then.
    pub by_home: Option<Arc<Zoning>>,
}

/// Patterns of seven days.
const PATTERNS: u32 = 1 << 7;

impl Kernel for CalendarActivity {
    fn name(&self) -> &'static str {
        if self.by_home.is_some() {
            "calendar_activity_by_home"
        } else {
            "calendar_activity"
        }
    }

    fn axes(&self) -> Vec<Axis> {
        let zones = self.by_home.as_ref();
        let home = zones.map(|zones| Axis::Zone("home_zone", Arc::clone(zones)));
        let pattern = Axis::Number("active_days_pattern", PATTERNS);
        [Axis::Week]
            .into_iter()
            .chain(home)
            .chain([pattern])
            .collect()
    }

    /// One pattern a week.
    fn bound(&self, public: &Public<'_>) -> Bound {
        Bound {
            entries: u64::from(Period::Week.number(public.calendar)),
            amount: 1,
        }
    }

    fn contribution(&self, track: &Track<'_>, out: &mut Contribution) {
        let calendar = track.public().calendar;
        let zones = self.by_home.as_ref();
        let home = zones.map(|zones| (zones, track.anchors().home));
        let active: Vec<u16> = days(track).map(|(day, _)| day).collect();
        let week = |day: u16| Period::Week.of(calendar, day);
        for of_week in active.chunk_by(|&a, &b| week(a) == week(b)) {
            let bits = of_week.iter().map(|&day| 1_u32 << calendar.weekday(day));
            let (week, pattern) = (week(of_week[0]), bits.sum());
            match home {
                None => out.add([week, pattern], 1),
                Some((zones, Some(home))) => out.add([week, zones.of(home.cell).0, pattern], 1),
                Some((_, None)) => {}
            }
        }
    }
}

/// Events by local day, zone and kind, and distinct subscribers: FlowKit's `location_event_counts` by
/// event type and direction.
pub struct EventsByKind {
    /// The zones.
    pub zones: Arc<Zoning>,
}

/// The names of all kinds, in the order of their codes.
const KINDS: &[&str] = &{
    let mut names = [""; EventKind::ALL.len()];
    let mut kind = 0;
    while kind < names.len() {
        names[kind] = EventKind::ALL[kind].name();
        kind += 1;
    }
    names
};

impl Kernel for EventsByKind {
    fn name(&self) -> &'static str {
        "events_by_kind"
    }

    fn axes(&self) -> Vec<Axis> {
        vec![
            Axis::Day,
            Axis::Zone("zone", Arc::clone(&self.zones)),
            Axis::Word("kind", KINDS),
        ]
    }

    fn amount(&self) -> Option<&'static str> {
        Some("events")
    }

    fn bound(&self, public: &Public<'_>) -> Bound {
        Bound::every_entry(self, public)
    }

    fn places_alone(&self) -> bool {
        false
    }

    fn contribution(&self, track: &Track<'_>, out: &mut Contribution) {
        for (local, event) in track.iter() {
            let zone = self.zones.of(event.cell).0;
            let kind = u32::from(event.kind.code());
            out.add([u32::from(local.day), zone, kind], 1);
        }
    }
}

/// First seen: distinct subscribers by the local day and zone of their first event inside the window.
/// FlowKit's new subscribers and first locations, the World Bank's new SIMs; on the first days of a window
/// nearly everybody is new.
pub struct FirstSeen {
    /// The zones.
    pub zones: Arc<Zoning>,
}

impl Kernel for FirstSeen {
    fn name(&self) -> &'static str {
        "first_seen"
    }

    fn axes(&self) -> Vec<Axis> {
        vec![Axis::Day, Axis::Zone("zone", Arc::clone(&self.zones))]
    }

    fn bound(&self, _public: &Public<'_>) -> Bound {
        Bound {
            entries: 1,
            amount: 1,
        }
    }

    fn contribution(&self, track: &Track<'_>, out: &mut Contribution) {
        if let Some((local, event)) = track.iter().next() {
            out.add([u32::from(local.day), self.zones.of(event.cell).0], 1);
        }
    }
}
