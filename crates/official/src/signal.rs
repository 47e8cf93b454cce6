//! Footprints computed from a network: signal strength, and from it dominance.
//!
//! The model is that of mobloc (Tennekes and Gootzen, "Bayesian location estimation of mobile devices using a signal strength
//! model", Journal of Spatial Information Science 25, 2022, section 3), with the numbers that multimno ships.

use std::collections::HashMap;

use erewhon_types::{CellIx, Error, Result};

use crate::{Footprints, Tile, tile::TILE_M};

/// What a cell transmits from where.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transmitter {
    /// Metres east of the grid's origin.
    pub east_m: f64,
    /// Metres north of the grid's origin.
    pub north_m: f64,
    /// Metres of the antenna above ground.
    pub height_m: f64,
    /// Power in watts.
    pub power_w: f64,
    /// How far it reaches, in metres on the ground.
    pub range_m: f64,
    /// How fast the signal fades with distance.
    pub path_loss_exponent: f64,
    /// Where it points; `None` is all round.
    pub beam: Option<Beam>,
}

/// Where an antenna points, and how wide its beam is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Beam {
    /// Degrees clockwise from north.
    pub azimuth_deg: f64,
    /// Degrees below the horizon.
    pub tilt_deg: f64,
    /// Width on the ground between the angles at which 3 dB are lost, in degrees.
    pub width_deg: f64,
    /// The same from above to below.
    pub height_deg: f64,
}

/// What is taken where a network says nothing of a cell, by its type; the numbers are multimno's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CellType {
    /// Power in watts.
    pub power_w: f64,
    /// Range in metres.
    pub range_m: f64,
    /// Path loss exponent, which no network says.
    pub path_loss_exponent: f64,
    /// Metres above ground.
    pub height_m: f64,
}

impl CellType {
    /// A cell's type by its name; any other name is the default.
    pub fn named(name: &str) -> Self {
        let of = |power_w, range_m, path_loss_exponent, height_m| Self {
            power_w,
            range_m,
            path_loss_exponent,
            height_m,
        };
        match name {
            "macrocell" => of(10.0, 10_000.0, 3.75, 30.0),
            "microcell" => of(5.0, 1_000.0, 6.0, 8.0),
            _ => of(5.0, 5_000.0, 3.75, 8.0),
        }
    }

    /// Tilt and both widths of a beam, in degrees, of any type.
    pub const BEAM: Beam = Beam {
        azimuth_deg: 0.0,
        tilt_deg: 5.0,
        width_deg: 65.0,
        height_deg: 9.0,
    };
}

/// How strength becomes dominance, and which of it counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SignalRule {
    /// Steepness of the logistic function, per dB.
    pub steepness: f64,
    /// The strength of a dominance of one half, in dBm.
    pub midpoint_dbm: f64,
    /// What is not above it does not count.
    pub least_dominance: f64,
    /// What is below this share of a tile's best does not count.
    pub best_share: f64,
    /// The most cells of a tile, best first.
    pub max_cells: usize,
    /// Loss straight behind an antenna, in dB.
    pub back_loss_db: f64,
}

impl SignalRule {
    /// multimno's: .2, -92.5 dBm, .01, 90 %, 10 cells, 30 dB.
    pub const MULTIMNO: Self = Self {
        steepness: 0.2,
        midpoint_dbm: -92.5,
        least_dominance: 0.01,
        best_share: 0.9,
        max_cells: 10,
        back_loss_db: 30.0,
    };

    /// Checks the numbers.
    ///
    /// # Errors
    /// Usage, when a share is not within 0 to 1, no cell is allowed, or the loss or steepness is not above 0.
    pub fn check(&self) -> Result<()> {
        let share = |value: f64| (0.0..=1.0).contains(&value);
        let positive = self.steepness > 0.0 && self.back_loss_db > 0.0;
        if positive && share(self.least_dominance) && share(self.best_share) && self.max_cells > 0 {
            return Ok(());
        }
        Err(
            Error::usage("a rule of signal strength is out of range").with_hint(
                "allowed: shares within 0 to 1, a steepness and a loss above 0, one cell or more",
            ),
        )
    }
}

/// The footprints of some cells over the tiles of a country.
///
/// # Errors
/// Usage, when the rule is out of range; input, when a transmitter's number is none, or no cell reaches a tile: the
/// network and the grid are of two places.
pub fn footprints(cells: &[Transmitter], grid: &[Tile], rule: &SignalRule) -> Result<Footprints> {
    rule.check()?;
    let mut losses = Losses::new(rule.back_loss_db);
    let mut rows_of: HashMap<Tile, Vec<(f64, CellIx)>> = HashMap::new();
    let by_column = Columns::of(grid);
    for (cell, at) in (0..).map(CellIx).zip(cells) {
        check(at)?;
        let beam = at.beam.map(|beam| {
            (
                beam,
                losses.deviation_deg(beam.width_deg),
                losses.deviation_deg(beam.height_deg),
            )
        });
        let power_dbm = 10.0 * at.power_w.log10() + 30.0;
        for tile in by_column.within(at.east_m, at.north_m, at.range_m) {
            let (east_m, north_m) = centre_m(tile);
            let (east_m, north_m) = (east_m - at.east_m, north_m - at.north_m);
            let ground_m = east_m.hypot(north_m);
            let direct_m = ground_m.hypot(at.height_m);
            let mut dbm = power_dbm - at.path_loss_exponent * 10.0 * direct_m.log10();
            if let Some((beam, across, along)) = beam {
                let turn = beam.turn_deg(east_m, north_m, at.height_m);
                dbm += losses.loss_db(turn, across);
                let below_deg = at.height_m.atan2(ground_m).to_degrees();
                dbm += losses.loss_db(half_turn(below_deg - beam.tilt_deg), along);
            }
            let dominance = 1.0 / (1.0 + (-(dbm - rule.midpoint_dbm) * rule.steepness).exp());
            if dominance > rule.least_dominance {
                rows_of.entry(tile).or_default().push((dominance, cell));
            }
        }
    }
    let mut rows = Vec::new();
    for (tile, mut of_tile) in rows_of {
        of_tile.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let best = of_tile[0].0;
        let enough = of_tile
            .iter()
            .take_while(|row| row.0 >= rule.best_share * best);
        let kept = enough.take(rule.max_cells);
        rows.extend(kept.map(|(dominance, cell)| (*cell, tile, *dominance as f32)));
    }
    if rows.is_empty() {
        return Err(
            Error::input("no cell reaches a tile of the grid").with_hint(
                "check that the cells and the grid are of one country, and the ranges in metres",
            ),
        );
    }
    Footprints::new(cells.len(), rows)
}

fn check(at: &Transmitter) -> Result<()> {
    let all = [at.east_m, at.north_m, at.height_m, at.path_loss_exponent];
    let beam = at.beam.map_or([1.0; 4], |b| {
        [b.azimuth_deg, b.tilt_deg, b.width_deg, b.height_deg]
    });
    let finite = all.iter().chain(&beam).all(|value| value.is_finite());
    let wide = beam[2] > 0.0 && beam[3] > 0.0;
    if finite && wide && at.power_w > 0.0 && at.range_m > 0.0 && at.height_m >= 0.0 {
        return Ok(());
    }
    Err(
        Error::input("a transmitter has a number that none can have")
            .with_hint("allowed: power, range and beam widths above 0, a height from 0 m"),
    )
}

fn centre_m(tile: Tile) -> (f64, f64) {
    let middle = |sides: u16| (f64::from(sides) + 0.5) * TILE_M;
    (middle(tile.east()), middle(tile.north()))
}

/// A grid by columns of tiles, to find those within a distance.
struct Columns {
    tiles: Vec<Tile>,
}

impl Columns {
    fn of(grid: &[Tile]) -> Self {
        let mut tiles = grid.to_vec();
        tiles.sort_unstable();
        tiles.dedup();
        Self { tiles }
    }

    fn within(&self, east_m: f64, north_m: f64, range_m: f64) -> impl Iterator<Item = Tile> {
        let sides = |m: f64| (m / TILE_M - 0.5).clamp(0.0, f64::from(u16::MAX));
        let first = sides(east_m - range_m).floor() as u16;
        let last = sides(east_m + range_m).ceil() as u16;
        let from = self
            .tiles
            .partition_point(|tile| *tile < Tile::new(first, 0));
        let to = self
            .tiles
            .partition_point(|tile| *tile <= Tile::new(last, u16::MAX));
        self.tiles[from..to].iter().copied().filter(move |tile| {
            let (east, north) = centre_m(*tile);
            (east - east_m).hypot(north - north_m) <= range_m
        })
    }
}

impl Beam {
    /// How far a point is aside of the beam, seen from an antenna so high, in the plane that the tilt spans: degrees, -180 to
    /// 180 (mobloc, `signal_strength.R`).
    fn turn_deg(&self, east_m: f64, north_m: f64, height_m: f64) -> f64 {
        let bearing = (90.0 - north_m.atan2(east_m).to_degrees()).rem_euclid(360.0);
        let turn = half_turn(bearing - self.azimuth_deg).to_radians();
        let ground_m = east_m.hypot(north_m);
        let (aside_m, ahead_m) = (turn.sin() * ground_m, turn.cos() * ground_m);
        // The point is so far below the horizon, along the beam.
        let below_deg = height_m.atan2(ahead_m.abs()).to_degrees();
        let slant_m = ahead_m.hypot(height_m);
        let along = |deg: f64| deg.to_radians().cos() * slant_m;
        let along_m = if ahead_m > 0.0 {
            along(below_deg - self.tilt_deg)
        } else {
            // Behind the antenna the beam goes up as it goes down before it; beyond a right angle the sign turns by itself.
            -along(below_deg + self.tilt_deg)
        };
        aside_m.atan2(along_m).to_degrees()
    }
}

/// An angle as -180 to 180 degrees.
fn half_turn(deg: f64) -> f64 {
    (deg + 180.0).rem_euclid(360.0) - 180.0
}

/// Loss aside of a beam: the shape of a normal distribution, scaled to nothing ahead and to all of the back loss behind.
struct Losses {
    back_loss_db: f64,
    /// For each whole degree from 1 to 180 the deviation whose loss is 3 dB there.
    deviations_deg: Vec<f64>,
    densities: HashMap<u64, (f64, f64)>,
}

/// The steps in which a deviation is looked for, and the angles at which its loss is tried; they are mobloc's.
const DEVIATIONS: u32 = 1_000;
const ANGLES: u32 = 720;

impl Losses {
    fn new(back_loss_db: f64) -> Self {
        let mut losses = Self {
            back_loss_db,
            deviations_deg: Vec::new(),
            densities: HashMap::new(),
        };
        let step_deg = 180.0 / f64::from(DEVIATIONS);
        let tried: Vec<(f64, f64)> = (1..DEVIATIONS)
            .map(|step| f64::from(step) * step_deg)
            .map(|deviation| (deviation, losses.three_db_deg(deviation)))
            .collect();
        let nearest = |deg: u32| {
            let off = |pair: &&(f64, f64)| (pair.1 - f64::from(deg)).abs();
            // Of equally near ones the first.
            let found = tried.iter().min_by(|a, b| off(a).total_cmp(&off(b)));
            found.map_or(1.0, |pair| pair.0)
        };
        losses.deviations_deg = (1..=180).map(nearest).collect();
        losses
    }

    /// The angle, of those that are tried, at which a deviation's loss is nearest to 3 dB.
    fn three_db_deg(&mut self, deviation_deg: f64) -> f64 {
        let step_deg = 180.0 / f64::from(ANGLES - 1);
        let mut best = (f64::INFINITY, 0.0);
        for angle in (0..ANGLES).map(|at| f64::from(at) * step_deg) {
            // Half a turn is taken for minus half a turn, at which the loss is the same.
            let off = (3.0 + self.loss_db(angle, deviation_deg)).abs();
            if off < best.0 {
                best = (off, angle);
            }
        }
        self.densities.clear();
        best.1
    }

    /// The deviation of a beam of a width: that of the whole degree nearest to half of it.
    fn deviation_deg(&self, width_deg: f64) -> f64 {
        let half = width_deg / 2.0;
        let below = half.floor();
        let degree = if half - below <= 0.5 {
            below
        } else {
            below + 1.0
        };
        self.deviations_deg[degree.clamp(1.0, 180.0) as usize - 1]
    }

    /// The loss at an angle of -180 to 180 degrees: 0 ahead, minus the back loss behind.
    fn loss_db(&mut self, angle_deg: f64, deviation_deg: f64) -> f64 {
        let density = |angle: f64| {
            (1.0 / ((2.0 * std::f64::consts::PI).sqrt() * deviation_deg))
                * (-0.5 * (angle / deviation_deg).powi(2)).exp()
        };
        let back_loss_db = self.back_loss_db;
        let (ahead, scale) = *self
            .densities
            .entry(deviation_deg.to_bits())
            .or_insert_with(|| (density(0.0), back_loss_db / (density(0.0) - density(180.0))));
        (density(angle_deg) - ahead) * scale
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_round() -> Transmitter {
        Transmitter {
            east_m: 1_050.0,
            north_m: 1_050.0,
            height_m: 30.0,
            power_w: 10.0,
            range_m: 500.0,
            path_loss_exponent: 3.75,
            beam: None,
        }
    }

    fn grid() -> Vec<Tile> {
        (0..21)
            .flat_map(|east| (0..21).map(move |north| Tile::new(east, north)))
            .collect()
    }

    fn keep_all() -> SignalRule {
        SignalRule {
            best_share: 0.0,
            max_cells: 99,
            ..SignalRule::MULTIMNO
        }
    }

    #[test]
    fn strength_is_what_the_formula_says() {
        let found = footprints(&[all_round()], &grid(), &keep_all()).unwrap();
        let of = |east, north| {
            let entries = found.of(CellIx(0)).iter();
            let mut entries = entries.map(|e| (found.tiles()[e.0 as usize], e.1));
            entries.find(|e| e.0 == Tile::new(east, north)).map(|e| e.1)
        };
        // Below the antenna: 40 dBm - 37.5 log10(30) = -15.4 dBm.
        assert!((of(10, 10).unwrap() - 1.0).abs() < 1e-6);
        // 500 m away: 40 - 37.5 log10(500.9) = -61.24 dBm, 1 / (1 + exp(-.2 · 31.26)).
        assert!(
            (of(15, 10).unwrap() - 0.998_076).abs() < 1e-5,
            "{:?}",
            of(15, 10)
        );
        assert_eq!(of(16, 10), None);
        // 81 tiles' centres lie within 5 sides of the middle.
        assert_eq!(found.of(CellIx(0)).len(), 81);
    }

    #[test]
    fn a_beam_loses_three_decibels_at_its_half_width_and_all_behind() {
        let mut losses = Losses::new(30.0);
        // Wider ones than 114 degrees the shape does not know.
        for width in [9.0, 65.0, 110.0] {
            let deviation = losses.deviation_deg(width);
            let at_half = losses.loss_db(width / 2.0, deviation);
            // Widths are those of whole degrees.
            assert!((at_half + 3.0).abs() < 1.0, "{width}: {at_half}");
            assert!((losses.loss_db(-180.0, deviation) + 30.0).abs() < 1e-9);
            assert_eq!(losses.loss_db(0.0, deviation), 0.0);
        }
        let beam = Beam {
            azimuth_deg: 90.0,
            tilt_deg: 0.0,
            ..CellType::BEAM
        };
        for (east, north, turn) in [(1.0, 0.0, 0.0), (0.0, 1.0, -90.0), (0.0, -1.0, 90.0)] {
            assert!(
                (beam.turn_deg(east, north, 0.0) - turn).abs() < 1e-9,
                "{east} {north}"
            );
        }
        assert!((beam.turn_deg(-1.0, 1e-12, 0.0).abs() - 180.0).abs() < 1e-6);
    }

    #[test]
    fn of_a_tile_only_good_cells_count() {
        let weak = Transmitter {
            power_w: 1e-9,
            ..all_round()
        };
        let rule = SignalRule {
            max_cells: 2,
            ..SignalRule::MULTIMNO
        };
        let cells = [weak, all_round(), all_round(), all_round()];
        let found = footprints(&cells, &grid(), &rule).unwrap();
        let tiles = |cell| found.of(CellIx(cell)).len();
        // The weak one is out of nine tenths of the best, the last one too many.
        assert_eq!([tiles(0), tiles(1), tiles(2), tiles(3)], [0, 81, 81, 0]);
    }

    #[test]
    fn a_network_elsewhere_is_refused() {
        let far = Transmitter {
            east_m: 1e6,
            ..all_round()
        };
        let error = footprints(&[far], &grid(), &keep_all()).unwrap_err();
        assert!(error.message().contains("no cell reaches"), "{error}");
        let bad = Transmitter {
            range_m: 0.0,
            ..all_round()
        };
        assert!(footprints(&[bad], &grid(), &keep_all()).is_err());
        assert!(
            footprints(
                &[all_round()],
                &grid(),
                &SignalRule {
                    max_cells: 0,
                    ..keep_all()
                }
            )
            .is_err()
        );
    }
}
