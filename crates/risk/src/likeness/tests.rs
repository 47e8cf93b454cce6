use super::*;
use crate::testing::{Place, Row};
use proptest::prelude::*;
use rand::RngExt;

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let row = (0u64..6, 0u32..3 * 1440, 0u32..16).prop_map(|(person, minute, cell)| Row {
        person,
        minute,
        cell,
        peer: 0,
    });
    prop::collection::vec(row, 1..60)
}

/// Every pair of events is looked at.
fn slow_way(ground: &Ground, a: &[Seen], b: &[Seen], shift_s: i64) -> f32 {
    let cost = |x: &Seen, y: &Seen| {
        let later_s = (i64::from(y.time_s) - i64::from(x.time_s) - shift_s).abs();
        let place = ground.apart(x.cell, y.cell);
        match later_s <= MOMENT_S && place < 1.0 {
            true => (place + later_s as f32 / MOMENT_S as f32) / 2.0,
            false => 1.0,
        }
    };
    let least = |x: &Seen| b.iter().map(|y| cost(x, y)).fold(1.0, f32::min);
    a.iter().map(least).sum::<f32>() / a.len() as f32
}

proptest! {
    #[test]
    fn the_nearest_is_what_a_walk_over_everybody_finds(crowd in rows(), who in rows()) {
        let place = Place::new(4, 3);
        let ground = Ground::of(&place.public());
        let (crowd, who) = (place.people(&crowd), place.people(&who));
        let fast = Crowd::of(&crowd, &ground).unwrap();
        let found = fast.nearest(&who, &[0], false)[0];
        let mine = who.of(0);
        let hours = Traces::points_of(mine, 1);
        let weights = |events: &[Seen]| {
            let mut weights = [0.0f32; 16];
            for (cell, share) in cells(events) {
                weights[cell as usize] = share * fast.rarity[cell as usize];
            }
            weights
        };
        let dot = |a: &[f32; 16], b: &[f32; 16]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        let mut slow = [1.0, 1.0, 1.0, f32::MAX];
        for other in (0..crowd.len()).map(|row| crowd.of(row)) {
            let theirs = Traces::points_of(other, 1);
            let there = |point: &Point| hours.iter().filter(|p| p.cell() == point.cell()).count();
            let tells = |point: &Point| fast.rarity[point.cell().index()] / there(point) as f32;
            let all: f32 = hours.iter().map(tells).sum();
            let shared: f32 = hours.iter().filter(|p| theirs.contains(p)).map(tells).sum();
            slow[0] = (1.0 - shared / all).min(slow[0]);
            let (a, b) = (weights(mine), weights(other));
            slow[1] = (1.0 - dot(&a, &b) / (dot(&a, &a) * dot(&b, &b)).sqrt()).min(slow[1]);
            for shift_s in SHIFTS_S {
                let there = slow_way(&ground, mine, other, shift_s);
                let back = slow_way(&ground, other, mine, -shift_s);
                slow[2] = ((there + back) / 2.0).min(slow[2]);
            }
            let apart = fast.means_apart(&means(mine, &ground), &means(other, &ground));
            slow[3] = apart.min(slow[3]);
        }
        // The crowd is smaller than the number of ways compared, so all of them are.
        for (fast, slow) in found.iter().zip(slow) {
            prop_assert!((fast - slow).abs() < 1e-3, "{found:?} {slow:?}");
        }
    }
}

/// A copy is at no distance, and one moved by a cell, an hour or a day is nearer than anybody's life.
#[test]
fn a_blurred_copy_is_nearer_than_others() {
    let place = Place::new(6, 7);
    let ground = Ground::of(&place.public());
    let life = |person: u64, later: u32, aside: u32| {
        let mut dice = crate::draw::draws(person, "test", 0);
        let homes = [0; 3].map(|_| dice.random_range(0..35));
        let moment = move |_| Row {
            person,
            minute: 1440 + dice.random_range(0..4 * 1440) + later,
            cell: homes[dice.random_range(0..3)] + aside,
            peer: 0,
        };
        (0..40).map(moment).collect::<Vec<_>>()
    };
    let who = place.people(&life(1, 0, 0));
    let near = |rows: Vec<Row>| {
        let crowd = place.people(&rows);
        Crowd::of(&crowd, &ground)
            .unwrap()
            .nearest(&who, &[0], false)[0]
    };
    let copy = near(life(1, 0, 0));
    assert!(copy.iter().all(|&d| d < 1e-3), "{copy:?}");
    let strangers = near((2..12).flat_map(|person| life(person, 0, 0)).collect());
    for (later, aside) in [(50, 1), (1440, 0)] {
        let moved = near(life(1, later, aside));
        assert!(moved[2] < 0.6 * strangers[2], "{moved:?} {strangers:?}");
    }
}
