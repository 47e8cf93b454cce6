use erewhon_mobility::{AnchorRule, Track, anchors, presence};
use erewhon_types::CellIx;

use super::{OWN_RANKS, Profile};
use crate::{
    Scene,
    histogram::add_all,
    lanes::mixed,
    ranks::largest,
    tasks::{DAYPARTS, KnownDay},
};

impl Profile {
    pub(super) fn add_places(&mut self, scene: &Scene<'_>, track: &Track<'_>) {
        let cells = scene.public.cells.len();
        presence(track, &mut |hour, cell, share| {
            self.presence[usize::from(hour) * cells + cell.index()] += f64::from(share);
        });
        let visits = track.visits();
        self.distinct_cells.add(visits.len() as f64, 1.0);
        self.distinct_cells_sum += visits.len() as f64;
        let total = track.events().len() as f64;
        let shares = visits.iter().map(|visit| f64::from(visit.events) / total);
        let ranks: [f64; OWN_RANKS] = largest(shares.collect());
        add_all(&mut self.own_ranks, &ranks);

        let found = anchors(track, &AnchorRule::signalling());
        if let Some(work) = found.work {
            self.work[work.cell.index()] += 1.0;
        }
        let Some(home) = found.home else { return };
        self.home[home.cell.index()] += 1.0;
        let distance_m = |cell: CellIx| scene.public.cells.distance_m(home.cell, cell);
        let farthest_m = visits.iter().map(|visit| distance_m(visit.cell));
        self.home_distance_km
            .add(farthest_m.fold(0.0, f64::max) / 1000.0, 1.0);
        let from = scene.zones.zone_of(home.cell).index();
        if let Some(work) = found.work {
            let to = scene.zones.zone_of(work.cell).index();
            self.home_work[from * scene.zones.zones() + to] += 1.0;
            self.commute_km.add(distance_m(work.cell) / 1000.0, 1.0);
        }
        self.add_habits(scene, track, from);
    }

    /// Where somebody of a home zone is seen at each part of the day, each stretch once; one of their
    /// days is offered to the sample.
    fn add_habits(&mut self, scene: &Scene<'_>, track: &Track<'_>, home: usize) {
        let zones = scene.zones.zones();
        let mut seen: Vec<(u16, usize)> = Vec::new();
        for (local, event) in track.iter() {
            let daypart = usize::from(local.hour()) * DAYPARTS / 24;
            let at = daypart * zones + scene.zones.zone_of(event.cell).index();
            if seen.last() != Some(&(local.day, at)) {
                seen.push((local.day, at));
                self.by_home[home * DAYPARTS * zones + at] += 1.0;
            }
        }
        let mix = mixed(track.subscriber());
        self.sample.offer(mix, || {
            let days = seen.chunk_by(|a, b| a.0 == b.0);
            let mut days: Vec<_> = days.filter(|day| day.len() >= LEAST_SEEN).collect();
            if days.is_empty() {
                return None;
            }
            let day = days.swap_remove((mix % days.len() as u64) as usize);
            let seen = day.iter().take(MOST_SEEN).map(|(_, at)| *at).collect();
            Some(KnownDay { home, seen })
        });
    }
}

/// Fewest stretches that a day is judged by.
const LEAST_SEEN: usize = 2;

/// Most stretches of a day that are kept; people make fewer.
const MOST_SEEN: usize = 64;
