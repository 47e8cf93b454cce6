use rayon::prelude::*;

use super::Trajectories;

/// Bins of a histogram of shapes.
const BINS: usize = 20;
/// Points beyond which a trajectory is thinned before its diameter is taken.
const MOST_POINTS: usize = 400;

/// Largest distance between two points of each trajectory, in metres.
///
/// Of `n` points, more than 400, every `(n / 400 + 1)`-th is taken.
pub(super) fn diameters_m(all: &Trajectories) -> Vec<f64> {
    let diameter_m = |points: &[[f64; 2]]| {
        let step = if points.len() > MOST_POINTS {
            points.len() / MOST_POINTS + 1
        } else {
            1
        };
        let few: Vec<[f64; 2]> = points.iter().step_by(step).copied().collect();
        let pairs = few
            .iter()
            .enumerate()
            .flat_map(|(i, a)| few[..i].iter().map(move |b| (a, b)));
        let squares = pairs.map(|(a, b)| (a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2));
        squares.fold(0.0, f64::max).sqrt()
    };
    let all: Vec<_> = all.iter().collect();
    all.into_par_iter().map(diameter_m).collect()
}

/// Sum of the distances between consecutive points of each trajectory, in metres.
pub(super) fn lengths_m(all: &Trajectories) -> Vec<f64> {
    let step_m = |&[a, b]: &[[f64; 2]; 2]| (b[0] - a[0]).hypot(b[1] - a[1]);
    all.iter()
        .map(|points| points.array_windows().map(step_m).sum())
        .collect()
}

/// Twenty bins from 0, each a twentieth of the real values' spread wide, that shapes are put into.
pub(super) struct Bins {
    width: f64,
}

impl Bins {
    /// `None` where all real values are equal: bins of no width hold nothing, and everything would be as like
    /// as everything else.
    pub(super) fn of(real: &[f64]) -> Option<Self> {
        let lowest = real.iter().copied().fold(f64::INFINITY, f64::min);
        let highest = real.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let width = (highest - lowest) / BINS as f64;
        (width > 0.0).then_some(Self { width })
    }

    /// Share of the values in each bin; what lies beyond the last is in none.
    pub(super) fn shares(&self, values: &[f64]) -> Vec<f64> {
        let mut shares = vec![0.0; BINS];
        for value in values {
            let holds = |bin: &usize| {
                let edges = [*bin, bin + 1].map(|edge| edge as f64 * self.width);
                (edges[0]..edges[1]).contains(value)
            };
            if let Some(bin) = (0..BINS).find(holds) {
                shares[bin] += 1.0 / values.len() as f64;
            }
        }
        shares
    }
}
