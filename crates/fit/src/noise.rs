use erewhon_dp::Query;
use erewhon_types::Epsilon;

use crate::Noise;

impl Noise {
    /// Standard deviation of the noise on one entry, in people.
    ///
    /// Discrete Laplace of scale `s = bound_units / epsilon` has P(k) proportional to a^|k| with
    /// a = exp(-1 / s), hence variance 2a / (1 - a)^2 in units (Canonne, Kamath, Steinke 2020; the
    /// two-sided geometric of Ghosh, Roughgarden, Sundararajan 2009).
    pub(crate) fn sd_people(self, query: &Query, epsilon: Epsilon) -> f64 {
        match self {
            Self::None => 0.0,
            Self::DiscreteLaplace => {
                let rate = epsilon.value() / f64::from(query.bound_units());
                // 2a / (1 - a)^2 = 1 / (2 sinh^2(rate / 2)), which keeps its digits at small rates.
                let sd_units = 1.0 / (std::f64::consts::SQRT_2 * (rate / 2.0).sinh());
                sd_units / f64::from(query.units_per_person())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_formula_equals_the_sum_over_the_distribution() {
        for (bound, epsilon) in [(1, "1"), (1, "3"), (5, "0.7"), (40, "0.2")] {
            let epsilon: Epsilon = epsilon.parse().unwrap();
            let query = Query::new("q", 1, 1, bound).unwrap();
            let a = (-epsilon.value() / f64::from(bound)).exp();
            let mass = |k: i32| a.powi(k.abs());
            let total: f64 = (-9000..=9000).map(mass).sum();
            let square = |k: i32| f64::from(k) * f64::from(k) * mass(k);
            let variance = (-9000..=9000).map(square).sum::<f64>() / total;
            let sd = Noise::DiscreteLaplace.sd_people(&query, epsilon);
            assert!((sd / variance.sqrt() - 1.0).abs() < 1e-9, "{sd}");
        }
    }
}
