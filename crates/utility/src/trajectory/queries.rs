use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::Trajectories;

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
