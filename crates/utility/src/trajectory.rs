//! Subscriber-days as trajectories, and the metrics that trajectory synthesisers are judged by.
//!
//! The definitions are those of AdaTrace (Gursoy and others, CCS 2018), LDPTrace (Du and others, VLDB
//! 2023) and PrivTrace (Wang and others, USENIX Security 2023), so that figures stand beside
//! theirs. Their divergence is in nats, which the names say; the project's own is in bits.

mod grid;
mod patterns;
mod queries;
mod score;
mod shape;

pub use queries::TrajectoryQueries;
pub use score::{TrajectoryScore, TrajectoryTruth};

use erewhon_events::EventSource;
use erewhon_geo::{CellTable, Frame};
use erewhon_mobility::{Public, Track};
use erewhon_types::{Error, Result};

/// Fewest events that make a day a trajectory.
const MIN_POINTS: usize = 2;

/// Sequences of points in metres; each has two or more.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trajectories {
    points_m: Vec<[f64; 2]>,
    /// `points_m[ends[i - 1]..ends[i]]` is the `i`-th trajectory.
    ends: Vec<usize>,
}

impl Trajectories {
    /// One trajectory for each subscriber and local day with two or more events: the positions of
    /// the cells, in metres as the table has them, in the order of the events, repetitions kept.
    ///
    /// # Errors
    /// Input, when the cells have no position in metres; what reading the source fails with.
    pub fn of_days(public: Public<'_>, source: &dyn EventSource) -> Result<Self> {
        check_planar(public.cells)?;
        let mut all = Self::default();
        source.visit(&mut |history| {
            let track = Track::new(public, history);
            let days: Vec<_> = track.iter().collect();
            for day in days.chunk_by(|a, b| a.0.day == b.0.day) {
                let at = |event: &erewhon_events::Event| {
                    let cell = public.cells.cell(event.cell);
                    [cell.x, cell.y]
                };
                all.push(day.iter().map(|(_, event)| at(event)));
            }
            Ok(())
        })?;
        Ok(all)
    }

    /// Adds a trajectory; one of fewer than two points is none and is left out.
    pub fn push(&mut self, points_m: impl IntoIterator<Item = [f64; 2]>) {
        let before = self.points_m.len();
        self.points_m.extend(points_m);
        if self.points_m.len() < before + MIN_POINTS {
            self.points_m.truncate(before);
        } else {
            self.ends.push(self.points_m.len());
        }
    }

    /// Number of trajectories.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// All points of all trajectories.
    pub fn points_m(&self) -> &[[f64; 2]] {
        &self.points_m
    }

    /// One after the other.
    pub fn iter(&self) -> impl Iterator<Item = &[[f64; 2]]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts
            .zip(&self.ends)
            .map(|(start, &end)| &self.points_m[start..end])
    }
}

fn check_planar(cells: &CellTable) -> Result<()> {
    if cells.frame() == Frame::Planar {
        return Ok(());
    }
    Err(
        Error::input("trajectories need cells with positions in metres")
            .with_hint("give the cell list columns `x_m` and `y_m`"),
    )
}

#[cfg(test)]
mod tests;
