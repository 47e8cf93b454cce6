use erewhon_types::{Approximate, Delta, Epsilon, Error, Guarantee, Loss, Result, Rho};
use opendp::{
    combinators::ConcentratedMeasure,
    measures::{PrivacyProfile, ZeroConcentratedDivergence},
};

/// What a release at `epsilon` claims in a population that is kept at `delta`, or in pure epsilon where
/// there is none: in rho, the most that stays within both.
///
/// # Errors
/// As [`rho_within`].
pub fn guarantee(epsilon: Epsilon, delta: Option<Delta>) -> Result<Guarantee> {
    let concentrated = match delta {
        None => None,
        Some(delta) => Some((delta, rho_within(Approximate { epsilon, delta })?)),
    };
    Ok(Guarantee {
        epsilon,
        concentrated,
    })
}

/// What [`guarantee`] costs.
///
/// # Errors
/// As [`rho_within`].
pub fn price(epsilon: Epsilon, delta: Option<Delta>) -> Result<Loss> {
    guarantee(epsilon, delta).map(Guarantee::loss)
}

/// The largest rho that stays within an epsilon and a delta, to the nano-rho.
///
/// Proof: convert.proof.md
///
/// # Privacy
/// Whatever is rho-zero-concentrated differentially private for the result, however it was composed,
/// is (epsilon, delta)-differentially private.
///
/// Source: Canonne, Kamath and Steinke, NeurIPS 2020, on converting to approximate privacy.
///
/// ```
/// use erewhon_types::{Approximate, Rho};
/// let asked = Approximate { epsilon: "1".parse()?, delta: "1e-6".parse()? };
/// assert!(erewhon_dp::rho_within(asked)? > "0.0243".parse()?);
/// # Ok::<(), erewhon_types::Error>(())
/// ```
///
/// # Errors
/// Usage, when not even the smallest rho does; internal, when the conversion overflows.
pub fn rho_within(asked: Approximate) -> Result<Rho> {
    // `within` holds up to some rho and not above it, or not at all.
    let (mut holds, mut fails) = (0, Rho::MAX.nanos() + 1);
    while fails - holds > 1 {
        let middle = holds + (fails - holds) / 2;
        if within(Rho::from_nanos(middle)?, asked.epsilon, asked.delta)? {
            holds = middle;
        } else {
            fails = middle;
        }
    }
    Rho::from_nanos(holds).map_err(|_| {
        Error::usage(format!(
            "epsilon `{}` at delta `{}` leaves no rho to spend",
            asked.epsilon, asked.delta
        ))
        .with_hint("take a larger epsilon or delta")
    })
}

/// The smallest epsilon that covers a rho at a delta, to the micro-epsilon.
///
/// Proof: convert.proof.md
///
/// # Privacy
/// As [`rho_within`]. Source: the same.
///
/// # Errors
/// Usage, when epsilon would be over 100; internal, when the conversion overflows.
pub fn epsilon_of(rho: Rho, delta: Delta) -> Result<Epsilon> {
    Epsilon::from_micros(covering_micros(rho, delta)?)
}

/// The fewest micro-epsilons that cover a rho at a delta; one more than there can be where none do.
fn covering_micros(rho: Rho, delta: Delta) -> Result<u64> {
    let (mut fails, mut holds) = (0, MOST_MICROS + 1);
    while holds - fails > 1 {
        let middle = fails + (holds - fails) / 2;
        if within(rho, Epsilon::from_micros(middle)?, delta)? {
            holds = middle;
        } else {
            fails = middle;
        }
    }
    Ok(holds)
}

/// The largest epsilon whose [`price`] at a delta is no more than a rho, to the micro-epsilon; `None`
/// where no epsilon is so cheap.
///
/// # Errors
/// Internal, when the conversion overflows.
pub fn epsilon_left(rho: Rho, delta: Delta) -> Result<Option<Epsilon>> {
    // Up to what covers a nano-rho more, and not with it, less is paid than that.
    let beyond = match Rho::from_nanos(rho.nanos() + 1) {
        Ok(more) => covering_micros(more, delta)?,
        Err(_) => MOST_MICROS + 1,
    };
    let epsilon = Epsilon::from_micros(beyond - 1);
    let can_be_paid = |epsilon: &Epsilon| price(*epsilon, Some(delta)).is_ok();
    Ok(epsilon.ok().filter(can_be_paid))
}

/// The most micro-epsilons that an [`Epsilon`] holds.
const MOST_MICROS: u64 = 100_000_000;

/// Whether rho implies epsilon and delta; never yes where it does not.
fn within(rho: Rho, epsilon: Epsilon, delta: Delta) -> Result<bool> {
    let overflow = |_| Error::internal("the conversion of a privacy loss overflowed");
    let profile: PrivacyProfile =
        ZeroConcentratedDivergence::convert(rho.value().next_up()).map_err(overflow)?;
    let implied = profile
        .delta(epsilon.value().next_down())
        .map_err(overflow)?;
    Ok(implied <= delta.value().next_down())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delta() -> Delta {
        "1e-6".parse().unwrap()
    }

    #[test]
    fn the_published_pairs_come_out() {
        for (epsilon, rho) in [
            ("0.5", 0.00664),
            ("1", 0.02436),
            ("2", 0.08815),
            ("4", 0.31106),
        ] {
            let epsilon: Epsilon = epsilon.parse().unwrap();
            let asked = Approximate {
                epsilon,
                delta: delta(),
            };
            let found = rho_within(asked).unwrap();
            assert!((found.value() - rho).abs() <= 5e-6, "{found} for {epsilon}");
            // And back: what was found costs no more, what is just above it does.
            assert!(epsilon_of(found, delta()).unwrap() <= epsilon);
            let more = Rho::from_nanos(found.nanos() + 1).unwrap();
            assert!(epsilon_of(more, delta()).unwrap() > epsilon);
        }
    }

    #[test]
    fn what_is_left_can_be_paid_and_a_micro_epsilon_more_can_not() {
        for nanos in [1, 7, 30, 1_234, 24_367_999, 1_000_000_007] {
            let rho = Rho::from_nanos(nanos).unwrap();
            let left = epsilon_left(rho, delta()).unwrap();
            let costs = |micros| {
                let epsilon = Epsilon::from_micros(micros).unwrap();
                price(epsilon, Some(delta())).unwrap().units()
            };
            let micros = left.map_or(0, Epsilon::micros);
            assert!(costs(micros) <= nanos, "{rho}: {left:?}");
            assert!(costs(micros + 1) > nanos, "{rho}: {left:?}");
        }
        // All of the largest budget is left.
        let most = Epsilon::from_micros(MOST_MICROS).unwrap();
        let Loss::Rho(all) = price(most, Some(delta())).unwrap() else {
            panic!("priced in epsilon");
        };
        for rho in [all, Rho::MAX] {
            assert_eq!(epsilon_left(rho, delta()).unwrap(), Some(most), "{rho}");
        }
        let epsilon: Epsilon = "0.3".parse().unwrap();
        assert_eq!(price(epsilon, None).unwrap(), Loss::Epsilon(epsilon));
    }

    /// The formula itself over a fine grid of alphas, in place of a search for the best.
    #[test]
    fn the_conversion_is_the_best_of_a_grid_of_alphas() {
        for rho in ["0.0001", "0.00664", "0.3", "2"] {
            let rho: Rho = rho.parse().unwrap();
            let epsilon = epsilon_of(rho, delta()).unwrap().value();
            let at = |alpha: f64| {
                let exponent = (alpha - 1.0) * (alpha * rho.value() - epsilon)
                    + alpha * (-1.0 / alpha).ln_1p();
                exponent.exp() / (alpha - 1.0)
            };
            let grid = (1..400_000).map(|i| at(1.0 + (f64::from(i) * 4e-5).exp_m1()));
            let best = grid.fold(f64::INFINITY, f64::min);
            assert!((best / delta().value() - 1.0).abs() < 1e-3, "{rho}: {best}");
        }
    }

    /// The hockey-stick divergence of discrete Gaussians one apart, summed term by term.
    #[test]
    fn the_exact_delta_of_the_gaussian_stays_below() {
        for rho in ["0.00664", "0.02436", "0.3", "2"] {
            let rho: Rho = rho.parse().unwrap();
            let epsilon = epsilon_of(rho, delta()).unwrap().value();
            let pmf = |k: i32| (-f64::from(k).powi(2) * rho.value()).exp();
            let total: f64 = (-500..=500).map(pmf).sum();
            let excess = |k: i32| (pmf(k - 1) - epsilon.exp() * pmf(k)).max(0.0);
            let exact = (-500..=500).map(excess).sum::<f64>() / total;
            assert!(exact <= delta().value(), "{rho}: {exact}");
            assert!(exact >= delta().value() / 100.0, "{rho}: {exact}");
        }
    }

    #[test]
    fn what_no_rho_or_epsilon_meets_is_refused() {
        let asked = Approximate {
            epsilon: "0.000001".parse().unwrap(),
            delta: "1e-15".parse().unwrap(),
        };
        assert_eq!(rho_within(asked).unwrap_err().kind().exit_code(), 2);
        let refused = epsilon_of(Rho::MAX, delta()).unwrap_err();
        assert_eq!(refused.kind().exit_code(), 2);
    }
}
