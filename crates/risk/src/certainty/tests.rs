use super::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Right guesses about somebody who adds `added`, over draws of noise by hand: for tests alone.
fn guessed(added: &[f64], noise: Noise, draws: u32) -> f64 {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let mut right = 0;
    for draw in 0..draws {
        let inside = draw % 2 == 0;
        let ratio: f64 = (added.iter())
            .map(|a| {
                let drawn = match noise {
                    Noise::Laplace { scale } => {
                        let u: f64 = rng.random::<f64>() - 0.5;
                        -scale * u.signum() * (1.0 - 2.0 * u.abs()).ln()
                    }
                    // The sum of twelve even numbers is normal enough.
                    Noise::Gaussian { sd } => {
                        sd * ((0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0)
                    }
                };
                noise.log_ratio(drawn + if inside { *a } else { 0.0 }, *a)
            })
            .sum();
        right += u32::from((ratio > 0.0) == inside);
    }
    f64::from(right) / f64::from(draws)
}

#[test]
fn one_count_is_a_closed_form() {
    for loss in [0.05, 0.66, 3.0] {
        let closed = 1.0 - (-loss / 2.0_f64).exp() / 2.0;
        let found = certainty(&[1.0], Noise::Laplace { scale: 1.0 / loss });
        assert!((found - closed).abs() < 1e-3, "{loss}: {found} {closed}");
    }
    // 1.959964 standard deviations on either side hold 95 %.
    let found = certainty(&[2.0 * 1.959_964], Noise::Gaussian { sd: 1.0 });
    assert!((found - 0.975).abs() < 1e-6, "{found}");
    assert_eq!(certainty(&[], Noise::Gaussian { sd: 1.0 }), 0.5);
    assert_eq!(certainty(&[0.0], Noise::Laplace { scale: 1.0 }), 0.5);
    assert_eq!(certainty(&[1.0], Noise::Gaussian { sd: 0.0 }), 1.0);
    assert_eq!(certainty(&[1.0], Noise::Laplace { scale: 0.0 }), 1.0);
}

/// With 40,000 draws a share is within .01 of its mean with odds of 5e-5 against.
#[test]
fn sums_agree_with_noise_drawn_by_hand() {
    let laplace = Noise::Laplace { scale: 2.0 };
    let gaussian = Noise::Gaussian { sd: 3.0 };
    let added: [&[f64]; 4] = [&[1.0; 5], &[0.25; 60], &[3.0, 1.0, 0.1], &[1.0, 2.0]];
    for added in added {
        for noise in [laplace, gaussian] {
            let (found, drawn) = (certainty(added, noise), guessed(added, noise, 40_000));
            assert!(
                (found - drawn).abs() < 0.01,
                "{added:?} {noise:?}: {found} {drawn}"
            );
        }
    }
}

/// Houssiau and others: 95.4 % for 32 distinct trips, where 16 % was claimed.
#[test]
fn thirty_two_trips_name_a_person() {
    let trips = [1.0; 32];
    let a_trip = certainty(&trips, Noise::Laplace { scale: 1.0 / 0.66 });
    assert!((a_trip - 0.954).abs() < 0.01, "{a_trip}");
    let claimed = most_certain(Guarantee {
        epsilon: "0.66".parse().unwrap(),
        concentrated: None,
    });
    assert!((claimed - 0.5 - 0.16).abs() < 0.005, "{claimed}");
    // Bounded by person: no way of spreading trips over counts gets past what epsilon allows.
    for trips in [1, 4, 32, 100] {
        let added = vec![1.0; trips];
        let noise = Noise::Laplace {
            scale: trips as f64 / 0.66,
        };
        let a_person = certainty(&added, noise);
        assert!(a_person <= claimed, "{trips}: {a_person}");
    }
}
