//! What `mobility` says about one subscriber is what its slow twins say.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod rows;

use std::num::NonZeroU64;

use erewhon_events::{DeviceClass, Event, EventKind, History};
use erewhon_geo::{Cell, CellTable, Frame};
use erewhon_mobility::{
    Activity, Bandicoot, Distances, Entropy, Feature, FromHome, Howde, Locations, Profiles, Public,
    Rhythm, Signature, Slot, Social, Space, Track, Traffic, VisitRates,
};
use erewhon_testkit::mobility::{self as slow, Values, difference};
use erewhon_types::{Calendar, CellIx, Subscriber, Window};
use proptest::prelude::*;
use rows::row;

/// One subscriber's events over a network and a window.
#[derive(Debug)]
struct Case {
    cells: CellTable,
    calendar: Calendar,
    events: Vec<Event>,
}

impl Case {
    fn of(days: u16, frame: Frame, places: &[(f64, f64)], mut events: Vec<Event>) -> Self {
        let window = Window::parse("2026-03-24", days, "Europe/Berlin").unwrap();
        let cell = |(i, &(x, y)): (usize, &(f64, f64))| match frame {
            Frame::Geographic => Cell::geographic(i.to_string(), 52.0 + y / 1e5, 13.0 + x / 1e5),
            _ => Cell::planar(i.to_string(), x, y),
        };
        let cells = places.iter().enumerate().map(cell).collect();
        events.sort_by_key(|event| event.time_utc_ms);
        Self {
            cells: CellTable::new(frame, cells).unwrap(),
            calendar: Calendar::new(&window).unwrap(),
            events,
        }
    }

    /// Events at cells of a line, minutes after the window's start.
    fn line(events: &[(i64, u32)]) -> Self {
        let at = |&(minute, cell): &(i64, u32)| event(minute, cell, EventKind::Data);
        let places = [(0.0, 0.0), (1_000.0, 0.0), (5_000.0, 0.0)];
        Self::of(9, Frame::Planar, &places, events.iter().map(at).collect())
    }

    fn track(&self) -> Track<'_> {
        let public = Public {
            cells: &self.cells,
            calendar: &self.calendar,
        };
        let history = History {
            subscriber: Subscriber::new(1),
            events: &self.events,
        };
        Track::new(public, history)
    }

    /// What a column says; nothing where the subscriber has no row.
    fn says(&self, feature: impl Feature, column: &str) -> Option<f64> {
        let row = row(feature, &self.track())?;
        row.into_iter().find(|value| value.0 == column).unwrap().1
    }
}

fn event(minute: i64, cell: u32, kind: EventKind) -> Event {
    let start: i64 = 1_774_306_800_000; // 2026-03-24T00:00 in Berlin
    Event::at(start + minute * 60_000, CellIx(cell), kind)
}

/// A change of the clock within the window, events before and after it too, few cells and peers.
fn any_case() -> impl Strategy<Value = Case> {
    let places = prop::collection::vec((0.0..2_000.0f64, 0.0..2_000.0f64), 1..8);
    let frame = prop::sample::select(vec![Frame::Planar, Frame::Geographic]);
    (8..10u16, frame, places).prop_flat_map(|(days, frame, places)| {
        let cells = places.len() as u32;
        let kinds = prop::sample::select(EventKind::ALL.to_vec());
        let one = (
            -1_440..14_400i64,
            0..cells,
            kinds,
            0..5u64,
            0..1u64 << 40,
            0..9u64,
            0..90u32,
            (
                prop::sample::select(DeviceClass::ALL.to_vec()),
                prop::sample::select(vec![0, 1, 500, 1_000, u32::MAX]),
            ),
        );
        prop::collection::vec(one, 0..80).prop_map(move |events| {
            let events = events.into_iter().map(
                |(minute, cell, kind, peer, down, up, duration_s, (device, amount_minor))| Event {
                    duration_s,
                    amount_minor,
                    device,
                    peer: NonZeroU64::new(peer.wrapping_mul(0x9E37_79B9_7F4A_7C15)),
                    bytes_down: down,
                    bytes_up: up,
                    ..event(minute, cell, kind)
                },
            );
            Case::of(days, frame, &places, events.collect())
        })
    })
}

/// Calls and messages with few others, at times minutes and at times hours apart, over some weeks.
fn talks() -> impl Strategy<Value = Case> {
    let kinds = prop::sample::select(EventKind::ALL[..5].to_vec());
    let step = prop_oneof![4 => 0..20i64, 2 => 50..70i64, 1 => 300..4_000i64];
    let one = (step, 0..3u32, kinds, 1..4u64, 0..200u32);
    prop::collection::vec(one, 1..120).prop_map(|steps| {
        let mut minute = 0;
        let events = steps
            .into_iter()
            .map(|(step, cell, kind, peer, duration_s)| {
                minute += step;
                Event {
                    peer: NonZeroU64::new(peer),
                    duration_s,
                    ..event(minute, cell, kind)
                }
            });
        let places = [(0.0, 0.0), (1_000.0, 0.0), (5_000.0, 0.0)];
        Case::of(200, Frame::Geographic, &places, events.collect())
    })
}

/// Nights and days at a few places, with slips, over some weeks.
fn stays() -> impl Strategy<Value = Case> {
    let one = (0..4u32, 0..4u32, 0..24i64, 0..24i64);
    prop::collection::vec(one, 1..60).prop_map(|days| {
        let mut events = Vec::new();
        for (day, (night, work, from_h, to_h)) in (0..).zip(days) {
            let at =
                |hour: i64, cell: u32| event((day * 24 + hour) * 60, cell.min(2), EventKind::Data);
            // Most people are at the first place most nights and at the second most days.
            events.extend([
                at(1, night / 3),
                at(5, night / 3),
                at(from_h, work),
                at(to_h, work),
            ]);
            events.extend([at(9, 1), at(13, 1 + work / 3)]);
        }
        let places = [(0.0, 0.0), (1_000.0, 0.0), (5_000.0, 0.0)];
        Case::of(60, Frame::Planar, &places, events)
    })
}

fn agree(
    case: &Case,
    feature: impl Feature,
    twin: impl Fn(&Track<'_>) -> Values,
) -> Result<(), TestCaseError> {
    let track = case.track();
    let fast = row(feature, &track);
    prop_assert_eq!(fast.is_some(), !track.events().is_empty());
    if let Some(fast) = fast {
        prop_assert_eq!(difference(&fast, &twin(&track)), None);
    }
    Ok(())
}

proptest! {
    #[test]
    fn space(case in any_case(), k in 0usize..5) {
        agree(&case, Space { k }, |track| slow::space(track, k))?;
    }

    #[test]
    fn distances(case in any_case()) {
        agree(&case, Distances, slow::distances)?;
    }

    #[test]
    fn visits(case in any_case()) {
        agree(&case, VisitRates, slow::visits)?;
    }

    #[test]
    fn entropy(case in any_case()) {
        agree(&case, Entropy, slow::entropy)?;
    }

    /// Long and full of repetition, which is where suffixes are hard.
    #[test]
    fn entropy_of_habits(habit in prop::collection::vec(0u32..3, 1..40), slips in prop::collection::vec((0usize..300, 0u32..3), 0..6)) {
        let mut cells: Vec<u32> = habit.into_iter().cycle().take(300).collect();
        for (at, cell) in slips {
            cells[at] = cell;
        }
        let events: Vec<_> = (0..).zip(cells).collect();
        agree(&Case::line(&events), Entropy, slow::entropy)?;
    }

    #[test]
    fn rhythm(case in any_case()) {
        agree(&case, Rhythm, slow::rhythm)?;
    }

    #[test]
    fn social(case in any_case(), most_contacts in 0usize..6) {
        agree(&case, Social { most_contacts }, |track| slow::social(track, most_contacts))?;
    }

    #[test]
    fn bandicoot(case in prop_oneof![any_case().boxed(), talks().boxed()]) {
        agree(&case, Bandicoot, slow::bandicoot)?;
    }

    #[test]
    fn activity(case in any_case()) {
        agree(&case, Activity, slow::activity)?;
    }

    #[test]
    fn from_home(case in any_case()) {
        agree(&case, FromHome, slow::from_home)?;
    }

    #[test]
    fn locations(case in any_case()) {
        agree(&case, Locations, slow::locations)?;
    }

    #[test]
    fn howde(case in stays()) {
        agree(&case, Howde::usual(), |track| slow::howde(track, &Howde::usual()))?;
    }

    #[test]
    fn traffic(case in any_case(), slot_min in prop::sample::select(vec![1u16, 15, 30, 60, 1440])) {
        let slot = Slot::try_new(slot_min).unwrap();
        agree(&case, Traffic::by(slot), |track| slow::traffic(track, slot_min))?;
    }

    #[test]
    fn signature(case in any_case()) {
        let profiles = Profiles::thirds();
        agree(&case, Signature { profiles }, slow::signature)?;
    }
}

#[test]
fn nobody_has_no_row() {
    let case = Case::line(&[]);
    assert_eq!(row(Entropy, &case.track()), None);
}

#[test]
fn money_adds_up_to_the_cent_and_what_is_not_known_counts_as_nothing() {
    let topup = |minute: i64, amount_minor: u32| Event {
        amount_minor,
        ..event(minute, 0, EventKind::Topup)
    };
    // 49 amounts of 1,024 in all, of which mean times number is not 1,024 in doubles.
    let mut events: Vec<Event> = (0..48).map(|minute| topup(minute, 20)).collect();
    events.extend([topup(50, 64), topup(51, 0)]);
    let case = Case::of(1, Frame::Planar, &[(0.0, 0.0)], events);
    assert_eq!(case.says(Activity, "topups"), Some(50.0));
    assert_eq!(case.says(Activity, "topup_amount_minor"), Some(1_024.0));
    let mean = case.says(Activity, "topup_amount_mean_minor").unwrap();
    assert!((mean - 1_024.0 / 49.0).abs() < 1e-12, "{mean}");
    assert_eq!(case.says(Activity, "topup_amount_max_minor"), Some(64.0));
    let case = Case::of(1, Frame::Planar, &[(0.0, 0.0)], vec![topup(0, 0)]);
    for column in [
        "topup_amount_minor",
        "topup_amount_mean_minor",
        "topup_amount_max_minor",
        "topup_amount_sd_minor",
    ] {
        assert_eq!(case.says(Activity, column), None, "{column}");
    }
}

#[test]
fn one_event_says_little() {
    let case = Case::line(&[(60, 1)]);
    assert_eq!(case.says(Space::two(), "radius_of_gyration_m"), Some(0.0));
    assert_eq!(case.says(Distances, "distance_travelled_m"), Some(0.0));
    assert_eq!(case.says(Distances, "jump_mean_m"), None);
    assert_eq!(case.says(VisitRates, "return_share"), None);
    assert_eq!(case.says(Entropy, "uncorrelated_entropy_bits"), Some(0.0));
    assert_eq!(case.says(Entropy, "real_entropy_bits"), None);
    assert_eq!(case.says(Entropy, "predictability_share"), None);
    assert_eq!(case.says(Rhythm, "inter_event_mean_s"), None);
    assert_eq!(case.says(Rhythm, "burstiness"), None);
    assert_eq!(case.says(Social::thousand(), "contacts"), Some(0.0));
    assert_eq!(case.says(Social::thousand(), "initiated_share"), None);
    assert_eq!(
        case.says(Traffic::by(Slot::HALF_HOUR), "sessions"),
        Some(1.0)
    );
    let calls = Case::of(
        9,
        Frame::Planar,
        &[(0.0, 0.0)],
        vec![event(0, 0, EventKind::CallIn)],
    );
    assert_eq!(
        calls.says(Traffic::by(Slot::HALF_HOUR), "sessions"),
        Some(0.0)
    );
    assert_eq!(
        calls.says(Traffic::by(Slot::HALF_HOUR), "volume_bytes"),
        None
    );
}

#[test]
fn always_at_one_cell() {
    let case = Case::line(&[(0, 1), (60, 1), (120, 1), (180, 1)]);
    assert_eq!(case.says(VisitRates, "exploration_share"), None);
    assert_eq!(case.says(VisitRates, "rank_2_share"), None);
    assert_eq!(case.says(Entropy, "predictability_share"), Some(1.0));
    // 4 log2 4 / (1 + 2 + 3 + 2): only the third event sees all up to the last before it.
    assert_eq!(case.says(Entropy, "real_entropy_bits"), Some(1.0));
    assert_eq!(case.says(Rhythm, "burstiness"), Some(-1.0));
    let profiles = Profiles::thirds();
    assert_eq!(case.says(Signature { profiles }, "profile"), None);
}

#[test]
fn all_at_one_time() {
    let case = Case::line(&[(5, 0), (5, 1), (5, 0)]);
    assert_eq!(case.says(Rhythm, "inter_event_mean_s"), Some(0.0));
    assert_eq!(case.says(Rhythm, "burstiness"), None);
}

/// On 29 March the clock of Berlin skips the hour from 2 to 3, and the day has 23.
#[test]
fn the_skipped_hour_is_no_gap() {
    let day = 5 * 24 * 60;
    let case = Case::line(&[(day + 119, 0), (day + 120, 1)]);
    assert_eq!(case.says(Rhythm, "inter_event_mean_s"), Some(60.0));
    assert_eq!(case.says(Distances, "day_jumps"), Some(1.0));
    assert_eq!(case.says(Rhythm, "weekend_night_share"), Some(1.0));
    assert_eq!(
        case.says(Traffic::by(Slot::try_new(60).unwrap()), "active_slots"),
        Some(2.0)
    );
}
