use erewhon_events::EventSource;
use erewhon_mobility::Public;
use erewhon_types::{Error, Result};
use rand::SeedableRng;
use rand::seq::index::sample;
use rand_chacha::ChaCha8Rng;

use crate::{
    Attack, AttackRow, Rate, Release, ReleaseKind, RiskSpec, Scene,
    points::{Point, Postings, Traces},
    scene::MIN_TARGETS,
    words,
};

/// Most points the attacker knows.
const MOST_POINTS: usize = 4;

/// He knows hours, as in "Unique in the Crowd".
const BIN_H: u16 = 1;

/// A1: are a few known points in one row only, and does that row tell more?
pub(crate) fn play(scene: &Scene<'_>, release: &Release) -> Result<Attack> {
    let Some(rows) = release.rows() else {
        return Ok(Attack::not_applicable(
            "tables have no rows to find a person in",
        ));
    };
    let members = Traces::of(&scene.members, BIN_H)?;
    let control = Traces::of(&scene.control, BIN_H)?;
    let postings = rows.postings(&scene.public, BIN_H)?;
    let people = rows.people.len();
    Ok(match release.kind() {
        ReleaseKind::Synthetic => on_synthetic(&members, &control, &postings, &scene.spec),
        _ => on_records(&members, &control, &postings, people, &scene.spec),
    })
}

/// Share of draws of `points` distinct (cell, time bin) points of a subscriber that no other
/// subscriber of the source has all of (de Montjoye et al. 2013, "Unique in the Crowd").
///
/// Every subscriber with enough points is drawn from `draws` times; bins are `bin_h` hours of the
/// local clock, 1 to 24. `None` where nobody has enough points. Exact, therefore internal.
///
/// # Errors
/// Usage, when `points` is 0 or `bin_h` is not in 1 to 24; and what reading the source fails with.
pub fn unicity(
    source: &dyn EventSource,
    public: &Public<'_>,
    points: u32,
    bin_h: u16,
    draws: u32,
    seed: u64,
) -> Result<Option<Rate>> {
    if points == 0 {
        return Err(Error::usage(
            "`0` known points are outside the allowed range, 1 and more",
        ));
    }
    let mut traces = Traces::new(bin_h)?;
    source.visit(&mut |history| {
        traces.push(public.calendar, history.events);
        Ok(())
    })?;
    let postings = Postings::of(&traces);
    let game = Game {
        known: points as usize,
        hidden: false,
        targets: traces.len(),
        draws,
        seed,
        stream: 0,
    };
    Ok(game.play(&traces, |known, _| postings.only_match(known).is_some()))
}

/// One strength of the attacker: whom to draw, and how many points of each.
#[derive(Clone, Copy)]
struct Game {
    known: usize,
    /// Whether a further point is drawn and kept from the attacker.
    hidden: bool,
    targets: usize,
    draws: u32,
    seed: u64,
    /// Keeps the draws of different groups and strengths apart.
    stream: u64,
}

impl Game {
    fn new(known: usize, hidden: bool, group: u64, spec: &RiskSpec) -> Self {
        Self {
            known,
            hidden,
            targets: spec.targets as usize,
            draws: spec.draws_per_target,
            seed: spec.seed,
            stream: group << 32 | (known as u64) << 1 | u64::from(hidden),
        }
    }

    /// Draws targets and their points and counts successes. The same game on the same traces draws
    /// the same points again, so that two attackers can be compared on one set of draws.
    fn play(
        &self,
        traces: &Traces,
        mut success: impl FnMut(&[Point], Option<Point>) -> bool,
    ) -> Option<Rate> {
        let needed = self.known + usize::from(self.hidden);
        let able: Vec<usize> = (0..traces.len())
            .filter(|&row| traces.row(row).len() >= needed)
            .collect();
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(self.stream);
        let targets = self.targets.min(able.len());
        let (mut hits, mut tries) = (0, 0);
        for chosen in sample(&mut rng, able.len(), targets) {
            let trace = traces.row(able[chosen]);
            for _ in 0..self.draws {
                let mut drawn: Vec<Point> = sample(&mut rng, trace.len(), needed)
                    .into_iter()
                    .map(|place| trace[place])
                    .collect();
                let hidden = if self.hidden { drawn.pop() } else { None };
                hits += u64::from(success(&drawn, hidden));
                tries += 1;
            }
        }
        Rate::of_targets(hits, tries, targets as u64)
    }
}

/// Enough targets for an interval that says something.
fn enough(traces: &Traces, points: usize) -> bool {
    (0..traces.len())
        .filter(|&row| traces.row(row).len() >= points)
        .nth(MIN_TARGETS - 1)
        .is_some()
}

const MEMBERS: u64 = 0;
const CONTROL: u64 = 1;

/// A1 on the pseudonymised records: are a few known points in one record only?
fn on_records(
    members: &Traces,
    control: &Traces,
    postings: &Postings,
    people: usize,
    spec: &RiskSpec,
) -> Attack {
    let found = |known: &[Point], _| postings.only_match(known).is_some();
    let rows: Vec<AttackRow> = (1..=MOST_POINTS)
        .filter(|&known| enough(members, known))
        .filter_map(|known| {
            let rate = Game::new(known, false, MEMBERS, spec).play(members, found)?;
            let control = enough(control, known)
                .then(|| Game::new(known, false, CONTROL, spec).play(control, found))
                .flatten();
            Some(row(known, rate, control, 1.0 / people.max(1) as f64))
        })
        .collect();
    let verdict = rows.last().map_or_else(String::new, |row| {
        format!(
            "With {} known, {} of the subscribers are alone in the pseudonymised records: a \
             pseudonym does not hide a person of whom so much is known.",
            row.label,
            words::share(&row.members)
        )
    });
    Attack {
        verdict,
        ..Attack::played(
            "The attacker knows a few (cell, hour) points of a person and looks for records \
             that have them all; success is exactly one. For a control person, who is not in \
             the records, a success is a false match.",
            "have enough distinct points",
            rows,
        )
    }
}

/// A1 on the synthetic records: does a match tell a further, hidden point of the person?
fn on_synthetic(
    members: &Traces,
    control: &Traces,
    postings: &Postings,
    spec: &RiskSpec,
) -> Attack {
    let told = |known: &[Point], hidden: Option<Point>| {
        postings
            .only_match(known)
            .zip(hidden)
            .is_some_and(|(row, hidden)| postings.contains(row, hidden))
    };
    let guessed = |_: &[Point], hidden: Option<Point>| {
        hidden.is_some_and(|hidden| postings.busiest_beside(hidden) == Some(hidden))
    };
    let rows: Vec<AttackRow> = (1..=MOST_POINTS)
        .filter(|&known| enough(members, known + 1) && enough(control, known + 1))
        .filter_map(|known| {
            let game = Game::new(known, true, MEMBERS, spec);
            let rate = game.play(members, told)?;
            let guess = game.play(members, guessed)?.share();
            let control = Game::new(known, true, CONTROL, spec).play(control, told);
            Some(row(known, rate, control, guess))
        })
        .collect();
    Attack::played(
        "The attacker knows a few (cell, hour) points of a real person, looks for the \
         one synthetic subscriber that has them all, and reads from it where the person \
         was at one more hour; success is exactly one match, and the right cell at the \
         hidden hour.",
        "have enough distinct points",
        rows,
    )
}

fn row(known: usize, members: Rate, control: Option<Rate>, random_guess: f64) -> AttackRow {
    let label = format!("{known} point{}", if known == 1 { "" } else { "s" });
    AttackRow::new(label, members, control, random_guess)
}
