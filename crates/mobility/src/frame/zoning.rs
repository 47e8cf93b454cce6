use std::collections::HashMap;

use arrow_array::StringArray;
use erewhon_geo::{CellTable, Tessellation};
use erewhon_types::{CellIx, ZoneIx};

/// Which zone each cell belongs to. Public.
#[derive(Clone, Debug)]
pub struct Zoning {
    names: StringArray,
    of_cell: Vec<ZoneIx>,
    outside: Option<ZoneIx>,
}

impl Zoning {
    /// The cells themselves; the rows of a cell that moved are one zone.
    pub fn cells(cells: &CellTable) -> Self {
        let ids = cells.cells().iter().map(|cell| cell.id.as_str());
        Self::named(ids)
    }

    /// The zones that hold the cells' positions. Cells that no zone holds make a last zone of their
    /// own, `outside`.
    pub fn tessellation(cells: &CellTable, zones: &Tessellation) -> Self {
        let name = |zone: Option<ZoneIx>| {
            let zone = zone.and_then(|zone| zones.zones().get(zone.index()));
            zone.map_or("outside", |zone| zone.name.as_str())
        };
        let found = zones.zones_of(cells);
        let stray = found.iter().position(Option::is_none);
        let named = Self::named(found.into_iter().map(name));
        Self {
            outside: stray.map(|row| named.of_cell[row]),
            ..named
        }
    }

    /// One zone for each different name, in the order of first appearance; a name for each cell row.
    pub fn named<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        let mut known: HashMap<&str, u32> = HashMap::new();
        let mut distinct = Vec::new();
        let mut of_cell = Vec::new();
        for name in names {
            let zone = *known.entry(name).or_insert_with(|| {
                distinct.push(name);
                distinct.len() as u32 - 1
            });
            of_cell.push(ZoneIx(zone));
        }
        Self {
            names: StringArray::from_iter_values(distinct),
            of_cell,
            outside: None,
        }
    }

    /// The zone `outside`, where a cell lies in no other.
    pub const fn outside(&self) -> Option<ZoneIx> {
        self.outside
    }

    /// The zone of a cell.
    #[inline]
    pub fn of(&self, cell: CellIx) -> ZoneIx {
        self.of_cell[cell.index()]
    }

    /// The zone of each row of the cell table.
    pub fn of_cells(&self) -> &[ZoneIx] {
        &self.of_cell
    }

    /// The zones' names.
    pub fn names(&self) -> StringArray {
        self.names.clone()
    }

    /// Whether it is made of a table's cells, by their number.
    pub fn is_of(&self, cells: &CellTable) -> bool {
        self.of_cell.len() == cells.len()
    }

    /// Number of zones.
    pub fn len(&self) -> u32 {
        arrow_array::Array::len(&self.names) as u32
    }

    /// Never true: there is at least one cell.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
