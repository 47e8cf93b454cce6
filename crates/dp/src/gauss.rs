use erewhon_types::{Error, Result, Rho};
use opendp::{
    domains::{AtomDomain, VectorDomain},
    measurements::make_gaussian,
    measures::ZeroConcentratedDivergence,
    metrics::L2Distance,
};

use crate::{Bounded, Charge, Private, Query};

impl Bounded {
    /// Adds discrete Gaussian noise to every entry.
    ///
    /// Proof: gauss.proof.md
    ///
    /// # Privacy
    /// Zero-concentrated differential privacy with the rho of the charge; neighbours add or remove
    /// one subscriber. The charge was durable before this call and stays spent if it fails.
    ///
    /// # Errors
    /// Internal, when the charge pays for another query or the sampler fails.
    pub fn release_gaussian(self, charge: Charge<Rho>) -> Result<Private<Vec<i64>, Rho>> {
        let Self { query, sums } = self;
        let rho = charge.pay_for(query.name(), &query.digest())?;
        let value = gaussian(&query, rho)?
            .invoke(&sums)
            .map_err(|_| Error::internal("the noise sampler failed; the charge stays spent"))?;
        Ok(Private::new(value, query, rho))
    }
}

type Gaussian = opendp::core::Measurement<
    VectorDomain<AtomDomain<i64>>,
    L2Distance<i64>,
    ZeroConcentratedDivergence,
    Vec<i64>,
>;

/// The smallest mechanism whose own privacy map stays below `rho` as a double, which may lie above the
/// whole nano-rhos that were charged.
fn gaussian(query: &Query, rho: Rho) -> Result<Gaussian> {
    // A bound in L1 is one in L2 too, since no vector is longer than its entries laid end to end.
    let bound = i64::from(query.bound_units());
    let mut scale = gaussian_scale_units(query, rho);
    // A root and a quotient of doubles may round down; a few steps up restore the claim.
    for _ in 0..8 {
        let mechanism = make_gaussian(
            VectorDomain::new(AtomDomain::<i64>::default()),
            L2Distance::<i64>::default(),
            scale,
            None,
        )
        .map_err(|_| Error::internal("the noise mechanism could not be built"))?;
        let loss = mechanism
            .map(&bound)
            .map_err(|_| Error::internal("the noise mechanism has no privacy map"))?;
        if loss < rho.value() {
            return Ok(mechanism);
        }
        scale = scale.next_up();
    }
    Err(Error::internal("no noise scale meets the charge"))
}

/// Scale of the discrete Gaussian noise in units: sensitivity / sqrt(2 rho).
pub fn gaussian_scale_units(query: &Query, rho: Rho) -> f64 {
    f64::from(query.bound_units()) / (2.0 * rho.value()).sqrt()
}

/// Standard deviation of the noise on one entry, in people: at most this, and this but for less
/// than one part in 10^6 where the scale is a unit or more.
///
/// Source: Canonne, Kamath and Steinke, NeurIPS 2020, on the variance.
pub fn gaussian_sd_people(query: &Query, rho: Rho) -> f64 {
    gaussian_scale_units(query, rho) / f64::from(query.units_per_person())
}

/// How far the noise on one entry reaches at least 95 times in 100, in people: the whole units from
/// 1.96 standard deviations on, which is the least or one unit more.
pub fn gaussian_reach_95_people(query: &Query, rho: Rho) -> f64 {
    let units = (1.959_964 * gaussian_scale_units(query, rho)).ceil();
    units / f64::from(query.units_per_person())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_map_of_the_gaussian_never_exceeds_the_charge() {
        for bound in [1, 3, 7, 1000, 8191, u32::MAX] {
            for nanos in [1, 3, 333_333_333, 24_360_000, Rho::MAX.nanos()] {
                let query = Query::new("q", 1, 1, bound).unwrap();
                let rho = Rho::from_nanos(nanos).unwrap();
                let mechanism = gaussian(&query, rho).unwrap();
                let loss = mechanism.map(&i64::from(bound)).unwrap();
                // The double may be above the charge; the one before it never is.
                assert!(loss <= rho.value().next_down(), "{bound} at {rho}: {loss}");
                assert!(loss >= rho.value() * (1.0 - 1e-9), "{bound} at {rho}");
            }
        }
    }

    #[test]
    fn the_stated_deviation_of_the_gaussian_is_that_of_the_pmf() {
        for (bound, rho) in [(1, "0.5"), (2, "0.02436"), (40, "0.31")] {
            let query = Query::new("q", 1, 1, bound).unwrap();
            let rho: Rho = rho.parse().unwrap();
            let scale = gaussian_scale_units(&query, rho);
            let weight = |k: i32| (-(f64::from(k) / scale).powi(2) / 2.0).exp();
            let total: f64 = (-2000..=2000).map(weight).sum();
            let square = |k: i32| weight(k) * f64::from(k).powi(2);
            let sd = ((-2000..=2000).map(square).sum::<f64>() / total).sqrt();
            let stated = gaussian_sd_people(&query, rho);
            assert!(sd <= stated * (1.0 + 1e-12), "{sd} of {stated}");
            assert!(sd >= stated * (1.0 - 1e-6), "{sd} of {stated}");
        }
    }

    #[test]
    fn the_stated_reach_of_the_gaussian_holds_its_share_of_the_pmf() {
        for (bound, rho) in [
            (1, "50"),
            (1, "2"),
            (1, "0.5"),
            (2, "0.02436"),
            (40, "0.31"),
        ] {
            let query = Query::new("q", 1, 1, bound).unwrap();
            let rho: Rho = rho.parse().unwrap();
            let scale = gaussian_scale_units(&query, rho);
            let weight = |k: i32| (-(f64::from(k) / scale).powi(2) / 2.0).exp();
            let total: f64 = (-2000..=2000).map(weight).sum();
            let within = |t: i32| (-t..=t).map(weight).sum::<f64>() / total;
            let reach = gaussian_reach_95_people(&query, rho) as i32;
            assert!(within(reach) >= 0.95, "{reach} holds {}", within(reach));
            let less = reach - 2;
            assert!(less < 0 || within(less) < 0.95, "{reach} is too far");
        }
    }
}
