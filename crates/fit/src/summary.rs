use erewhon_events::EventKind;
use erewhon_mobility::{Track, anchors, events_per_day, hour_profile, presence};
use erewhon_types::CellIx;

use crate::{
    FitSpec,
    days::{Days, Surroundings},
    rounding::to_units,
};

/// Units that stand for one person where a person is spread over entries.
pub(crate) const UNITS_PER_PERSON: u32 = 1024;
/// Parts of the day in the presence table.
pub(crate) const BLOCKS: usize = 8;
/// Length of a part of the day.
pub(crate) const BLOCK_H: usize = 24 / BLOCKS;

/// What a fit needs of one subscriber: a function of that subscriber's own events and of public
/// knowledge. It never leaves this crate other than through a [`Measure`](crate::Measure).
pub(crate) struct Summary {
    pub(crate) home: CellIx,
    pub(crate) work: Option<CellIx>,
    pub(crate) other: Option<CellIx>,
    /// Mean events per day of the window, and variance over days divided by that mean.
    pub(crate) mean: f64,
    pub(crate) dispersion: f64,
    /// Adds up to [`UNITS_PER_PERSON`].
    pub(crate) hours: [u32; 24],
    /// (block, cell, units), adding up to [`UNITS_PER_PERSON`] in each block with an event.
    pub(crate) presence: Box<[(u8, CellIx, u32)]>,
    /// (index into the declared kinds, units), adding up to [`UNITS_PER_PERSON`] or to nothing.
    pub(crate) kinds: Box<[(u32, u32)]>,
    /// Where the model is one of routines.
    pub(crate) days: Option<Days>,
}

impl Summary {
    /// `None` for a subscriber without a home, who adds nothing to any table: without an event inside the
    /// window or, where the anchor rule does not fall back, without one that tells.
    pub(crate) fn of(
        track: &Track<'_>,
        spec: &FitSpec,
        routine: Option<&Surroundings>,
    ) -> Option<Self> {
        let places = anchors(track, &spec.anchors);
        let home = places.home?.cell;
        let days = events_per_day(track);
        let n = days.len() as f64;
        let mean = days.iter().map(|&c| f64::from(c)).sum::<f64>() / n;
        let square = |&c: &u32| (f64::from(c) - mean).powi(2);
        let variance = days.iter().map(square).sum::<f64>() / n;
        let profile = hour_profile(track).map(f64::from);
        let mut hours = [0; 24];
        hours.copy_from_slice(&to_units(&profile, UNITS_PER_PERSON));
        Some(Self {
            home,
            work: places.work.map(|a| a.cell),
            other: places.other.map(|a| a.cell),
            mean,
            dispersion: variance / mean,
            hours,
            presence: match spec.places.has_presence() {
                true => presence_units(track),
                false => Box::default(),
            },
            days: routine.map(|around| {
                let work = places.work.map(|a| a.cell);
                Days::of(track, (home, work), around)
            }),
            kinds: kind_units(track, &spec.kinds),
        })
    }
}

/// The hours of a block with events count the same, as in `mobility::presence`.
fn presence_units(track: &Track<'_>) -> Box<[(u8, CellIx, u32)]> {
    let mut seen: Vec<(u8, CellIx, f64)> = Vec::new();
    presence(track, &mut |hour, cell, share| {
        seen.push((hour / BLOCK_H as u8, cell, f64::from(share)));
    });
    seen.sort_unstable_by_key(|&(block, cell, _)| (block, cell));
    let mut all = Vec::with_capacity(seen.len());
    for of_block in seen.chunk_by(|a, b| a.0 == b.0) {
        let merged: Vec<(u8, CellIx, f64)> = of_block
            .chunk_by(|a, b| a.1 == b.1)
            .map(|of_cell| {
                (
                    of_cell[0].0,
                    of_cell[0].1,
                    of_cell.iter().map(|s| s.2).sum(),
                )
            })
            .collect();
        let weights: Vec<f64> = merged.iter().map(|m| m.2).collect();
        let units = to_units(&weights, UNITS_PER_PERSON);
        all.extend(merged.iter().zip(units).map(|(m, units)| (m.0, m.1, units)));
    }
    all.into_boxed_slice()
}

fn kind_units(track: &Track<'_>, kinds: &[EventKind]) -> Box<[(u32, u32)]> {
    let mut counts = vec![0.0; kinds.len()];
    for event in track.events() {
        if let Some(index) = kinds.iter().position(|kind| *kind == event.kind) {
            counts[index] += 1.0;
        }
    }
    let units = to_units(&counts, UNITS_PER_PERSON);
    (0..).zip(units).filter(|&(_, units)| units > 0).collect()
}
