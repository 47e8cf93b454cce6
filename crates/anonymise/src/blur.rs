use erewhon_events::{Disclosed, Sample};
use erewhon_geo::{CellTable, Nearness};
use erewhon_types::{Calendar, CellIx, Error, Result, Subscriber};
use rand::{RngExt as _, seq::SliceRandom as _};
use rand_chacha::ChaCha20Rng;
use serde::Serialize;

use crate::{effect::Stretch, generalise::Rows};

/// The known-bad example: a "generator" that copies each subscriber's whole trajectory under a new
/// identity, each record moved to a near cell and by a few minutes, and calls the result synthetic.
///
/// It passes tests that look for equal records, and it is what membership inference on trajectory
/// generators breaks: up to 98.5 % in arXiv 2604.19653. A lab that does not catch it can't be trusted
/// with a better one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Blur {
    /// A record moves to one of so many nearest other cells, or stays, all with the same chance; 0 to 100.
    pub near_cells: u16,
    /// It moves in time by up to so many minutes, either way; 0 to 720.
    pub within_min: u16,
}

impl Default for Blur {
    fn default() -> Self {
        Self {
            near_cells: 6,
            within_min: 60,
        }
    }
}

impl Blur {
    pub(crate) fn check(&self) -> Result<()> {
        if self.near_cells > 100 || self.within_min > 720 {
            return Err(Error::usage(format!(
                "`{}` cells and `{}` minutes are out of range: allowed is 0 to 100, and 0 to 720",
                self.near_cells, self.within_min
            )));
        }
        Ok(())
    }
}

/// Copies everybody. Time and memory are those of [`Nearness`], plus linear in the records.
pub(crate) fn blur(
    raw: &Disclosed,
    cells: &CellTable,
    calendar: &Calendar,
    rule: &Blur,
    rng: &mut ChaCha20Rng,
    stretch: &mut Stretch,
) -> Rows {
    let near = usize::from(rule.near_cells);
    let nearness = Nearness::new(cells, vec![1], near);
    let end_s = (calendar.end_utc_ms() - calendar.start_utc_ms()) / 1000;
    let within_s = i64::from(rule.within_min) * 60;
    let mut identities: Vec<u64> = (1..=raw.len() as u64).collect();
    identities.shuffle(rng);
    let rows = raw.rows().zip(identities).map(|((_, samples), identity)| {
        let samples = samples.iter().map(|sample| {
            let from = CellIx(sample.place);
            let around = nearness.around(from);
            let drawn = around.get(rng.random_range(0..=around.len()));
            let at_s = i64::from(sample.from_s) + rng.random_range(-within_s..=within_s);
            let from_s = at_s.clamp(0, end_s - 1) as u32;
            let utc_ms = calendar.start_utc_ms() + i64::from(from_s) * 1000;
            let to = cells.serving(drawn.copied().unwrap_or(from), utc_ms);
            stretch.add(
                cells.distance_m(from, to),
                from_s.abs_diff(sample.from_s),
                1,
            );
            Sample {
                from_s,
                until_s: from_s + 1,
                place: to.0,
            }
        });
        (Subscriber::new(identity), samples.collect())
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rand::SeedableRng;

    use super::*;
    use crate::technique::testing::{calendar, cells, crowd};

    #[test]
    fn everybody_is_there_again_a_little_off() {
        let (raw, cells) = (crowd(50, 60, 8), cells());
        let rule = Blur::default();
        let mut stretch = Stretch::default();
        let mut rng = ChaCha20Rng::from_seed([2; 32]);
        let rows = blur(&raw, &cells, &calendar(), &rule, &mut rng, &mut stretch);
        let identities: BTreeSet<u64> = rows.iter().map(|(who, _)| who.bits()).collect();
        assert!(identities.into_iter().eq(1..=raw.len() as u64));
        let nearness = Nearness::new(&cells, vec![1], 6);
        let mut moved = 0;
        for ((_, before), (_, after)) in raw.rows().zip(&rows) {
            assert_eq!(before.len(), after.len());
            for (a, b) in before.iter().zip(after) {
                assert!(a.from_s.abs_diff(b.from_s) <= 3600);
                let (from, to) = (CellIx(a.place), CellIx(b.place));
                assert!(from == to || nearness.around(from).contains(&to));
                moved += usize::from(from != to);
            }
        }
        let share = moved as f64 / raw.samples() as f64;
        assert!((share - 6.0 / 7.0).abs() < 0.05, "{share}");
        assert!(
            rows.iter().map(|(who, _)| who.bits()).collect::<Vec<_>>()
                != (1..=50).collect::<Vec<u64>>()
        );
        assert!(stretch.minutes().max <= 60.0 && stretch.minutes().mean > 20.0);
    }
}
