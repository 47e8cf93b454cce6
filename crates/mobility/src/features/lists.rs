use std::cmp::Reverse;

use super::numbers::share;
use crate::{
    Column, List, Listing, Track,
    track::{cell, event},
};

/// The cells of each subscriber, a row each, those with most events first; ties: the one seen first.
///
/// - `cell`, and its `events`, `share` of all events and `days` with an event (scikit-mobility's
///   `location_frequency`; FlowKit's `location_visits` counts days of daily locations instead).
/// - `frequency_rank`: 1 for the cell with most events (`frequency_rank`).
/// - `recency_rank`: 1 for the cell of the last event, and so on back in time (`recency_rank`).
pub struct LocationVisits;

impl Listing for LocationVisits {
    fn name(&self) -> &'static str {
        "location_visits"
    }

    fn columns(&self) -> Vec<Column> {
        vec![
            Column::Cell("cell"),
            Column::Count("events"),
            Column::Real("share"),
            Column::Count("days"),
            Column::Count("frequency_rank"),
            Column::Count("recency_rank"),
        ]
    }

    fn list(&self, track: &Track<'_>, out: &mut List<'_>) {
        let (locals, all) = (track.locals(), track.events().len() as u32);
        let of_cell = |of_cell: &[u64]| {
            let days = of_cell.chunk_by(|&a, &b| locals[event(a)].day == locals[event(b)].day);
            let last = of_cell[of_cell.len() - 1];
            (of_cell[0], last, of_cell.len() as u32, days.count() as u32)
        };
        let mut cells: Vec<_> = track.of_cells().map(of_cell).collect();
        cells.sort_unstable_by_key(|of| Reverse(event(of.1)));
        let mut ranked: Vec<_> = (1_u32..).zip(cells).collect();
        ranked.sort_unstable_by_key(|(_, of)| (Reverse(of.2), event(of.0)));
        for (frequency_rank, (recency_rank, (key, _, events, days))) in (1_u32..).zip(ranked) {
            let mut row = out.row();
            row.cell(cell(key));
            row.count(events);
            row.real(share(events, all));
            row.count(days);
            row.count(frequency_rank);
            row.count(recency_rank);
        }
    }
}

/// The mobility network of each subscriber: how often an event at the one cell was followed by one at the
/// other, a row for each ordered pair of different cells that was, ascending in both
/// (scikit-mobility's `individual_mobility_network` without self loops). Days are no border.
pub struct MobilityNetwork;

impl Listing for MobilityNetwork {
    fn name(&self) -> &'static str {
        "mobility_network"
    }

    fn columns(&self) -> Vec<Column> {
        vec![
            Column::Cell("from_cell"),
            Column::Cell("to_cell"),
            Column::Count("trips"),
        ]
    }

    fn list(&self, track: &Track<'_>, out: &mut List<'_>) {
        let cell = |&first: &u32| track.events()[first as usize].cell;
        let starts = track.stretches();
        let mut trips: Vec<_> = starts
            .windows(2)
            .map(|pair| (cell(&pair[0]), cell(&pair[1])))
            .collect();
        trips.sort_unstable();
        for of_pair in trips.chunk_by(|a, b| a == b) {
            let mut row = out.row();
            row.cell(of_pair[0].0);
            row.cell(of_pair[0].1);
            row.count(of_pair.len() as u32);
        }
    }
}
