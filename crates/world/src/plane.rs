/// A point of the region, in metres east and north of its origin.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Point {
    pub(crate) east_m: f64,
    pub(crate) north_m: f64,
}

impl Point {
    pub(crate) const fn new(east_m: f64, north_m: f64) -> Self {
        Self { east_m, north_m }
    }

    pub(crate) fn distance_m(self, other: Self) -> f64 {
        // `hypot` guards against overflow, at four times the price.
        let (east_m, north_m) = (self.east_m - other.east_m, self.north_m - other.north_m);
        (east_m * east_m + north_m * north_m).sqrt()
    }

    pub(crate) fn moved(self, distance_m: f64, bearing_rad: f64) -> Self {
        Self::new(
            self.east_m + distance_m * bearing_rad.sin(),
            self.north_m + distance_m * bearing_rad.cos(),
        )
    }

    /// The point a share of the way from here to another.
    pub(crate) fn toward(self, other: Self, share: f64) -> Self {
        Self::new(
            self.east_m + share * (other.east_m - self.east_m),
            self.north_m + share * (other.north_m - self.north_m),
        )
    }

    /// Degrees clockwise from north, 0 to 360.
    pub(crate) fn bearing_deg(self, other: Self) -> f64 {
        (other.east_m - self.east_m)
            .atan2(other.north_m - self.north_m)
            .to_degrees()
            .rem_euclid(360.0)
    }
}

/// The tangent plane of the region: equirectangular about its origin.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plane {
    pub(crate) lat: f64,
    pub(crate) lon: f64,
}

const M_PER_DEGREE: f64 = 111_195.08;

impl Plane {
    fn east_m_per_degree(self) -> f64 {
        M_PER_DEGREE * self.lat.to_radians().cos()
    }

    /// Latitude and longitude in degrees.
    pub(crate) fn degrees(self, point: Point) -> (f64, f64) {
        (
            self.lat + point.north_m / M_PER_DEGREE,
            self.lon + point.east_m / self.east_m_per_degree(),
        )
    }

    pub(crate) fn point(self, lat: f64, lon: f64) -> Point {
        Point::new(
            (lon - self.lon) * self.east_m_per_degree(),
            (lat - self.lat) * M_PER_DEGREE,
        )
    }
}
