use std::sync::Arc;

use arrow_array::RecordBatch;
use erewhon_mobility::{Public, Reducer, Track};
use erewhon_types::Result;

use super::{
    Inputs,
    rows::{Rows, Value},
};
use crate::{CellCounts, nearest, present, seen_of};

/// Present population at the run's moments: `grid_id`, `population`, `timestamp`.
///
/// A moment at which nobody is at a cell with a footprint has no row.
pub(super) struct PresentPopulation(pub(super) Arc<Inputs>);

impl Reducer for PresentPopulation {
    type Partial = Vec<CellCounts>;

    fn name(&self) -> &str {
        "present_population"
    }

    fn places_alone(&self) -> bool {
        true
    }

    fn start(&self, _: &Public<'_>) -> Vec<CellCounts> {
        let none = CellCounts::none(self.0.network.footprints().cells());
        self.0.moments_ms.iter().map(|_| none.clone()).collect()
    }

    fn subscriber(&self, track: &Track<'_>, partial: &mut Vec<CellCounts>) {
        let seen = seen_of(track);
        for (counts, moment_ms) in partial.iter_mut().zip(&self.0.moments_ms) {
            counts.add(nearest(&seen, *moment_ms, self.0.present.tolerance_ms));
        }
    }

    fn merge(&self, into: &mut Vec<CellCounts>, from: Vec<CellCounts>) {
        into.iter_mut()
            .zip(&from)
            .for_each(|(into, from)| into.merge(from));
    }

    fn finish(&self, _: &Public<'_>, partial: Vec<CellCounts>) -> Result<Option<RecordBatch>> {
        let mut rows = Rows::default();
        let network = &self.0.network;
        for (counts, moment_ms) in partial.iter().zip(&self.0.moments_ms) {
            let placed = network.footprints().covered();
            if placed
                .map(|cell| counts.at_cells()[cell.index()])
                .all(|phones| phones == 0)
            {
                continue;
            }
            let found = present(
                counts,
                network.connection(),
                network.grid_tiles(),
                &self.0.present,
            )?;
            let of = |day: &&crate::Day| (day.start_ms()..day.end_ms()).contains(moment_ms);
            let Some(day) = self.0.days.iter().find(of) else {
                continue;
            };
            for (tile, phones) in found.tiles {
                rows.push("grid_id", Value::Whole(tile.grid_id()));
                rows.push("population", Value::Real(phones));
                rows.push("timestamp", Value::InstantMs(Some(*moment_ms)));
                rows.date_parts(day.date());
                rows.end_row();
            }
        }
        rows.take(self.name())
    }
}
