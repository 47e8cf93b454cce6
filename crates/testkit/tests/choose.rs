//! The choice between the two kinds of noise foretells the error that is then drawn.

use erewhon_dp::{Ask, Choice, Norm, Query};
use erewhon_testkit::faults;
use erewhon_types::Approximate;

const ENTRIES: usize = 4_000;
/// Five standard errors of a variance of so many Laplace draws, whose kurtosis is 6; those of Gaussian
/// draws are smaller, and those of a sum of queries too. Below 1e-6.
const WITHIN: f64 = 0.18;

/// Mean square of nobody's table, in people.
fn mean_square(noise: Vec<i64>, query: &Query) -> f64 {
    let people = |units: i64| units as f64 / f64::from(query.units_per_person());
    noise
        .iter()
        .map(|&units| people(units).powi(2))
        .sum::<f64>()
        / noise.len() as f64
}

#[test]
fn the_choice_of_noise_foretells_what_is_drawn() {
    let one_hot = Ask {
        weight: 1.0,
        l1_people: 1.0,
        l2_people: 1.0,
    };
    // A subscriber over sixty-four entries at an eighth of a person each.
    let spread = Ask {
        weight: 3.0,
        l1_people: 8.0,
        l2_people: 1.0,
    };
    let asks = [one_hot, one_hot, spread, one_hot];
    let total = Approximate {
        epsilon: "1".parse().unwrap(),
        delta: "1e-6".parse().unwrap(),
    };
    let choice = Choice::between(&asks, total).unwrap();
    let (mut laplace, mut gaussian) = (0.0, 0.0);
    let losses = choice.laplace.losses.iter().zip(&choice.gaussian.losses);
    for (ask, (&epsilon, &rho)) in asks.iter().zip(losses) {
        let query =
            |people: f64| Query::new("q", ENTRIES, 1_000, (people * 1_000.0) as u32).unwrap();
        let in_l1 = query(ask.l1_people);
        let drawn = faults::honest(&in_l1, epsilon, &[]).unwrap();
        laplace += ask.weight * mean_square(drawn.into_value(), &in_l1);
        let in_l2 = query(ask.l2_people).bounded_in(Norm::L2);
        let drawn = faults::honest_gaussian(&in_l2, rho, &[]).unwrap();
        gaussian += ask.weight * mean_square(drawn.into_value(), &in_l2);
    }
    let foretold = [choice.laplace.variance, choice.gaussian.variance];
    for (drawn, foretold) in [laplace, gaussian].into_iter().zip(foretold) {
        assert!(
            (drawn / foretold - 1.0).abs() < WITHIN,
            "{drawn} for {foretold}"
        );
    }
    // Far enough apart for the draws to tell.
    assert!(foretold[0] > 2.0 * foretold[1], "{foretold:?}");
    assert_eq!(choice.prefers_gaussian(), gaussian < laplace);
}
