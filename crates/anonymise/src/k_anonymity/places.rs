use std::collections::HashMap;

use erewhon_geo::CellTable;
use erewhon_types::CellIx;

use super::Stretched;

/// The cells in each rectangle that a sample has, each list once.
pub(super) struct Places {
    /// From west to east: place on the plane and row.
    cells: Vec<(f32, f32, CellIx)>,
    of_rectangle: HashMap<[u32; 4], u32>,
    of_cells: HashMap<Vec<CellIx>, u32>,
}

impl Places {
    pub(super) fn new(cells: &CellTable) -> Self {
        let at = |(row, &(x, y)): (u32, &(f64, f64))| (x as f32, y as f32, CellIx(row));
        let mut cells: Vec<_> = (0..).zip(cells.plane_m()).map(at).collect();
        cells.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.2.cmp(&b.2)));
        Self {
            cells,
            of_rectangle: HashMap::new(),
            of_cells: HashMap::new(),
        }
    }

    /// The place of a sample.
    pub(super) fn of(&mut self, sample: &Stretched) -> u32 {
        let sides = [sample.west_m, sample.east_m, sample.south_m, sample.north_m];
        let Self {
            cells,
            of_rectangle,
            of_cells,
        } = self;
        *of_rectangle
            .entry(sides.map(f32::to_bits))
            .or_insert_with(|| {
                let [west, east, south, north] = sides;
                let from = cells.partition_point(|cell| cell.0 < west);
                let until = cells.partition_point(|cell| cell.0 <= east);
                let high = |cell: &&(f32, f32, CellIx)| (south..=north).contains(&cell.1);
                let inside = cells[from..until].iter().filter(high).map(|cell| cell.2);
                let mut inside: Vec<CellIx> = inside.collect();
                inside.sort_unstable();
                let next = of_cells.len() as u32;
                *of_cells.entry(inside).or_insert(next)
            })
    }

    /// The cells of each place.
    pub(super) fn into_cells(self) -> Vec<Vec<CellIx>> {
        let mut places: Vec<(u32, Vec<CellIx>)> = self
            .of_cells
            .into_iter()
            .map(|(cells, place)| (place, cells))
            .collect();
        places.sort_unstable_by_key(|(place, _)| *place);
        places.into_iter().map(|(_, cells)| cells).collect()
    }
}
