use std::{borrow::Cow, collections::BTreeMap};

use erewhon_dp::Exact;
use erewhon_events::EventSource as _;
use erewhon_geo::{CellTable, Frame};
use erewhon_govern::INTERNAL_MARK;
use erewhon_mobility::{Anchor, AnchorRule};
use erewhon_types::Result;

use crate::Session;

/// The public cell table as CSV text.
pub fn cells_csv(cells: &CellTable) -> String {
    let header = match cells.frame() {
        Frame::Geographic => "cell,lon,lat",
        Frame::Planar => "cell,x_m,y_m",
        Frame::Schematic => "cell",
    };
    let mut text = format!("{header}\n");
    for cell in cells.cells() {
        text.push_str(&field(&cell.id));
        if cells.frame() != Frame::Schematic {
            text.push_str(&format!(",{},{}", cell.x, cell.y));
        }
        text.push('\n');
    }
    text
}

impl Session {
    /// Counts home × work pairs between cells, exactly, as CSV text whose every row says INTERNAL.
    ///
    /// # Errors
    /// What reading the store fails with.
    pub fn anchors_csv(&self, rule: &AnchorRule) -> Result<Exact<String>> {
        let public = self.public();
        let mut pairs = BTreeMap::new();
        self.source()?.visit(&mut |history| {
            let found = erewhon_mobility::anchors(&public, rule, history.events);
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
fn field(text: &str) -> Cow<'_, str> {
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
}
