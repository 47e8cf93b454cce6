use erewhon_geo::{Cell, CellTable, Frame};
use erewhon_types::{Error, Kind, Result};
use serde::{Deserialize, Serialize};

/// The cell table as a file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CellFile {
    frame: Frame,
    cells: Vec<Cell>,
}

pub(crate) fn to_json(table: &CellTable) -> Result<Vec<u8>> {
    let file = CellFile {
        frame: table.frame(),
        cells: table.cells().to_vec(),
    };
    serde_json::to_vec(&file).map_err(|_| Error::internal("the cell table can't be written"))
}

pub(crate) fn from_json(bytes: &[u8]) -> Result<CellTable> {
    let file: CellFile = serde_json::from_slice(bytes)
        .map_err(|_| Error::new(Kind::Data, "the store's cell table is damaged"))?;
    CellTable::new(file.frame, file.cells)
}
