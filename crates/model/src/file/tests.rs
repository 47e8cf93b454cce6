use erewhon_geo::{Cell, Frame};
use erewhon_types::{Kind, Window};
use proptest::prelude::*;

use super::*;
use crate::{
    ActivityTable, Axis, CallClass, CellShares, DAY_PARTS, DistanceRow, DistanceTable,
    ElsewhereTable, GapTable, Habit, KindShare, MeasuredTable, Moves, PAUSES, PLACES, PairTable,
    PresenceBlock, Provenance, PublicFrame, Routine,
};

fn shares(share: Vec<f64>) -> CellShares {
    CellShares {
        zone_of_cell: (0..share.len() as u32).collect(),
        resolved_zones: share.len() as u32,
        share,
    }
}

fn routine() -> Routine {
    let first = vec![0.5, 0.0, 0.25, 0.0, 0.25];
    let row = vec![0.5, 0.0, 0.25, 0.0, 0.125, 0.125];
    let habits = vec![Habit {
        share: vec![1.0; 3],
        moves: Moves {
            first: vec![first; DAY_PARTS.len()],
            next: vec![vec![vec![row; PLACES.len()]; PAUSES]; DAY_PARTS.len()],
        },
    }];
    Routine {
        pairs: PairTable {
            zone_of_cell: vec![0, 1],
            share: vec![0.5, 0.25, 0.125, 0.125],
        },
        with_work: habits.clone(),
        without_work: habits,
        gaps: GapTable {
            upper_edges_s: vec![60.0, 90_000.0],
            share: vec![0.5, 0.5],
        },
        near_share: vec![0.75, 0.25],
        elsewhere: ElsewhereTable {
            upper_ranks: vec![1, 3],
            usual: vec![0.5, 0.5],
            spread: vec![1.0 / 11.0; 11],
            jumps: vec![vec![vec![0.5, 0.5]; PAUSES]; 2],
        },
    }
}

fn model() -> Model {
    let row = DistanceRow {
        same_place_share: 0.25,
        bin_share: vec![0.5, 0.125],
        none_share: 0.125,
    };
    Model {
        version: VERSION.to_owned(),
        provenance: Provenance::Internal,
        frame: PublicFrame {
            frame: Frame::Planar,
            cells: vec![Cell::planar("a", 0.0, 0.0), Cell::planar("b", 900.0, 0.0)],
            window: Window::parse("2026-03-02", 7, "UTC").unwrap(),
        },
        subscribers: 12,
        home: shares(vec![0.75, 0.25]),
        work: shares(vec![0.5, 0.5]),
        commute: DistanceTable {
            zone_of_cell: vec![0, 0],
            upper_edges_m: vec![500.0, 1000.0],
            rows: vec![row],
        },
        other: None,
        activity: ActivityTable {
            mean_edges: vec![1.0, 2.0, 4.0],
            dispersion_edges: vec![0.5, 1.0],
            share: vec![0.5, 0.5],
        },
        classes: vec![CallClass {
            share: 1.0,
            hour_share: vec![1.0 / 24.0; 24],
        }],
        routine: Some(routine()),
        presence: vec![PresenceBlock {
            first_hour: 0,
            length_h: 24,
            active_share: 1.0,
            cells: shares(vec![0.5, 0.5]),
        }],
        kinds: vec![KindShare {
            kind: "data".to_owned(),
            share: 1.0,
        }],
        measured: Vec::new(),
    }
}

proptest! {
    #[test]
    fn json_round_trip_keeps_every_bit(split in 0.0..1.0f64, subscribers in 1..u64::from(u32::MAX)) {
        let mut model = model();
        model.home.share = vec![split, 1.0 - split];
        model.subscribers = subscribers;
        let back = Model::from_json(&model.to_json().unwrap()).unwrap();
        prop_assert_eq!(back, model);
    }
}

#[test]
fn a_model_that_was_cut_short_or_is_of_another_version_says_so() {
    let text = model().to_json().unwrap();
    for end in 0..text.len() {
        let error = Model::from_json(&text[..end]).unwrap_err();
        assert!(error.message().contains("cut short"), "{end}: {error}");
    }
    let error = Model::from_json("subscriber,time_utc\n1,2\n").unwrap_err();
    assert!(error.message().contains("not a model"), "{error}");
    let ours: u32 = VERSION.rsplit('v').next().unwrap().parse().unwrap();
    let version = |number: u32| format!("erewhon.model.v{number}");
    for (version, words) in [
        (version(ours + 1), "by a newer program"),
        (version(10 * ours), "by a newer program"),
        (version(ours - 1), "by an older program"),
        ("4".to_owned(), "no version that was ever written"),
    ] {
        // Whatever else it may hold.
        let other = format!(r#"{{"version": "{version}", "more": {{}}}}"#);
        let error = Model::from_json(&other).unwrap_err();
        assert!(error.message().contains(words), "{error}");
        assert!(error.message().contains(&format!("`{version}`")), "{error}");
    }
}

#[test]
fn broken_models_are_refused_in_words() {
    type Break = fn(&mut Model);
    let breaks: &[(&str, Break)] = &[
        (VERSION, |m| m.version = "3".into()),
        ("subscribers", |m| m.subscribers = 0),
        ("home", |m| m.home.share = vec![1.0]),
        ("home", |m| m.home.share = vec![0.5, 0.4]),
        ("work", |m| m.work.share = vec![1.5, -0.5]),
        ("commute", |m| m.commute.zone_of_cell = vec![0, 1]),
        ("commute", |m| m.commute.upper_edges_m = vec![1.0, 1.0]),
        ("activity", |m| m.activity.share = vec![1.0]),
        ("activity", |m| m.activity.mean_edges[0] = f64::NAN),
        ("classes", |m| m.classes.clear()),
        ("presence", |m| m.presence[0].length_h = 23),
        ("presence", |m| {
            let long = PresenceBlock {
                length_h: 250,
                ..m.presence[0].clone()
            };
            m.presence = vec![long.clone(), long];
            (m.presence[0].length_h, m.presence[1].first_hour) = (6, 6);
        }),
        ("kinds", |m| m.kinds[0].share = f64::INFINITY),
        ("1e18", |m| m.activity.mean_edges[2] = 1e18),
        ("1e-9", |m| m.activity.mean_edges[0] = 1e-9),
        ("1e18", |m| m.activity.dispersion_edges[1] = 1e18),
    ];
    refused(breaks);
}

#[test]
fn broken_routines_are_refused_in_words() {
    let breaks: &[Break] = &[
        ("pairs", |m| part(m).pairs.zone_of_cell = vec![0]),
        ("pairs", |m| part(m).pairs.zone_of_cell[1] = 2),
        ("pairs", |m| part(m).pairs.share[0] = 0.75),
        ("pairs", |m| part(m).pairs.share.push(0.0)),
        ("elsewhere", |m| part(m).elsewhere.upper_ranks[1] = 1),
        ("elsewhere", |m| part(m).elsewhere.usual = vec![1.0]),
        ("elsewhere", |m| part(m).elsewhere.usual[0] = 0.25),
        ("elsewhere", |m| part(m).elsewhere.spread.truncate(10)),
        ("elsewhere", |m| part(m).elsewhere.spread[0] = f64::NAN),
        ("elsewhere", |m| part(m).elsewhere.jumps.truncate(1)),
        ("elsewhere", |m| part(m).elsewhere.jumps[1].truncate(1)),
        ("elsewhere", |m| part(m).elsewhere.jumps[0][1] = vec![1.0]),
        ("elsewhere", |m| part(m).elsewhere.jumps[0][0][0] = 0.25),
        ("gaps", |m| part(m).gaps.upper_edges_s.clear()),
        ("90001", |m| part(m).gaps.upper_edges_s[1] = 90_001.0),
        ("gaps", |m| part(m).gaps.share = vec![1.0]),
        ("gaps", |m| part(m).gaps.share[0] = 0.0),
        ("near", |m| part(m).near_share.clear()),
        ("near", |m| part(m).near_share[0] = 0.5),
        ("64", |m| part(m).near_share = vec![1.0 / 128.0; 128]),
        ("with_work", |m| part(m).with_work.clear()),
        ("without_work", |m| part(m).without_work[0].share[2] = 0.5),
        ("with_work", |m| part(m).with_work[0].share.truncate(2)),
        ("with_work", |m| part(m).with_work[0].share.push(0.0)),
        ("with_work", |m| moves(m).first.truncate(4)),
        ("with_work", |m| moves(m).first[0].truncate(4)),
        ("with_work", |m| moves(m).first[0][0] = 0.25),
        ("with_work", |m| moves(m).next.truncate(4)),
        ("with_work", |m| moves(m).next[4].truncate(3)),
        ("with_work", |m| moves(m).next[4][3].truncate(4)),
        ("with_work", |m| moves(m).next[4][3][4].truncate(5)),
        ("with_work", |m| moves(m).next[4][3][4][5] = 0.5),
    ];
    refused(breaks);
}

#[test]
fn broken_tables_as_released_are_refused_in_words() {
    fn measured(change: impl Fn(&mut MeasuredTable)) -> Vec<MeasuredTable> {
        let zones = Axis {
            name: "zone".to_owned(),
            labels: vec!["0".to_owned(), "1".to_owned()],
        };
        let mut table = MeasuredTable {
            query: "home".to_owned(),
            by: vec![zones],
            zone_of_cell: Some(vec![0, 1]),
            units_per_person: 1,
            units: vec![7, -1],
            fitted_people: Some(vec![7.0, 0.0]),
        };
        change(&mut table);
        vec![table]
    }
    let breaks: &[Break] = &[
        // Nothing else is wrong with the table itself.
        ("answers no query", |m| m.measured = measured(|_| {})),
        ("a zone that has no entry", |m| {
            m.measured = measured(|t| t.zone_of_cell = Some(vec![0, 2]));
        }),
        ("`home`", |m| {
            m.measured = measured(|t| t.zone_of_cell = Some(vec![0]));
        }),
        ("`home`", |m| m.measured = measured(|t| t.units.truncate(1))),
        ("units_per_person", |m| {
            m.measured = measured(|t| t.units_per_person = 0);
        }),
        ("a number of people that is none", |m| {
            m.measured = measured(|t| t.fitted_people = Some(vec![7.0, f64::NAN]));
        }),
    ];
    refused(breaks);
}

fn part(model: &mut Model) -> &mut Routine {
    model.routine.as_mut().unwrap()
}

fn moves(model: &mut Model) -> &mut Moves {
    &mut part(model).with_work[0].moves
}

/// The word that the error must have, and what breaks a good model.
type Break = (&'static str, fn(&mut Model));

fn refused(breaks: &[Break]) {
    for (word, break_it) in breaks {
        let mut broken = model();
        break_it(&mut broken);
        let error = broken.validate().unwrap_err();
        assert_eq!(error.kind(), Kind::Input);
        assert!(error.message().contains(*word), "{word}: {error}");
        assert!(error.hint().is_some());
        assert!(broken.to_json().is_err());
    }
}

#[test]
fn text_that_is_no_model_is_refused() {
    let whole = model().to_json().unwrap();
    for text in ["", "{}", "[1]", &whole[..whole.len() - 2]] {
        assert_eq!(Model::from_json(text).unwrap_err().kind(), Kind::Input);
    }
    let unknown = whole.replacen('{', "{\"event\": 1, ", 1);
    assert!(Model::from_json(&unknown).is_err());
}

#[test]
fn files_are_replaced_whole_and_missing_ones_named() {
    let dir = std::env::temp_dir().join(format!("erewhon-model-{}", std::process::id()));
    fs::create_dir_all(&dir).unwrap();
    let path = dir.join("model.json");
    model().write(&path).unwrap();
    model().write(&path).unwrap();
    assert_eq!(Model::read(&path).unwrap(), model());
    assert_eq!(fs::read_dir(&dir).unwrap().count(), 1);
    let missing = Model::read(&dir.join("nowhere.json")).unwrap_err();
    assert!(missing.message().contains("nowhere.json"));
    fs::remove_dir_all(&dir).unwrap();
}
