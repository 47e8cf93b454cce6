use erewhon_types::{CellIx, Result};
use rayon::prelude::*;

use crate::{
    Attack, ReleaseKind, Scene,
    draw::Group,
    ground::Ground,
    linkage::{Claim, KEPT, Linked, hidden_point, lead_of},
    scene::MIN_TARGETS,
    sightings::{Sightings, away_s},
    stage::Stage,
    stats::median,
    tally::Tally,
    views::{OFF_S, Ping, View, end_s, same_time},
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
pub(crate) fn play(stage: &Stage<'_>) -> Result<Attack> {
    let Stage { scene, release, .. } = *stage;
    let Some(rows) = release.rows() else {
        return Ok(Attack::not_applicable(
            "tables have no rows to link a person to",
        ));
    };
    let ground = stage.ground;
    let [members, control] = Group::BOTH.map(|group| same_time(scene, ground, group));
    let held = stage.sightings(rows);
    let few = |group: &[View]| group.len() < MIN_TARGETS;
    let able_to = "are seen by the other source";
    if few(&members) || held.len() < MIN_TARGETS {
        return Ok(Attack::played("", able_to, Vec::new()));
    }
    let search = Search::new(scene, ground, held);
    if release.kind() == ReleaseKind::Synthetic {
        let [linked, outside] =
            [&members, &control].map(|views| search.link(views, |view| view.seen.clone()));
        let told = hidden_point(
            (&members, &linked),
            (&control, &outside),
            held,
            &rows.people,
            ground,
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
    ground: &'a Ground,
    held: &'a Sightings<'a>,
    /// The places beside each cell where a record agrees with a sighting in it.
    beside: Vec<Vec<u32>>,
    end_s: u32,
}

impl<'a> Search<'a> {
    fn new(scene: &'a Scene<'a>, ground: &'a Ground, held: &'a Sightings<'a>) -> Self {
        let beside = (0..scene.public.cells.len() as u32).map(|cell| {
            // A place of several cells is wide enough as it is.
            let single = |place: &&u32| held.places.is_single(**place);
            let around = ground.around(CellIx(cell)).iter();
            let places = around.flat_map(|&cell| held.places.places_of(cell).iter().filter(single));
            places.copied().collect()
        });
        Self {
            beside: beside.collect(),
            end_s: end_s(scene),
            scene,
            ground,
            held,
        }
    }

    /// The best rows of each target, whose sightings `of` chooses.
    fn link<'v>(&self, views: &'v [View], of: impl Fn(&'v View) -> Vec<Ping> + Sync) -> Linked {
        let beside = |ping: Ping| &self.beside[ping.cell.index()][..];
        let tally = || Tally::new(self.held);
        let candidates = views.par_iter().map_init(tally, |tally, view| {
            let counts = tally.count(self.held, of(view), OFF_S, beside);
            self.held.best(counts, KEPT)
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
        let records = self.held.samples(self.held.life(row));
        let too_fast = |ping: &Ping| {
            let next = records.partition_point(|s| s.from_s <= ping.time_s);
            let slack_m = (self.ground.around(ping.cell).last())
                .map_or(0.0, |&last| cells.distance_m(ping.cell, last));
            records[next.saturating_sub(1)..(next + 1).min(records.len())]
                .iter()
                .any(|record| {
                    let reach_s = f64::from(away_s(record, ping.time_s) + OFF_S);
                    let reach_m = reach_s * V_MAX_M_S + slack_m;
                    !self
                        .held
                        .places
                        .cells(record.place)
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
        // Of both groups: the attacker does not know who is in the release.
        let clones = [members, control].map(|views| self.link(views, shifted).leads());
        // A lead of a whole count more than chance makes.
        let gap = lead_of(clones.concat(), CHANCE) + 1.0;
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
