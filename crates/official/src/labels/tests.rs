use super::*;
use crate::{Mcc, Tile};

const RULE: LabelRule = LabelRule::MULTIMNO;

const fn tile(north: u16) -> Spot {
    Spot::Tile(Tile::new(0, north))
}

fn scores(rows: &[(Spot, u32, u32)]) -> ScoresBySpot {
    rows.iter()
        .map(|(spot, slots, days)| {
            (
                *spot,
                Permanence {
                    slots: *slots,
                    days: *days,
                },
            )
        })
        .collect()
}

fn said(
    all: &ScoresBySpot,
    night: &ScoresBySpot,
    working: &ScoresBySpot,
) -> Vec<(&'static str, Spot)> {
    let scores = LabelScores {
        all,
        night,
        working,
    };
    labels(scores, &RULE)
        .into_iter()
        .map(|l| (l.rule, l.spot))
        .collect()
}

#[test]
fn home_and_work_are_parts_of_the_usual_environment() {
    let all = scores(&[
        (tile(1), 75, 10),
        (tile(2), 62, 9),
        (tile(3), 30, 2),
        (Spot::Device, 100, 10),
    ]);
    let night = scores(&[(tile(1), 50, 10), (tile(2), 2, 1), (Spot::Device, 50, 10)]);
    let working = scores(&[(tile(2), 30, 8), (Spot::Device, 32, 9)]);
    // A fall by 20 % of 75 is 15: the third, 32 below the second, is out; the second is labelled by
    // its working hours.
    assert_eq!(
        said(&all, &night, &working),
        [
            ("ue_1", tile(1)),
            ("ue_2", tile(2)),
            // 75 of 100 are too few for `h_1`.
            ("h_2", tile(1)),
            ("w_1", tile(2)),
        ]
    );
}

#[test]
fn each_rule_is_asked_for_each_subscriber() {
    // By days, where slots don't do.
    let all = scores(&[(tile(1), 50, 8), (Spot::Device, 100, 10)]);
    let night = scores(&[(tile(1), 20, 8), (Spot::Device, 50, 10)]);
    let none = ScoresBySpot::new();
    assert_eq!(
        said(&all, &night, &none),
        [("ue_3", tile(1)), ("h_3", tile(1))]
    );
    // Without a night there is a usual environment and no home.
    assert_eq!(said(&all, &none, &none), [("ue_3", tile(1))]);
    // Most slots of the working hours, and not the share.
    let working = scores(&[(tile(1), 5, 8), (Spot::Device, 10, 10)]);
    assert!(said(&all, &none, &working).contains(&("w_2", tile(1))));
}

#[test]
fn who_is_rarely_seen_is_left_out_and_a_country_may_be_usual() {
    let none = ScoresBySpot::new();
    let rare = scores(&[(tile(1), 1, 1), (Spot::Device, 1, 1)]);
    assert!(said(&rare, &none, &none).is_empty());
    assert!(said(&none, &none, &none).is_empty());
    let france = Spot::Abroad(Mcc::new(208).unwrap());
    let away = scores(&[
        (france, 90, 10),
        (Spot::Unknown, 500, 20),
        (Spot::Device, 100, 10),
    ]);
    assert_eq!(
        said(&away, &none, &none),
        [("ue_1", france), ("h_1", france)]
    );
}

#[test]
fn only_the_largest_of_the_usual_environment_is_home() {
    // Of two with the same score both are; one slot below is too far.
    let all = scores(&[
        (tile(1), 90, 10),
        (tile(2), 90, 10),
        (tile(3), 89, 10),
        (Spot::Device, 100, 10),
    ]);
    let none = ScoresBySpot::new();
    let home: Vec<_> = said(&all, &none, &none)
        .into_iter()
        .filter(|l| l.0 == "h_1")
        .collect();
    assert_eq!(home, [("h_1", tile(1)), ("h_1", tile(2))]);
}

#[test]
fn a_rule_out_of_range_is_refused() {
    RULE.check().unwrap();
    assert!(
        LabelRule {
            ue_share: 1.5,
            ..RULE
        }
        .check()
        .is_err()
    );
    assert!(
        LabelRule {
            ue_fall_share: f64::NAN,
            ..RULE
        }
        .check()
        .is_err()
    );
    assert!(
        LabelRule {
            anchor_fall_slots: 0,
            ..RULE
        }
        .check()
        .is_err()
    );
}
