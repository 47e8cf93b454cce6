use std::ops::Range;

use erewhon_geo::{CellTable, ZoneTree};
use erewhon_types::CellIx;

/// The distance entry of every pair of cells, as runs over an order in which neighbours lie together.
///
/// Bins are rings round a home, and a ring is cut by few stretches of the order: a row has some tens
/// of runs a bin where it has thousands of cells.
pub(super) struct Runs {
    /// The cell of each place.
    pub(super) order: Vec<CellIx>,
    /// By home cell, the first of its runs; one more at the end.
    first: Vec<usize>,
    runs: Vec<Run>,
}

struct Run {
    end: u32,
    entry: u32,
}

/// Places that are looked at together.
const BLOCK: usize = 32;

/// Cells that follow each other: all are within `radius_m` of the centre.
struct Block {
    places: Range<usize>,
    centre: CellIx,
    radius_m: f64,
}

impl Runs {
    pub(super) fn new(cells: &CellTable, upper_edges_m: &[f64]) -> Self {
        let tree = ZoneTree::build(cells);
        let finest = tree.partition(tree.depth());
        let mut order: Vec<CellIx> = (0..cells.len() as u32).map(CellIx).collect();
        order.sort_by_key(|cell| finest.zone_of(*cell));
        let mut made = Self {
            first: Vec::with_capacity(order.len() + 1),
            runs: Vec::new(),
            order,
        };
        let blocks = made.blocks(cells);
        let entry_of = |metres: f64| {
            let bin = upper_edges_m.partition_point(|edge| *edge < metres);
            1 + bin.min(upper_edges_m.len() - 1) as u32
        };
        for home in (0..cells.len() as u32).map(CellIx) {
            let start = made.runs.len();
            made.first.push(start);
            for block in &blocks {
                let metres = cells.distance_m(home, block.centre);
                // Room for rounding: what it swallows is looked at cell by cell.
                let reach_m = block.radius_m + 1.0 + 1e-6 * metres;
                let entry = entry_of(metres - reach_m);
                if metres > reach_m && entry == entry_of(metres + reach_m) {
                    made.push(start, block.places.end, entry);
                    continue;
                }
                for place in block.places.clone() {
                    let cell = made.order[place];
                    let entry = match cell == home {
                        true => 0,
                        false => entry_of(cells.distance_m(home, cell)),
                    };
                    made.push(start, place + 1, entry);
                }
            }
        }
        made.first.push(made.runs.len());
        made
    }

    /// The runs of a home's row: places and their entry. The home itself has entry 0, alone.
    pub(super) fn of(&self, home: CellIx) -> impl Iterator<Item = (Range<usize>, usize)> {
        let row = &self.runs[self.first[home.index()]..self.first[home.index() + 1]];
        let mut start = 0;
        row.iter().map(move |run| {
            let places = start..run.end as usize;
            start = places.end;
            (places, run.entry as usize)
        })
    }

    /// Goes on to `end` with an entry, in the row whose runs begin at `start`.
    fn push(&mut self, start: usize, end: usize, entry: u32) {
        let end = end as u32;
        match self.runs[start..].last_mut() {
            Some(run) if run.entry == entry => run.end = end,
            _ => self.runs.push(Run { end, entry }),
        }
    }

    fn blocks(&self, cells: &CellTable) -> Vec<Block> {
        let block = |(number, of): (usize, &[CellIx])| {
            let centre = of[of.len() / 2];
            let away = of.iter().map(|cell| cells.distance_m(centre, *cell));
            Block {
                places: number * BLOCK..number * BLOCK + of.len(),
                centre,
                radius_m: away.fold(0.0, f64::max),
            }
        };
        self.order.chunks(BLOCK).enumerate().map(block).collect()
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.runs.len()
    }
}
