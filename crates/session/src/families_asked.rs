use std::{str::FromStr, sync::Arc};

use erewhon_events::nearest_name;
use erewhon_mobility::{Cap, Family, Ground, Kernel, Public, Zoning, families};
use erewhon_types::{Error, Result};

/// The column of distinct subscribers that every table has.
pub(crate) const SUBSCRIBERS: &str = "subscribers";

/// Numbers of a family that a release is asked for, and how much of one subscriber counts in them:
/// `FAMILY[.COLUMN][:ENTRIES[:AMOUNT]]`.
///
/// ```
/// use erewhon_session::AskedFamily;
/// for good in ["footfall", "footfall.subscribers:30", "trips_daily.trips:20:3", "homes"] {
///     good.parse::<AskedFamily>()?;
/// }
/// for bad in ["footfal", "footfall:x", "footfall.trips", "space", "homes:1:2"] {
///     assert!(bad.parse::<AskedFamily>().is_err());
/// }
/// # Ok::<(), erewhon_types::Error>(())
/// ```
#[derive(Clone)]
pub struct AskedFamily {
    family: &'static Family,
    column: Option<String>,
    entries: Option<u32>,
    amount: Option<u32>,
}

/// One number of a table: its name, what it counts, its kernel and how much of one subscriber counts.
pub(crate) struct Number {
    pub(crate) name: String,
    pub(crate) counts: &'static str,
    pub(crate) kernel: Box<dyn Kernel>,
    pub(crate) cap: Cap,
}

impl FromStr for AskedFamily {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut parts = text.trim().split(':');
        let named = parts.next().unwrap_or_default();
        let (name, column) = match named.split_once('.') {
            Some((name, column)) => (name, Some(column.to_owned())),
            None => (named, None),
        };
        let mut cap = || parts.next().map(|cap| cap_of(text, cap)).transpose();
        let (entries, amount) = (cap()?, cap()?);
        if parts.next().is_some() {
            return Err(
                Error::usage(format!("`{text}` has too many caps")).with_hint(
                    "write FAMILY[.COLUMN][:ENTRIES[:AMOUNT]], for example footfall:40:20",
                ),
            );
        }
        let asked = Self {
            family: find(name)?,
            column,
            entries,
            amount,
        };
        asked.check(text)?;
        Ok(asked)
    }
}

impl AskedFamily {
    /// Refuses columns and caps that the family has not.
    fn check(&self, text: &str) -> Result<()> {
        let columns = columns(self.family);
        if let Some(column) = &self.column
            && !columns.contains(&column.as_str())
        {
            return Err(
                Error::usage(format!("`{text}`: there is no column `{column}`"))
                    .with_hint(format!("allowed: {}", columns.join(", "))),
            );
        }
        let has_amount = self.wants_amount() && columns.len() > 1;
        if self.amount.is_some() && !has_amount {
            return Err(
                Error::usage(format!("`{text}`: a subscriber counts 1 in an entry"))
                    .with_hint("leave the last cap out: it is for a column of amounts"),
            );
        }
        Ok(())
    }

    fn wants_subscribers(&self) -> bool {
        self.column
            .as_deref()
            .is_none_or(|name| name == SUBSCRIBERS)
    }

    fn wants_amount(&self) -> bool {
        self.column
            .as_deref()
            .is_none_or(|name| name != SUBSCRIBERS)
    }

    /// The numbers, subscribers first.
    pub(crate) fn numbers(&self, ground: &Ground, public: &Public<'_>) -> Result<Vec<Number>> {
        self.family.check(ground)?;
        let kernel = || {
            let kernel = self.family.kernel(ground);
            kernel.ok_or_else(|| no_table(self.family.name))
        };
        let number = |counts: &'static str, kernel: Box<dyn Kernel>, usual: Cap| {
            // No more than the family allows anyway: noise would grow for nothing.
            let bound = kernel.bound(public);
            let most = |most: u64| u32::try_from(most).unwrap_or(u32::MAX).max(1);
            let entries = self.entries.map(|entries| entries.min(most(bound.entries)));
            let amount = self.amount.filter(|_| counts != SUBSCRIBERS);
            let amount = amount.map(|amount| amount.min(most(bound.amount)));
            let cap = match (entries, amount) {
                (None, None) => usual,
                (entries, amount) => {
                    let amounts = amount.map_or_else(|| usual.amounts().to_vec(), |one| vec![one]);
                    Cap::new(entries.unwrap_or(usual.entries()), amounts)?
                }
            };
            Ok(Number {
                name: format!("{}.{counts}", self.family.name),
                counts,
                kernel,
                cap,
            })
        };
        let mut numbers = Vec::new();
        if self.wants_subscribers() {
            let kernel = kernel()?;
            let usual = Cap::of_subscribers(&kernel, public);
            numbers.push(number(SUBSCRIBERS, kernel, usual)?);
        }
        let kernel = kernel()?;
        if let Some((counts, usual)) = kernel.amount().zip(Cap::of_amounts(&kernel, public))
            && self.wants_amount()
        {
            if self.amount.is_some() && usual.amounts().len() > 1 {
                return Err(Error::usage(format!(
                    "`{}` has a cap for each measure",
                    self.family.name
                ))
                .with_hint("leave the last cap out: docs/mobility.md has them"));
            }
            numbers.push(number(counts, kernel, usual)?);
        }
        Ok(numbers)
    }
}

fn cap_of(text: &str, cap: &str) -> Result<u32> {
    let number = cap.parse();
    number.map_err(|_| {
        Error::usage(format!("`{text}`: `{cap}` is no cap")).with_hint(
            "allowed are whole numbers from 1 on: how many entries of one subscriber count, then how \
             much of an amount in each, for example footfall.events:40:20",
        )
    })
}

/// The columns of a table that hold numbers.
fn columns(family: &Family) -> Vec<&'static str> {
    let kernel = family.kernel(&anywhere());
    let amount = kernel.and_then(|kernel| kernel.amount());
    [SUBSCRIBERS].into_iter().chain(amount).collect()
}

fn find(name: &str) -> Result<&'static Family> {
    let family = families().iter().find(|family| family.name == name);
    let ground = anywhere();
    match family {
        Some(family) if family.kernel(&ground).is_some() => Ok(family),
        Some(_) => Err(no_table(name)),
        None => {
            let tables = families().iter().filter(|f| f.kernel(&ground).is_some());
            let tables: Vec<&str> = tables.map(|family| family.name).collect();
            let meant = nearest_name(name, tables.iter().copied());
            let meant = meant.map_or_else(String::new, |meant| format!("did you mean `{meant}`? "));
            Err(Error::usage(format!("`{name}` is no family of numbers"))
                .with_hint(format!("{meant}allowed: {}", tables.join(", "))))
        }
    }
}

/// A ground on which every family says what it counts.
fn anywhere() -> Ground {
    Ground::from(Arc::new(Zoning::named(["anywhere"])))
}

fn no_table(name: &str) -> Error {
    Error::usage(format!(
        "`{name}` has a row about each subscriber, which is never released"
    ))
    .with_hint("`histograms` counts subscribers by bins of such numbers; tables add up over people")
}
