use erewhon_geo::{CellTable, Partition, ZoneTree};

/// One coarseness of place.
pub(crate) struct Level {
    /// `cell`, or how many zones.
    pub(crate) name: String,
    pub(crate) partition: Partition,
}

/// Cells, then at most 64, then at most 16 zones; a level that is no coarser is left out.
///
/// Zones depend on the cell list alone, so everybody can have them.
pub(crate) fn levels(cells: &CellTable) -> Vec<Level> {
    let tree = ZoneTree::build(cells);
    let mut levels: Vec<Level> = Vec::new();
    for depth in [tree.depth(), 6, 4] {
        let partition = tree.partition(depth);
        if levels
            .last()
            .is_some_and(|l| l.partition.zones() <= partition.zones())
        {
            continue;
        }
        let name = match partition.zones() {
            zones if zones == cells.len() => "cell".to_owned(),
            zones => format!("{zones} zones"),
        };
        levels.push(Level { name, partition });
    }
    levels
}

#[cfg(test)]
mod tests {
    use super::*;
    use erewhon_geo::{Cell, Frame};

    #[test]
    fn levels_get_coarser_and_never_repeat() {
        let place = |i: u32| Cell::planar(i.to_string(), f64::from(i) * 1000.0, 0.0);
        let names = |cells: u32| -> Vec<String> {
            let cells = CellTable::new(Frame::Planar, (0..cells).map(place).collect()).unwrap();
            levels(&cells).into_iter().map(|level| level.name).collect()
        };
        assert_eq!(names(200), ["cell", "64 zones", "16 zones"]);
        assert_eq!(names(50), ["cell", "16 zones"]);
        assert_eq!(names(9), ["cell"]);
        assert_eq!(names(1), ["cell"]);
    }
}
