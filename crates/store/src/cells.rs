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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_comes_back_as_it_went() {
        let moved = |from: Option<&str>, to: Option<&str>, lat| Cell {
            site: Some("mill".to_owned()),
            azimuth_deg: Some(120.0),
            power_w: Some(0.1),
            valid_from_utc: from.and_then(|time| time.parse().ok()),
            valid_to_utc: to.and_then(|time| time.parse().ok()),
            ..Cell::geographic("a", lat, 10.0)
        };
        let april = Some("2026-04-01T00:00:00Z");
        let cells = vec![moved(None, april, 51.0), moved(april, None, 51.5)];
        let table = CellTable::new(Frame::Geographic, cells).unwrap();
        let again = from_json(&to_json(&table).unwrap()).unwrap();
        assert_eq!(again.cells(), table.cells());
    }

    #[test]
    fn what_a_list_does_not_say_takes_no_room_and_need_not_be_there() {
        let before = br#"{"frame":"planar","cells":[{"id":"a","x":1.5,"y":2.0}]}"#;
        let table = from_json(before).unwrap();
        assert_eq!(table.cells(), [Cell::planar("a", 1.5, 2.0)]);
        assert_eq!(to_json(&table).unwrap(), before);
    }
}
