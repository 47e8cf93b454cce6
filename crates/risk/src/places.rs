use erewhon_geo::CellTable;
use erewhon_types::CellIx;

/// The places that the records of a release name.
pub(crate) struct Places {
    /// By place, ascending.
    cells: Vec<Vec<CellIx>>,
    /// By cell: the places that it is part of.
    places_of: Vec<Vec<u32>>,
    /// By place: the cell in its middle.
    middles: Vec<CellIx>,
    /// Whether no cell is in two places.
    are_apart: bool,
}

impl Places {
    /// A place for each cell.
    pub(crate) fn plain(table: &CellTable) -> Self {
        let cells = (0..table.len() as u32).map(|cell| vec![CellIx(cell)]);
        Self::new(cells.collect(), table)
    }

    /// Places of at least one cell each, cells ascending.
    pub(crate) fn new(cells: Vec<Vec<CellIx>>, table: &CellTable) -> Self {
        let mut places_of = vec![Vec::new(); table.len()];
        for (place, cells) in (0..).zip(&cells) {
            cells
                .iter()
                .for_each(|cell| places_of[cell.index()].push(place));
        }
        let middle = |place: &Vec<CellIx>| table.middle_of(place).unwrap_or(CellIx(0));
        Self {
            are_apart: places_of.iter().all(|places| places.len() <= 1),
            middles: cells.iter().map(middle).collect(),
            cells,
            places_of,
        }
    }

    /// Number of places.
    pub(crate) const fn len(&self) -> usize {
        self.cells.len()
    }

    /// Number of cells that could be in a place.
    pub(crate) const fn all_cells(&self) -> usize {
        self.places_of.len()
    }

    /// The cells of a place, ascending.
    pub(crate) fn cells(&self, place: u32) -> &[CellIx] {
        &self.cells[place as usize]
    }

    /// The places that a cell is part of.
    pub(crate) fn places_of(&self, cell: CellIx) -> &[u32] {
        &self.places_of[cell.index()]
    }

    /// The cell in the middle of a place.
    pub(crate) fn middle(&self, place: u32) -> CellIx {
        self.middles[place as usize]
    }

    /// Whether a place is a cell of its own.
    pub(crate) fn is_single(&self, place: u32) -> bool {
        self.cells(place).len() == 1
    }

    /// Whether no cell is in two places.
    pub(crate) const fn are_apart(&self) -> bool {
        self.are_apart
    }
}
