use std::collections::HashMap;

use crate::{
    dice::{Dice, For, fixed_normal, running},
    people::{Contact, Role, Tie},
    society::Society,
};

/// Weaves the social network: households, some colleagues, friends who mostly live nearby, and a
/// few far ones. Ties are mutual; machines and visitors have none.
pub(crate) fn befriend(society: &mut Society, seed: u64) {
    let human = |ix: usize| !matches!(society.people[ix].role, Role::Machine | Role::Visitor);
    let humans: Vec<usize> = (0..society.people.len()).filter(|&ix| human(ix)).collect();
    let mut ties: Vec<(usize, usize, Tie)> = Vec::new();
    let mut at_work: HashMap<u32, Vec<usize>> = HashMap::new();
    for (place, &ix) in humans.iter().enumerate() {
        let house = society.people[ix].household;
        for &other in &humans[place + 1..] {
            if society.people[other].household != house {
                break;
            }
            ties.push((ix, other, Tie::Household));
        }
        if let Some(work) = society.habits[ix].work {
            at_work.entry(work).or_default().push(ix);
        }
    }
    // Neighbours on a Morton curve are mostly neighbours on the ground.
    let mut along = humans;
    along.sort_by_cached_key(|&ix| {
        let point = society.places.get(society.habits[ix].home).point;
        (morton(point.east_m, point.north_m), ix)
    });
    for (position, &ix) in along.iter().enumerate() {
        let mut dice = Dice::new(seed, For::Contacts, ix as u64, 0);
        let friends = 1 + dice.pareto(1.0, 1.6).min(12.0) as usize;
        for _ in 0..friends {
            let steps = dice.pareto(1.0, 0.55).min(along.len() as f64) as usize;
            let other = if dice.chance(0.1) {
                dice.below(along.len())
            } else if dice.chance(0.5) {
                (position + steps) % along.len()
            } else {
                (position + along.len() - steps) % along.len()
            };
            ties.push((ix, along[other], Tie::Friend));
        }
        let colleagues = society.habits[ix].work.and_then(|work| at_work.get(&work));
        if let Some(colleagues) = colleagues {
            for _ in 0..dice.below(3) {
                let other = colleagues[dice.below(colleagues.len())];
                ties.push((ix, other, Tie::Colleague));
            }
        }
    }
    for (a, b, tie) in ties {
        let known = society.people[a]
            .contacts
            .iter()
            .any(|c| c.person as usize == b);
        if a == b || known {
            continue;
        }
        let base = match tie {
            Tie::Household => 3.0,
            Tie::Colleague => 0.7,
            Tie::Friend => 1.0,
        };
        let (low, high) = (a.min(b) as u64, a.max(b) as u64);
        let strength = base * (1.1 * fixed_normal(seed, low, high)).exp();
        for (one, other) in [(a, b), (b, a)] {
            society.people[one].contacts.push(Contact {
                person: other as u32,
                tie,
                strength,
            });
        }
    }
    for (person, habits) in society.people.iter().zip(&mut society.habits) {
        habits.circle = running(person.contacts.iter().map(|c| c.strength));
    }
}

/// Interleaves the bits of a position in steps of 32 m.
fn morton(east_m: f64, north_m: f64) -> u64 {
    let spread = |metres: f64| {
        let steps = ((metres + 1e6) / 32.0).clamp(0.0, 65_535.0) as u64;
        (0..16).fold(0, |sum, bit| sum | ((steps >> bit & 1) << (2 * bit)))
    };
    spread(east_m) | spread(north_m) << 1
}
