use erewhon_mobility::Track;
use erewhon_types::CellIx;

use super::Profile;
use crate::{Scene, motifs::Network};

/// One subscriber's day, as it goes on.
#[derive(Default)]
struct Day {
    /// The cells, as places among the subscriber's, in the order they were first seen.
    cells: usize,
    network: Network,
    travel_m: f64,
}

impl Profile {
    /// What is asked of each local day with an event: its cells, its way, its network and the changes
    /// of place.
    pub(super) fn add_days(&mut self, scene: &Scene<'_>, track: &Track<'_>) {
        let (table, places) = (scene.public.cells, scene.ground.places());
        // For each cell the day that it was seen on last, and when it was first seen on that day.
        let mut seen = vec![(None, 0); track.visits().len()];
        let mut before: Option<(u16, usize, CellIx)> = None;
        let mut day = Day::default();
        for ((local, event), &at) in track.iter().zip(track.seen_at()) {
            let at = at as usize;
            if before.is_some_and(|(other, ..)| other != local.day) {
                self.add_day(scene, &std::mem::take(&mut day));
                before = None;
            }
            if seen[at].0 != Some(local.day) {
                seen[at] = (Some(local.day), day.cells);
                day.cells += 1;
            }
            if let Some((_, from, cell)) = before.replace((local.day, at, event.cell))
                && from != at
            {
                day.network.change(seen[from].1, seen[at].1);
                day.travel_m += table.distance_m(cell, event.cell);
                let (from, to) = (
                    scene.ground.place_of(cell),
                    scene.ground.place_of(event.cell),
                );
                if from != to {
                    self.jumps[from * places + to] += 1.0;
                }
            }
        }
        self.add_day(scene, &day);
    }

    fn add_day(&mut self, scene: &Scene<'_>, day: &Day) {
        self.daily_cells.add(day.cells as f64, 1.0);
        self.motifs[scene.motifs.class(day.cells, day.network)] += 1.0;
        self.daily_travel_km.add(day.travel_m / 1000.0, 1.0);
        self.travel_km_sum += day.travel_m / 1000.0;
    }
}
