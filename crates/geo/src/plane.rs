use crate::sphere::{EARTH_RADIUS_M, Unit};

/// A local plane in metres, and the way to it and back from a table's own coordinates.
///
/// For degrees it is the Lambert azimuthal equal-area projection of the sphere of IUGG mean radius
/// (Snyder, "Map Projections: A Working Manual", USGS 1395, 1987, section 24), touching at the
/// centre: areas are true, and neither a pole nor the date line is special. For metres it is a
/// shift of the origin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plane(Kind);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Shifted {
        centre_m: (f64, f64),
    },
    Touching {
        centre: Unit,
        east: Unit,
        north: Unit,
    },
}

impl Plane {
    /// Metres east and north of a centre that is given in metres.
    pub(crate) const fn shifted(centre_m: (f64, f64)) -> Self {
        Self(Kind::Shifted { centre_m })
    }

    /// The plane that touches the sphere at the mean direction of some positions in degrees, or at
    /// the first of them where they cancel out.
    pub(crate) fn touching(positions_deg: impl Iterator<Item = (f64, f64)> + Clone) -> Self {
        let units = || positions_deg.clone().map(|(lon, lat)| Unit::of(lon, lat));
        let sum = units().fold([0.0; 3], |s, u| std::array::from_fn(|i| s[i] + u.0[i]));
        let first = units().next().unwrap_or(Unit([1.0, 0.0, 0.0]));
        let centre = Unit::along(sum).unwrap_or(first);
        let (sin, cos) = centre.0[1].atan2(centre.0[0]).sin_cos();
        let east = Unit([-sin, cos, 0.0]);
        Self(Kind::Touching {
            centre,
            east,
            north: centre.cross(east),
        })
    }

    /// Metres east and north of the centre of a position: longitude and latitude in degrees, or
    /// metres in a planar frame. The antipode of the centre is not finite.
    pub fn project_m(&self, x: f64, y: f64) -> (f64, f64) {
        match self.0 {
            Kind::Shifted { centre_m } => (x - centre_m.0, y - centre_m.1),
            Kind::Touching {
                centre,
                east,
                north,
            } => {
                let at = Unit::of(x, y);
                let stretch = (2.0 / (1.0 + centre.dot(at))).sqrt();
                (
                    EARTH_RADIUS_M * stretch * east.dot(at),
                    EARTH_RADIUS_M * stretch * north.dot(at),
                )
            }
        }
    }

    /// The position of a point of the plane, the inverse of [`project_m`](Self::project_m).
    ///
    /// Longitudes are those within half a turn of the centre's, so an outline across the date line
    /// stays in one piece and may reach beyond 180 degrees. A point further out than the antipode
    /// (12,742 km) is taken for the antipode.
    pub fn unproject(&self, (east_m, north_m): (f64, f64)) -> (f64, f64) {
        match self.0 {
            Kind::Shifted { centre_m } => (east_m + centre_m.0, north_m + centre_m.1),
            Kind::Touching {
                centre,
                east,
                north,
            } => {
                let (u, v) = (east_m / EARTH_RADIUS_M, north_m / EARTH_RADIUS_M);
                let square = (u * u + v * v).min(4.0);
                let (ahead, aside) = (1.0 - square / 2.0, (1.0 - square / 4.0).sqrt());
                let at: [f64; 3] = std::array::from_fn(|i| {
                    ahead * centre.0[i] + aside * (u * east.0[i] + v * north.0[i])
                });
                let centre_lon = centre.0[1].atan2(centre.0[0]).to_degrees();
                let lon = at[1].atan2(at[0]).to_degrees();
                let turns = ((lon - centre_lon) / 360.0).round();
                let lat = at[2].atan2(at[0].hypot(at[1])).to_degrees();
                (lon - 360.0 * turns, lat)
            }
        }
    }

    /// Largest relative error of a straight distance on the plane, against the great circle,
    /// between any two points within `reach_m` metres (on the plane) of the centre.
    ///
    /// At an angle c from the centre the plane shortens along the ray by cos(c/2) and stretches
    /// across it by its inverse (Snyder, section 24), so inside the cap every distance errs by at
    /// most 1 / cos(c/2) - 1: 0.003 % at 100 km, 0.08 % at 500 km, 0.5 % at 1,270 km. 0 in metres.
    pub fn error_share(&self, reach_m: f64) -> f64 {
        match self.0 {
            Kind::Shifted { .. } => 0.0,
            Kind::Touching { .. } => {
                let half_chord = (reach_m / (2.0 * EARTH_RADIUS_M)).min(1.0);
                1.0 / (1.0 - half_chord * half_chord).sqrt() - 1.0
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proj4rs::{Proj, transform::transform};
    use proptest::prelude::*;

    use super::*;
    use crate::great_circle_m;

    /// Places up to `reach_deg` of latitude around a centre, anywhere on Earth.
    fn around(reach_deg: f64) -> impl Strategy<Value = ((f64, f64), (f64, f64), (f64, f64))> {
        let offset = move || (-1.0..1.0f64, -1.0..1.0f64);
        (-180.0..180.0f64, -90.0..90.0f64, offset(), offset()).prop_map(move |(lon, lat, a, b)| {
            let plane = Plane::touching([(lon, lat)].into_iter());
            let m = reach_deg.to_radians() * EARTH_RADIUS_M / 2f64.sqrt();
            let place = |(u, v): (f64, f64)| plane.unproject((u * m, v * m));
            ((lon, lat), place(a), place(b))
        })
    }

    proptest! {
        #[test]
        fn there_and_back((centre, a, _) in around(90.0)) {
            let plane = Plane::touching([centre].into_iter());
            let (lon, lat) = plane.unproject(plane.project_m(a.0, a.1));
            prop_assert!(great_circle_m((lon, lat), a) < 1e-5);
            prop_assert!((lon - centre.0).abs() <= 180.0 + 1e-9);
        }

        /// The slow twin: the general projection library on the same sphere.
        #[test]
        fn agrees_with_proj((centre, a, _) in around(60.0)) {
            prop_assume!(centre.1.abs() < 89.9);
            let plane = Plane::touching([centre].into_iter());
            let text = format!(
                "+proj=laea +lat_0={} +lon_0={} +R={EARTH_RADIUS_M} +units=m +no_defs",
                centre.1, centre.0
            );
            let degrees = format!("+proj=longlat +R={EARTH_RADIUS_M} +no_defs");
            let mut at = (a.0.to_radians(), a.1.to_radians(), 0.0);
            let (from, to) = (Proj::from_proj_string(&degrees), Proj::from_proj_string(&text));
            transform(&from.unwrap(), &to.unwrap(), &mut at).unwrap();
            let (east_m, north_m) = plane.project_m(a.0, a.1);
            prop_assert!((at.0 - east_m).hypot(at.1 - north_m) < 1e-3, "{:?} {} {}", at, east_m, north_m);
        }

        #[test]
        fn distances_err_by_no_more_than_is_said((centre, a, b) in around(40.0)) {
            let plane = Plane::touching([centre].into_iter());
            let (p, q) = (plane.project_m(a.0, a.1), plane.project_m(b.0, b.1));
            let allowed = plane.error_share(p.0.hypot(p.1).max(q.0.hypot(q.1)));
            let (flat_m, true_m) = ((p.0 - q.0).hypot(p.1 - q.1), great_circle_m(a, b));
            prop_assert!((flat_m - true_m).abs() <= allowed * true_m + 1e-6);
        }
    }

    #[test]
    fn a_country_is_within_half_a_per_cent() {
        let plane = Plane::touching([(10.0, 52.0)].into_iter());
        let at = |km: f64| plane.error_share(km * 1000.0);
        assert!(at(100.0) < 3.1e-5 && at(500.0) < 8e-4);
        assert!(at(1_265.0) < 0.005 && at(1_275.0) > 0.005);
        assert_eq!(Plane::shifted((5.0, 5.0)).error_share(1e9), 0.0);
    }

    #[test]
    fn neither_pole_nor_date_line_is_special() {
        let fiji = Plane::touching([(179.5, -17.0), (-179.5, -17.0)].into_iter());
        let (west, east) = (fiji.project_m(179.5, -17.0), fiji.project_m(-179.5, -17.0));
        assert!(
            (east.0 - west.0 - 106_336.0).abs() < 100.0,
            "{west:?} {east:?}"
        );
        assert!((fiji.unproject(east).0.rem_euclid(360.0) - 180.5).abs() < 1e-9);
        let pole = Plane::touching([(0.0, 90.0)].into_iter());
        let (x, y) = pole.project_m(90.0, 89.0);
        assert!((x - 111_193.0).abs() < 10.0 && y.abs() < 1e-6, "{x} {y}");
        // Two antipodes have no mean direction; the first is the centre.
        let torn = Plane::touching([(0.0, 0.0), (180.0, 0.0)].into_iter());
        assert_eq!(torn.project_m(0.0, 0.0), (0.0, 0.0));
    }
}
