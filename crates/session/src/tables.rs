use std::{borrow::Cow, collections::BTreeMap};

use erewhon_dp::Exact;
use erewhon_events::EventSource as _;
use erewhon_geo::{Cell, CellTable, Frame};
use erewhon_govern::INTERNAL_MARK;
use erewhon_mobility::{Anchor, Definitions, Track};
use erewhon_types::Result;

use crate::Session;

/// The public cell table as CSV text, which reads back as the same table.
///
/// A column that no cell fills is left out.
pub fn cells_csv(cells: &CellTable) -> String {
    let header = match cells.frame() {
        Frame::Geographic => "cell,lon,lat",
        Frame::Planar => "cell,x_m,y_m",
        Frame::Schematic => "cell",
    };
    let told = |column: &&Column| cells.cells().iter().any(|cell| column.1(cell).is_some());
    let columns: Vec<&Column> = COLUMNS.iter().filter(told).collect();
    let mut text = header.to_owned();
    for (name, _) in &columns {
        text.push_str(&format!(",{name}"));
    }
    text.push('\n');
    for cell in cells.cells() {
        text.push_str(&field(&cell.id));
        if cells.frame() != Frame::Schematic {
            text.push_str(&format!(",{},{}", cell.x, cell.y));
        }
        for (_, of) in &columns {
            let value = of(cell).unwrap_or_default();
            text.push_str(&format!(",{}", field(&value)));
        }
        text.push('\n');
    }
    text
}

/// What a list may say of a cell beyond its position.
type Column = (&'static str, fn(&Cell) -> Option<String>);

const COLUMNS: [Column; 8] = [
    ("site", |cell| cell.site.clone()),
    ("radio", |cell| {
        cell.radio.map(|radio| radio.name().to_owned())
    }),
    ("azimuth_deg", |cell| {
        cell.azimuth_deg.map(|v| v.to_string())
    }),
    ("range_m", |cell| cell.range_m.map(|v| v.to_string())),
    ("tilt_deg", |cell| cell.tilt_deg.map(|v| v.to_string())),
    ("power_w", |cell| cell.power_w.map(|v| v.to_string())),
    ("valid_from_utc", |cell| {
        cell.valid_from_utc.map(|v| v.to_string())
    }),
    ("valid_to_utc", |cell| {
        cell.valid_to_utc.map(|v| v.to_string())
    }),
];

impl Session {
    /// Counts home × work pairs between cells, exactly, as CSV text whose every row says INTERNAL.
    ///
    /// # Errors
    /// Usage, when a threshold is out of range; data, when a file of the store is not what was
    /// committed; what reading it fails with.
    pub fn anchors_csv(&self, definitions: &Definitions) -> Result<Exact<String>> {
        definitions.check()?;
        let public = self.public();
        let mut pairs = BTreeMap::new();
        self.records()?.visit(&mut |history| {
            let track = Track::by(public, definitions, history);
            let found = track.anchors();
            let id = |anchor: Option<Anchor>| {
                anchor.map_or("", |a| self.cells().cell(a.cell).id.as_str())
            };
            *pairs
                .entry((id(found.home), id(found.work)))
                .or_insert(0_u64) += 1;
            Ok(())
        })?;
        Ok(Exact::new(pairs_csv(&pairs)))
    }
}

fn pairs_csv(pairs: &BTreeMap<(&str, &str), u64>) -> String {
    let mut text = String::from("handling,home_cell,work_cell,subscribers\n");
    for ((home, work), subscribers) in pairs {
        let (home, work) = (field(home), field(work));
        text.push_str(&format!("{INTERNAL_MARK},{home},{work},{subscribers}\n"));
    }
    text
}

/// A field with commas, quotes or line ends is quoted, its quotes doubled (RFC 4180).
pub(crate) fn field(text: &str) -> Cow<'_, str> {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\"")).into()
    } else {
        text.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_exact_counts_says_that_it_is_internal() {
        let pairs = BTreeMap::from([(("a", ""), 2), (("Mill, \"old\"", "b"), 1)]);
        assert_eq!(
            pairs_csv(&pairs),
            "handling,home_cell,work_cell,subscribers\n\
             INTERNAL,\"Mill, \"\"old\"\"\",b,1\n\
             INTERNAL,a,,2\n"
        );
    }

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        let ids = ["a", "b,c", "d\"e", "f\rg"].map(String::from).to_vec();
        let cells = CellTable::schematic(ids).unwrap();
        assert_eq!(
            cells_csv(&cells),
            "cell\na\n\"b,c\"\n\"d\"\"e\"\n\"f\rg\"\n"
        );
    }

    #[test]
    fn cells_read_back_as_they_were() {
        let april = "2026-04-01T00:00:00Z".parse().ok();
        let full = Cell {
            site: Some("Mill, \"old\"".to_owned()),
            radio: "nb-iot".parse().ok(),
            azimuth_deg: Some(0.1 + 0.2),
            range_m: Some(1e4),
            tilt_deg: Some(-3.0),
            power_w: Some(19.95),
            valid_from_utc: april,
            ..Cell::geographic("a", 51.5, 10.0)
        };
        let before = Cell {
            valid_to_utc: april,
            ..Cell::geographic("a", 51.6, 10.0)
        };
        for list in [vec![before, full], vec![Cell::geographic("a", 51.5, 10.0)]] {
            let cells = CellTable::new(Frame::Geographic, list).unwrap();
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), cells_csv(&cells)).unwrap();
            let again = crate::read_cells(file.path()).unwrap().0;
            assert_eq!(again.cells(), cells.cells());
        }
    }
}
