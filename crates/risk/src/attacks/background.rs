use erewhon_types::Result;
use rand::Rng;
use rand::{RngExt, seq::index::sample};
use rayon::prelude::*;

use crate::{
    Attack, AttackRow, People, Rate, ReleaseKind, RiskSpec,
    draw::{Group, draws, draws_of},
    scene::MIN_TARGETS,
    stage::Stage,
};

mod book;
mod known;

use book::{Book, Page, place};
use known::{Kind, Known, combinations};

/// Things that the attacker knows of a person.
const KNOWN: usize = 4;

/// Most people attacked, whatever the spec says: each meets every combination with every row of a cell.
const MOST_TARGETS: usize = 400;

/// Combinations of known things tried at one person: all of them where there are fewer.
const COMBINATIONS: usize = 20;

/// A11: the background knowledge of scikit-mobility (Pellungrini and others 2018): how many rows fit what
/// somebody knows of a person?
///
/// The attacker has 4 true things about a person, as [`Kind`] says, and the rows. Time goes with people,
/// combinations, and the rows that were at the known places.
pub(crate) fn play(stage: &Stage<'_>) -> Result<Attack> {
    let Stage { scene, release, .. } = *stage;
    let Some(rows) = release.rows() else {
        return Ok(Attack::not_applicable(
            "tables have no rows to find a person in",
        ));
    };
    let synthetic = release.kind() == ReleaseKind::Synthetic;
    let told = [
        stage.told(rows, Group::Members)?,
        stage.told(rows, Group::Control)?,
    ];
    let groups = Group::BOTH.map(|group| {
        let people = told[usize::from(group == Group::Control)];
        draw(people, &scene.spec, synthetic, group)
    });
    let [members, control] = groups.each_ref().map(|drawn| drawn.len() >= MIN_TARGETS);
    let held = &rows.people;
    let playable = members && !held.is_empty() && (control || !synthetic);
    let books = [0, 1, 24].map(|bin_h| {
        let visits = |row| held.of(row).iter().map(|seen| place(seen, bin_h)).collect();
        Book::of((0..if playable { held.len() } else { 0 }).map(visits))
    });
    let mut attack_rows = Vec::new();
    let mut figures = Vec::new();
    for (number, &kind) in Kind::ALL.iter().enumerate().filter(|_| playable) {
        let book = match kind {
            Kind::LocationTime { bin_h: 1 } => &books[1],
            Kind::LocationTime { .. } => &books[2],
            _ => &books[0],
        };
        let game = Game {
            kind,
            book,
            held,
            hidden: synthetic,
            spec: &scene.spec,
            number: number as u64,
        };
        let found = game.play(told[0], &groups[0], Group::Members);
        let Some(rate) = game.rate(&found) else {
            continue;
        };
        let outsiders = control.then(|| game.rate(&game.play(told[1], &groups[1], Group::Control)));
        let guess = if synthetic {
            mean(&found, |person| person.guess)
        } else {
            1.0 / held.len() as f64
        };
        let label = kind.label(KNOWN);
        attack_rows.push(AttackRow::new(
            label.clone(),
            rate,
            outsiders.flatten(),
            guess,
        ));
        if !synthetic {
            let strangers = mean(&found, |p| p.strangers);
            figures.push((
                format!("{label}, a stranger's row taken for a member's, share"),
                strangers,
            ));
            figures.push((
                format!("{label}, mean risk of a person"),
                mean(&found, |p| p.mean),
            ));
            figures.push((
                format!("{label}, highest risk of a person, mean over people"),
                mean(&found, |p| p.highest),
            ));
        }
    }
    let mut attack = Attack::played(
        if synthetic {
            "The attacker knows a few things about a real person: places, their order, hours, how \
             often. He looks for the one synthetic subscriber that fits, and reads one more such \
             thing from it; success is exactly one that fits, and the right thing."
        } else {
            "The attacker knows a few things about a person: places, their order, hours, how often. \
             Success is exactly one record that fits, the person's own. For a control person, who is \
             not in the records, exactly one is a false match."
        },
        "have two records or more",
        attack_rows,
    );
    let strongest = attack
        .rows
        .iter()
        .max_by(|a, b| a.members.share().total_cmp(&b.members.share()));
    if let Some(row) = strongest.filter(|_| !synthetic) {
        attack.verdict = format!(
            "Of what was tried, {} tells most: {} of the subscribers are the only ones who fit it.",
            row.label,
            crate::words::share(&row.members)
        );
    }
    for (label, value) in figures {
        attack = attack.with_figure(label, value);
    }
    Ok(attack)
}

/// Rows to attack: people with something to know, and one thing more where one is kept back.
fn draw(people: &People, spec: &RiskSpec, hidden: bool, group: Group) -> Vec<usize> {
    let has_enough = |&row: &usize| {
        let seen = people.of(row);
        !hidden || seen.iter().any(|other| other.cell != seen[0].cell)
    };
    let able: Vec<usize> = (0..people.len()).filter(has_enough).collect();
    let mut rng = draws_of(spec.seed, "background", group);
    let targets = able.len().min(spec.targets as usize).min(MOST_TARGETS);
    let drawn = sample(&mut rng, able.len(), targets).into_iter();
    drawn.map(|chosen| able[chosen]).collect()
}

/// One kind of knowledge against one release.
struct Game<'a> {
    kind: Kind,
    book: &'a Book,
    held: &'a People,
    /// Whether a further thing is kept from the attacker, to see if the row that fits tells it.
    hidden: bool,
    spec: &'a RiskSpec,
    number: u64,
}

/// Where the row of a target is; judges, and is no input of an attack.
#[derive(Clone, Copy)]
enum Whose {
    /// A member's, which an anonymisation may have taken out.
    At(Option<u32>),
    /// Nobody's: the person is in no release.
    Outside,
}

/// What the combinations of one person came to.
struct Person {
    /// Successes among the first draws.
    hits: u32,
    /// Share of combinations that only a stranger's row fits.
    strangers: f64,
    mean: f64,
    highest: f64,
    /// Share of rows that have the hidden thing.
    guess: f64,
}

fn mean(people: &[Person], of: impl Fn(&Person) -> f64) -> f64 {
    people.iter().map(of).sum::<f64>() / people.len().max(1) as f64
}

impl Game<'_> {
    fn rate(&self, found: &[Person]) -> Option<Rate> {
        let hits = found.iter().map(|person| u64::from(person.hits)).sum();
        let people = found.len() as u64;
        Rate::of_targets(hits, people * u64::from(self.spec.draws_per_target), people)
    }

    fn play(&self, people: &People, targets: &[usize], group: Group) -> Vec<Person> {
        let each = targets.par_iter().enumerate().map(|(target, &row)| {
            let of_group = u64::from(group == Group::Control);
            let nth = of_group << 48 | self.number << 40 | target as u64;
            let mut rng = draws(self.spec.seed, "background knowledge", nth);
            let seen = people.of(row).iter();
            let bin_h = self.kind.bin_h();
            let page: Vec<u64> = seen.map(|seen| place(seen, bin_h)).collect();
            let whose = match group {
                Group::Members => {
                    Whose::At(self.held.find(people.subscriber(row)).map(|row| row as u32))
                }
                Group::Control => Whose::Outside,
            };
            self.attack(&page, whose, &mut rng)
        });
        each.collect()
    }

    /// Tries combinations of what can be known of a person whose places in order are these.
    fn attack(&self, visits: &[u64], whose: Whose, rng: &mut impl Rng) -> Person {
        let page = Page::of(visits);
        let things = self.kind.things(visits, &page);
        let wanted = self
            .kind
            .wanted(KNOWN)
            .min(things.saturating_sub(usize::from(self.hidden)));
        let drawn = wanted + usize::from(self.hidden);
        let chosen = combinations(things, drawn, COMBINATIONS, rng);
        let draws = self.spec.draws_per_target as usize;
        let tries = if self.hidden {
            &chosen[..chosen.len().min(draws)]
        } else {
            &chosen[..]
        };
        let (mut risks, mut won, mut guess, mut strangers) = (Vec::new(), Vec::new(), 0.0, 0.0);
        for combination in tries {
            let whole = self.kind.known(visits, &page, combination);
            let kept = if self.hidden {
                rng.random_range(0..drawn)
            } else {
                drawn
            };
            let known = whole.without(kept);
            let fit = self.fitting(&known);
            let tells = |&row: &u32| whole.fits(self.kind, self.book.page(row));
            let own = match whose {
                Whose::At(own) => own,
                Whose::Outside => None,
            };
            let right = own.is_some_and(|own| fit.contains(&own));
            let one = fit.len() == 1;
            won.push(
                one && match (self.hidden, whose) {
                    (true, _) => fit.iter().all(tells),
                    (false, Whose::At(_)) => right,
                    (false, Whose::Outside) => true,
                },
            );
            strangers += f64::from(u8::from(one && !right));
            risks.push(if right { 1.0 / fit.len() as f64 } else { 0.0 });
            if self.hidden {
                guess += self.fitting(&whole.only(kept)).len() as f64;
            }
        }
        let tried = risks.len().max(1) as f64;
        Person {
            hits: won.iter().cycle().take(draws).filter(|&&won| won).count() as u32,
            strangers: strangers / tried,
            mean: risks.iter().sum::<f64>() / tried,
            highest: risks.iter().copied().fold(0.0, f64::max),
            guess: guess / tried / self.held.len() as f64,
        }
    }

    /// The rows that fit: looked for among those at all of the known places.
    fn fitting(&self, known: &Known) -> Vec<u32> {
        let mut rows = self.book.at_all(known.places());
        rows.retain(|&row| known.fits(self.kind, self.book.page(row)));
        rows
    }
}

#[cfg(test)]
mod tests;
