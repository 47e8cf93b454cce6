use std::sync::Arc;

use arrow_array::RecordBatch;
use erewhon_mobility::{Public, Reducer, Track};
use erewhon_types::{CellIx, Result};

use super::{
    Inputs,
    rows::{Rows, Value},
};

/// Cells without a footprint that have events: `cell_id`, `events`, `subscribers`. What happened there is in no table by
/// tile; here it is said.
pub(super) struct WithoutFootprint(pub(super) Arc<Inputs>);

impl Reducer for WithoutFootprint {
    type Partial = Vec<(u32, u32)>;

    fn name(&self) -> &str {
        "cells_without_footprint"
    }

    fn places_alone(&self) -> bool {
        true
    }

    fn start(&self, public: &Public<'_>) -> Vec<(u32, u32)> {
        vec![(0, 0); public.cells.len()]
    }

    fn subscriber(&self, track: &Track<'_>, partial: &mut Vec<(u32, u32)>) {
        for visits in track.visits() {
            if self.0.network.footprints().of(visits.cell).is_empty() {
                let counts = &mut partial[visits.cell.index()];
                counts.0 = counts.0.saturating_add(visits.events);
                counts.1 += 1;
            }
        }
    }

    fn merge(&self, into: &mut Vec<(u32, u32)>, from: Vec<(u32, u32)>) {
        for (into, from) in into.iter_mut().zip(from) {
            into.0 = into.0.saturating_add(from.0);
            into.1 += from.1;
        }
    }

    fn finish(&self, public: &Public<'_>, partial: Vec<(u32, u32)>) -> Result<Option<RecordBatch>> {
        let mut rows = Rows::default();
        for (cell, (events, subscribers)) in (0..).map(CellIx).zip(partial) {
            if subscribers > 0 {
                rows.push("cell_id", Value::Text(&public.cells.cell(cell).id));
                rows.push(
                    "events",
                    Value::Whole(events.try_into().unwrap_or(i32::MAX)),
                );
                rows.push("subscribers", Value::Whole(subscribers as i32));
                rows.end_row();
            }
        }
        rows.take(self.name())
    }
}
