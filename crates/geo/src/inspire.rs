use std::{fmt, str::FromStr};

use erewhon_types::{Error, Result};
use proj4rs::{Proj, transform::transform};

/// Side of a square of the European statistical grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GridSize {
    /// 100 m.
    M100,
    /// 1 km.
    Km1,
}

impl GridSize {
    /// Side of a square in metres.
    pub const fn side_m(self) -> u32 {
        match self {
            Self::M100 => 100,
            Self::Km1 => 1000,
        }
    }

    const fn prefix(self) -> &'static str {
        match self {
            Self::M100 => "100m",
            Self::Km1 => "1km",
        }
    }
}

/// A square of the INSPIRE equal-area grid: `Grid_ETRS89-LAEA` in EPSG:3035 (INSPIRE data
/// specification on geographical grid systems, D2.8.I.2).
///
/// A square holds its west and south side and is named by its south-west corner. Displayed as its
/// old Eurostat code, northing first and counted in sides: `1kmN2599E4695`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GridSquare {
    size: GridSize,
    /// Northing and easting of the south-west corner, in sides.
    north: u32,
    east: u32,
}

/// Corners lie in 0 to 10,000 km, which holds all of Europe and is what codes of fixed width can say.
const END_M: u32 = 10_000_000;

impl GridSquare {
    fn at_m(size: GridSize, east_m: f64, north_m: f64) -> Option<Self> {
        let sides = |m: f64| {
            let inside = (0.0..f64::from(END_M)).contains(&m);
            inside.then(|| (m / f64::from(size.side_m())).floor() as u32)
        };
        Some(Self {
            size,
            north: sides(north_m)?,
            east: sides(east_m)?,
        })
    }

    /// Side of the square.
    pub const fn size(self) -> GridSize {
        self.size
    }

    /// Easting and northing of the south-west corner in metres of EPSG:3035.
    pub const fn corner_m(self) -> (u32, u32) {
        (
            self.east * self.size.side_m(),
            self.north * self.size.side_m(),
        )
    }

    /// The code as Eurostat has written it since the census of 2021, corners in metres:
    /// `CRS3035RES1000mN2599000E4695000`.
    pub fn long_code(self) -> String {
        let (east_m, north_m) = self.corner_m();
        format!("CRS3035RES{}mN{north_m}E{east_m}", self.size.side_m())
    }

    /// The squares that share a side or a corner; fewer than eight at the rim of the grid.
    pub fn neighbours(self) -> impl Iterator<Item = Self> {
        let end = END_M / self.size.side_m();
        let steps = (-1..=1).flat_map(|n| (-1..=1).map(move |e| (n, e)));
        steps
            .filter(|step| *step != (0, 0))
            .filter_map(move |(n, e)| {
                let moved =
                    |from: u32, step: i32| from.checked_add_signed(step).filter(|to| *to < end);
                Some(Self {
                    size: self.size,
                    north: moved(self.north, n)?,
                    east: moved(self.east, e)?,
                })
            })
    }

    /// The square of 1 km that holds this one.
    #[must_use]
    pub const fn km1(self) -> Self {
        let sides = 1000 / self.size.side_m();
        Self {
            size: GridSize::Km1,
            north: self.north / sides,
            east: self.east / sides,
        }
    }
}

impl fmt::Display for GridSquare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}N{}E{}", self.size.prefix(), self.north, self.east)
    }
}

impl FromStr for GridSquare {
    type Err = Error;

    /// Reads both spellings of a code; a country before the new one (`AT_CRS3035…`) is passed over.
    fn from_str(code: &str) -> Result<Self> {
        let refused = || {
            Error::input(format!("`{code}` is no code of the 100 m or 1 km grid"))
                .with_hint("allowed: `1kmN2599E4695` or `CRS3035RES1000mN2599000E4695000`")
        };
        let (sizes, long) = ([GridSize::M100, GridSize::Km1], code.find("CRS3035RES"));
        let (size, rest, per_side) = match long {
            Some(0 | 3) => sizes.into_iter().find_map(|size| {
                let rest = code.split_once("CRS3035RES")?.1;
                let rest = rest.strip_prefix(&format!("{}m", size.side_m()))?;
                Some((size, rest, size.side_m()))
            }),
            _ => sizes
                .into_iter()
                .find_map(|size| Some((size, code.strip_prefix(size.prefix())?, 1))),
        }
        .ok_or_else(refused)?;
        let (north, east) = rest
            .strip_prefix('N')
            .and_then(|rest| rest.split_once('E'))
            .ok_or_else(refused)?;
        let sides = |digits: &str| {
            let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            let value: u32 = digits.parse().ok().filter(|_| plain)?;
            let sides = value / per_side;
            (value.is_multiple_of(per_side) && sides < END_M / size.side_m()).then_some(sides)
        };
        Ok(Self {
            size,
            north: sides(north).ok_or_else(refused)?,
            east: sides(east).ok_or_else(refused)?,
        })
    }
}

/// EPSG:3035: Lambert azimuthal equal-area on GRS 80 at 52 N, 10 E.
const LAEA: &str =
    "+proj=laea +lat_0=52 +lon_0=10 +x_0=4321000 +y_0=3210000 +ellps=GRS80 +units=m +no_defs";
const DEGREES: &str = "+proj=longlat +ellps=GRS80 +no_defs";

/// Where EPSG:3035 is meant to be used (EPSG area of use "Europe - LCC & LAEA"), in degrees.
const WEST_EAST: std::ops::RangeInclusive<f64> = -35.58..=44.83;
const SOUTH_NORTH: std::ops::RangeInclusive<f64> = 24.6..=84.73;

/// The way from degrees to the grid and back.
///
/// WGS 84 is taken for ETRS 89: since 1989 they have drifted apart by less than a metre.
#[derive(Clone, Debug)]
pub struct InspireGrid {
    degrees: Proj,
    laea: Proj,
}

impl InspireGrid {
    /// Sets up the projection.
    ///
    /// # Errors
    /// Internal, when the projection library doesn't know its own projection.
    pub fn new() -> Result<Self> {
        let proj = |text| {
            Proj::from_proj_string(text)
                .map_err(|error| Error::internal(format!("can't set up EPSG:3035: {error}")))
        };
        Ok(Self {
            degrees: proj(DEGREES)?,
            laea: proj(LAEA)?,
        })
    }

    /// Easting and northing in metres of EPSG:3035.
    ///
    /// # Errors
    /// Input, when the position is outside the area of use of EPSG:3035: longitude -35.58 to 44.83,
    /// latitude 24.6 to 84.73.
    pub fn project_m(&self, lon: f64, lat: f64) -> Result<(f64, f64)> {
        if !(WEST_EAST.contains(&lon) && SOUTH_NORTH.contains(&lat)) {
            return Err(outside(lon, lat));
        }
        let mut at = (lon.to_radians(), lat.to_radians(), 0.0);
        transform(&self.degrees, &self.laea, &mut at)
            .map_err(|error| Error::internal(format!("can't project to EPSG:3035: {error}")))?;
        Ok((at.0, at.1))
    }

    /// The square that holds a position.
    ///
    /// # Errors
    /// Input, when the position is outside the area of use of EPSG:3035, or in its corner of the
    /// Atlantic south-west of the Azores where eastings are negative and squares have no code.
    pub fn square_at(&self, size: GridSize, lon: f64, lat: f64) -> Result<GridSquare> {
        let (east_m, north_m) = self.project_m(lon, lat)?;
        GridSquare::at_m(size, east_m, north_m).ok_or_else(|| outside(lon, lat))
    }

    /// Longitude and latitude of a square's centre.
    ///
    /// # Errors
    /// Internal, when the projection can't be undone.
    pub fn centre(&self, square: GridSquare) -> Result<(f64, f64)> {
        let (east_m, north_m) = square.corner_m();
        let half_m = f64::from(square.size.side_m()) / 2.0;
        let mut at = (f64::from(east_m) + half_m, f64::from(north_m) + half_m, 0.0);
        transform(&self.laea, &self.degrees, &mut at)
            .map_err(|error| Error::internal(format!("can't undo EPSG:3035: {error}")))?;
        Ok((at.0.to_degrees(), at.1.to_degrees()))
    }

    /// Longitude and latitude of the corners, counter-clockwise from the south-west.
    ///
    /// # Errors
    /// Internal, when the projection can't be undone.
    pub fn corners(&self, square: GridSquare) -> Result<[(f64, f64); 4]> {
        let (east_m, north_m) = square.corner_m();
        let side_m = square.size.side_m();
        let mut corners = [(0, 0), (side_m, 0), (side_m, side_m), (0, side_m)]
            .map(|(e, n)| (f64::from(east_m + e), f64::from(north_m + n), 0.0));
        transform(&self.laea, &self.degrees, corners.as_mut_slice())
            .map_err(|error| Error::internal(format!("can't undo EPSG:3035: {error}")))?;
        Ok(corners.map(|(lon, lat, _)| (lon.to_degrees(), lat.to_degrees())))
    }
}

fn outside(lon: f64, lat: f64) -> Error {
    Error::input(format!(
        "longitude `{lon}`, latitude `{lat}` is outside the European grid; \
         allowed: longitude -35.58 to 44.83, latitude 24.6 to 84.73 degrees"
    ))
    .with_hint("use another tessellation, for example h3-7")
}

#[cfg(test)]
mod tests;
