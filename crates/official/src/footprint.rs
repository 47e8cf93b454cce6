use std::collections::BTreeSet;

use erewhon_types::{CellIx, Error, Result};

use crate::Tile;

/// Which tiles each cell reaches, with a weight for each: a sparse matrix of cells and tiles. Public.
///
/// What the weight is, is the matter of who makes it: signal dominance of 0 to 1 in a footprint, a
/// probability in what [`connection`](Self::connection) and [`posterior`](Self::posterior) give back.
#[derive(Clone, Debug, PartialEq)]
pub struct Footprints {
    /// Ascending; those that some cell reaches.
    tiles: Vec<Tile>,
    /// `starts[c]..starts[c + 1]` are the entries of cell `c`, ascending in tile.
    starts: Vec<u32>,
    entries: Vec<(u32, f32)>,
}

impl Footprints {
    /// Puts together the footprints of so many cells.
    ///
    /// # Errors
    /// Input, when there is none at all, a weight is not a positive number, or a cell has a tile twice.
    pub fn new(cells: usize, mut rows: Vec<(CellIx, Tile, f32)>) -> Result<Self> {
        if rows.is_empty() {
            return Err(Error::input("the footprints have no row")
                .with_hint("check that they are of the days and of the cells of the records"));
        }
        rows.sort_unstable_by_key(|row| (row.0, row.1));
        if let Some(row) = rows.iter().find(|row| !(row.2.is_finite() && row.2 > 0.0)) {
            return Err(Error::input(format!(
                "a footprint gives tile `{}` the weight `{}`",
                row.1.grid_id(),
                row.2
            ))
            .with_hint("allowed: above 0; leave out the tiles that a cell does not reach"));
        }
        let twice = |pair: &[(CellIx, Tile, f32)]| (pair[0].0, pair[0].1) == (pair[1].0, pair[1].1);
        if let Some(pair) = rows.windows(2).find(|pair| twice(pair)) {
            return Err(Error::input(format!(
                "a footprint has tile `{}` twice",
                pair[0].1.grid_id()
            ))
            .with_hint(
                "give one day at a time: a table of several days has a footprint for each",
            ));
        }
        if let Some(row) = rows.iter().find(|row| row.0.index() >= cells) {
            return Err(Error::internal(format!(
                "a footprint of cell {} where there are {cells}",
                row.0.0
            )));
        }
        let tiles: BTreeSet<Tile> = rows.iter().map(|row| row.1).collect();
        let tiles: Vec<Tile> = tiles.into_iter().collect();
        let mut starts = vec![0_u32; cells + 1];
        for row in &rows {
            starts[row.0.index() + 1] += 1;
        }
        for cell in 0..cells {
            starts[cell + 1] += starts[cell];
        }
        let place = |tile: Tile| tiles.partition_point(|known| *known < tile) as u32;
        let entries = rows.iter().map(|row| (place(row.1), row.2)).collect();
        Ok(Self {
            tiles,
            starts,
            entries,
        })
    }

    /// Number of cells, with or without a footprint.
    pub const fn cells(&self) -> usize {
        self.starts.len() - 1
    }

    /// The tiles that some cell reaches, ascending.
    pub fn tiles(&self) -> &[Tile] {
        &self.tiles
    }

    /// The tiles that a cell reaches, each by its place among all, ascending, with its weight; none where
    /// the cell has no footprint.
    pub fn of(&self, cell: CellIx) -> &[(u32, f32)] {
        let ends = self.starts.get(cell.index()..=cell.index() + 1);
        // A cell that was first met after the footprints were read has none.
        ends.map_or(&[], |ends| {
            &self.entries[ends[0] as usize..ends[1] as usize]
        })
    }

    /// The cells that have a footprint.
    pub fn covered(&self) -> impl Iterator<Item = CellIx> {
        let all = (0..self.cells() as u32).map(CellIx);
        all.filter(|cell| !self.of(*cell).is_empty())
    }

    /// The probability that a phone in a tile is connected to a cell: the cell's weight over the sum of the
    /// weights of all cells there (Tennekes and Gootzen, Journal of Spatial Information Science 25, 2022,
    /// section 3.2).
    #[must_use]
    pub fn connection(&self) -> Self {
        let mut sums = vec![0.0; self.tiles.len()];
        for (tile, weight) in &self.entries {
            sums[*tile as usize] += f64::from(*weight);
        }
        self.mapped(|tile, weight| f64::from(weight) / sums[tile as usize])
    }

    /// The probability that a phone connected to a cell is in a tile: the connection probability times a
    /// prior of the tile, scaled to sum to 1 for each cell; `prior` has a number for each of the
    /// [`tiles`](Self::tiles).
    ///
    /// # Errors
    /// Usage, when the prior has another number of tiles or one of it is negative or not finite.
    pub fn posterior(&self, prior: &[f64]) -> Result<Self> {
        let bad = prior.iter().find(|p| !(p.is_finite() && **p >= 0.0));
        if prior.len() != self.tiles.len() || bad.is_some() {
            return Err(Error::usage(format!(
                "a prior of {} numbers for {} tiles is none",
                prior.len(),
                self.tiles.len()
            ))
            .with_hint("give each tile a number from 0 up"));
        }
        let mut entries = self.entries.clone();
        for cell in 0..self.cells() {
            let of_cell = self.starts[cell] as usize..self.starts[cell + 1] as usize;
            let of_cell = &mut entries[of_cell];
            let times = |entry: &(u32, f32)| f64::from(entry.1) * prior[entry.0 as usize];
            let sum: f64 = of_cell.iter().map(times).sum();
            for entry in of_cell {
                entry.1 = if sum > 0.0 {
                    (times(entry) / sum) as f32
                } else {
                    0.0
                };
            }
        }
        Ok(Self {
            entries,
            ..self.clone()
        })
    }

    fn mapped(&self, weight: impl Fn(u32, f32) -> f64) -> Self {
        let entries = self.entries.iter();
        let entries = entries.map(|(tile, w)| (*tile, weight(*tile, *w) as f32));
        Self {
            entries: entries.collect(),
            tiles: self.tiles.clone(),
            starts: self.starts.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two() -> Footprints {
        let rows = [(0, 1, 0.5), (0, 2, 0.25), (1, 2, 0.75)];
        let rows = rows.map(|(cell, tile, w)| (CellIx(cell), Tile::new(0, tile), w));
        Footprints::new(3, rows.to_vec()).unwrap()
    }

    #[test]
    fn probabilities_sum_to_one_by_tile_and_by_cell() {
        let connection = two().connection();
        assert_eq!(connection.of(CellIx(0)), [(0, 1.0), (1, 0.25)]);
        assert_eq!(connection.of(CellIx(1)), [(1, 0.75)]);
        let posterior = connection.posterior(&[1.0, 1.0]).unwrap();
        assert_eq!(posterior.of(CellIx(0)), [(0, 0.8), (1, 0.2)]);
        assert_eq!(posterior.of(CellIx(2)), []);
        assert_eq!(posterior.of(CellIx(3)), []);
        assert_eq!(posterior.covered().count(), 2);
        // A tile that nobody is in, by the prior.
        let water = connection.posterior(&[0.0, 1.0]).unwrap();
        assert_eq!(water.of(CellIx(0)), [(0, 0.0), (1, 1.0)]);
        assert!(connection.posterior(&[1.0]).is_err());
        assert!(connection.posterior(&[1.0, f64::NAN]).is_err());
    }

    #[test]
    fn bad_footprints_are_refused() {
        let row = |cell, tile, weight| (CellIx(cell), Tile::new(0, tile), weight);
        let said = |rows| Footprints::new(2, rows).unwrap_err().message().to_owned();
        assert!(said(vec![]).contains("no row"));
        assert!(said(vec![row(0, 0, 0.5), row(0, 0, 0.6)]).contains("twice"));
        assert!(said(vec![row(0, 0, f32::NAN)]).contains("weight"));
        assert!(said(vec![row(0, 0, 0.0)]).contains("weight"));
        assert!(said(vec![row(2, 0, 0.5)]).contains("cell 2"));
    }
}
