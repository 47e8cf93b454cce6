use std::{fmt, str::FromStr};

use erewhon_types::{Error, Result};
use h3o::{CellIndex, LatLng, Resolution};

/// Resolution of the H3 grid, 0 (hexagons of about 1,100 km) to 15 (about half a metre).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct H3Resolution(Resolution);

impl H3Resolution {
    /// Checks a resolution.
    ///
    /// # Errors
    /// Usage, when it is above 15.
    pub fn new(resolution: u8) -> Result<Self> {
        Resolution::try_from(resolution).map(Self).map_err(|_| {
            Error::usage(format!(
                "H3 has no resolution `{resolution}`; allowed: 0 to 15"
            ))
            .with_hint("7 has hexagons of about 5 km², 8 of 0.7 km², 9 of 0.1 km²")
        })
    }

    /// Mean area of a hexagon.
    pub fn area_km2(self) -> f64 {
        self.0.area_km2()
    }

    /// The index of the hexagon that holds a position in degrees, as H3 writes it.
    ///
    /// # Errors
    /// Input, when a coordinate is not finite.
    pub fn index_at(self, lon: f64, lat: f64) -> Result<String> {
        self.hexagon_at(lon, lat).map(|hexagon| hexagon.to_string())
    }

    /// The hexagon that holds a position in degrees.
    ///
    /// # Errors
    /// Input, when a coordinate is not finite.
    pub(crate) fn hexagon_at(self, lon: f64, lat: f64) -> Result<CellIndex> {
        LatLng::new(lat, lon)
            .map(|at| at.to_cell(self.0))
            .map_err(|_| {
                Error::input(format!(
                    "longitude `{lon}`, latitude `{lat}` is no position"
                ))
            })
    }
}

impl fmt::Display for H3Resolution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for H3Resolution {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let number = text.parse().map_err(|_| {
            Error::usage(format!("`{text}` is no resolution of H3; allowed: 0 to 15"))
        })?;
        Self::new(number)
    }
}

/// Longitude and latitude of a hexagon's corners, counter-clockwise.
pub(crate) fn corners(hexagon: CellIndex) -> Vec<(f64, f64)> {
    let boundary = hexagon.boundary();
    boundary.iter().map(|at| (at.lng(), at.lat())).collect()
}

/// The hexagons that share a side.
pub(crate) fn neighbours(hexagon: CellIndex) -> Vec<CellIndex> {
    hexagon.grid_disk::<Vec<_>>(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resolutions_are_checked() {
        assert!(H3Resolution::new(16).is_err() && "x".parse::<H3Resolution>().is_err());
        let seven: H3Resolution = "7".parse().unwrap();
        assert_eq!(seven.to_string(), "7");
        assert!((seven.area_km2() - 5.161).abs() < 0.001);
    }

    #[test]
    fn known_hexagons() {
        let at = |res, lat, lon| {
            H3Resolution::new(res)
                .unwrap()
                .hexagon_at(lon, lat)
                .unwrap()
        };
        // Worked out with H3 4.5.
        for (lon, lat, resolution, index) in [
            (-122.418, 37.775, 9, "89283082803ffff"),
            (26.729, 58.378, 7, "871136a71ffffff"),
            (178.4419, -18.1416, 8, "889b41b2b1fffff"),
            (0.0, -90.0, 5, "85f29383fffffff"),
            (-179.99, 65.0, 6, "860d9eccfffffff"),
            (10.0, 0.0, 0, "8083fffffffffff"),
        ] {
            assert_eq!(at(resolution, lat, lon).to_string(), index);
        }
        assert!(
            H3Resolution::new(7)
                .unwrap()
                .hexagon_at(f64::NAN, 0.0)
                .is_err()
        );
        assert_eq!(neighbours(at(7, 52.0, 10.0)).len(), 7);
        assert_eq!(corners(at(7, 90.0, 0.0)).len(), 6);
    }
}
