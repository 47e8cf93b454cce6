use erewhon_geo::Nearness;
use erewhon_types::{CellIx, Result};
use rayon::prelude::*;

use crate::{
    Attack, Release, ReleaseKind, Scene,
    linkage::{Claim, Linked, Scored, best, hidden_point, median},
    scene::MIN_TARGETS,
    sightings::{Sightings, away_s},
    views::{Group, OFF_S, Ping, View, end_s, nearby, same_time},
    words,
};

/// Faster than this nobody goes, in metres a second.
const V_MAX_M_S: f64 = 50.0;

/// The share of time-shifted clones that may be claimed as matches.
const CHANCE: f64 = 0.05;

const WEEK_S: u32 = 7 * 86_400;

/// A5a: whose row is most often where and when another source sees a person?
///
/// The attacker has a view of each target from another source ([`same_time`]) and the rows of the
/// release. A row scores the number of sightings that it has a record of within 10 minutes in the same
/// or a nearby cell (Kondor and others 2018, arXiv:1709.05772; Cecaj and others 2014, 2016). He claims a
/// match where the first row leads by more than 19 of 20 clones of the views do, that are shifted in
/// time and so can match by chance only.
///
/// Records are found by place and time: time goes with the number of sightings times the records near
/// one, memory with the records.
pub(crate) fn play(scene: &Scene<'_>, release: &Release) -> Result<Attack> {
    let Some(rows) = release.rows() else {
        return Ok(Attack::not_applicable(
            "tables have no rows to link a person to",
        ));
    };
    let near = nearby(scene.public.cells);
    let [members, control] =
        [Group::Members, Group::Control].map(|group| same_time(scene, &near, group));
    let held = Sightings::of(rows, scene.public.cells.len(), 0..end_s(scene), 1);
    let few = |group: &[View]| group.len() < MIN_TARGETS;
    let able_to = "are seen by the other source";
    if few(&members) || held.len() < MIN_TARGETS {
        return Ok(Attack::played("", able_to, Vec::new()));
    }
    let search = Search::new(scene, &near, &held);
    if release.kind() == ReleaseKind::Synthetic {
        let [linked, outside] =
            [&members, &control].map(|views| search.link(views, |view| view.seen.clone()));
        let told = hidden_point(
            (&members, &linked),
            (&control, &outside),
            &held,
            &rows.people,
            &near,
        );
        return Ok(Attack::played(
            "Another source sees a third of a real person's events, roughly. The attacker looks for \
             the synthetic subscriber who is most often there at the same time, and reads from it \
             where the person was at another hour.",
            able_to,
            told,
        ));
    }
    Ok(search.on_records(&members, &control))
}

struct Search<'a> {
    scene: &'a Scene<'a>,
    near: &'a Nearness,
    held: &'a Sightings,
    /// The places where a record agrees with a sighting in each cell.
    agreeing: Vec<Vec<u32>>,
    end_s: u32,
}

/// Sightings that each row agrees with, for one target after the other.
struct Tally {
    counts: Vec<u32>,
    /// The last sighting that each row was counted for.
    last: Vec<u32>,
    touched: Vec<u32>,
}

impl Tally {
    fn new(rows: usize) -> Self {
        Self {
            counts: vec![0; rows],
            last: vec![u32::MAX; rows],
            touched: Vec::new(),
        }
    }

    /// The rows that agree with any sighting, and with how many.
    fn count(&mut self, held: &Sightings, agreeing: &[Vec<u32>], pings: &[Ping]) -> Vec<Scored> {
        for (at, ping) in pings.iter().enumerate() {
            for &place in &agreeing[ping.cell.index()] {
                for (_, row) in held.near(place, ping.time_s, OFF_S) {
                    let (count, last) =
                        (&mut self.counts[row as usize], &mut self.last[row as usize]);
                    if *last == at as u32 {
                        continue;
                    }
                    if *count == 0 {
                        self.touched.push(row);
                    }
                    (*count, *last) = (*count + 1, at as u32);
                }
            }
        }
        let taken = self.touched.drain(..).map(|row| {
            self.last[row as usize] = u32::MAX;
            (
                row,
                f64::from(std::mem::take(&mut self.counts[row as usize])),
            )
        });
        taken.collect()
    }
}

impl<'a> Search<'a> {
    fn new(scene: &'a Scene<'a>, near: &'a Nearness, held: &'a Sightings) -> Self {
        let agreeing = (0..scene.public.cells.len() as u32).map(|cell| {
            let cell = CellIx(cell);
            // A place of several cells is wide enough as it is.
            let single = |place: &&u32| held.places()[**place as usize].len() == 1;
            let beside = near.around(cell).iter();
            let mut places: Vec<u32> = beside
                .flat_map(|&cell| held.places_of(cell).iter().filter(single))
                .chain(held.places_of(cell))
                .copied()
                .collect();
            places.sort_unstable();
            places.dedup();
            places
        });
        Self {
            agreeing: agreeing.collect(),
            end_s: end_s(scene),
            scene,
            near,
            held,
        }
    }

    /// The best rows of each target, whose sightings `of` chooses.
    fn link<'v>(&self, views: &'v [View], of: impl Fn(&'v View) -> Vec<Ping> + Sync) -> Linked {
        let rows = self.held.len();
        let tally = || Tally::new(rows);
        let candidates = views.par_iter().map_init(tally, |tally, view| {
            best(tally.count(self.held, &self.agreeing, &of(view)))
        });
        Linked::new(
            candidates.collect(),
            views.iter().map(|view| view.who),
            self.held,
        )
    }

    /// Whether somebody would have had to go too fast to be at both; the clock may be off, and the cell
    /// a nearby one.
    fn impossible(&self, row: u32, pings: &[Ping]) -> bool {
        let cells = self.scene.public.cells;
        let records = self.held.row(row);
        let too_fast = |ping: &Ping| {
            let next = records.partition_point(|s| s.from_s <= ping.time_s);
            let slack_m = (self.near.around(ping.cell).last())
                .map_or(0.0, |&last| cells.distance_m(ping.cell, last));
            records[next.saturating_sub(1)..(next + 1).min(records.len())]
                .iter()
                .any(|record| {
                    let reach_s = f64::from(away_s(record, ping.time_s) + OFF_S);
                    let reach_m = reach_s * V_MAX_M_S + slack_m;
                    let place = &self.held.places()[record.place as usize];
                    !place
                        .iter()
                        .any(|&cell| cells.are_within_m(cell, ping.cell, reach_m))
                })
        };
        pings.iter().any(too_fast)
    }

    fn on_records(&self, members: &[View], control: &[View]) -> Attack {
        let (end_s, rows) = (self.end_s, self.held.len());
        let all = |view: &View| view.seen.clone();
        let (linked, outside) = (self.link(members, all), self.link(control, all));
        // Whole days keep the rhythm of the day; a week keeps that of the week as well.
        let rhythm_s = if end_s >= 2 * WEEK_S { WEEK_S } else { 86_400 };
        let shift_s = rhythm_s.min(end_s / 2);
        let shifted = |view: &View| {
            let moved = view.seen.iter().map(|&ping| Ping {
                time_s: (ping.time_s + shift_s) % end_s,
                ..ping
            });
            moved.collect()
        };
        let clones = self.link(members, shifted);
        // A lead of a whole count more than chance makes.
        let gap = clones.lead_of(CHANCE) + 1.0;
        let mut found = linked.ranked("whole period", rows);
        let label = format!("claims with a lead of {gap}");
        let claim = Claim {
            by: gap,
            least: 0.0,
        };
        let verdict = found.first().map_or_else(String::new, |row| {
            format!(
                "A third of a person's events, seen roughly by another source, leads to the right \
                 row for {} of the subscribers.",
                words::share(&row.members)
            )
        });
        found.extend(linked.claimed(&outside, claim, label, rows));
        let possible = linked.filtered(|at, row| !self.impossible(row, &members[at].seen));
        let possible = possible.ranked("impossible rows left out", rows);
        found.extend(possible.into_iter().take(1));
        if end_s >= 2 * WEEK_S {
            let week = |view: &View| {
                let first = view.seen.partition_point(|ping| ping.time_s < WEEK_S);
                view.seen[..first].to_vec()
            };
            let week = self.link(members, week);
            found.extend(week.ranked("one week", rows).into_iter().take(1));
        }
        let attack = Attack {
            verdict,
            ..Attack::played(
                "Another source sees a third of a person's events, with a clock that is off by up to \
                 10 minutes and a nearby cell 1 time in 4. The attacker looks for the row that is \
                 most often there at the same time. For a control person, who is not in the records, \
                 any claim is a false match.",
                "are seen by the other source",
                found,
            )
        };
        attack
            .with_figure(
                "sightings of a person, median",
                median(members.iter().map(|view| view.seen.len() as f64).collect()),
            )
            .with_figure(
                "sightings that the right row agrees with, median",
                linked.median_of_right(),
            )
            .with_figure(
                "sightings that the best row agrees with for a person outside, median",
                outside.median_of_first(),
            )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use erewhon_events::Sample;
    use erewhon_types::Subscriber;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn each_sighting_counts_once_for_each_row_that_agrees(
            rows in prop::collection::vec(
                prop::collection::vec((0u32..40, 0u32..3), 1..6), 1..5),
            pings in prop::collection::vec((0u32..40, 0u32..3), 1..6),
        ) {
            let rows: Vec<(Subscriber, Vec<Sample>)> = rows
                .iter()
                .enumerate()
                .map(|(who, seen)| {
                    let sample = |&(at, place): &(u32, u32)| {
                        Sample { from_s: at * 200, until_s: at * 200 + 1, place }
                    };
                    let mut samples: Vec<Sample> = seen.iter().map(sample).collect();
                    samples.sort_unstable();
                    (Subscriber::new(who as u64), samples)
                })
                .collect();
            let places = (0..3).map(|cell| vec![CellIx(cell)]).collect();
            let held = Sightings::new(places, rows.clone(), 3);
            // Cells 0 and 1 are near each other, 2 is not.
            let agreeing = [vec![0, 1], vec![0, 1], vec![2]];
            let pings: Vec<Ping> =
                pings.iter().map(|&(at, cell)| Ping { time_s: at * 200, cell: CellIx(cell) }).collect();
            let mut tally = Tally::new(rows.len());
            // Twice, since the room that it works in is used again.
            tally.count(&held, &agreeing, &pings);
            let mut found = tally.count(&held, &agreeing, &pings);
            found.sort_unstable_by_key(|scored| scored.0);
            let agrees = |samples: &[Sample], ping: &Ping| samples.iter().any(|s| {
                s.from_s.abs_diff(ping.time_s) <= OFF_S && (s.place == 2) == (ping.cell.0 == 2)
            });
            let slow = rows.iter().enumerate().filter_map(|(row, (_, samples))| {
                let count = pings.iter().filter(|ping| agrees(samples, ping)).count();
                (count > 0).then_some((row as u32, count as f64))
            });
            prop_assert_eq!(found, slow.collect::<Vec<_>>());
        }
    }
}
