/// Mean Earth radius in metres (IUGG; Moritz, "Geodetic Reference System 1980", R1).
pub(crate) const EARTH_RADIUS_M: f64 = 6_371_008.8;

/// Metres along the great circle between two positions, each longitude and latitude in degrees.
///
/// Haversine formula (Sinnott, "Virtues of the Haversine", 1984) on the sphere of IUGG mean radius;
/// the geodesic on the WGS 84 ellipsoid differs by up to 0.56 %.
pub fn great_circle_m((lon_a, lat_a): (f64, f64), (lon_b, lat_b): (f64, f64)) -> f64 {
    let half_sin2 = |degrees: f64| (degrees.to_radians() / 2.0).sin().powi(2);
    let chord = half_sin2(lat_b - lat_a)
        + lat_a.to_radians().cos() * lat_b.to_radians().cos() * half_sin2(lon_b - lon_a);
    2.0 * EARTH_RADIUS_M * chord.sqrt().min(1.0).asin()
}

/// A direction from the Earth's centre.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Unit(pub(crate) [f64; 3]);

impl Unit {
    pub(crate) fn of(lon: f64, lat: f64) -> Self {
        let (sin_lon, cos_lon) = lon.to_radians().sin_cos();
        let (sin_lat, cos_lat) = lat.to_radians().sin_cos();
        Self([cos_lat * cos_lon, cos_lat * sin_lon, sin_lat])
    }

    /// The direction of a vector; `None` where it has as good as no length.
    pub(crate) fn along(v: [f64; 3]) -> Option<Self> {
        let length = v.iter().map(|x| x * x).sum::<f64>().sqrt();
        (length > 1e-9).then(|| Self(v.map(|x| x / length)))
    }

    pub(crate) fn dot(self, other: Self) -> f64 {
        self.0.iter().zip(other.0).map(|(a, b)| a * b).sum()
    }

    pub(crate) fn cross(self, other: Self) -> Self {
        let (a, b) = (self.0, other.0);
        let part = |i: usize, j: usize| a[i] * b[j] - a[j] * b[i];
        Self([part(1, 2), part(2, 0), part(0, 1)])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The slow twin: the angle between two directions by cross and dot product.
        #[test]
        fn the_angle_between_directions(
            a in (-180.0..180.0f64, -90.0..90.0f64), b in (-180.0..180.0f64, -90.0..90.0f64),
        ) {
            let (p, q) = (Unit::of(a.0, a.1), Unit::of(b.0, b.1));
            let cross = p.cross(q);
            let angle = cross.dot(cross).sqrt().atan2(p.dot(q));
            // Near the antipode the arcsine loses half the digits.
            prop_assert!((great_circle_m(a, b) - EARTH_RADIUS_M * angle).abs() < 0.2);
        }
    }

    #[test]
    fn known_distances() {
        let quarter_m = EARTH_RADIUS_M * std::f64::consts::FRAC_PI_2;
        assert!((great_circle_m((0.0, 0.0), (0.0, 90.0)) - quarter_m).abs() < 1e-6);
        assert!((great_circle_m((77.0, 90.0), (-12.0, 0.0)) - quarter_m).abs() < 1e-6);
        assert!((great_circle_m((0.0, 0.0), (180.0, 0.0)) - 2.0 * quarter_m).abs() < 1e-6);
        // Over the date line it is the short way.
        assert!((great_circle_m((179.0, 0.0), (-179.0, 0.0)) - 222_390.0).abs() < 20.0);
        assert_eq!(great_circle_m((5.0, 5.0), (5.0, 5.0)), 0.0);
    }
}
