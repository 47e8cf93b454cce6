use erewhon_events::{Disclosed, EventSource};
use erewhon_geo::CellTable;
use erewhon_types::{Calendar, Result};
use rand::SeedableRng as _;
use rand_chacha::ChaCha20Rng;
use serde::Serialize;

use crate::{
    Blur, Coarseness, Effect, KAnonymity, Perturb, Suppress, Swap,
    blur::blur,
    effect::Stretch,
    generalise::Lattice,
    k_anonymity::{Grouped, k_anonymity},
    perturb::perturb,
    presence::presence_error,
    suppress::suppress,
    swap::swap,
};

/// A classical technique with its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(tag = "technique", content = "parameters", rename_all = "kebab-case")]
pub enum Technique {
    /// Larger places, longer spans.
    Generalise(Coarseness),
    /// The same, and what few share goes.
    Suppress(Suppress),
    /// Pseudonyms change hands where people meet.
    Swap(Swap),
    /// Noise on every place.
    Perturb(Perturb),
    /// Groups of people with equal rows.
    KAnonymity(KAnonymity),
    /// The known-bad generator.
    Blur(Blur),
}

impl Technique {
    /// The technique's name on the command line and in files.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Generalise(_) => "generalise",
            Self::Suppress(_) => "suppress",
            Self::Swap(_) => "swap",
            Self::Perturb(_) => "perturb",
            Self::KAnonymity(_) => "k-anonymity",
            Self::Blur(_) => "blur",
        }
    }

    /// Whether what it makes claims to be nobody's records.
    pub const fn claims_synthetic(&self) -> bool {
        matches!(self, Self::Blur(_))
    }

    /// Refuses parameters out of range, before any record is read.
    ///
    /// # Errors
    /// Usage, with the range.
    pub fn check(&self) -> Result<()> {
        match self {
            Self::Generalise(_) => Ok(()),
            Self::Suppress(rule) => rule.check(),
            Self::Swap(rule) => rule.check(),
            Self::Perturb(rule) => rule.check(),
            Self::KAnonymity(rule) => rule.check(),
            Self::Blur(rule) => rule.check(),
        }
    }
}

/// What a technique left of records.
#[derive(Clone, Debug, PartialEq)]
pub struct Anonymised {
    /// The rows. Whoever has no sample left has none; those of [`Technique::Blur`] are under new
    /// identities, all others under the pseudonym that they began with.
    pub disclosed: Disclosed,
    /// What it did to them.
    pub effect: Effect,
}

/// Applies a technique to records. The same seed gives the same rows.
///
/// # Privacy
/// Nothing here is private: rows are real people's, and whoever has the seed undoes what was drawn.
///
/// # Errors
/// As [`Technique::check`]; usage, when there are fewer people than a group needs; what reading the
/// source fails with.
pub fn anonymise(
    technique: &Technique,
    source: &dyn EventSource,
    cells: &CellTable,
    calendar: &Calendar,
    seed: [u8; 32],
) -> Result<Anonymised> {
    technique.check()?;
    let raw = Disclosed::of_events(source, calendar, cells.len())?;
    let (places, mut rows, stretch, groups) = apply(technique, &raw, cells, calendar, seed)?;
    rows.retain(|(_, samples)| !samples.is_empty());
    let disclosed = Disclosed::new(places, rows)?;
    let records = raw.samples() as u64;
    let suppressed = records - stretch.records();
    let effect = Effect {
        rows_before: raw
            .rows()
            .filter(|(_, samples)| !samples.is_empty())
            .count() as u64,
        rows: disclosed.len() as u64,
        records_before: records,
        samples: disclosed.samples() as u64,
        suppressed_share: suppressed as f64 / records.max(1) as f64,
        stretch_m: stretch.metres(),
        stretch_min: stretch.minutes(),
        presence_error: presence_error(&raw, &disclosed, calendar, cells.len()),
        groups,
    };
    Ok(Anonymised { disclosed, effect })
}

type Applied = (
    Vec<Vec<erewhon_types::CellIx>>,
    crate::generalise::Rows,
    Stretch,
    Option<crate::Groups>,
);

fn apply(
    technique: &Technique,
    raw: &Disclosed,
    cells: &CellTable,
    calendar: &Calendar,
    seed: [u8; 32],
) -> Result<Applied> {
    let mut rng = ChaCha20Rng::from_seed(seed);
    let mut stretch = Stretch::default();
    let as_they_are = || raw.places().to_vec();
    Ok(match technique {
        Technique::Generalise(coarseness) => {
            let lattice = Lattice::new(coarseness, cells, calendar);
            let rows = lattice.rows(raw);
            stretch = lattice.stretch(raw, &rows, cells);
            (lattice.places, rows, stretch, None)
        }
        Technique::Suppress(rule) => {
            let lattice = Lattice::new(&rule.coarseness, cells, calendar);
            let mut rows = lattice.rows(raw);
            suppress(&mut rows, rule.fewest);
            stretch = lattice.stretch(raw, &rows, cells);
            (lattice.places, rows, stretch, None)
        }
        Technique::Swap(rule) => {
            stretch.add(0.0, 0, raw.samples() as u64);
            (as_they_are(), swap(raw, rule, &mut rng), stretch, None)
        }
        Technique::Perturb(rule) => {
            let rows = perturb(raw, cells, calendar, rule, &mut rng, &mut stretch);
            (as_they_are(), rows, stretch, None)
        }
        Technique::KAnonymity(rule) => {
            let Grouped {
                places,
                rows,
                groups,
            } = k_anonymity(raw, cells, calendar, rule, &mut stretch)?;
            (places, rows, stretch, Some(groups))
        }
        Technique::Blur(rule) => {
            let rows = blur(raw, cells, calendar, rule, &mut rng, &mut stretch);
            (as_they_are(), rows, stretch, None)
        }
    })
}

#[cfg(test)]
pub(crate) mod testing {
    //! A made-up town for the tests of every technique.

    use erewhon_events::Sample;
    use erewhon_geo::{Cell, Frame};
    use erewhon_types::{CellIx, Subscriber, Window};
    use rand::RngExt as _;

    use super::*;

    const SIDE: u32 = 6;

    /// 36 masts 1.2 km apart, two cells on each.
    pub(crate) fn cells() -> CellTable {
        let cells = (0..2 * SIDE * SIDE).map(|row| {
            let mast = row / 2;
            let at = |step: u32| f64::from(step) * 1200.0;
            Cell::planar(format!("c{row}"), at(mast % SIDE), at(mast / SIDE))
        });
        CellTable::new(Frame::Planar, cells.collect()).unwrap()
    }

    pub(crate) fn calendar() -> Calendar {
        Calendar::new(&Window::parse("2026-03-02", 7, "Europe/Berlin").unwrap()).unwrap()
    }

    /// People with a home by night, a work place by day, and one record in five elsewhere.
    pub(crate) fn crowd(people: u64, records: u32, seed: u8) -> Disclosed {
        let mut rng = ChaCha20Rng::from_seed([seed; 32]);
        let cells = cells().len() as u32;
        let rows = (0..people).map(|who| {
            let (home, work) = (rng.random_range(0..cells), rng.random_range(0..cells));
            let samples = (0..records).map(|_| {
                let from_s = rng.random_range(0..7 * 86_400);
                let by_day = (9..17).contains(&(from_s / 3600 % 24));
                let place = match rng.random_range(0..5) {
                    0 => rng.random_range(0..cells),
                    _ if by_day => work,
                    _ => home,
                };
                Sample {
                    from_s,
                    until_s: from_s + 1,
                    place,
                }
            });
            (Subscriber::new(1000 + 7 * who), samples.collect())
        });
        let places = (0..cells).map(|cell| vec![CellIx(cell)]).collect();
        Disclosed::new(places, rows.collect()).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::{
        testing::{calendar, cells, crowd},
        *,
    };

    fn all() -> Vec<Technique> {
        let coarseness = Coarseness {
            place: "site".parse().unwrap(),
            time: "hours-1".parse().unwrap(),
        };
        vec![
            Technique::Generalise(coarseness),
            Technique::Suppress(Suppress {
                coarseness,
                fewest: 3,
            }),
            Technique::Swap(Swap::default()),
            Technique::Perturb(Perturb {
                epsilon_per_m: 0.005,
            }),
            Technique::KAnonymity(KAnonymity::default()),
            Technique::Blur(Blur::default()),
        ]
    }

    #[test]
    fn every_technique_accounts_for_every_record() {
        let (cells, calendar) = (cells(), calendar());
        let source = crowd(120, 40, 9).events(&calendar, &cells);
        for technique in all() {
            let made = anonymise(&technique, &source, &cells, &calendar, [3; 32]).unwrap();
            let again = anonymise(&technique, &source, &cells, &calendar, [3; 32]).unwrap();
            let (name, effect) = (technique.name(), &made.effect);
            assert_eq!(made, again, "{name}");
            assert_eq!(
                (effect.rows_before, effect.records_before),
                (120, 4800),
                "{name}"
            );
            assert_eq!(effect.rows, made.disclosed.len() as u64);
            assert!(
                made.disclosed.rows().all(|(_, row)| !row.is_empty()),
                "{name}"
            );
            assert!((0.0..1.0).contains(&effect.suppressed_share), "{name}");
            assert!((0.0..1.0).contains(&effect.presence_error), "{name}");
            let loses = matches!(technique, Technique::Suppress(_) | Technique::KAnonymity(_));
            assert_eq!(effect.suppressed_share > 0.0, loses, "{name}");
            // Within an hour somebody may be back in a cell under another pseudonym.
            assert_eq!(effect.presence_error > 0.02, name != "swap", "{name}");
            let moves = effect.stretch_m.max > 0.0 || effect.stretch_min.max > 0.0;
            assert_eq!(moves, name != "swap", "{name}");
        }
    }

    #[test]
    fn another_seed_draws_otherwise() {
        let (cells, calendar) = (cells(), calendar());
        let source = crowd(120, 40, 9).events(&calendar, &cells);
        for technique in all() {
            let made =
                |seed| anonymise(&technique, &source, &cells, &calendar, [seed; 32]).unwrap();
            let draws = matches!(
                technique,
                Technique::Swap(_) | Technique::Perturb(_) | Technique::Blur(_)
            );
            assert_eq!(made(1) != made(2), draws, "{}", technique.name());
        }
    }
}
