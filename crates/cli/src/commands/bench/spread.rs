//! What several runs say: a median, and how far apart they lie.

use std::fmt;

use erewhon_types::sig3;
use serde::{Deserialize, Serialize};

/// Median, lowest and highest.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Spread {
    pub(super) median: f64,
    pub(super) min: f64,
    pub(super) max: f64,
}

impl Spread {
    /// `None` of no value; of an even number the median lies between the middle two.
    pub(super) fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let at = |index: usize| values.get(index).copied();
        Some(Self {
            median: f64::midpoint(
                at((values.len().checked_sub(1)?) / 2)?,
                at(values.len() / 2)?,
            ),
            min: *values.first()?,
            max: *values.last()?,
        })
    }

    /// Whether the median lies between the other two.
    pub(super) fn is_ordered(self) -> bool {
        self.min <= self.median && self.median <= self.max
    }
}

/// `0.26 [0.249-0.291]`; of one value just that.
impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [median, min, max] = [self.median, self.min, self.max].map(sig3);
        if self.min < self.max {
            f.pad(&format!("{median} [{min}-{max}]"))
        } else {
            f.pad(&median)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_lie_in_the_middle_and_a_spread_reaches_to_the_ends() {
        let of = |values: &[f64]| Spread::of(values.iter().copied());
        let spread = of(&[0.3, 0.1, 0.2]).unwrap();
        assert_eq!((spread.median, spread.min, spread.max), (0.2, 0.1, 0.3));
        assert_eq!(spread.to_string(), "0.2 [0.1-0.3]");
        assert_eq!(of(&[4.0, 1.0, 3.0, 2.0]).unwrap().median, 2.5);
        assert_eq!(of(&[7.0]).unwrap().to_string(), "7");
        assert_eq!(of(&[]), None);
        assert!(spread.is_ordered());
        let median = 0.4;
        assert!(!Spread { median, ..spread }.is_ordered());
    }
}
