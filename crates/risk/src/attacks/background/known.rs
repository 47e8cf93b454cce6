use rand::{Rng, seq::index::sample};

use super::book::{Book, Page};

/// How far a frequency may be off, as a share of the row's own: as much as somebody errs who counts a
/// friend's visits.
pub(super) const TOLERANCE: f64 = 0.1;

/// What the attacker knows, as in scikit-mobility; its names in brackets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Visits: their places (LocationAttack).
    Location,
    /// Visits: their places and which came before which (LocationSequenceAttack).
    LocationSequence,
    /// Visits: their places and times, in bins of so many hours (LocationTimeAttack; there an hour is
    /// written as a month, so that its bins are days).
    LocationTime {
        /// Hours of a bin.
        bin_h: u32,
    },
    /// Different places (UniqueLocationAttack).
    UniqueLocation,
    /// Different places and the number of visits to each (LocationFrequencyAttack).
    LocationFrequency,
    /// Different places and their share of all visits (LocationProbabilityAttack).
    LocationProbability,
    /// Different places and how their numbers of visits compare (LocationProportionAttack).
    LocationProportion,
    /// The two most visited places (HomeWorkAttack; there, by a fault of the sort, the two least
    /// visited).
    HomeWork,
}

impl Kind {
    pub(super) const ALL: [Self; 9] = [
        Self::Location,
        Self::LocationSequence,
        Self::LocationTime { bin_h: 1 },
        Self::LocationTime { bin_h: 24 },
        Self::UniqueLocation,
        Self::LocationFrequency,
        Self::LocationProbability,
        Self::LocationProportion,
        Self::HomeWork,
    ];

    /// Its name, with how many things are known.
    pub(super) fn label(self, known: usize) -> String {
        let what = match self {
            Self::Location => "visits",
            Self::LocationSequence => "visits in order",
            Self::LocationTime { bin_h: 1 } => "visits and their hours",
            Self::LocationTime { .. } => "visits and their days",
            Self::UniqueLocation => "places",
            Self::LocationFrequency => "places and their counts",
            Self::LocationProbability => "places and their shares",
            Self::LocationProportion => "places and their proportions",
            Self::HomeWork => return "two most visited places".to_owned(),
        };
        format!("{known} {what}")
    }

    /// Hours of a time bin, 0 where times are not known.
    pub(super) const fn bin_h(self) -> u32 {
        match self {
            Self::LocationTime { bin_h } => bin_h,
            _ => 0,
        }
    }

    /// How many things are known, of so many that could be.
    pub(super) const fn wanted(self, known: usize) -> usize {
        match self {
            Self::HomeWork => 2,
            _ => known,
        }
    }

    /// How many things there are to know of a person.
    pub(super) fn things(self, visits: &[u64], page: &Page) -> usize {
        match self {
            Self::Location | Self::LocationSequence | Self::LocationTime { .. } => visits.len(),
            Self::HomeWork => page.top.len(),
            _ => page.places().len(),
        }
    }

    /// The things of a combination.
    pub(super) fn known(self, visits: &[u64], page: &Page, combination: &[usize]) -> Known {
        let from = match self {
            Self::Location | Self::LocationSequence | Self::LocationTime { .. } => visits,
            Self::HomeWork => &page.top,
            _ => page.places(),
        };
        let places = combination.iter().map(|&thing| from[thing]);
        Known {
            things: places.map(|place| (place, page.times(place))).collect(),
            visits: page.visits(),
        }
    }
}

/// What the attacker knows of one person: places in the order they are known, each with its number of
/// visits, and the number of all visits.
pub(super) struct Known {
    things: Vec<(u64, u32)>,
    visits: u32,
}

impl Known {
    pub(super) fn places(&self) -> impl Iterator<Item = u64> {
        self.things.iter().map(|&(place, _)| place)
    }

    /// The same without one thing.
    pub(super) fn without(&self, kept: usize) -> Self {
        let things = self.things.iter().enumerate();
        let others = things.filter(|&(at, _)| at != kept);
        Self {
            things: others.map(|(_, &thing)| thing).collect(),
            visits: self.visits,
        }
    }

    /// One thing alone.
    pub(super) fn only(&self, kept: usize) -> Self {
        Self {
            things: vec![self.things[kept]],
            visits: self.visits,
        }
    }

    /// The rows of a book that fit, ascending: looked for among those at all of the known places.
    pub(super) fn fitting(&self, kind: Kind, book: &Book) -> Vec<u32> {
        let mut places: Vec<u64> = self.places().collect();
        places.sort_unstable();
        places.dedup();
        let known: Vec<(u32, u32)> = places
            .iter()
            .map(|&place| {
                let of_place = self.things.iter().filter(|thing| thing.0 == place);
                (
                    of_place.clone().count() as u32,
                    of_place.map(|thing| thing.1).max().unwrap_or(0),
                )
            })
            .collect();
        // What each place says by itself is asked on the way; what only all of them say, afterwards.
        let visits = |row| f64::from(book.page(row).visits());
        let may = |place: usize, row: u32, there: u32| {
            let (often, times) = known[place];
            match kind {
                Kind::Location | Kind::LocationTime { .. } => there >= often,
                Kind::LocationFrequency => near(times.into(), there.into(), TOLERANCE),
                Kind::LocationProbability => near(
                    f64::from(times) / f64::from(self.visits),
                    f64::from(there) / visits(row),
                    TOLERANCE,
                ),
                _ => true,
            }
        };
        let mut rows = book.at_all(&places, may);
        match kind {
            Kind::LocationSequence => return book.in_order(rows, self.places()),
            Kind::LocationProportion | Kind::HomeWork => {
                rows.retain(|&row| self.fits(kind, book.page(row)));
            }
            _ => {}
        }
        rows
    }

    /// Whether a row fits.
    pub(super) fn fits(&self, kind: Kind, page: &Page) -> bool {
        self.fits_within(kind, page, TOLERANCE)
    }

    /// The same with another tolerance.
    pub(super) fn fits_within(&self, kind: Kind, page: &Page, tolerance: f64) -> bool {
        let near = |known: f64, there: f64| near(known, there, tolerance);
        let all = |test: &dyn Fn(f64, f64) -> bool| {
            self.things.iter().all(|&(place, times)| {
                let there = page.times(place);
                there > 0 && test(f64::from(times), f64::from(there))
            })
        };
        match kind {
            Kind::Location | Kind::LocationTime { .. } => self.places().all(|place| {
                let known = self.places().filter(|&other| other == place).count();
                page.times(place) as usize >= known
            }),
            Kind::LocationSequence => {
                let mut last = None;
                self.places().all(|place| {
                    last = page.next(place, last);
                    last.is_some()
                })
            }
            Kind::UniqueLocation => all(&|_, _| true),
            Kind::LocationFrequency => all(&near),
            Kind::LocationProbability => all(&|known, there| {
                near(
                    known / f64::from(self.visits),
                    there / f64::from(page.visits()),
                )
            }),
            Kind::LocationProportion => {
                let most =
                    |times: &mut dyn Iterator<Item = u32>| f64::from(times.max().unwrap_or(1));
                let known_most = most(&mut self.things.iter().map(|&(_, times)| times));
                let there_most = most(&mut self.places().map(|place| page.times(place)));
                all(&|known, there| near(known / known_most, there / there_most))
            }
            Kind::HomeWork => self.places().all(|place| page.top.contains(&place)),
        }
    }
}

/// Whether a number is as good as a row's own. Written as scikit-mobility writes it, so that the ends of a
/// tolerance fall the same way.
fn near(known: f64, there: f64, tolerance: f64) -> bool {
    known >= there - there * tolerance && known <= there + there * tolerance
}

/// All combinations of `known` of so many things, in random order; so many drawn at random where there are
/// more. Each is ascending.
pub(super) fn combinations(
    things: usize,
    known: usize,
    most: usize,
    rng: &mut impl Rng,
) -> Vec<Vec<usize>> {
    if known == 0 || known > things {
        return Vec::new();
    }
    let in_order = |drawn: rand::seq::index::IndexVec| {
        let mut drawn = drawn.into_vec();
        drawn.sort_unstable();
        drawn
    };
    let many = (0..known).try_fold(1usize, |many, i| {
        let many = many * (things - i) / (i + 1);
        (many <= most).then_some(many)
    });
    let Some(many) = many else {
        return (0..most)
            .map(|_| in_order(sample(rng, things, known)))
            .collect();
    };
    let mut all = Vec::with_capacity(many);
    let mut combination: Vec<usize> = (0..known).collect();
    loop {
        all.push(combination.clone());
        // The last thing that can move on does, and those after it follow close behind.
        let Some(moves) = (0..known)
            .rev()
            .find(|&at| combination[at] < things - known + at)
        else {
            break;
        };
        let first = combination[moves] + 1;
        for (thing, next) in combination[moves..].iter_mut().zip(first..) {
            *thing = next;
        }
    }
    let order = sample(rng, all.len(), all.len());
    order.into_iter().map(|at| all[at].clone()).collect()
}
