use erewhon_types::{Error, Result};

use crate::Cell;

/// A simple model of where the phones that a cell serves are: a sector with a soft edge.
///
/// The density at distance d and at angle t off the main lobe is proportional to
/// `(1 - (d / range)²) · 10^(-A(t) / 10)` with `A(t) = min(12 (t / beam)², 20)` decibels, and nothing
/// beyond the range. A is the horizontal pattern of 3GPP TR 36.942, section 4.2.1; without an azimuth
/// it is 0. The fall with distance is a convention, not a propagation model: no power, height, tilt,
/// terrain or neighbour enters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Antenna {
    range_m: f64,
    beam: Option<Beam>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Beam {
    azimuth_deg: f64,
    width_deg: f64,
}

/// The model is drawn as this many points, each for an equal part of the disc.
pub(crate) const POINTS: u32 = 1_024;
/// The golden angle in turns: the points stand like the seeds of a sunflower (Vogel, "A better way
/// to construct the sunflower head", 1979), in no rows and evenly dense.
const GOLDEN_TURN: f64 = 0.381_966_011_250_105_1;

/// The usual main lobe of a sector of three, in degrees.
const SECTOR_WIDTH_DEG: f64 = 65.0;

impl Antenna {
    /// The antenna of a cell by the cell list; `None` where the list gives no range that a cell can
    /// have. A cell with an azimuth has a main lobe of 65 degrees.
    pub fn of(cell: &Cell) -> Option<Self> {
        let round = Self::all_round(cell.range_m?).ok()?;
        match cell.azimuth_deg {
            Some(azimuth_deg) => round.towards(azimuth_deg, SECTOR_WIDTH_DEG).ok(),
            None => Some(round),
        }
    }

    /// An antenna that serves all round, up to a range in metres.
    ///
    /// # Errors
    /// Input, when the range is not above 0 and at most 200,000 m.
    pub fn all_round(range_m: f64) -> Result<Self> {
        if range_m > 0.0 && range_m <= 200_000.0 {
            return Ok(Self {
                range_m,
                beam: None,
            });
        }
        Err(Error::input(format!(
            "a range of `{range_m}` m is not allowed: above 0 and at most 200,000 m"
        ))
        .with_hint("GSM reaches 35 km, or 120 km with extended range"))
    }

    /// The same antenna with a main lobe: its direction in degrees clockwise from north, and the
    /// angle in which its power is at least half (65 degrees is usual for three sectors).
    ///
    /// # Errors
    /// Input, when the azimuth is outside 0 to 360 or the width outside 1 to 360 degrees.
    pub fn towards(self, azimuth_deg: f64, width_deg: f64) -> Result<Self> {
        if !(0.0..=360.0).contains(&azimuth_deg) {
            return Err(Error::input(format!(
                "an azimuth of `{azimuth_deg}` is not allowed: 0 to 360 degrees"
            )));
        }
        if !(1.0..=360.0).contains(&width_deg) {
            return Err(Error::input(format!(
                "a beam `{width_deg}` degrees wide is not allowed: 1 to 360"
            )));
        }
        Ok(Self {
            beam: Some(Beam {
                azimuth_deg,
                width_deg,
            }),
            ..self
        })
    }

    /// Density at metres east and north of the mast, 1 at the mast and in the main lobe.
    pub fn density(&self, (east_m, north_m): (f64, f64)) -> f64 {
        let distance_share = east_m.hypot(north_m) / self.range_m;
        let near = (1.0 - distance_share * distance_share).max(0.0);
        let loss_db = self.beam.map_or(0.0, |beam| {
            let bearing_deg = east_m.atan2(north_m).to_degrees();
            let turn = (bearing_deg - beam.azimuth_deg).rem_euclid(360.0);
            let off_deg = turn.min(360.0 - turn);
            (12.0 * (off_deg / beam.width_deg).powi(2)).min(20.0)
        });
        near * 10f64.powf(-loss_db / 10.0)
    }

    /// Points that stand for equal parts of the disc, in metres east and north of the mast, with
    /// their density.
    pub(crate) fn points(&self) -> impl Iterator<Item = ((f64, f64), f64)> {
        let antenna = *self;
        (0..POINTS).map(move |point| {
            let radius_m = antenna.range_m * ((f64::from(point) + 0.5) / f64::from(POINTS)).sqrt();
            let (sin, cos) = (f64::from(point) * GOLDEN_TURN * std::f64::consts::TAU).sin_cos();
            let at = (radius_m * sin, radius_m * cos);
            (at, antenna.density(at))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_a_sector_where_its_list_says_so() {
        let mut cell = Cell::planar("a", 0.0, 0.0);
        assert_eq!(Antenna::of(&cell), None);
        cell.range_m = Some(1_000.0);
        let round = Antenna::all_round(1_000.0).unwrap();
        assert_eq!(Antenna::of(&cell), Some(round));
        cell.azimuth_deg = Some(120.0);
        assert_eq!(Antenna::of(&cell), round.towards(120.0, 65.0).ok());
        cell.range_m = Some(0.0);
        assert_eq!(Antenna::of(&cell), None);
    }

    #[test]
    fn the_pattern_is_the_published_one() {
        let sector = Antenna::all_round(1_000.0)
            .unwrap()
            .towards(90.0, 65.0)
            .unwrap();
        let at = |deg: f64| {
            let (sin, cos) = deg.to_radians().sin_cos();
            sector.density((1e-6 * sin, 1e-6 * cos))
        };
        assert!((at(90.0) - 1.0).abs() < 1e-9);
        // Half the power (3 dB) at half the width, and 20 dB behind.
        assert!((at(90.0 + 32.5) - 10f64.powf(-0.3)).abs() < 1e-9);
        assert!((at(90.0 - 32.5) - 10f64.powf(-0.3)).abs() < 1e-9);
        assert!((at(270.0) - 0.01).abs() < 1e-9);
        assert_eq!(sector.density((1_000.0, 0.0)), 0.0);
        assert!((sector.density((500.0, 0.0)) - 0.75).abs() < 1e-12);
        let north = Antenna::all_round(1.0).unwrap();
        let at = |deg: f64| north.towards(deg, 65.0).unwrap().density((0.1, 0.5));
        assert!((at(0.0) - at(360.0)).abs() < 1e-12);
    }

    #[test]
    fn points_have_the_mean_of_the_density() {
        // Over a disc, 1 - (d / r)² has the mean 1/2.
        let points = Antenna::all_round(3_000.0).unwrap();
        let mean = points.points().map(|p| p.1).sum::<f64>() / f64::from(POINTS);
        assert!((mean - 0.5).abs() < 1e-9, "{mean}");
    }

    #[test]
    fn nonsense_is_refused() {
        for range_m in [0.0, -5.0, 200_001.0, f64::NAN, f64::INFINITY] {
            assert!(Antenna::all_round(range_m).is_err(), "{range_m}");
        }
        let antenna = Antenna::all_round(1e3).unwrap();
        for (azimuth_deg, width_deg) in [(-1.0, 65.0), (361.0, 65.0), (0.0, 0.0), (f64::NAN, 65.0)]
        {
            assert!(antenna.towards(azimuth_deg, width_deg).is_err());
        }
    }
}
