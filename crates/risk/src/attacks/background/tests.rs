use std::collections::HashSet;

use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::*;

/// Places of each person's events, in order, of the made-up people that scikit-mobility was given.
fn people(bin_h: u32) -> Vec<Vec<u64>> {
    let mut people: Vec<Vec<u64>> = Vec::new();
    for line in include_str!("skmob/people.csv").lines().skip(1) {
        let fields: Vec<u64> = line
            .split(',')
            .map(|field| field.parse().unwrap())
            .collect();
        let [person, minute, cell] = fields[..] else {
            panic!("{line}")
        };
        people.resize(people.len().max(person as usize), Vec::new());
        let bin = (minute / 60).checked_div(u64::from(bin_h)).unwrap_or(0);
        people[person as usize - 1].push(bin << 32 | cell);
    }
    people
}

fn kind(name: &str) -> Kind {
    match name {
        "location" => Kind::Location,
        "location_sequence" => Kind::LocationSequence,
        "location_time_hour" => Kind::LocationTime { bin_h: 1 },
        "location_time_day" => Kind::LocationTime { bin_h: 24 },
        "unique_location" => Kind::UniqueLocation,
        "location_frequency" => Kind::LocationFrequency,
        "location_probability" => Kind::LocationProbability,
        "location_proportion" => Kind::LocationProportion,
        "home_work" => Kind::HomeWork,
        other => panic!("{other}"),
    }
}

/// Highest and mean risk over all combinations, by the book and its postings.
fn risks(kind: Kind, all: &[Vec<u64>], person: usize, known: usize) -> (f64, f64) {
    let book = Book::of(all.iter().cloned());
    let page = Page::of(&all[person]);
    let things = kind.things(&all[person], &page);
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let wanted = kind.wanted(known).min(things);
    let risks: Vec<f64> = combinations(things, wanted, usize::MAX / 1000, &mut rng)
        .iter()
        .map(|combination| {
            let known = kind.known(&all[person], &page, combination);
            let fits = |row: &u32| known.fits_within(kind, book.page(*row), 0.5);
            1.0 / (0..all.len() as u32).filter(fits).count() as f64
        })
        .collect();
    let highest = risks.iter().copied().fold(0.0, f64::max);
    (highest, risks.iter().sum::<f64>() / risks.len() as f64)
}

#[test]
fn risks_are_those_of_scikit_mobility() {
    let mut asked = 0;
    for line in include_str!("skmob/risks.csv").lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let kind = kind(fields[0]);
        let number = |at: usize| fields[at].parse::<usize>().unwrap();
        let (highest, mean) = risks(kind, &people(kind.bin_h()), number(2) - 1, number(1));
        let theirs = |at: usize| fields[at].parse::<f64>().unwrap();
        assert!((highest - theirs(3)).abs() < 1e-6, "{line}: {highest}");
        assert!((mean - theirs(4)).abs() < 1e-6, "{line}: {mean}");
        asked += 1;
    }
    assert_eq!(asked, 250);
}

#[test]
fn combinations_are_all_of_them_or_as_many_as_asked() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let all = combinations(6, 3, 20, &mut rng);
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), 20);
    for combination in all.iter().chain(&combinations(7, 3, 20, &mut rng)) {
        assert!(combination.len() == 3 && combination.is_sorted_by(|a, b| a < b));
    }
    assert_eq!(combinations(170, 4, 20, &mut rng).len(), 20);
    assert_eq!(combinations(2, 2, 20, &mut rng), [[0, 1]]);
    assert!(combinations(2, 3, 20, &mut rng).is_empty());
}

proptest! {
    /// Rows looked for among those at the rarest place are all that fit.
    #[test]
    fn the_rarest_place_misses_nobody(
        all in prop::collection::vec(prop::collection::vec(0u64..5, 1..9), 1..8),
        kind in prop::sample::select(Kind::ALL.to_vec()), seed in 0u64..9,
    ) {
        let book = Book::of(all.iter().cloned());
        let (held, spec) = (People::default(), RiskSpec::default());
        let game = Game { kind, book: &book, held: &held, hidden: false, spec: &spec, number: 0 };
        let page = Page::of(&all[0]);
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let things = kind.things(&all[0], &page);
        for combination in combinations(things, kind.wanted(3).min(things), 5, &mut rng) {
            let known = kind.known(&all[0], &page, &combination);
            let fitting: Vec<u32> =
                (0..all.len() as u32).filter(|&row| known.fits(kind, book.page(row))).collect();
            prop_assert!(fitting.contains(&0));
            prop_assert_eq!(game.fitting(&known), fitting);
        }
    }
}
