use erewhon_events::{Event, EventSource, History};
use erewhon_types::{Result, Subscriber};
use rayon::prelude::*;

use crate::{Profile, Scene};

/// Subscribers are dealt to this many profiles by pseudonym alone, and to as many more where they are held
/// out, so that results do not depend on the number of processors. Even, because the lower half of the lanes is one half of the data.
const LANES: usize = 8;

/// Events that are read before the lanes take them up: 12 MB.
const BATCH_EVENTS: usize = 1 << 18;

/// Who of a source is kept from whatever is learnt.
pub(crate) type HeldOut<'a> = &'a (dyn Fn(Subscriber) -> bool + Sync);

/// The profiles of a source.
pub(crate) struct Parts {
    /// Two halves of everybody, and everybody.
    pub(crate) halves: [Profile; 3],
    /// Of the first half, who is not held out.
    pub(crate) learnt: Profile,
    /// Everybody who is held out.
    pub(crate) held_out: Profile,
}

/// Reads a source once.
pub(crate) fn parts(
    scene: &Scene<'_>,
    source: &dyn EventSource,
    held_out: HeldOut<'_>,
) -> Result<Parts> {
    let mut lanes: Vec<Lane> = (0..2 * LANES).map(|_| Lane::empty(scene)).collect();
    let lane = |subscriber| lane_of(subscriber) + if held_out(subscriber) { LANES } else { 0 };
    let mut batch = Batch::default();
    source.visit(&mut |history| {
        batch.push(history, lane(history.subscriber));
        if batch.events.len() >= BATCH_EVENTS {
            batch.deal(scene, &mut lanes);
        }
        Ok(())
    })?;
    batch.deal(scene, &mut lanes);

    let mut profiles = lanes.into_iter().map(|lane| lane.profile);
    let mut joined = |lanes: usize| {
        let mut half = Profile::empty(scene);
        let of = profiles.by_ref().take(lanes);
        of.for_each(|profile| half.merge(&profile));
        half
    };
    let [learnt, others, mut held_out, held_out_too] = [LANES / 2; 4].map(&mut joined);
    let both = |one: &Profile, other: &Profile| {
        let mut both = one.clone();
        both.merge(other);
        both
    };
    let (a, b) = (both(&learnt, &held_out), both(&others, &held_out_too));
    let whole = both(&a, &b);
    held_out.merge(&held_out_too);
    Ok(Parts {
        halves: [a, b, whole],
        learnt,
        held_out,
    })
}

struct Lane {
    profile: Profile,
    scratch: Vec<f64>,
}

impl Lane {
    fn empty(scene: &Scene<'_>) -> Self {
        Self {
            profile: Profile::empty(scene),
            scratch: Vec::new(),
        }
    }
}

/// Some subscribers with all of their events.
#[derive(Default)]
struct Batch {
    /// Each with their lane and the end of their events.
    subscribers: Vec<(Subscriber, usize, usize)>,
    events: Vec<Event>,
}

impl Batch {
    fn push(&mut self, history: History<'_>, lane: usize) {
        self.events.extend_from_slice(history.events);
        self.subscribers
            .push((history.subscriber, lane, self.events.len()));
    }

    /// Adds every subscriber to their lane, lanes side by side, and empties the batch.
    fn deal(&mut self, scene: &Scene<'_>, lanes: &mut [Lane]) {
        lanes.par_iter_mut().enumerate().for_each(|(at, lane)| {
            let mut start = 0;
            for &(subscriber, lane_of, end) in &self.subscribers {
                if lane_of == at {
                    let events = &self.events[start..end];
                    let history = History { subscriber, events };
                    lane.profile.add(scene, history, &mut lane.scratch);
                }
                start = end;
            }
        });
        self.subscribers.clear();
        self.events.clear();
    }
}

/// A lane by the uppermost mixed bits.
fn lane_of(subscriber: Subscriber) -> usize {
    (mixed(subscriber) >> (u64::BITS - LANES.ilog2())) as usize
}

/// A fixed mix of the pseudonym's bits (the finaliser of SplitMix64): as good as random, the same on
/// every run.
pub(crate) fn mixed(subscriber: Subscriber) -> u64 {
    let mut bits = subscriber.bits().wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ bits >> 31
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases::Town;

    type Weights = fn(&Profile) -> &[f64];

    /// All that a profile adds up.
    const WEIGHTS: [(&str, Weights); 25] = [
        ("presence", |p| &p.presence),
        ("hour_of_week", |p| p.hour_of_week.weights()),
        ("events_per_day", |p| p.events_per_day.weights()),
        ("inter_event_s", |p| p.inter_event_s.weights()),
        ("burstiness", |p| p.burstiness.weights()),
        ("dwell_s", |p| p.dwell_s.weights()),
        ("distinct_cells", |p| p.distinct_cells.weights()),
        ("daily_cells", |p| p.daily_cells.weights()),
        ("jump_length_km", |p| p.jump_length_km.weights()),
        ("daily_travel_km", |p| p.daily_travel_km.weights()),
        ("daily_range", |p| p.daily_range.fine.weights()),
        ("radius_of_gyration", |p| {
            p.radius_of_gyration.fine.weights()
        }),
        ("gyration_2", |p| p.k_gyration_km[0].weights()),
        ("gyration_4", |p| p.k_gyration_km[1].weights()),
        ("home_distance_km", |p| p.home_distance_km.weights()),
        ("uncorrelated_bits", |p| p.uncorrelated_bits.weights()),
        ("real_bits", |p| p.real_bits.weights()),
        ("own_ranks", |p| &p.own_ranks),
        ("motifs", |p| &p.motifs),
        ("home", |p| &p.home),
        ("work", |p| &p.work),
        ("home_work", |p| &p.home_work),
        ("commute_km", |p| p.commute_km.weights()),
        ("jumps", |p| &p.jumps),
        ("by_home", |p| &p.by_home),
    ];

    /// The slow, obvious twin: one subscriber after the other into one profile a half.
    fn one_by_one(scene: &Scene<'_>, source: &dyn EventSource) -> [Profile; 2] {
        let mut halves = [Profile::empty(scene), Profile::empty(scene)];
        let mut scratch = Vec::new();
        source
            .visit(&mut |history| {
                let half = lane_of(history.subscriber) / (LANES / 2);
                halves[half].add(scene, history, &mut scratch);
                Ok(())
            })
            .unwrap();
        halves
    }

    #[test]
    fn lanes_add_up_to_what_one_pass_gives() {
        let town = Town::new(6);
        let scene = Scene::new(town.public());
        let people = town.commuters(400, 5);
        let third = |who: Subscriber| who.bits().is_multiple_of(3);
        let parts = parts(&scene, &people, &third).unwrap();
        let [a, b, whole] = parts.halves;
        let held_out = people.histories().filter(|h| third(h.subscriber)).count();
        assert_eq!(parts.held_out.subscribers, held_out as u64);
        let in_first = |h: &History<'_>| lane_of(h.subscriber) < LANES / 2 && !third(h.subscriber);
        let learnt = people.histories().filter(in_first).count();
        assert_eq!(parts.learnt.subscribers, learnt as u64);
        for (fast, slow) in [&a, &b].into_iter().zip(one_by_one(&scene, &people)) {
            assert_eq!(fast.subscribers, slow.subscribers);
            assert_eq!(fast.events, slow.events);
            assert_eq!(fast.impossible, slow.impossible);
            assert_eq!(fast.sample, slow.sample);
            assert!((fast.distinct_cells_sum - slow.distinct_cells_sum).abs() < 1e-9);
            assert!((fast.travel_km_sum - slow.travel_km_sum).abs() < 1e-6);
            for (name, of) in WEIGHTS {
                assert!(of(fast).iter().sum::<f64>() > 0.0, "{name}");
                for (fast, slow) in of(fast).iter().zip(of(&slow)) {
                    assert!((fast - slow).abs() < 1e-9, "{name}");
                }
            }
        }
        assert_eq!(whole.subscribers, people.subscribers() as u64);
        assert_eq!(whole.events, people.events() as u64);
    }

    #[test]
    fn the_split_is_about_even() {
        let first = (0..4_000)
            .filter(|&s| lane_of(Subscriber::new(s)) < LANES / 2)
            .count();
        // Five standard deviations of a fair coin.
        assert!((1_842..=2_158).contains(&first), "{first}");
    }
}
