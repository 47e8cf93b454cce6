use std::collections::HashMap;

use serde::Serialize;

use crate::Groups;

/// What a technique did to the records: what is lost, and how far what is left was moved or widened.
///
/// # Privacy
/// Exact figures of real people's records.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Effect {
    /// Subscribers with a record in the window.
    pub rows_before: u64,
    /// Rows that came out.
    pub rows: u64,
    /// Records in the window.
    pub records_before: u64,
    /// Samples that came out; a sample may stand for several records.
    pub samples: u64,
    /// Share of the records that no sample stands for.
    pub suppressed_share: f64,
    /// How far a record is from where it was or, where it became a place of several cells, how wide
    /// that place is; in metres.
    pub stretch_m: Spread,
    /// The same in time, in minutes; a second is none.
    pub stretch_min: Spread,
    /// Mean over the hours of the day of the total variation distance between where people were and
    /// where they seem to be, by cell; 0 to 1.
    pub presence_error: f64,
    /// Of k-anonymity, what its groups are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<Groups>,
}

/// A distribution over records that were kept; 0 where there are none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Spread {
    /// The mean.
    pub mean: f64,
    /// Half of the records have at most this.
    pub p50: f64,
    /// Nine in ten.
    pub p90: f64,
    /// 99 in 100.
    pub p99: f64,
    /// All.
    pub max: f64,
}

/// Counts kept records by how far they were moved or widened: whole metres and whole seconds.
#[derive(Default)]
pub(crate) struct Stretch {
    metres: HashMap<u32, u64>,
    seconds: HashMap<u32, u64>,
}

impl Stretch {
    pub(crate) fn add(&mut self, metres: f64, seconds: u32, records: u64) {
        *self.metres.entry(metres.round() as u32).or_default() += records;
        *self.seconds.entry(seconds).or_default() += records;
    }

    /// Records that were kept.
    pub(crate) fn records(&self) -> u64 {
        self.metres.values().sum()
    }

    pub(crate) fn metres(&self) -> Spread {
        Spread::of(&self.metres, 1.0)
    }

    pub(crate) fn minutes(&self) -> Spread {
        Spread::of(&self.seconds, 1.0 / 60.0)
    }
}

impl Spread {
    fn of(counts: &HashMap<u32, u64>, unit: f64) -> Self {
        let mut sorted: Vec<(u32, u64)> = counts.iter().map(|(&v, &n)| (v, n)).collect();
        sorted.sort_unstable();
        let total: u64 = sorted.iter().map(|(_, n)| n).sum();
        let sum: f64 = sorted.iter().map(|&(v, n)| f64::from(v) * n as f64).sum();
        let at = |share: f64| {
            let wanted = ((share * total as f64).ceil() as u64).max(1);
            let mut seen = 0;
            let found = sorted.iter().find(|(_, n)| {
                seen += n;
                seen >= wanted
            });
            found.map_or(0.0, |&(v, _)| f64::from(v) * unit)
        };
        Self {
            mean: sum * unit / (total.max(1)) as f64,
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            max: at(1.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_counts_records() {
        let mut stretch = Stretch::default();
        stretch.add(0.0, 0, 90);
        stretch.add(99.6, 600, 9);
        stretch.add(1000.0, 3600, 1);
        let (m, min) = (stretch.metres(), stretch.minutes());
        assert_eq!((m.p50, m.p90, m.p99, m.max), (0.0, 0.0, 100.0, 1000.0));
        assert_eq!(m.mean, 19.0);
        assert_eq!((min.p99, min.max), (10.0, 60.0));
        assert_eq!(stretch.records(), 100);
        assert_eq!(Stretch::default().metres(), Spread::default());
    }
}
