//! How many synthetic records are drawn, and where they go.

use std::{fmt::Display, ops::RangeInclusive, path::PathBuf, str::FromStr};

use clap::Args as ClapArgs;
use erewhon_types::{Error, Result};

pub(super) const EXAMPLES: &str = "\
Examples:
  erewhon generate march
  erewhon generate march --out half-a-million.parquet --subscribers 500000
  erewhon generate march --out quarter.csv --format cdr --days 90 --seed 2";

#[derive(Debug, ClapArgs)]
pub(crate) struct GenerateArgs {
    /// Run directory with a fitted model.
    pub(crate) dir: PathBuf,
    /// Synthetic subscribers, 1 or more [default: the model's noisy number].
    #[arg(long, value_parser = synthetic_subscribers)]
    pub(crate) subscribers: Option<u32>,
    /// Seed of the draws; the same seed gives the same records.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Another file to write in place of release/synthetic.csv: Parquet if it ends in .parquet, else
    /// text.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Layout of that file, a preset or a mapping file [default: that of the input].
    #[arg(long, value_name = "PRESET|MAPPING.toml", requires = "out")]
    pub(crate) format: Option<String>,
    /// Days in that file from the model's first day on, 1 to 400 [default: the model's].
    #[arg(long, requires = "out", value_parser = synthetic_days)]
    pub(crate) days: Option<u16>,
    /// Replace that file; never a link, a device or a pipe.
    #[arg(long, requires = "out")]
    pub(crate) overwrite: bool,
}

fn synthetic_subscribers(text: &str) -> Result<u32> {
    let whole = "a number of synthetic subscribers";
    within(text, whole, 1..=u32::MAX).map_err(|error| {
        error.with_hint("leave it out for as many as the model was fitted to, by its noisy count")
    })
}

fn synthetic_days(text: &str) -> Result<u16> {
    within(text, "a number of days", 1..=400)
        .map_err(|error| error.with_hint("leave it out for the days of the model"))
}

/// A whole number of a range; `what` says of what.
fn within<T>(text: &str, what: &str, range: RangeInclusive<T>) -> Result<T>
where
    T: Copy + Display + FromStr + PartialOrd,
{
    let number = text.parse().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| {
        Error::usage(format!(
            "`{text}` is not {what}: allowed is a whole number from {} to {}",
            range.start(),
            range.end()
        ))
    })
}
