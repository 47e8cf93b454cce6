use rayon::prelude::*;

use crate::{
    commuting::CommutingTable,
    country::Country,
    dice::{Dice, For, running},
    habits::{Choice, Habits},
    people::{Person, Role},
    places::{PlaceIx, Places, Use},
    spec::WorldSpec,
};

/// Everyone, with their places.
pub(crate) struct Society {
    pub(crate) places: Places,
    pub(crate) people: Vec<Person>,
    pub(crate) habits: Vec<Habits>,
}

/// Someone before the habits are known.
pub(crate) struct Draft {
    pub(crate) household: u32,
    pub(crate) role: Role,
    pub(crate) age: u8,
    pub(crate) phones: u8,
    pub(crate) home: PlaceIx,
    pub(crate) escort: bool,
}

const MACHINES: f64 = 0.03;
const VISITORS: f64 = 0.04;

impl Society {
    /// Fills the country with households, visitors and machines until the subscribers are reached.
    pub(crate) fn settle(
        spec: &WorldSpec,
        country: &Country,
        table: Option<&CommutingTable>,
    ) -> Self {
        let mut places = Places::found(country, spec.subscribers, spec.seed);
        let drafts = draft(spec, country, &mut places);
        let choice = Choice::new(&places);
        let habits: Vec<Habits> = drafts
            .par_iter()
            .enumerate()
            .map(|(ix, draft)| choice.habits(spec, country, table, ix, draft))
            .collect();
        let mut next = 0;
        let people = drafts.iter().map(|draft| {
            let numbers = (0..draft.phones).map(|_| {
                next += 1;
                number(next - 1)
            });
            Person {
                household: draft.household,
                role: draft.role,
                age: draft.age,
                numbers: numbers.collect(),
                home: None,
                work: None,
                contacts: Vec::new(),
                home_network: None,
            }
        });
        Self {
            people: people.collect(),
            places,
            habits,
        }
    }
}

/// A made-up number with a prefix that no country has: neighbours in the list look unrelated.
pub(crate) const fn number(ix: u64) -> u64 {
    999_000_000_000 + (ix * 387_420_489 + 271_828_183) % 1_000_000_000
}

fn draft(spec: &WorldSpec, country: &Country, places: &mut Places) -> Vec<Draft> {
    let total = f64::from(spec.subscribers);
    let machines = (MACHINES * total) as usize;
    let visitors = (VISITORS * total) as usize;
    let mut wanted = spec.subscribers as usize - machines - visitors;
    let homes = running(country.areas.iter().map(|a| a.residents));
    let hotels: Vec<PlaceIx> = places.of(Use::Hotel).collect();
    let mut drafts = Vec::new();
    let mut household = 0;
    while wanted > 0 {
        let mut dice = Dice::new(spec.seed, For::Households, 0, u64::from(household));
        let area = dice.pick(&homes);
        let home = places.add(country, Use::Home, area, 1.0, &mut dice);
        let ages = ages(&mut dice);
        let mut escort = ages.iter().any(|age| (3..=10).contains(age));
        for age in ages {
            let role = role(age, &mut dice);
            let owns = match age {
                0..=9 => false,
                10..=13 => dice.chance(0.7),
                _ => dice.chance(0.97),
            };
            let two = role.has_job() && dice.chance(0.06);
            if !owns || wanted == 0 {
                continue;
            }
            let phones = if two && wanted > 1 { 2 } else { 1 };
            wanted -= usize::from(phones);
            drafts.push(Draft {
                household,
                role,
                age,
                phones,
                home,
                escort: age > 20 && std::mem::take(&mut escort),
            });
        }
        household += 1;
    }
    let mut alone = |role: Role, home: PlaceIx, age: u8| {
        drafts.push(Draft {
            household,
            role,
            age,
            phones: 1,
            home,
            escort: false,
        });
        household += 1;
    };
    let mut dice = Dice::new(spec.seed, For::Households, 1, 0);
    for _ in 0..visitors {
        let hotel = hotels[dice.below(hotels.len())];
        let age = dice.between(18.0, 75.0) as u8;
        alone(Role::Visitor, hotel, age);
    }
    for _ in 0..machines {
        let area = dice.pick(&homes);
        let pole = places.add(country, Use::Pole, area, 0.0, &mut dice);
        alone(Role::Machine, pole, 0);
    }
    drafts
}

/// Ages of a household of one to six.
fn ages(dice: &mut Dice) -> Vec<u8> {
    let size = 1 + dice.pick(&[0.36, 0.68, 0.83, 0.945, 0.98, 1.0]);
    let grown = |dice: &mut Dice, low: f64, high: f64| dice.between(low, high) as u8;
    match size {
        1 if dice.chance(0.25) => vec![grown(dice, 18.0, 30.0)],
        1 => vec![grown(dice, 24.0, 90.0)],
        2 if dice.chance(0.12) => vec![grown(dice, 25.0, 50.0), grown(dice, 0.0, 19.0)],
        _ => {
            let first = if size == 2 {
                grown(dice, 20.0, 88.0)
            } else {
                grown(dice, 26.0, 56.0)
            };
            let second = (f64::from(first) + dice.normal(-1.0, 3.5)).clamp(18.0, 95.0) as u8;
            let oldest = f64::from(first.saturating_sub(21)).clamp(1.0, 24.0);
            let mut ages = vec![first, second];
            ages.extend((2..size).map(|_| grown(dice, 0.0, oldest)));
            ages
        }
    }
}

fn role(age: u8, dice: &mut Dice) -> Role {
    let u = dice.unit();
    match age {
        0..=17 => Role::Pupil,
        18..=26 if u < 0.42 => Role::Student,
        66.. if u < 0.92 => Role::Retired,
        _ => match dice.unit() {
            v if v < 0.52 => Role::Worker,
            v if v < 0.72 => Role::PartTime,
            v if v < 0.80 => Role::Shift,
            v if v < 0.82 => Role::Night,
            _ => Role::AtHome,
        },
    }
}
