use erewhon_geo::CellTable;
use erewhon_types::{Error, Result};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Trajectories, check_planar};

/// Where the counting queries lie; the same for every synthetic set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrajectoryQueries {
    /// `[x, y, radius]` in metres; AdaTrace's queries.
    #[serde(rename = "circles")]
    pub discs_m: Vec<[f64; 3]>,
    /// The same, smaller.
    #[serde(rename = "small_circles")]
    pub small_discs_m: Vec<[f64; 3]>,
    /// `[x, y, edge]` in metres, centred on the point; LDPTrace's queries.
    #[serde(rename = "squares")]
    pub squares_m: Vec<[f64; 3]>,
}

impl TrajectoryQueries {
    /// Refuses queries that ask nothing, and cells that they can't be asked of.
    ///
    /// # Errors
    /// Input, when a list is empty, a number is none or a size is not above 0, or when the cells have
    /// no position in metres.
    pub fn check(&self, cells: &CellTable) -> Result<()> {
        check_planar(cells)?;
        for (name, queries) in [
            ("circles", &self.discs_m),
            ("small_circles", &self.small_discs_m),
            ("squares", &self.squares_m),
        ] {
            if queries.is_empty() {
                return Err(Error::input(format!("`{name}` holds no query"))
                    .with_hint("an error over no queries is none: give at least one"));
            }
            let asks = |query: &[f64; 3]| query.iter().all(|n| n.is_finite()) && query[2] > 0.0;
            if let Some(at) = queries.iter().position(|query| !asks(query)) {
                return Err(Error::input(format!(
                    "query {} of `{name}` is {:?}: its size must be above 0",
                    at + 1,
                    queries[at]
                ))
                .with_hint("a query is x, y and radius, or edge, in metres"));
            }
        }
        Ok(())
    }
}

/// How many trajectories come into each disc: some point of one of their segments, ends and rim
/// included, lies in it.
pub(super) fn disc_counts(all: &Trajectories, discs_m: &[[f64; 3]]) -> Vec<f64> {
    let count = |disc: &[f64; 3]| all.iter().filter(|points| meets(points, disc)).count() as f64;
    discs_m.par_iter().map(count).collect()
}

fn meets(points_m: &[[f64; 2]], &[x, y, radius]: &[f64; 3]) -> bool {
    points_m.array_windows().any(|&[[ax, ay], [bx, by]]| {
        let (dx, dy) = (bx - ax, by - ay);
        let length_2 = dx * dx + dy * dy;
        let along = (x - ax) * dx + (y - ay) * dy;
        let share = (along / if length_2 == 0.0 { 1.0 } else { length_2 }).clamp(0.0, 1.0);
        let (ex, ey) = (ax + dx * share - x, ay + dy * share - y);
        ex * ex + ey * ey <= radius * radius
    })
}

/// How many points lie in each square, edges included.
pub(super) fn square_counts(all: &Trajectories, squares_m: &[[f64; 3]]) -> Vec<f64> {
    let count = |&[x, y, edge]: &[f64; 3]| {
        let inside =
            |p: &&[f64; 2]| (p[0] - x).abs() <= edge / 2.0 && (p[1] - y).abs() <= edge / 2.0;
        all.points_m().iter().filter(inside).count() as f64
    };
    squares_m.par_iter().map(count).collect()
}

/// Average relative error `mean |real - scale · synthetic| / max(real, floor)`; the floor keeps
/// answers near zero from counting without bound.
pub(super) fn average_relative_error(
    real: &[f64],
    synthetic: &[f64],
    scale: f64,
    floor: f64,
) -> f64 {
    let each = real.iter().zip(synthetic);
    let sum: f64 = each
        .map(|(real, synthetic)| (real - scale * synthetic).abs() / real.max(floor))
        .sum();
    sum / real.len() as f64
}
