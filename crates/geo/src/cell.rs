use erewhon_types::{CellIx, Error, Result};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    Plane, Radio, great_circle_m,
    index::Index,
    sphere::{EARTH_RADIUS_M, Unit},
};

/// How the positions of a cell table are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Frame {
    /// WGS 84 longitude and latitude in degrees.
    Geographic,
    /// Metres on a plane of the user's choice.
    Planar,
    /// No positions were given: cells are laid out on a 1 km lattice in file order, so distances
    /// are lattice steps and no map means anything.
    Schematic,
}

/// Far more than rounding does to a distance or its square, and far less than matters.
const ROUNDING: f64 = 1e-9;

/// More than rounding does to the sum of two distances; great circles near half a turn lose most.
const SLACK_M: f64 = 1.0;

/// So many cells are compared each with each.
const FEW_CELLS: usize = 32;

/// One cell of the network, while it stands at one position.
///
/// All of it is public. A file has no key for a field that is `None`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// The operator's own name of the cell; with its period, unique in its table.
    pub id: String,
    /// Longitude in degrees, or metres east in a planar frame.
    pub x: f64,
    /// Latitude in degrees, or metres north in a planar frame.
    pub y: f64,
    /// The mast it is mounted on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// What it transmits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub radio: Option<Radio>,
    /// Direction of the main lobe in degrees clockwise from north, 0 to 360; `None` when unknown
    /// or all round.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub azimuth_deg: Option<f64>,
    /// How far it is meant to reach, in metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range_m: Option<f64>,
    /// Degrees of the main lobe below the horizon; negative above it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tilt_deg: Option<f64>,
    /// Transmitted power in watts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub power_w: Option<f64>,
    /// The first instant of its period; `None` is ever since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from_utc: Option<Timestamp>,
    /// The first instant after its period; `None` is for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to_utc: Option<Timestamp>,
}

impl Cell {
    /// A cell at a position in degrees.
    pub fn geographic(id: impl Into<String>, lat: f64, lon: f64) -> Self {
        Self {
            id: id.into(),
            x: lon,
            y: lat,
            site: None,
            radio: None,
            azimuth_deg: None,
            range_m: None,
            tilt_deg: None,
            power_w: None,
            valid_from_utc: None,
            valid_to_utc: None,
        }
    }

    /// A cell at a position in metres.
    pub fn planar(id: impl Into<String>, east_m: f64, north_m: f64) -> Self {
        Self::geographic(id, north_m, east_m)
    }

    /// The half-open period in which it is in service, in milliseconds since 1970 UTC.
    pub fn period_utc_ms(&self) -> std::ops::Range<i64> {
        let start = self
            .valid_from_utc
            .map_or(i64::MIN, Timestamp::as_millisecond);
        start
            ..self
                .valid_to_utc
                .map_or(i64::MAX, Timestamp::as_millisecond)
    }
}

/// The public list of cells, in file order; a [`CellIx`] is a row number in it.
///
/// A cell that moved, or that paused, has a row for each of its periods; these do not overlap.
#[derive(Clone, Debug)]
pub struct CellTable {
    frame: Frame,
    cells: Vec<Cell>,
    plane: Plane,
    /// Metres east and north of the table's centre.
    plane_m: Vec<(f64, f64)>,
    /// Metres on the plane from the centre to the outermost cell.
    reach_m: f64,
    /// Whether the plane errs too much for distances.
    round: bool,
    index: Index,
    /// The rows from west to east; empty when every row is valid for good.
    by_east: Vec<CellIx>,
}

/// Where the plane could err by more than this share, distances are great circles.
const PLANE_ERROR_SHARE: f64 = 0.005;

impl CellTable {
    /// Builds a table; positions are projected to the [`Plane`] that touches the table's centre.
    ///
    /// # Errors
    /// Input, when the table is empty, an id appears twice at one time or a position is not finite.
    pub fn new(frame: Frame, cells: Vec<Cell>) -> Result<Self> {
        if cells.is_empty() {
            return Err(Error::input("the cell table has no usable cell"));
        }
        for cell in &cells {
            if !(cell.x.is_finite() && cell.y.is_finite()) {
                return Err(Error::input(format!(
                    "cell `{}` has no finite position",
                    cell.id
                )));
            }
        }
        let index = Index::new(&cells)?;
        let positions = cells.iter().map(|c| (c.x, c.y));
        let plane = match frame {
            Frame::Geographic => Plane::touching(positions),
            Frame::Planar | Frame::Schematic => {
                let n = cells.len() as f64;
                let (x, y) = positions.fold((0.0, 0.0), |s, p| (s.0 + p.0, s.1 + p.1));
                Plane::shifted((x / n, y / n))
            }
        };
        let mut plane_m = Vec::with_capacity(cells.len());
        for cell in &cells {
            let (east_m, north_m) = plane.project_m(cell.x, cell.y);
            if !(east_m.is_finite() && north_m.is_finite()) {
                return Err(Error::input(format!(
                    "cell `{}` lies at the far side of the Earth from the middle of the table",
                    cell.id
                ))
                .with_hint("check the position of the cell in the cell list"));
            }
            plane_m.push((east_m, north_m));
        }
        let reach_m = plane_m.iter().map(|p| p.0.hypot(p.1)).fold(0.0, f64::max);
        let mut by_east = Vec::new();
        if index.is_timed() {
            by_east.extend((0..cells.len() as u32).map(CellIx));
            by_east.sort_by(|a, b| plane_m[a.index()].0.total_cmp(&plane_m[b.index()].0));
        }
        Ok(Self {
            frame,
            cells,
            by_east,
            plane,
            reach_m,
            round: plane.error_share(reach_m) > PLANE_ERROR_SHARE,
            plane_m,
            index,
        })
    }

    /// Builds a table of cells whose positions are unknown.
    ///
    /// # Errors
    /// Input, when the list is empty or an id appears twice.
    pub fn schematic(ids: Vec<String>) -> Result<Self> {
        let side = (ids.len() as f64).sqrt().ceil().max(1.0) as usize;
        let place = |(row, id): (usize, String)| {
            Cell::planar(
                id,
                (row % side) as f64 * 1000.0,
                (row / side) as f64 * 1000.0,
            )
        };
        Self::new(
            Frame::Schematic,
            ids.into_iter().enumerate().map(place).collect(),
        )
    }

    /// How positions are to be read.
    pub const fn frame(&self) -> Frame {
        self.frame
    }

    /// Number of cells.
    pub const fn len(&self) -> usize {
        self.cells.len()
    }

    /// Never true: a table has at least one cell.
    pub const fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// The cells in row order.
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// The cell of a row. The index must come from this table.
    pub fn cell(&self, ix: CellIx) -> &Cell {
        &self.cells[ix.index()]
    }

    /// The row of a cell id, whatever the time; the latest, where the cell has several.
    ///
    /// An id in the style of `MCC-MNC-LAC-CI` is found in whatever way it is written
    /// ([`canonical_cell_id`](crate::canonical_cell_id)).
    #[inline]
    pub fn find(&self, id: impl AsRef<[u8]>) -> Option<CellIx> {
        self.index.find(id.as_ref())
    }

    /// The row of a cell id that is valid at a time, in milliseconds since 1970 UTC.
    #[inline]
    pub fn find_at(&self, id: impl AsRef<[u8]>, time_utc_ms: i64) -> Option<CellIx> {
        self.index.find_at(id.as_ref(), time_utc_ms)
    }

    /// Whether a row is valid at a time, in milliseconds since 1970 UTC.
    #[inline]
    pub fn serves(&self, row: CellIx, time_utc_ms: i64) -> bool {
        self.index.serves(row, time_utc_ms)
    }

    /// The row itself where it serves at the time, else the nearest on the plane that does; itself
    /// where none does.
    pub fn serving(&self, row: CellIx, time_utc_ms: i64) -> CellIx {
        if self.serves(row, time_utc_ms) {
            return row;
        }
        let (x, y) = self.plane_m[row.index()];
        let at = self
            .by_east
            .partition_point(|other| self.plane_m[other.index()].0 < x);
        let (west, east) = self.by_east.split_at(at);
        let mut best = (f64::INFINITY, row);
        // Outwards on both sides until the next row is too far off in `x` alone.
        for side in [
            &mut west.iter().rev() as &mut dyn Iterator<Item = &CellIx>,
            &mut east.iter(),
        ] {
            for &other in side {
                let (other_x, other_y) = self.plane_m[other.index()];
                if (other_x - x).abs() > best.0 {
                    break;
                }
                let metres = (other_x - x).hypot(other_y - y);
                if (metres, other) < best && self.serves(other, time_utc_ms) {
                    best = (metres, other);
                }
            }
        }
        best.1
    }

    /// Metres east and north of the table's centre, by row.
    pub fn plane_m(&self) -> &[(f64, f64)] {
        &self.plane_m
    }

    /// The plane of [`plane_m`](Self::plane_m).
    pub const fn plane(&self) -> &Plane {
        &self.plane
    }

    /// Metres east and north of the table's centre of any position in the table's frame.
    pub fn project_m(&self, x: f64, y: f64) -> (f64, f64) {
        self.plane.project_m(x, y)
    }

    /// Largest relative error of distances on the table's plane against the great circle.
    ///
    /// What works on [`plane_m`](Self::plane_m) errs by up to this share: below 0.005 where every
    /// cell is within 1,270 km of the centre.
    pub fn plane_error_share(&self) -> f64 {
        self.plane.error_share(self.reach_m)
    }

    /// Metres between two cells: on the plane where it errs by under 0.5 %, else the great circle.
    #[inline]
    pub fn distance_m(&self, a: CellIx, b: CellIx) -> f64 {
        if self.round {
            let at = |ix: CellIx| (self.cells[ix.index()].x, self.cells[ix.index()].y);
            return great_circle_m(at(a), at(b));
        }
        let (ax, ay) = self.plane_m[a.index()];
        let (bx, by) = self.plane_m[b.index()];
        ((ax - bx) * (ax - bx) + (ay - by) * (ay - by)).sqrt()
    }

    /// Whether two cells are at most so many metres apart, as [`distance_m`](Self::distance_m)
    /// says; cells far apart need no root.
    #[inline]
    pub fn are_within_m(&self, a: CellIx, b: CellIx, radius_m: f64) -> bool {
        self.square_m2(a, b) <= radius_m * radius_m * (1.0 + ROUNDING)
            && self.distance_m(a, b) <= radius_m
    }

    /// Longest distance in metres between any two of some cells; 0 for fewer than two.
    ///
    /// Of many cells, those near the middle are left alone: no two are further apart than their ways
    /// to the middle together. Where all stand on one circle that saves nothing, and the time is
    /// quadratic.
    pub fn diameter_m(&self, cells: &[CellIx]) -> f64 {
        if cells.len() <= FEW_CELLS {
            return self.longest_m(cells);
        }
        let mut outermost: Vec<(f64, CellIx)> = self.ways_to_middle_m(cells);
        outermost.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
        let mut longest_m = 0.0_f64;
        for (i, &(a_m, a)) in outermost.iter().enumerate() {
            for &(b_m, b) in &outermost[i + 1..] {
                if a_m + b_m + SLACK_M < longest_m {
                    break;
                }
                longest_m = longest_m.max(self.distance_m(a, b));
            }
        }
        longest_m
    }

    /// The cell that stands nearest to the mean place of some cells, the lower of two; `None` of none.
    pub fn middle_of(&self, cells: &[CellIx]) -> Option<CellIx> {
        let at = |ix: &CellIx| self.plane_m[ix.index()];
        let (east, north) = cells
            .iter()
            .map(at)
            .fold((0.0, 0.0), |sum, at| (sum.0 + at.0, sum.1 + at.1));
        let many = cells.len() as f64;
        let away =
            |ix: &CellIx| (at(ix).0 - east / many).powi(2) + (at(ix).1 - north / many).powi(2);
        let nearest = cells
            .iter()
            .min_by(|a, b| away(a).total_cmp(&away(b)).then(a.cmp(b)));
        nearest.copied()
    }

    /// The ways of some cells to a place amid them.
    fn ways_to_middle_m(&self, cells: &[CellIx]) -> Vec<(f64, CellIx)> {
        let with_way =
            |way_m: &dyn Fn(CellIx) -> f64| cells.iter().map(|&ix| (way_m(ix), ix)).collect();
        if self.round {
            let at = |ix: CellIx| (self.cells[ix.index()].x, self.cells[ix.index()].y);
            let directions = cells.iter().map(|&ix| Unit::of(at(ix).0, at(ix).1).0);
            let sum = directions.fold([0.0; 3], |sum, v| std::array::from_fn(|i| sum[i] + v[i]));
            // All around the Earth any place is amid them.
            let [x, y, z] = Unit::along(sum).map_or([1.0, 0.0, 0.0], |middle| middle.0);
            let middle = (
                y.atan2(x).to_degrees(),
                z.clamp(-1.0, 1.0).asin().to_degrees(),
            );
            return with_way(&|ix| great_circle_m(at(ix), middle));
        }
        let at = |ix: &CellIx| self.plane_m[ix.index()];
        let (mut low, mut high) = (at(&cells[0]), at(&cells[0]));
        for (x, y) in cells.iter().map(at) {
            (low, high) = ((low.0.min(x), low.1.min(y)), (high.0.max(x), high.1.max(y)));
        }
        let middle = (f64::midpoint(low.0, high.0), f64::midpoint(low.1, high.1));
        with_way(&|ix| (at(&ix).0 - middle.0).hypot(at(&ix).1 - middle.1))
    }

    fn longest_m(&self, cells: &[CellIx]) -> f64 {
        let (mut longest_m, mut shorter_m2) = (0.0_f64, 0.0);
        for (i, &a) in cells.iter().enumerate() {
            for &b in &cells[i + 1..] {
                if self.square_m2(a, b) >= shorter_m2 {
                    longest_m = longest_m.max(self.distance_m(a, b));
                    shorter_m2 = longest_m * longest_m * (1.0 - ROUNDING);
                }
            }
        }
        longest_m
    }

    #[inline]
    fn square_m2(&self, a: CellIx, b: CellIx) -> f64 {
        if self.round {
            return self.distance_m(a, b).powi(2);
        }
        let (ax, ay) = self.plane_m[a.index()];
        let (bx, by) = self.plane_m[b.index()];
        (ax - bx) * (ax - bx) + (ay - by) * (ay - by)
    }

    /// A distance in metres that no two cells exceed: the diagonal of their bounding box on the
    /// plane or, where distances are great circles, twice the way from the centre to the outermost.
    pub fn extent_m(&self) -> f64 {
        if self.round {
            let half_chord = (self.reach_m / (2.0 * EARTH_RADIUS_M)).min(1.0);
            let half_turn = std::f64::consts::PI;
            return EARTH_RADIUS_M * (4.0 * half_chord.asin()).min(half_turn);
        }
        let range = |pick: fn(&(f64, f64)) -> f64| {
            let (low, high) = self
                .plane_m
                .iter()
                .map(pick)
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| {
                    (l.min(v), h.max(v))
                });
            high - low
        };
        range(|p| p.0).hypot(range(|p| p.1))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_degree_of_latitude_is_111_km() {
        let table = CellTable::new(
            Frame::Geographic,
            vec![
                Cell::geographic("s", 51.5, 10.0),
                Cell::geographic("n", 52.5, 10.0),
            ],
        )
        .unwrap();
        let km = table.distance_m(CellIx(0), CellIx(1)) / 1000.0;
        assert!((km - 111.195).abs() < 0.01, "{km}");
    }

    #[test]
    fn refuses_twins_and_emptiness() {
        let twin = vec![Cell::planar("a", 0.0, 0.0), Cell::planar("a", 1.0, 0.0)];
        assert!(CellTable::new(Frame::Planar, twin).is_err());
        assert!(CellTable::new(Frame::Planar, vec![]).is_err());
    }

    #[test]
    fn a_table_without_positions_is_a_lattice() {
        let ids = (0..5).map(|i| i.to_string()).collect();
        let table = CellTable::schematic(ids).unwrap();
        assert_eq!(table.frame(), Frame::Schematic);
        assert_eq!(table.distance_m(CellIx(0), CellIx(1)), 1000.0);
    }

    proptest! {
        /// From a town to a continent, over poles and the date line: never over 0.5 %.
        #[test]
        fn distances_are_those_of_the_great_circle(
            lon in -180.0..180.0f64, lat in -90.0..90.0f64, reach_m in 1e3..9e6f64,
            offsets in prop::collection::vec((-1.0..1.0f64, -1.0..1.0f64), 2..60),
        ) {
            let plane = Plane::touching([(lon, lat)].into_iter());
            let cells = offsets.iter().enumerate().map(|(i, &(u, v))| {
                let (lon, lat) = plane.unproject((u * reach_m, v * reach_m));
                Cell::geographic(i.to_string(), lat, lon)
            });
            let table = CellTable::new(Frame::Geographic, cells.collect()).unwrap();
            let mut longest_m = 0.0_f64;
            for (a, p) in table.cells().iter().enumerate() {
                for (b, q) in table.cells().iter().enumerate() {
                    let true_m = great_circle_m((p.x, p.y), (q.x, q.y));
                    let m = table.distance_m(CellIx(a as u32), CellIx(b as u32));
                    prop_assert!((m - true_m).abs() <= 0.005 * true_m + 1e-5);
                    prop_assert!(m <= table.extent_m() * (1.0 + 1e-9) + 1e-6);
                    prop_assert!(table.are_within_m(CellIx(a as u32), CellIx(b as u32), m));
                    longest_m = longest_m.max(m);
                }
            }
            let all: Vec<CellIx> = (0..table.len() as u32).map(CellIx).collect();
            prop_assert_eq!(table.diameter_m(&all), longest_m);
        }
    }

    #[test]
    fn quick_answers_are_those_of_every_distance() {
        let at = |i: u32| (f64::from(i * i % 47) * 93.7, f64::from(i * 31 % 29) * 71.3);
        let cell = |i: u32| Cell::planar(i.to_string(), at(i).0, at(i).1);
        let table = CellTable::new(Frame::Planar, (0..60).map(cell).collect()).unwrap();
        let cells: Vec<CellIx> = (0..60).map(CellIx).collect();
        for some in cells.windows(7).chain([&cells[..], &cells[..1], &[]]) {
            let pairs = some.iter().flat_map(|&a| some.iter().map(move |&b| (a, b)));
            let each = pairs.clone().map(|(a, b)| table.distance_m(a, b));
            assert_eq!(table.diameter_m(some), each.fold(0.0, f64::max));
            for (a, b) in pairs {
                let distance_m = table.distance_m(a, b);
                for radius_m in [
                    0.0,
                    distance_m.next_down(),
                    distance_m,
                    distance_m.next_up(),
                ] {
                    let near = table.are_within_m(a, b, radius_m);
                    assert_eq!(near, distance_m <= radius_m);
                }
            }
        }
    }
}
