use std::{collections::HashMap, fmt::Write as _};

use erewhon_types::CellIx;
use md5::{Digest as _, Md5};

use crate::{Footprints, Tile};

/// Number of a group among [`Groups`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupIx(pub u32);

impl GroupIx {
    /// The number as an index.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// The tiles, put together where the same cells reach them: all tiles of a group have the same score.
#[derive(Clone, Debug)]
pub struct Groups {
    /// Ascending in the first tile; the tiles of each ascend.
    tiles_of: Vec<Vec<Tile>>,
    starts: Vec<u32>,
    /// `starts[c]..starts[c + 1]` are the groups that cell `c` reaches, ascending.
    groups: Vec<GroupIx>,
}

impl Groups {
    /// The groups of some footprints.
    pub fn of(footprints: &Footprints) -> Self {
        let cells = footprints.cells();
        let mut cells_of = vec![Vec::new(); footprints.tiles().len()];
        for cell in (0..cells as u32).map(CellIx) {
            for (tile, _) in footprints.of(cell) {
                cells_of[*tile as usize].push(cell);
            }
        }
        let mut known: HashMap<&[CellIx], GroupIx> = HashMap::new();
        let mut tiles_of: Vec<Vec<Tile>> = Vec::new();
        for (tile, cells) in footprints.tiles().iter().zip(&cells_of) {
            let group = *known.entry(cells).or_insert_with(|| {
                tiles_of.push(Vec::new());
                GroupIx(tiles_of.len() as u32 - 1)
            });
            tiles_of[group.index()].push(*tile);
        }
        let mut by_cell = vec![Vec::new(); cells];
        for (cells, group) in known {
            for cell in cells {
                by_cell[cell.index()].push(group);
            }
        }
        let (mut starts, mut groups) = (vec![0], Vec::new());
        for mut of_cell in by_cell {
            of_cell.sort_unstable();
            groups.append(&mut of_cell);
            starts.push(groups.len() as u32);
        }
        Self {
            tiles_of,
            starts,
            groups,
        }
    }

    /// Number of groups.
    pub const fn len(&self) -> usize {
        self.tiles_of.len()
    }

    /// Never true: footprints have a tile at least.
    pub const fn is_empty(&self) -> bool {
        self.tiles_of.is_empty()
    }

    /// The groups that a cell reaches, ascending; none where it has no footprint.
    pub fn of_cell(&self, cell: CellIx) -> &[GroupIx] {
        let ends = self.starts.get(cell.index()..=cell.index() + 1);
        ends.map_or(&[], |ends| &self.groups[ends[0] as usize..ends[1] as usize])
    }

    /// The tiles of a group, ascending.
    pub fn tiles(&self, group: GroupIx) -> &[Tile] {
        &self.tiles_of[group.index()]
    }

    /// multimno's name of a group: the MD5 of its `grid_id`s, ascending and with commas between.
    pub fn name(&self, group: GroupIx) -> String {
        let mut ids: Vec<i32> = self.tiles(group).iter().map(|t| t.grid_id()).collect();
        ids.sort_unstable();
        let ids: Vec<String> = ids.iter().map(i32::to_string).collect();
        md5_hex(&ids.join(","))
    }
}

/// The MD5 of a text, in hexadecimal digits.
pub(crate) fn md5_hex(text: &str) -> String {
    let mut hex = String::with_capacity(32);
    for byte in Md5::digest(text.as_bytes()) {
        // Writing to a string can't fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_of_the_same_cells_are_one_group() {
        let rows = [(0, 1), (0, 2), (0, 3), (1, 3), (1, 4), (0, 5)];
        let rows = rows.map(|(cell, north)| (CellIx(cell), Tile::new(0, north), 1.0));
        let groups = Groups::of(&Footprints::new(3, rows.to_vec()).unwrap());
        assert_eq!(groups.len(), 3);
        let of = |cell| -> Vec<&[Tile]> {
            groups
                .of_cell(CellIx(cell))
                .iter()
                .map(|g| groups.tiles(*g))
                .collect()
        };
        let tile = |north| Tile::new(0, north);
        assert_eq!(of(0), [&[tile(1), tile(2), tile(5)][..], &[tile(3)]]);
        assert_eq!(of(1), [[tile(3)], [tile(4)]]);
        assert!(of(2).is_empty());
        // `printf 1,2,5 | md5sum`
        assert_eq!(groups.name(GroupIx(0)), "a40a9d99b2098e5b573234d60f370989");
    }
}
