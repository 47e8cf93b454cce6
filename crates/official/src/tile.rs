use erewhon_geo::{GridSize, GridSquare};
use erewhon_types::{Error, Result};

/// Side of a tile in metres.
pub const TILE_M: f64 = 100.0;

/// A square of 100 m, by its place east and north of an [`Origin`], each 0 to 65,535.
///
/// It is multimno's `grid_id`: easting in the upper 16 bits, northing in the lower.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile(u32);

impl Tile {
    /// A tile by its place, in sides.
    pub const fn new(east: u16, north: u16) -> Self {
        Self((east as u32) << 16 | north as u32)
    }

    /// A tile by multimno's `grid_id`.
    pub const fn of_grid_id(id: i32) -> Self {
        Self(id.cast_unsigned())
    }

    /// multimno's `grid_id`.
    pub const fn grid_id(self) -> i32 {
        self.0.cast_signed()
    }

    /// Sides east of the origin.
    pub const fn east(self) -> u16 {
        (self.0 >> 16) as u16
    }

    /// Sides north of the origin.
    pub const fn north(self) -> u16 {
        self.0 as u16
    }
}

/// The south-west corner that tiles are counted from, in sides of EPSG:3035.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Sides east of EPSG:3035's own origin.
    pub east: u32,
    /// Sides north of it.
    pub north: u32,
}

impl Origin {
    /// An origin by multimno's `origin`: easting in the upper 32 bits, northing in the lower.
    ///
    /// # Errors
    /// Input, when it lies outside the European grid.
    pub fn of_number(number: i64) -> Result<Self> {
        let (east, north) = ((number >> 32) as u32, number as u32);
        let inside = |sides: u32| sides < 100_000;
        if number < 0 || !inside(east) || !inside(north) {
            return Err(Error::input(format!("`{number}` is no origin of a grid"))
                .with_hint("allowed: corners within 10,000 km of EPSG:3035"));
        }
        Ok(Self { east, north })
    }

    /// multimno's `origin`.
    pub const fn number(self) -> i64 {
        (self.east as i64) << 32 | self.north as i64
    }

    /// The square of the European grid that a tile is, or that of 1 km which holds it.
    ///
    /// # Errors
    /// Input, when it lies outside the European grid.
    pub fn square(self, tile: Tile, size: GridSize) -> Result<GridSquare> {
        let (east, north) = (
            self.east + u32::from(tile.east()),
            self.north + u32::from(tile.north()),
        );
        let square: GridSquare = format!("100mN{north}E{east}").parse()?;
        Ok(match size {
            GridSize::M100 => square,
            GridSize::Km1 => square.km1(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_multimnos() {
        let tile = Tile::of_grid_id(7_995_456);
        assert_eq!((tile.east(), tile.north()), (122, 64));
        assert_eq!(Tile::new(122, 64).grid_id(), 7_995_456);
        // The upper half of the eastings is negative in 32 bits.
        assert!(Tile::new(40_000, 1).grid_id() < 0);
        let origin = Origin::of_number(135_454_678_601_452).unwrap();
        assert_eq!(origin.number(), 135_454_678_601_452);
        assert!(Origin::of_number(-1).is_err());
    }

    #[test]
    fn a_tile_is_a_square_of_the_european_grid() {
        let origin = Origin {
            east: 31_537,
            north: 20_204,
        };
        let name = |size| origin.square(Tile::new(1, 8), size).unwrap().to_string();
        assert_eq!(name(GridSize::M100), "100mN20212E31538");
        assert_eq!(name(GridSize::Km1), "1kmN2021E3153");
    }
}
