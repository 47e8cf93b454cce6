use erewhon_events::History;
use erewhon_mobility::{
    AnchorRule, Track, anchors, daily_ranges_m, day_jumps_m, events_per_day, hour_of_week,
    inter_event_s, presence, radius_of_gyration_m,
};

use crate::{
    Scene,
    histogram::{Histogram, Spread, add_all},
};

/// Everything the measures need to know of one set of subscribers, in memory that does not grow
/// with their number. Exact, therefore internal.
#[derive(Clone)]
pub(crate) struct Profile {
    pub(crate) subscribers: u64,
    pub(crate) events: u64,
    /// `hour * cells + cell`: sum of the subscribers' presence shares.
    pub(crate) presence: Vec<f64>,
    pub(crate) hour_of_week: Histogram,
    pub(crate) events_per_day: Histogram,
    pub(crate) inter_event_s: Histogram,
    pub(crate) distinct_cells: Histogram,
    pub(crate) jump_length_km: Histogram,
    pub(crate) daily_range: Spread,
    pub(crate) radius_of_gyration: Spread,
    /// Subscribers by cell of the home anchor.
    pub(crate) home: Vec<f64>,
    /// Subscribers by cell of the work anchor.
    pub(crate) work: Vec<f64>,
    /// `home zone * zones + work zone`: subscribers with both anchors.
    pub(crate) home_work: Vec<f64>,
}

impl Profile {
    pub(crate) fn empty(scene: &Scene<'_>) -> Self {
        let (bins, cells) = (&scene.bins, scene.public.cells.len());
        let spread = Spread {
            shape: Histogram::new(&bins.distance_km),
            fine: Histogram::new(&bins.fine_km),
        };
        Self {
            subscribers: 0,
            events: 0,
            presence: vec![0.0; 24 * cells],
            hour_of_week: Histogram::new(&bins.hour_of_week),
            events_per_day: Histogram::new(&bins.count),
            inter_event_s: Histogram::new(&bins.gap_s),
            distinct_cells: Histogram::new(&bins.count),
            jump_length_km: Histogram::new(&bins.distance_km),
            daily_range: spread.clone(),
            radius_of_gyration: spread,
            home: vec![0.0; cells],
            work: vec![0.0; cells],
            home_work: vec![0.0; scene.zones.zones() * scene.zones.zones()],
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.subscribers += other.subscribers;
        self.events += other.events;
        for (to, from) in [
            (&mut self.hour_of_week, &other.hour_of_week),
            (&mut self.events_per_day, &other.events_per_day),
            (&mut self.inter_event_s, &other.inter_event_s),
            (&mut self.distinct_cells, &other.distinct_cells),
            (&mut self.jump_length_km, &other.jump_length_km),
        ] {
            to.merge(from);
        }
        self.daily_range.merge(&other.daily_range);
        self.radius_of_gyration.merge(&other.radius_of_gyration);
        add_all(&mut self.presence, &other.presence);
        add_all(&mut self.home, &other.home);
        add_all(&mut self.work, &other.work);
        add_all(&mut self.home_work, &other.home_work);
    }

    /// Adds one subscriber; nothing happens when no event lies inside the window.
    pub(crate) fn add(&mut self, scene: &Scene<'_>, history: History<'_>, scratch: &mut Vec<f64>) {
        let track = Track::new(scene.public, history);
        let total = track.events().len() as u64;
        if total == 0 {
            return;
        }
        self.subscribers += 1;
        self.events += total;
        for count in events_per_day(&track) {
            self.events_per_day.add(f64::from(count), 1.0);
        }
        for (hour, count) in hour_of_week(&track).into_iter().enumerate() {
            let share = f64::from(count) / total as f64;
            self.hour_of_week.add(hour as f64, share);
        }
        inter_event_s(&track, scratch);
        scratch
            .drain(..)
            .for_each(|s| self.inter_event_s.add(s, 1.0));
        self.add_movement(&track, scratch);
        self.add_places(scene, &track);
    }

    fn add_movement(&mut self, track: &Track<'_>, scratch: &mut Vec<f64>) {
        day_jumps_m(track, scratch);
        scratch
            .drain(..)
            .for_each(|m| self.jump_length_km.add(m / 1000.0, 1.0));
        daily_ranges_m(track, scratch);
        scratch.drain(..).for_each(|m| self.daily_range.add_m(m));
        if let Some(radius_m) = radius_of_gyration_m(track) {
            self.radius_of_gyration.add_m(radius_m);
        }
    }

    fn add_places(&mut self, scene: &Scene<'_>, track: &Track<'_>) {
        let cells = scene.public.cells.len();
        presence(track, &mut |hour, cell, share| {
            self.presence[usize::from(hour) * cells + cell.index()] += f64::from(share);
        });
        self.distinct_cells.add(track.visits().len() as f64, 1.0);

        let found = anchors(track, &AnchorRule::signalling());
        if let Some(home) = found.home {
            self.home[home.cell.index()] += 1.0;
        }
        if let Some(work) = found.work {
            self.work[work.cell.index()] += 1.0;
        }
        if let (Some(home), Some(work)) = (found.home, found.work) {
            let (from, to) = (
                scene.zones.zone_of(home.cell),
                scene.zones.zone_of(work.cell),
            );
            self.home_work[from.index() * scene.zones.zones() + to.index()] += 1.0;
        }
    }
}
