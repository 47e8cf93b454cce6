use std::sync::Arc;

use erewhon_dp::{
    Norm, Query, gaussian_reach_95_people, gaussian_scale_units, gaussian_sd_people, guarantee,
    noise_reach_people, noise_scale_units, noise_sd_people,
};
use erewhon_mobility::{Definitions, Ground, Public, Zoning};
use erewhon_types::{Delta, Epsilon, Error, Guarantee, Loss, Result};
use serde::Serialize;

use crate::{
    Session,
    families_asked::{AskedFamily, Number},
};

/// Most entries that the tables of one release have together: half a gigabyte.
const MOST_ENTRIES: u64 = 1 << 26;
/// A larger table shows its larger entries alone.
const MOST_SHOWN: usize = 1 << 18;
/// Units of one, where a bound in L2 would else lose much in being made a whole number.
const FINE: u32 = 1000;

/// What a release of families asks, from public knowledge alone.
pub struct FamiliesPlan {
    /// What it claims.
    pub guarantee: Guarantee,
    pub(crate) numbers: Vec<PlannedNumber>,
}

/// One number of a table, and the query that it is.
pub(crate) struct PlannedNumber {
    pub(crate) number: Number,
    pub(crate) query: Query,
    pub(crate) loss: Loss,
    /// The least noisy entry that is shown, in units; `None` where all are.
    pub(crate) shown_from: Option<i64>,
    /// For each axis its name and its values.
    pub(crate) by: Vec<(&'static str, Vec<String>)>,
}

/// What is known of a number of a release before it is paid for, and stated with it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NumberStatement {
    /// Family and column, for example `footfall.subscribers`.
    pub name: String,
    /// What it counts: `subscribers`, or the amount with its unit.
    pub counts: &'static str,
    /// The axes, the slowest first.
    pub by: Vec<&'static str>,
    /// Number of entries, all of them public.
    pub entries: u64,
    /// Which of them are in the file.
    pub shown: String,
    /// In how many entries one subscriber counts at most.
    pub entries_of_one: u32,
    /// What was charged for it: `epsilon` or `rho`.
    #[serde(flatten)]
    pub loss: Loss,
    /// The noise on each entry.
    pub noise: &'static str,
    /// Caps and noise, for each value of an axis `measure` or for all.
    pub measures: Vec<MeasureStatement>,
}

/// How far one entry of a number is off.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MeasureStatement {
    /// The value of the axis `measure`; `None` where there is no such axis.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measure: Option<String>,
    /// The most that one subscriber counts in one entry.
    pub most_of_one: u32,
    /// Standard deviation of the noise on one entry.
    pub noise_sd: f64,
    /// The noise on one entry is at most this, up or down, 95 times in 100.
    pub noise_95: f64,
    /// The standard deviation as a share of entries of 10, 100 and 1,000.
    pub relative_error: [f64; 3],
    /// The least entry in the file; `None` where all are in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shown_from: Option<f64>,
}

impl Session {
    /// Plans a release of families: reads no record, and costs nothing.
    ///
    /// # Errors
    /// Usage, when nothing is asked, a number twice, tables are too large, or epsilon is too small to be
    /// split.
    pub fn plan_families(
        &self,
        asked: &[AskedFamily],
        (zones, definitions): (&Arc<Zoning>, &Definitions),
        budget: (Epsilon, Option<Delta>),
    ) -> Result<FamiliesPlan> {
        if !zones.is_of(self.cells()) {
            return Err(Error::usage("the zones are those of another cell list"));
        }
        let ground = Ground::new(Arc::clone(zones), self.cells(), definitions)?;
        plan(&self.public(), asked, &ground, budget)
    }
}

pub(crate) fn plan(
    public: &Public<'_>,
    asked: &[AskedFamily],
    ground: &Ground,
    (epsilon, delta): (Epsilon, Option<Delta>),
) -> Result<FamiliesPlan> {
    let numbers = asked.iter().map(|asked| asked.numbers(ground, public));
    let numbers: Vec<Number> = numbers
        .collect::<Result<Vec<_>>>()?
        .into_iter()
        .flatten()
        .collect();
    if numbers.is_empty() {
        return Err(Error::usage("no family was named")
            .with_hint("for example --families footfall,trips_daily.trips"));
    }
    for (place, number) in numbers.iter().enumerate() {
        if numbers
            .iter()
            .take(place)
            .any(|other| other.name == number.name)
        {
            return Err(Error::usage(format!("`{}` is asked twice", number.name))
                .with_hint("a release answers each number once"));
        }
    }
    let guarantee = guarantee(epsilon, delta)?;
    let losses = guarantee.loss().split(&vec![1; numbers.len()])?;
    let mut entries = 0;
    let mut planned = Vec::with_capacity(numbers.len());
    for (number, loss) in numbers.into_iter().zip(losses) {
        let number = PlannedNumber::new(number, public, loss, &mut entries)?;
        planned.push(number);
    }
    Ok(FamiliesPlan {
        guarantee,
        numbers: planned,
    })
}

impl FamiliesPlan {
    /// What the statement says of each number.
    pub fn statements(&self) -> Vec<NumberStatement> {
        self.numbers.iter().map(PlannedNumber::statement).collect()
    }
}

impl PlannedNumber {
    /// `before` is how many entries the numbers before it have.
    fn new(number: Number, public: &Public<'_>, loss: Loss, before: &mut u64) -> Result<Self> {
        let axes = number.kernel.axes();
        let sizes = axes.iter().map(|axis| u64::from(axis.size(public)));
        let entries = sizes.fold(1, u64::saturating_mul);
        *before = before.saturating_add(entries);
        if *before > MOST_ENTRIES {
            return Err(Error::usage(format!(
                "`{}` has {entries} entries, and with those before it more than the {MOST_ENTRIES} \
                 that a release may have",
                number.name
            ))
            .with_hint("take coarser zones, a family without the day, or fewer families"));
        }
        let query = query(&number, entries as usize, loss)?;
        Ok(Self {
            shown_from: (query.entries() > MOST_SHOWN).then(|| rare(&query, loss)),
            by: axes
                .iter()
                .map(|axis| (axis.name(), axis.labels(public)))
                .collect(),
            number,
            query,
            loss,
        })
    }

    /// How many units of the query stand for 1 in an entry.
    pub(crate) fn units_of_one(&self, entry: u64) -> f64 {
        f64::from(self.number.cap.units_of_one(entry)) * f64::from(self.query.units_per_person())
    }

    pub(crate) fn statement(&self) -> NumberStatement {
        let cap = &self.number.cap;
        let words = self.by.last().filter(|_| cap.amounts().len() > 1);
        let measure = |(place, &most_of_one): (usize, &u32)| {
            let one = f64::from(cap.units_of_one(place as u64));
            let noise_sd = sd(&self.query, self.loss) / one;
            MeasureStatement {
                measure: words.and_then(|(_, words)| words.get(place).cloned()),
                most_of_one,
                noise_sd,
                noise_95: reach_95(&self.query, self.loss) / one,
                relative_error: [10.0, 100.0, 1000.0].map(|entry| noise_sd / entry),
                shown_from: self
                    .shown_from
                    .map(|units| units as f64 / self.units_of_one(place as u64)),
            }
        };
        NumberStatement {
            name: self.number.name.clone(),
            counts: self.number.counts,
            by: self.by.iter().map(|(name, _)| *name).collect(),
            entries: self.query.entries() as u64,
            shown: match self.shown_from {
                None => "all entries, those of nobody too".to_owned(),
                Some(_) => {
                    "entries from `shown_from` on: of all that nobody is in, one at most is expected to \
                            reach it"
                        .to_owned()
                }
            },
            entries_of_one: cap.entries(),
            loss: self.loss,
            noise: match self.loss {
                Loss::Epsilon(_) => "discrete Laplace",
                Loss::Rho(_) => "discrete Gaussian",
            },
            measures: cap.amounts().iter().enumerate().map(measure).collect(),
        }
    }
}

/// The query of a number: its bound is what [`Cap`](erewhon_mobility::Cap) lets through in the norm of its noise.
fn query(number: &Number, entries: usize, loss: Loss) -> Result<Query> {
    let (k, c) = (
        u64::from(number.cap.entries()),
        u64::from(number.cap.most_units()),
    );
    let too_much = || {
        Error::usage(format!(
            "`{}`: {k} entries of {c} are more of one subscriber than can be counted",
            number.name
        ))
        .with_hint(format!("their product may be {} at most", u32::MAX))
    };
    let name = number.name.as_str();
    match loss {
        Loss::Epsilon(_) => {
            let bound = k.checked_mul(c).and_then(|bound| u32::try_from(bound).ok());
            Query::new(name, entries, 1, bound.ok_or_else(too_much)?)
        }
        Loss::Rho(_) => {
            // The root of k c^2, rounded up.
            let bound = |units: u32| {
                let c = u128::from(c) * u128::from(units);
                let squares = u128::from(k).checked_mul(c.checked_mul(c)?)?;
                let root = squares.isqrt();
                u32::try_from(root + u128::from(root * root < squares)).ok()
            };
            let (units, bound) = match bound(FINE) {
                Some(bound) => (FINE, bound),
                None => (1, bound(1).ok_or_else(too_much)?),
            };
            Ok(Query::new(name, entries, units, bound)?.bounded_in(Norm::L2))
        }
    }
}

/// What the noise on an empty entry reaches with chance of at most one in the number of entries, in units.
///
/// For discrete Laplace noise of scale s the chance to reach t is at most exp(-t / s), for discrete Gaussian
/// at most exp(-t^2 / 2 s^2).
fn rare(query: &Query, loss: Loss) -> i64 {
    let odds = (query.entries() as f64).ln();
    let units = match loss {
        Loss::Epsilon(epsilon) => noise_scale_units(query, epsilon) * odds,
        Loss::Rho(rho) => gaussian_scale_units(query, rho) * (2.0 * odds).sqrt(),
    };
    units.ceil() as i64
}

fn sd(query: &Query, loss: Loss) -> f64 {
    match loss {
        Loss::Epsilon(epsilon) => noise_sd_people(query, epsilon),
        Loss::Rho(rho) => gaussian_sd_people(query, rho),
    }
}

fn reach_95(query: &Query, loss: Loss) -> f64 {
    match loss {
        Loss::Epsilon(epsilon) => noise_reach_people(query, epsilon, 0.95),
        Loss::Rho(rho) => gaussian_reach_95_people(query, rho),
    }
}
