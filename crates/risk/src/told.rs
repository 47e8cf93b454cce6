//! Real people in the words of a release: what an attacker makes of what he knows before he compares.

use erewhon_events::{Event, EventKind, EventSource, History, Sample};
use erewhon_mobility::Public;
use erewhon_types::{CellIx, Result};

use crate::{
    People, Scene, draw::Group, people::Seen, places::Places, release::Rows, sightings::Sightings,
    tally::Tally, views::Ping,
};

/// The people of a scene as a release would tell of them.
///
/// Places and spans of a release are plain to see, so who knows a cell and a moment knows what the release
/// would have made of them, and compares like with like. Somebody's row here is their row in the scene.
pub(crate) struct Told {
    /// Members and control group; absent where a release tells cells and seconds.
    groups: Option<[People; 2]>,
}

impl Told {
    /// Says each event as the release does, each person's as often as a row of it would.
    ///
    /// Where no cell is in two places, an event is in the place of its cell, and in the shortest span there
    /// that holds its moment, or of all places where nobody was there then. Where places overlap (every group
    /// of equal rows has its own), he reads the person's events with the row that most of them fit. For that he
    /// uses up to [`TRIED`] true events, more than he has in some games: in his favour.
    ///
    /// Time goes with the events; where places overlap, with [`TRIED`] events a person times the samples
    /// that hold one.
    pub(crate) fn of(scene: &Scene<'_>, rows: &Rows, held: &Sightings<'_>) -> Result<Self> {
        if rows.is_plain() || held.len() == 0 {
            return Ok(Self { groups: None });
        }
        let words = Words::of(held);
        let say = |group: Group| {
            let reworded = Reworded {
                people: group.of(scene),
                words: &words,
                public: &scene.public,
            };
            People::read(&reworded, &scene.public)
        };
        let [members, control] = Group::BOTH.map(say);
        Ok(Self {
            groups: Some([members?, control?]),
        })
    }

    /// A group in the release's words.
    pub(crate) fn group<'a>(&'a self, group: Group, scene: &'a Scene<'_>) -> &'a People {
        match (&self.groups, group) {
            (Some([members, _]), Group::Members) => members,
            (Some([_, control]), Group::Control) => control,
            (None, group) => group.of(scene),
        }
    }
}

/// Events by which the row is chosen that fits a person best.
const TRIED: usize = 24;

/// How a release tells places and spans.
struct Words<'a> {
    held: &'a Sightings<'a>,
    /// Different samples: where places are apart, `starts[p]..starts[p + 1]` are those of place `p`.
    different: Spans,
    starts: Vec<usize>,
    /// The spans of all places.
    spans: Spans,
    /// Whether no row says the same twice.
    says_once: bool,
}

/// Samples by start, and the longest of their spans.
struct Spans {
    samples: Vec<Sample>,
    longest_s: u32,
}

impl Spans {
    /// The shortest of some samples, ascending by start, that holds a moment.
    fn holding(&self, from: usize, until: usize, time_s: u32) -> Option<Sample> {
        let here = &self.samples[from..until];
        let begun = here.partition_point(|s| s.from_s <= time_s);
        let late_enough = |s: &&Sample| s.from_s + self.longest_s > time_s;
        let near = here[..begun].iter().rev().take_while(late_enough);
        let holds = near.filter(|s| s.until_s > time_s);
        holds.min_by_key(|s| s.until_s - s.from_s).copied()
    }
}

impl<'a> Words<'a> {
    fn of(held: &'a Sightings<'a>) -> Self {
        let longest_s = |samples: &[Sample]| {
            let spans = samples.iter().map(|s| s.until_s - s.from_s);
            spans.max().unwrap_or(0)
        };
        let mut different: Vec<Sample> = held.by_place().iter().map(|(s, _)| *s).collect();
        different.dedup();
        let mut starts = vec![0; held.places.len() + 1];
        for sample in &different {
            starts[sample.place as usize + 1] += 1;
        }
        for place in 0..held.places.len() {
            starts[place + 1] += starts[place];
        }
        let anywhere = |s: &Sample| Sample { place: 0, ..*s };
        let mut spans: Vec<Sample> = different.iter().map(anywhere).collect();
        spans.sort_unstable();
        spans.dedup();
        let once = |life: u32| held.samples(life).is_sorted_by(|a, b| a < b);
        Self {
            different: Spans {
                longest_s: longest_s(&different),
                samples: different,
            },
            starts,
            spans: Spans {
                longest_s: longest_s(&spans),
                samples: spans,
            },
            says_once: (0..held.lives() as u32).all(once),
            held,
        }
    }

    const fn places(&self) -> &Places {
        self.held.places
    }

    /// What the release would say of a cell and a moment, where its places are apart.
    fn sample(&self, seen: &Seen) -> Option<Sample> {
        let place = *self.places().places_of(seen.cell).first()?;
        let [from, until] = [place, place + 1].map(|place| self.starts[place as usize]);
        let here = self.different.holding(from, until, seen.time_s);
        let anywhere = || {
            let spans = &self.spans;
            let found = spans.holding(0, spans.samples.len(), seen.time_s)?;
            Some(Sample { place, ..found })
        };
        here.or_else(anywhere)
    }

    /// What a life says of a cell and a moment; the shortest sample that holds both.
    fn sample_of(&self, life: u32, seen: &Seen) -> Option<Sample> {
        let samples = self.held.samples(life);
        let begun = samples.partition_point(|s| s.from_s <= seen.time_s);
        let holds = samples[..begun].iter().filter(|s| {
            let there = self.places().cells(s.place).binary_search(&seen.cell);
            s.until_s > seen.time_s && there.is_ok()
        });
        holds.min_by_key(|s| s.until_s - s.from_s).copied()
    }

    /// The life that most of a person's events fit, of equals the one that says most of them most closely.
    fn fitting(&self, events: &[Seen], tally: &mut Tally) -> Option<u32> {
        let step = events.len().div_ceil(TRIED).max(1);
        let tried = || events.iter().step_by(step);
        let ping = |seen: &Seen| Ping {
            time_s: seen.time_s,
            cell: seen.cell,
        };
        let counts = tally.count(self.held, tried().map(ping), 0, |_| &[]);
        let most = counts.iter().map(|life| life.1).fold(0.0, f64::max);
        // Cells and seconds that an event may have been at, by powers.
        let wide = |life: u32| -> f64 {
            let said = tried().filter_map(|seen| self.sample_of(life, seen));
            said.map(|s| {
                let cells = self.places().cells(s.place).len() as f64;
                (cells * f64::from(s.until_s - s.from_s)).ln()
            })
            .sum()
        };
        let best = counts.into_iter().filter(|life| life.1 == most);
        let best = best.map(|(life, _)| (wide(life), life));
        best.min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)))
            .map(|(_, life)| life)
    }

    /// A person's events as samples, ascending; what the release has no words for is left out.
    fn say(&self, events: &[Seen], tally: &mut Tally) -> Vec<Sample> {
        let mut said: Vec<Sample> = if self.places().are_apart() {
            events.iter().filter_map(|seen| self.sample(seen)).collect()
        } else {
            let life = self.fitting(events, tally);
            let of_life = |life| {
                events
                    .iter()
                    .filter_map(move |seen| self.sample_of(life, seen))
            };
            life.into_iter().flat_map(of_life).collect()
        };
        said.sort_unstable_by_key(|s| (s.middle_s(), s.place, s.from_s));
        if self.says_once {
            said.dedup();
        }
        said
    }
}

/// A group whose events are said as a release says them.
struct Reworded<'a> {
    people: &'a People,
    words: &'a Words<'a>,
    public: &'a Public<'a>,
}

impl EventSource for Reworded<'_> {
    fn visit(&self, each: &mut dyn FnMut(History<'_>) -> Result<()>) -> Result<()> {
        let start = self.public.calendar.start_utc_ms();
        let event = |time_s: u32, cell: CellIx| {
            Event::at(start + i64::from(time_s) * 1000, cell, EventKind::Data)
        };
        let mut tally = Tally::new(self.words.held);
        let mut events = Vec::new();
        for row in 0..self.people.len() {
            let seen = self.people.of(row);
            let said = self.words.say(seen, &mut tally);
            events.clear();
            let middle = |s: &Sample| event(s.middle_s(), self.words.places().middle(s.place));
            events.extend(said.iter().map(middle));
            // Whom the release has no word for stays as he is, so that rows stay the same people's.
            if events.is_empty() {
                events.extend(seen.iter().map(|seen| event(seen.time_s, seen.cell)));
            }
            each(History {
                subscriber: self.people.subscriber(row),
                events: &events,
            })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Place;
    use erewhon_types::Subscriber;
    use proptest::prelude::*;

    proptest! {
        /// Against a walk over all samples: the shortest that holds cell and moment, else the shortest span of
        /// any place; where places overlap, the shortest of the life that most events fit.
        #[test]
        fn words_are_those_of_a_walk_over_all_samples(
            lives in prop::collection::vec(
                prop::collection::vec((0u32..40, 1u32..9, 0u32..3), 1..6), 1..6),
            seen in prop::collection::vec((0u32..50, 0u32..4), 1..6),
            apart in any::<bool>(),
        ) {
            let table = Place::new(2, 1).cells;
            let overlapping = vec![vec![CellIx(0), CellIx(1)], vec![CellIx(1), CellIx(2)], vec![CellIx(2)]];
            let separate = vec![vec![CellIx(0)], vec![CellIx(1), CellIx(2)], vec![CellIx(3)]];
            let places = Places::new(if apart { separate } else { overlapping }, &table);
            let sample = |&(from_s, long_s, place): &(u32, u32, u32)| {
                Sample { from_s, until_s: from_s + long_s, place }
            };
            let lives: Vec<Vec<Sample>> = lives
                .iter()
                .map(|samples| {
                    let mut samples: Vec<Sample> = samples.iter().map(sample).collect();
                    samples.sort_unstable();
                    samples
                })
                .collect();
            let of = (0..lives.len() as u32).map(|life| (Subscriber::new(life.into()), life));
            let held = Sightings::new(&places, lives.clone(), of.collect());
            let words = Words::of(&held);
            let mut seen: Vec<Seen> = seen
                .iter()
                .map(|&(time_s, cell)| Seen { time_s, hour: 0, cell: CellIx(cell) })
                .collect();
            seen.sort_unstable_by_key(|seen| seen.time_s);
            let long = |s: &Sample| s.until_s - s.from_s;
            let holds = |s: &Sample, seen: &Seen| (s.from_s..s.until_s).contains(&seen.time_s);
            let there = |s: &Sample, seen: &Seen| places.cells(s.place).contains(&seen.cell);
            if apart {
                for seen in &seen {
                    let all = || lives.iter().flatten().filter(|s| holds(s, seen));
                    let here = all().filter(|s| there(s, seen)).map(long).min();
                    let named = !places.places_of(seen.cell).is_empty();
                    let slow = here.or_else(|| all().map(long).min().filter(|_| named));
                    let found = words.sample(seen);
                    prop_assert_eq!(found.as_ref().map(long), slow);
                    prop_assert!(found.is_none_or(|s| there(&s, seen) && holds(&s, seen)));
                }
                return Ok(());
            }
            let fits = |life: &Vec<Sample>| {
                let told = |seen: &&Seen| life.iter().any(|s| holds(s, seen) && there(s, seen));
                seen.iter().filter(told).count()
            };
            let most = lives.iter().map(fits).max().unwrap_or(0);
            let found = words.fitting(&seen, &mut Tally::new(&held));
            prop_assert_eq!(found.map_or(0, |life| fits(&lives[life as usize])), most);
            let said = words.say(&seen, &mut Tally::new(&held));
            prop_assert!(said.len() <= most);
            prop_assert!(words.says_once || said.len() == most);
        }
    }
}
