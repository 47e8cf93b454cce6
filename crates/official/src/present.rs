//! Present population: where the phones of a moment are, tile by tile.

use erewhon_types::{CellIx, Error, Result};

use crate::{Footprints, Place, Seen, Tile};

/// How a population is told from the cells that phones are connected to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PresentRule {
    /// Events so long before or after the moment count, in milliseconds.
    pub tolerance_ms: i64,
    /// The most rounds.
    pub max_rounds: u32,
    /// Stop once a round moves fewer phones than this between tiles.
    pub min_change: f64,
}

impl PresentRule {
    /// multimno's: an hour, 20 rounds, 10,000 phones.
    ///
    /// Where there are fewer phones than the last number, one round is all there is.
    pub const MULTIMNO: Self = Self {
        tolerance_ms: 3_600_000,
        max_rounds: 20,
        min_change: 10_000.0,
    };

    /// Checks the numbers.
    ///
    /// # Errors
    /// Usage, when the tolerance is negative, there is no round, or the change is not a number from 0 up.
    pub fn check(&self) -> Result<()> {
        if self.tolerance_ms < 0
            || self.max_rounds == 0
            || self.min_change.is_nan()
            || self.min_change < 0.0
        {
            return Err(
                Error::usage("a rule of present population is out of range").with_hint(
                    "allowed: a tolerance from 0 ms, at least one round, a change from 0 phones",
                ),
            );
        }
        Ok(())
    }
}

/// Where a subscriber counts at a moment: the event nearest in time within the tolerance, of two that are
/// equally near the earlier one.
pub fn nearest(seen: &[Seen], moment_ms: i64, tolerance_ms: i64) -> Option<Place> {
    let after = seen.partition_point(|s| s.at_ms < moment_ms);
    let from = |at: usize| {
        seen.get(at)
            .map(|s| ((s.at_ms - moment_ms).abs(), s.at_ms, s.place))
    };
    // Of events at one moment the first, as a stable sort has them.
    let first_before = after.checked_sub(1).map(|last| {
        let at_ms = seen[last].at_ms;
        seen.partition_point(|s| s.at_ms < at_ms)
    });
    let nearest = [first_before.and_then(from), from(after)];
    let nearest = nearest
        .into_iter()
        .flatten()
        .min_by_key(|(away_ms, at_ms, _)| (*away_ms, *at_ms));
    nearest
        .filter(|(away_ms, ..)| *away_ms <= tolerance_ms)
        .map(|(.., place)| place)
}

/// How many subscribers count at each cell at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellCounts {
    at: Vec<u32>,
    abroad: u32,
}

impl CellCounts {
    /// None yet, at any of so many cells.
    pub fn none(cells: usize) -> Self {
        Self {
            at: vec![0; cells],
            abroad: 0,
        }
    }

    /// Takes in one subscriber.
    pub fn add(&mut self, place: Option<Place>) {
        match place {
            Some(Place::Cell(cell)) => self.at[cell.index()] += 1,
            Some(Place::Abroad(_)) => self.abroad += 1,
            None => {}
        }
    }

    /// Adds what another worker has counted.
    pub fn merge(&mut self, other: &Self) {
        self.at
            .iter_mut()
            .zip(&other.at)
            .for_each(|(at, other)| *at += other);
        self.abroad += other.abroad;
    }

    /// Subscribers at each cell.
    pub fn at_cells(&self) -> &[u32] {
        &self.at
    }

    /// Subscribers on a network abroad.
    pub const fn abroad(&self) -> u32 {
        self.abroad
    }
}

/// A population by tile.
#[derive(Clone, Debug, PartialEq)]
pub struct Population {
    /// Phones in each tile that a cell with phones reaches, ascending in tile.
    pub tiles: Vec<(Tile, f64)>,
    /// Rounds that it took.
    pub rounds: u32,
    /// How many phones the last round moved.
    pub change: f64,
    /// Phones at cells without a footprint: they are in no tile.
    pub unplaced: u64,
}

/// Spreads the phones of each cell over its tiles, again and again by what the round before found: the
/// iterated Bayes' rule, or expectation and maximisation of a Poisson model (Shepp and Vardi, IEEE
/// Transactions on Medical Imaging 1(2), 1982; van der Laan and de Jonge, NTTS 2019).
///
/// ```text
/// start: every tile of the country has phones / grid_tiles
/// round: in tile t, the sum over cells c of  n(c) · x(t) p(c|t) / Σ over t' of x(t') p(c|t')
/// ```
///
/// `connection` has p(c|t); `grid_tiles` is the number of tiles of the country, which decides nothing but
/// how many phones the first round is said to move.
///
/// # Errors
/// Usage, when the rule is out of range; input, when no phone is at a cell with a footprint or the footprints
/// have more tiles than the country.
pub fn present(
    counts: &CellCounts,
    connection: &Footprints,
    grid_tiles: usize,
    rule: &PresentRule,
) -> Result<Population> {
    rule.check()?;
    if connection.tiles().len() > grid_tiles {
        return Err(Error::input(format!(
            "the footprints reach {} tiles and the grid has {grid_tiles}",
            connection.tiles().len()
        ))
        .with_hint("give the grid that the footprints were made for"));
    }
    let cells = (0..).map(CellIx).zip(counts.at_cells());
    let counted = cells.filter(|(_, phones)| **phones > 0);
    let (placed, lost): (Vec<_>, Vec<_>) =
        counted.partition(|(cell, _)| !connection.of(*cell).is_empty());
    let sum = |of: &[(CellIx, &u32)]| {
        of.iter()
            .map(|(_, phones)| u64::from(**phones))
            .sum::<u64>()
    };
    let (phones, unplaced) = (sum(&placed), sum(&lost));
    if phones == 0 {
        return Err(
            Error::input("no phone is at a cell with a footprint at that moment").with_hint(
                "check that the footprints are of these cells, and the moment is inside the window",
            ),
        );
    }
    let uniform = (phones + unplaced) as f64 / grid_tiles as f64;
    let mut now = vec![uniform; connection.tiles().len()];
    let mut next = vec![0.0; now.len()];
    let mut population = Population {
        tiles: Vec::new(),
        rounds: 0,
        change: f64::INFINITY,
        unplaced,
    };
    let mut reached = vec![false; now.len()];
    for (cell, _) in &placed {
        connection
            .of(*cell)
            .iter()
            .for_each(|(tile, _)| reached[*tile as usize] = true);
    }
    while population.rounds < rule.max_rounds && population.change >= rule.min_change {
        next.fill(0.0);
        for (cell, phones) in &placed {
            let entries = connection.of(*cell);
            let times = |(tile, p): &(u32, f32)| now[*tile as usize] * f64::from(*p);
            let share = f64::from(**phones) / entries.iter().map(times).sum::<f64>();
            for entry in entries {
                next[entry.0 as usize] += times(entry) * share;
            }
        }
        let moved = now
            .iter()
            .zip(&next)
            .zip(&reached)
            .filter(|(_, reached)| **reached);
        population.change = moved.map(|((now, next), _)| (now - next).abs()).sum();
        population.rounds += 1;
        std::mem::swap(&mut now, &mut next);
    }
    let tiles = connection.tiles().iter().zip(now).zip(reached);
    let tiles = tiles
        .filter(|(_, reached)| *reached)
        .map(|((tile, phones), _)| (*tile, phones));
    population.tiles = tiles.collect();
    Ok(population)
}

#[cfg(test)]
mod tests;
