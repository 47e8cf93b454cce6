use std::f64::consts::TAU;

use erewhon_events::{Disclosed, Sample};
use erewhon_geo::CellTable;
use erewhon_types::{Calendar, Error, Result};
use rand::RngExt as _;
use rand_chacha::ChaCha20Rng;
use serde::Serialize;

use crate::{effect::Stretch, generalise::Rows, near::Masts};

/// Planar Laplace noise (geo-indistinguishability): each record's place is moved on its own by a
/// distance whose density falls as e^(-epsilon r), and then told as the nearest mast; times stay.
///
/// **It protects a point and not a person.** That one place was within some metres of another is hidden
/// to `per_m` times these metres. A person's records each pay that again, so that what a row with n
/// records hides of a place they all share is n times weaker, and whoever averages them has the place
/// back: after 100 nights at home the error is a tenth of one. Times and the number of records are as
/// they were.
///
/// Source: Andrés, Bordenabe, Chatzikokolakis, Palamidessi, "Geo-indistinguishability: differential
/// privacy for location-based systems", CCS 2013. The guarantee holds for real numbers; this draws with
/// floating point, on the table's plane, and proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Perturb {
    /// Epsilon for each metre, .00001 to 1; the mean distance is 2 / epsilon: 400 m for .005.
    pub epsilon_per_m: f64,
}

impl Perturb {
    pub(crate) fn check(&self) -> Result<()> {
        if !(1e-5..=1.0).contains(&self.epsilon_per_m) {
            return Err(Error::usage(format!(
                "an epsilon of `{}` a metre is out of range: allowed is 0.00001 to 1",
                self.epsilon_per_m
            ))
            .with_hint("the mean distance is 2 / epsilon: 0.005 moves records by 400 m"));
        }
        Ok(())
    }
}

/// Metres east and north of one draw.
///
/// The radius has density epsilon² r e^(-epsilon r): that of the sum of two exponential draws, with no
/// need for the inverse of its distribution function.
fn draw_m(epsilon_per_m: f64, rng: &mut ChaCha20Rng) -> (f64, f64) {
    // `random` gives [0, 1), and a logarithm needs more than 0.
    let mut exponential = || -(1.0 - rng.random::<f64>()).ln();
    let radius_m = (exponential() + exponential()) / epsilon_per_m;
    let (sin, cos) = (TAU * rng.random::<f64>()).sin_cos();
    (radius_m * cos, radius_m * sin)
}

/// Moves every record. Of several cells on the nearest mast one is drawn, so that none is favoured.
pub(crate) fn perturb(
    raw: &Disclosed,
    cells: &CellTable,
    calendar: &Calendar,
    rule: &Perturb,
    rng: &mut ChaCha20Rng,
    stretch: &mut Stretch,
) -> Rows {
    let masts = Masts::new(cells);
    let rows = raw.rows().map(|(subscriber, samples)| {
        let samples = samples.iter().map(|sample| {
            let from = erewhon_types::CellIx(sample.place);
            let (x, y) = cells.plane_m()[from.index()];
            let (east_m, north_m) = draw_m(rule.epsilon_per_m, rng);
            let there = masts.nearest((x + east_m, y + north_m));
            let drawn = there[rng.random_range(0..there.len())];
            let utc_ms = calendar.start_utc_ms() + i64::from(sample.from_s) * 1000;
            let to = cells.serving(drawn, utc_ms);
            stretch.add(cells.distance_m(from, to), 0, 1);
            Sample {
                place: to.0,
                ..*sample
            }
        });
        (subscriber, samples.collect())
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;
    use crate::technique::testing::{calendar, cells, crowd};

    fn rng(seed: u8) -> ChaCha20Rng {
        ChaCha20Rng::from_seed([seed; 32])
    }

    /// 20,000 draws against the distribution function of the source's equation (3),
    /// 1 - (1 + epsilon r) e^(-epsilon r): Kolmogorov's distance is over 1.95 / √n once in a thousand.
    #[test]
    fn radii_are_those_of_planar_laplace() {
        let (n, epsilon) = (20_000, 0.01);
        let mut rng = rng(5);
        let mut radii: Vec<f64> = Vec::new();
        let mut east = 0.0;
        for _ in 0..n {
            let (x, y) = draw_m(epsilon, &mut rng);
            radii.push(x.hypot(y));
            east += x;
        }
        radii.sort_by(f64::total_cmp);
        let worst = radii.iter().enumerate().map(|(i, r)| {
            let law = 1.0 - (1.0 + epsilon * r) * (-epsilon * r).exp();
            (law - i as f64 / n as f64).abs()
        });
        let worst = worst.fold(0.0, f64::max);
        assert!(worst < 1.95 / f64::from(n).sqrt(), "{worst}");
        // The variance of one coordinate is 3 / epsilon².
        let sigma_m = (3.0 / f64::from(n)).sqrt() / epsilon;
        assert!((east / f64::from(n)).abs() < 4.0 * sigma_m);
    }

    #[test]
    fn averaging_brings_a_place_back() {
        let cells = cells();
        let raw = crowd(1, 2000, 6);
        let home = raw.rows().next().unwrap().1[0].place;
        let stay = raw.rows().map(|(who, samples)| {
            let samples = samples.iter().map(|s| Sample { place: home, ..*s });
            (who, samples.collect::<Vec<_>>())
        });
        let stay = Disclosed::new(raw.places().to_vec(), stay.collect()).unwrap();
        let rule = Perturb {
            epsilon_per_m: 0.001,
        };
        let mut stretch = Stretch::default();
        let rows = perturb(&stay, &cells, &calendar(), &rule, &mut rng(7), &mut stretch);
        let (x, y) = cells.plane_m()[home as usize];
        let off = |s: &Sample| {
            let (a, b) = cells.plane_m()[s.place as usize];
            (a - x, b - y)
        };
        let n = rows[0].1.len() as f64;
        let sum = rows[0]
            .1
            .iter()
            .map(off)
            .fold((0.0, 0.0), |s, p| (s.0 + p.0, s.1 + p.1));
        let mean_m = (sum.0 / n).hypot(sum.1 / n);
        assert!(stretch.metres().mean > 1_000.0, "{:?}", stretch.metres());
        assert!(mean_m < stretch.metres().mean / 3.0, "{mean_m}");
    }

    #[test]
    fn an_epsilon_out_of_range_is_refused() {
        for bad in [0.0, -1.0, 1.1, f64::NAN, f64::INFINITY] {
            assert!(Perturb { epsilon_per_m: bad }.check().is_err(), "{bad}");
        }
        assert!(
            Perturb {
                epsilon_per_m: 0.005
            }
            .check()
            .is_ok()
        );
    }
}
