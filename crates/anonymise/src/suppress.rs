use std::collections::HashMap;

use erewhon_events::Sample;
use erewhon_types::{Error, Result};
use serde::Serialize;

use crate::{Coarseness, generalise::Rows};

/// Suppression of small counts: records are made coarser, then what fewer than `fewest` subscribers
/// share goes.
///
/// It looks at one place and span at a time, so whoever is left may still be the only one with their
/// *sequence* of them.
///
/// Source: the rule of statistics offices for cells of tables, applied to records; thresholds in use are
/// 7 (OpenSAFELY), 15 (FlowKit), 20 (Eurostat's proof of concept).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Suppress {
    /// What is counted.
    #[serde(flatten)]
    pub coarseness: Coarseness,
    /// Fewest subscribers of a place and span that is kept, at least 2.
    pub fewest: u32,
}

impl Suppress {
    pub(crate) fn check(&self) -> Result<()> {
        if self.fewest < 2 {
            return Err(Error::usage(format!(
                "`{}` subscribers are too few: allowed is 2 and more",
                self.fewest
            ))
            .with_hint("1 would suppress nothing: use `generalise`"));
        }
        Ok(())
    }
}

/// Drops what few share. Linear in the records, with a table of the places and spans that were met.
pub(crate) fn suppress(rows: &mut Rows, fewest: u32) {
    // A span is known by its start, and a row tells each place and span once.
    let mut subscribers: HashMap<(u32, u32), u32> = HashMap::new();
    let key = |sample: &Sample| (sample.from_s, sample.place);
    for sample in rows.iter().flat_map(|(_, samples)| samples) {
        *subscribers.entry(key(sample)).or_default() += 1;
    }
    subscribers.retain(|_, count| *count >= fewest);
    for (_, samples) in rows {
        samples.retain(|sample| subscribers.contains_key(&key(sample)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        generalise::Lattice,
        technique::testing::{calendar, cells, crowd},
    };

    #[test]
    fn what_is_left_is_shared_and_what_is_shared_is_left() {
        let raw = crowd(60, 40, 2);
        let coarseness = Coarseness {
            place: "zones-9".parse().unwrap(),
            time: "hours-1".parse().unwrap(),
        };
        let lattice = Lattice::new(&coarseness, &cells(), &calendar());
        let before = lattice.rows(&raw);
        let mut after = before.clone();
        suppress(&mut after, 3);
        let mut kept = 0;
        for ((_, all), (_, left)) in before.iter().zip(&after) {
            for sample in all {
                let sharing = before
                    .iter()
                    .filter(|(_, row)| row.contains(sample))
                    .count();
                assert_eq!(left.contains(sample), sharing >= 3);
            }
            kept += left.len();
        }
        let all: usize = before.iter().map(|(_, row)| row.len()).sum();
        assert!(
            kept > 0 && kept < all,
            "{kept} of {all}: the rule does something"
        );
        assert_eq!(
            lattice.stretch(&raw, &before, &cells()).records(),
            raw.samples() as u64
        );
        assert!(lattice.stretch(&raw, &after, &cells()).records() < raw.samples() as u64);
    }

    #[test]
    fn a_threshold_of_one_is_refused() {
        let rule = |fewest| Suppress {
            coarseness: Coarseness {
                place: "cell".parse().unwrap(),
                time: "hours-1".parse().unwrap(),
            },
            fewest,
        };
        assert!(rule(1).check().is_err() && rule(2).check().is_ok());
    }
}
