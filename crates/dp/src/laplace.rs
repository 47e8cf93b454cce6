use erewhon_types::{Epsilon, Error, Result};
use opendp::{
    domains::{AtomDomain, VectorDomain},
    measurements::make_laplace,
    measures::MaxDivergence,
    metrics::L1Distance,
};

use crate::{Bounded, Charge, Norm, Private, Query};

impl Bounded {
    /// Adds discrete Laplace noise to every entry.
    ///
    /// Proof: laplace.proof.md
    ///
    /// # Privacy
    /// Pure differential privacy with the epsilon of the charge; neighbours add or remove one
    /// subscriber. The charge was durable before this call and stays spent if it fails.
    ///
    /// # Errors
    /// Internal, when the charge pays for another query, the query has no bound in L1 or the sampler
    /// fails.
    pub fn release(self, charge: Charge<Epsilon>) -> Result<Private<Vec<i64>>> {
        let Self { query, sums } = self;
        let epsilon = charge.pay_for(query.name(), &query.digest())?;
        if query.norm() != Norm::L1 {
            return Err(Error::internal(format!(
                "query `{}` has no bound in L1, which Laplace noise needs",
                query.name()
            )));
        }
        let value = laplace(query.bound_units(), epsilon)?
            .invoke(&sums)
            .map_err(|_| Error::internal("the noise sampler failed; the charge stays spent"))?;
        Ok(Private::new(value, query, epsilon))
    }
}

pub(crate) type Laplace = opendp::core::Measurement<
    VectorDomain<AtomDomain<i64>>,
    L1Distance<i64>,
    MaxDivergence,
    Vec<i64>,
>;

/// The smallest mechanism whose own privacy map at `bound` stays below `epsilon` as a double, which may
/// lie above the whole micro-epsilons that were charged.
pub(crate) fn laplace(bound: u32, epsilon: Epsilon) -> Result<Laplace> {
    let mut scale = f64::from(bound) / epsilon.value();
    let bound = i64::from(bound);
    // The quotient of two doubles may round down; a few steps up restore the claim.
    for _ in 0..8 {
        let mechanism = make_laplace(
            VectorDomain::new(AtomDomain::<i64>::default()),
            L1Distance::<i64>::default(),
            scale,
            None,
        )
        .map_err(|_| Error::internal("the noise mechanism could not be built"))?;
        let loss = mechanism
            .map(&bound)
            .map_err(|_| Error::internal("the noise mechanism has no privacy map"))?;
        if loss < epsilon.value() {
            return Ok(mechanism);
        }
        scale = scale.next_up();
    }
    Err(Error::internal("no noise scale meets the charge"))
}

/// Scale of the discrete Laplace noise in units: sensitivity / epsilon.
pub fn noise_scale_units(query: &Query, epsilon: Epsilon) -> f64 {
    f64::from(query.bound_units()) / epsilon.value()
}

/// Standard deviation of the noise on one entry, in people.
///
/// With a = exp(-1/scale), discrete Laplace has variance 2a / (1 - a)^2.
pub fn noise_sd_people(query: &Query, epsilon: Epsilon) -> f64 {
    let inverse = noise_scale_units(query, epsilon).recip();
    // 1 - a by expm1: the difference itself would cancel for large scales.
    let sd_units = (2.0 * (-inverse).exp()).sqrt() / -(-inverse).exp_m1();
    sd_units / f64::from(query.units_per_person())
}

/// How far the noise on one entry reaches with a chance of at least `share`, in people.
///
/// With a = exp(-1/scale) the chance to be farther off than t units is 2 a^(t + 1) / (1 + a).
pub fn noise_reach_people(query: &Query, epsilon: Epsilon, share: f64) -> f64 {
    let inverse = noise_scale_units(query, epsilon).recip();
    let beyond = 0.5 * (1.0 - share) * (1.0 + (-inverse).exp());
    let units = (beyond.ln() / -inverse - 1.0).ceil().max(0.0);
    units / f64::from(query.units_per_person())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_privacy_map_never_exceeds_the_charge() {
        for bound in [1, 3, 7, 1000, 8191] {
            for micros in [1, 3, 100_000, 333_333, 1_000_000, 100_000_000] {
                let epsilon = Epsilon::from_micros(micros).unwrap();
                let mechanism = laplace(bound, epsilon).unwrap();
                let loss = mechanism.map(&i64::from(bound)).unwrap();
                // The double may be above the charge; the one before it never is.
                assert!(
                    loss <= epsilon.value().next_down(),
                    "{bound} units at {epsilon}: {loss}"
                );
                assert!(
                    loss >= epsilon.value() * (1.0 - 1e-9),
                    "{bound} units at {epsilon}"
                );
            }
        }
    }

    #[test]
    fn the_stated_deviation_is_that_of_the_pmf() {
        for (bound, epsilon) in [(1, "3"), (2, "0.7"), (40, "0.2")] {
            let query = Query::new("q", 1, 1, bound).unwrap();
            let epsilon: Epsilon = epsilon.parse().unwrap();
            let scale = noise_scale_units(&query, epsilon);
            let weight = |k: i32| (-f64::from(k.abs()) / scale).exp();
            let total: f64 = (-9000..=9000).map(weight).sum();
            let square = |k: i32| weight(k) * f64::from(k).powi(2);
            let variance = (-9000..=9000).map(square).sum::<f64>() / total;
            let stated = noise_sd_people(&query, epsilon);
            assert!((stated / variance.sqrt() - 1.0).abs() < 1e-9, "{stated}");
        }
    }

    #[test]
    fn the_stated_reach_is_the_least_that_holds_its_share_of_the_pmf() {
        for (bound, epsilon) in [(1, "3"), (1, "20"), (2, "0.7"), (40, "0.2")] {
            let query = Query::new("q", 1, 1, bound).unwrap();
            let epsilon: Epsilon = epsilon.parse().unwrap();
            let scale = noise_scale_units(&query, epsilon);
            let weight = |k: i32| (-f64::from(k.abs()) / scale).exp();
            let total: f64 = (-9000..=9000).map(weight).sum();
            let within = |t: i32| (-t..=t).map(weight).sum::<f64>() / total;
            for share in [0.5, 0.95, 0.999] {
                let reach = noise_reach_people(&query, epsilon, share) as i32;
                assert!(within(reach) >= share, "{reach} holds {}", within(reach));
                assert!(
                    reach == 0 || within(reach - 1) < share,
                    "{reach} is not the least"
                );
            }
        }
    }
}
