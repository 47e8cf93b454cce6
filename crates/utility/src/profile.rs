mod days;
mod places;

use erewhon_events::{Event, History};
use erewhon_mobility::{
    Track, daily_ranges_m, day_jumps_m, events_per_day, hour_of_week, inter_event_s,
    k_radius_of_gyration_m, radius_of_gyration_m, real_entropy_bits, uncorrelated_entropy_bits,
};

use crate::{
    Scene,
    histogram::{Histogram, Spread, add_all},
    impossible::Findings,
    motifs,
    tasks::{DAYPARTS, Sample},
};

/// Own cells by rank: the ten with most events, then all others.
pub(crate) const OWN_RANKS: usize = 11;

/// Everything the measures need to know of one set of subscribers, in memory that does not grow
/// with their number. Exact, therefore internal.
#[derive(Clone)]
pub(crate) struct Profile {
    pub(crate) subscribers: u64,
    pub(crate) events: u64,
    pub(crate) impossible: Findings,
    /// `hour * cells + cell`: sum of the subscribers' presence shares.
    pub(crate) presence: Vec<f64>,
    pub(crate) hour_of_week: Histogram,
    pub(crate) events_per_day: Histogram,
    pub(crate) inter_event_s: Histogram,
    pub(crate) burstiness: Histogram,
    pub(crate) dwell_s: Histogram,
    pub(crate) distinct_cells: Histogram,
    pub(crate) distinct_cells_sum: f64,
    pub(crate) daily_cells: Histogram,
    pub(crate) jump_length_km: Histogram,
    pub(crate) daily_travel_km: Histogram,
    pub(crate) travel_km_sum: f64,
    pub(crate) daily_range: Spread,
    pub(crate) radius_of_gyration: Spread,
    /// Radius of gyration of the two and of the four most visited cells.
    pub(crate) k_gyration_km: [Histogram; 2],
    pub(crate) home_distance_km: Histogram,
    pub(crate) uncorrelated_bits: Histogram,
    pub(crate) real_bits: Histogram,
    /// Sum of the subscribers' shares of events by the rank of the cell.
    pub(crate) own_ranks: Vec<f64>,
    /// Subscriber-days by class of daily network.
    pub(crate) motifs: Vec<f64>,
    /// Subscribers by cell of the home anchor.
    pub(crate) home: Vec<f64>,
    /// Subscribers by cell of the work anchor.
    pub(crate) work: Vec<f64>,
    /// `home zone * zones + work zone`: subscribers with both anchors.
    pub(crate) home_work: Vec<f64>,
    /// The same subscribers by the distance between their anchors.
    pub(crate) commute_km: Histogram,
    /// `from * places + to`: changes of place within a day.
    pub(crate) jumps: Vec<f64>,
    /// `(home zone * DAYPARTS + daypart) * zones + zone`: how often those of a home zone were seen.
    pub(crate) by_home: Vec<f64>,
    pub(crate) sample: Sample,
}

impl Profile {
    pub(crate) fn empty(scene: &Scene<'_>) -> Self {
        let (bins, cells) = (&scene.bins, scene.public.cells.len());
        let (zones, places) = (scene.zones.zones(), scene.ground.places());
        let distance = Histogram::new(&bins.distance_km);
        let (count, gap) = (Histogram::new(&bins.count), Histogram::new(&bins.gap_s));
        let bit = Histogram::new(&bins.bit);
        let spread = Spread {
            shape: distance.clone(),
            fine: Histogram::new(&bins.fine_km),
        };
        Self {
            subscribers: 0,
            events: 0,
            impossible: Findings::default(),
            presence: vec![0.0; 24 * cells],
            hour_of_week: Histogram::new(&bins.hour_of_week),
            events_per_day: count.clone(),
            inter_event_s: gap.clone(),
            burstiness: Histogram::new(&bins.burstiness),
            dwell_s: gap,
            distinct_cells: count.clone(),
            distinct_cells_sum: 0.0,
            daily_cells: count,
            jump_length_km: distance.clone(),
            daily_travel_km: distance.clone(),
            travel_km_sum: 0.0,
            daily_range: spread.clone(),
            radius_of_gyration: spread,
            k_gyration_km: [distance.clone(), distance.clone()],
            home_distance_km: distance.clone(),
            uncorrelated_bits: bit.clone(),
            real_bits: bit,
            own_ranks: vec![0.0; OWN_RANKS],
            motifs: vec![0.0; motifs::CLASSES],
            home: vec![0.0; cells],
            work: vec![0.0; cells],
            home_work: vec![0.0; zones * zones],
            commute_km: distance,
            jumps: vec![0.0; places * places],
            by_home: vec![0.0; zones * DAYPARTS * zones],
            sample: Sample::default(),
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.subscribers += other.subscribers;
        self.events += other.events;
        self.impossible.merge(&other.impossible);
        self.distinct_cells_sum += other.distinct_cells_sum;
        self.travel_km_sum += other.travel_km_sum;
        let [two, four] = &mut self.k_gyration_km;
        for (to, from) in [
            (&mut self.hour_of_week, &other.hour_of_week),
            (&mut self.events_per_day, &other.events_per_day),
            (&mut self.inter_event_s, &other.inter_event_s),
            (&mut self.burstiness, &other.burstiness),
            (&mut self.dwell_s, &other.dwell_s),
            (&mut self.distinct_cells, &other.distinct_cells),
            (&mut self.daily_cells, &other.daily_cells),
            (&mut self.jump_length_km, &other.jump_length_km),
            (&mut self.daily_travel_km, &other.daily_travel_km),
            (two, &other.k_gyration_km[0]),
            (four, &other.k_gyration_km[1]),
            (&mut self.home_distance_km, &other.home_distance_km),
            (&mut self.uncorrelated_bits, &other.uncorrelated_bits),
            (&mut self.real_bits, &other.real_bits),
            (&mut self.commute_km, &other.commute_km),
        ] {
            to.merge(from);
        }
        self.daily_range.merge(&other.daily_range);
        self.radius_of_gyration.merge(&other.radius_of_gyration);
        for (to, from) in [
            (&mut self.presence, &other.presence),
            (&mut self.own_ranks, &other.own_ranks),
            (&mut self.motifs, &other.motifs),
            (&mut self.home, &other.home),
            (&mut self.work, &other.work),
            (&mut self.home_work, &other.home_work),
            (&mut self.jumps, &other.jumps),
            (&mut self.by_home, &other.by_home),
        ] {
            add_all(to, from);
        }
        self.sample.merge(&other.sample);
    }

    /// Adds one subscriber; nothing but what can't be is noted when no event lies inside the window.
    pub(crate) fn add(&mut self, scene: &Scene<'_>, history: History<'_>, scratch: &mut Vec<f64>) {
        self.impossible.add(scene, history);
        let cells = scene.public.cells.len();
        let is_known = |event: &&Event| event.cell.index() < cells;
        if history.events.iter().all(|event| is_known(&event)) {
            self.add_known(scene, history, scratch);
        } else {
            let events: Vec<Event> = history.events.iter().filter(is_known).copied().collect();
            let events = &events;
            self.add_known(scene, History { events, ..history }, scratch);
        }
    }

    fn add_known(&mut self, scene: &Scene<'_>, history: History<'_>, scratch: &mut Vec<f64>) {
        let track = Track::new(scene.public, history);
        let total = track.events().len() as u64;
        if total == 0 {
            return;
        }
        self.subscribers += 1;
        self.events += total;
        self.add_rhythm(&track, scratch);
        self.add_movement(&track, scratch);
        self.add_days(scene, &track);
        self.add_places(scene, &track);
    }

    fn add_rhythm(&mut self, track: &Track<'_>, scratch: &mut Vec<f64>) {
        for count in events_per_day(track) {
            self.events_per_day.add(f64::from(count), 1.0);
        }
        let total = track.events().len() as f64;
        for (hour, count) in hour_of_week(track).into_iter().enumerate() {
            if count > 0 {
                self.hour_of_week.add(hour as f64, f64::from(count) / total);
            }
        }
        inter_event_s(track, scratch);
        if let Some(burstiness) = burstiness(scratch) {
            self.burstiness.add(burstiness, 1.0);
        }
        scratch
            .drain(..)
            .for_each(|s| self.inter_event_s.add(s, 1.0));
        let events = track.events();
        let ends = track.stretches().iter().skip(1).map(|end| *end as usize);
        let ends = ends.chain([events.len()]);
        for (start, end) in track.stretches().iter().zip(ends) {
            let first_ms = events[*start as usize].time_utc_ms;
            let dwell_ms = events[end - 1].time_utc_ms - first_ms;
            self.dwell_s.add(dwell_ms as f64 / 1000.0, 1.0);
        }
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
        for (k, to) in [2, 4].into_iter().zip(&mut self.k_gyration_km) {
            if let Some(radius_m) = k_radius_of_gyration_m(track, k) {
                to.add(radius_m / 1000.0, 1.0);
            }
        }
        self.uncorrelated_bits
            .add(uncorrelated_entropy_bits(track), 1.0);
        if let Some(bits) = real_entropy_bits(track) {
            self.real_bits.add(bits, 1.0);
        }
    }
}

/// `(σ - μ) / (σ + μ)` of two or more times between events (Goh and Barabási 2008), `σ` over their
/// number; `None` of fewer, or where all are 0.
fn burstiness(gaps_s: &[f64]) -> Option<f64> {
    let n = gaps_s.len() as f64;
    let mean = gaps_s.iter().sum::<f64>() / n;
    if gaps_s.len() < 2 || mean <= 0.0 {
        return None;
    }
    let square = gaps_s.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / n;
    let deviation = square.sqrt();
    Some((deviation - mean) / (deviation + mean))
}

#[cfg(test)]
mod tests;
