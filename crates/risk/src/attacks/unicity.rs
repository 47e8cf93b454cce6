use std::ops::Range;

use erewhon_mobility::Public;
use erewhon_types::{Result, Subscriber};
use rand::seq::index::sample;
use rayon::prelude::*;

use crate::{
    Attack, AttackRow, Rate, ReleaseKind, RiskSpec, Scene,
    draw::draws,
    grain::{Grain, Sight},
    levels::levels,
    points::Point,
    release::Rows,
    report::Figure,
    scene::MIN_TARGETS,
    sieve::{Met, Sieve},
    stage::Stage,
    words,
};

mod busiest;
mod nation;
mod source;

pub use source::unicity;

/// Most points the attacker knows.
const MOST_POINTS: usize = 4;

/// Lengths of time that he knows them to: an hour, as in "Unique in the Crowd", and coarser ones.
const BINS_H: [u16; 3] = [1, 4, 24];

/// A1: are a few known points in one row only, and does that row tell more?
///
/// The attacker has the points (place, time) and the rows; hours and cells first, with 1 to 4 points,
/// then 4 points at every coarser grain of hours, cells and zones. Time is a sort of every row's points
/// for each grain, and of all rows' points where a guess is needed.
pub(crate) fn play(stage: &Stage<'_>) -> Result<Attack> {
    let Stage { scene, release, .. } = *stage;
    let Some(rows) = release.rows() else {
        return Ok(Attack::not_applicable(
            "tables have no rows to find a person in",
        ));
    };
    let levels = levels(scene.public.cells);
    let grains = Grain::all(&BINS_H, &levels);
    let synthetic = release.kind() == ReleaseKind::Synthetic;
    let played = grains.par_iter().enumerate().map(|(number, grain)| {
        let strengths = if number == 0 {
            1..=MOST_POINTS
        } else {
            MOST_POINTS..=MOST_POINTS
        };
        let mut games = Games::new(scene, grain, number as u64, synthetic);
        for known in strengths {
            games.ask(known);
        }
        games.play(rows, release.kind())
    });
    let played: Vec<Played> = played.collect();
    let (attack_rows, figures): (Vec<_>, Vec<_>) = played
        .into_iter()
        .map(|played| (played.rows, played.figures))
        .unzip();
    let base = attack_rows.first().and_then(|rows| rows.last()).cloned();
    let attack_rows: Vec<AttackRow> = attack_rows.into_iter().flatten().collect();
    let mut attack = if synthetic {
        Attack::played(
            "The attacker knows a few (cell, hour) points of a real person, looks for the \
             one synthetic subscriber that has them all, and reads from it where the person \
             was at one more hour; success is exactly one match, and the right cell at the \
             hidden hour.",
            "have enough distinct points",
            attack_rows,
        )
    } else {
        Attack::played(
            "The attacker knows a few (cell, hour) points of a person and looks for records \
             that have them all; success is exactly one, the person's own. For a control person, who \
             is not in the records, exactly one is a false match.",
            "have enough distinct points",
            attack_rows,
        )
    };
    if let Some(row) = base.filter(|_| !synthetic) {
        attack.verdict = format!(
            "With {} known, {} of the subscribers are found alone in the pseudonymised records: a \
             pseudonym does not hide a person of whom so much is known.",
            row.label,
            words::share(&row.members)
        );
    }
    attack.figures = figures.into_iter().flatten().collect();
    Ok(attack)
}

/// What one grain came to.
struct Played {
    rows: Vec<AttackRow>,
    figures: Vec<Figure>,
}

/// The games of one grain, asked of all rows of a release at once.
struct Games<'a> {
    spec: &'a RiskSpec,
    grain: &'a Grain<'a>,
    public: &'a Public<'a>,
    groups: [Sight<'a>; 2],
    /// Keeps the draws of different grains apart.
    number: u64,
    /// Whether a further point is drawn and kept from the attacker.
    hidden: bool,
    sieve: Sieve,
    asked: Vec<Asked>,
}

/// One strength of the attacker: members' draws and those of the control group.
struct Asked {
    known: usize,
    members: Draws,
    control: Option<Draws>,
}

/// The draws of a group, as places in the sieve, and from how many people they are.
struct Draws {
    sets: Range<usize>,
    people: u64,
}

impl<'a> Games<'a> {
    fn new(scene: &'a Scene<'_>, grain: &'a Grain<'a>, number: u64, hidden: bool) -> Self {
        Self {
            spec: &scene.spec,
            grain,
            public: &scene.public,
            groups: [&scene.members, &scene.control].map(|group| Sight::of(group, grain)),
            number,
            hidden,
            sieve: Sieve::default(),
            asked: Vec::new(),
        }
    }

    /// Adds a strength, if there are enough people for it.
    fn ask(&mut self, known: usize) {
        let needed = known + usize::from(self.hidden);
        let [members, control] = [0, 1].map(|group: usize| {
            let able = self.groups[group].able(needed);
            (able.len() >= MIN_TARGETS).then_some(able)
        });
        let Some(members) = members.filter(|_| control.is_some() || !self.hidden) else {
            return;
        };
        let members = self.draw(0, known, &members);
        let control = control.map(|able| self.draw(1, known, &able));
        self.asked.push(Asked {
            known,
            members,
            control,
        });
    }

    /// Draws targets and their points.
    fn draw(&mut self, group: usize, known: usize, able: &[usize]) -> Draws {
        let strength = (known as u64) << 1 | u64::from(self.hidden);
        let nth = (group as u64) << 32 | self.number << 8 | strength;
        let mut rng = draws(self.spec.seed, "unicity", nth);
        let needed = known + usize::from(self.hidden);
        let targets = able.len().min(self.spec.targets as usize);
        let first = self.sieve.len();
        for chosen in sample(&mut rng, able.len(), targets) {
            let (subscriber, trace) = self.groups[group].person(able[chosen]);
            for _ in 0..self.spec.draws_per_target {
                let places = sample(&mut rng, trace.len(), needed).into_iter();
                let mut drawn: Vec<Point> = places.map(|place| trace[place]).collect();
                let hidden = if self.hidden { drawn.pop() } else { None };
                let own = (group == 0 && !self.hidden).then_some(subscriber);
                self.sieve.add(&drawn, hidden, own);
            }
        }
        Draws {
            sets: first..self.sieve.len(),
            people: targets as u64,
        }
    }

    /// Holds every draw against every row.
    fn play(self, rows: &Rows, kind: ReleaseKind) -> Played {
        let mut sieve = self.sieve.closed();
        let mut all = Vec::new();
        let seed = self.spec.seed;
        if !self.asked.is_empty() {
            rows.each_trace(self.public, self.grain, &mut |equal, trace| {
                let part = |row: &Subscriber| (*row, nation::part(row.bits(), seed));
                let equal: Vec<_> = equal.iter().map(part).collect();
                sieve.hold(&equal, trace);
                if self.hidden {
                    all.extend(equal.iter().flat_map(|_| trace));
                }
            });
        }
        let busiest = busiest::Busiest::of(all);
        let people = rows.people.len();
        let rate = |draws: &Draws, hit: &dyn Fn(usize) -> bool| {
            let hits = draws.sets.clone().filter(|&set| hit(set)).count();
            Rate::of_targets(hits as u64, draws.sets.len() as u64, draws.people)
        };
        let met = |set: usize| &sieve.met()[set];
        let told = |set: usize| met(set).is_one() && (met(set).tells || !self.hidden);
        let own = |set: usize| told(set) && (met(set).own || self.hidden);
        let guessed = |set: usize| sieve.hidden()[set].is_some_and(|point| busiest.is(point));
        let (mut attack_rows, mut figures) = (Vec::new(), Vec::new());
        for asked in &self.asked {
            let points = words::points(asked.known);
            let Some(members) = rate(&asked.members, &own) else {
                continue;
            };
            let guess = match kind {
                ReleaseKind::Synthetic => rate(&asked.members, &guessed).map_or(0.0, |r| r.share()),
                _ => 1.0 / people.max(1) as f64,
            };
            let control = asked.control.as_ref().and_then(|draws| rate(draws, &told));
            let label = match self.grain.name.as_str() {
                "" => points.clone(),
                name => format!("{points}, {name}"),
            };
            attack_rows.push(AttackRow::new(label, members, control, guess));
            if kind == ReleaseKind::Records && self.number == 0 {
                let met = &sieve.met()[asked.members.sets.clone()];
                figures.extend(right_row(&points, met));
                let fall = nation::Fall::of(met, people);
                figures.extend(fall.map(|fall| fall.figures(&points)).into_iter().flatten());
            }
        }
        Played {
            rows: attack_rows,
            figures,
        }
    }
}

/// Of the single matches, how many are the person's own row: all of them, as long as nobody changed
/// times or places. The others are strangers' rows, and no success.
fn right_row(points: &str, met: &[Met]) -> Option<Figure> {
    let one = || met.iter().filter(|met| met.is_one());
    let own = one().filter(|met| met.own).count();
    (one().count() > 0).then(|| Figure {
        label: format!("{points}, share of single matches that are the right row"),
        value: own as f64 / one().count() as f64,
    })
}
