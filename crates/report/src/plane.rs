use erewhon_geo::Voronoi;

use crate::{
    number::sig3,
    svg::{c, label, line, nice},
};

/// The longer side of every map, in drawing units.
const LONG_SIDE: f64 = 1000.0;

/// From metres on the table's plane to drawing units, north up.
pub(crate) struct Plane {
    low_m: (f64, f64),
    high_m: (f64, f64),
    units_per_m: f64,
}

impl Plane {
    pub(crate) fn of(voronoi: &Voronoi) -> Self {
        let (low_m, high_m) = voronoi.box_m();
        let side_m = (high_m.0 - low_m.0).max(high_m.1 - low_m.1);
        Self {
            low_m,
            high_m,
            units_per_m: LONG_SIDE / side_m,
        }
    }

    /// Drawing units of a place.
    pub(crate) fn at(&self, (east_m, north_m): (f64, f64)) -> (f64, f64) {
        let x = (east_m - self.low_m.0) * self.units_per_m;
        let y = (self.high_m.1 - north_m) * self.units_per_m;
        (x, y)
    }

    /// Width of the map in drawing units.
    pub(crate) fn width(&self) -> f64 {
        self.at(self.high_m).0
    }

    /// The view box, with room below for the scale bar.
    pub(crate) fn view_box(&self) -> String {
        let (width, height) = self.at((self.high_m.0, self.low_m.1));
        format!("0 0 {} {}", c(width), c(height + 56.0))
    }

    /// A scale bar below the map, about a quarter of it long.
    pub(crate) fn scale_bar(&self) -> String {
        let (width, height) = self.at((self.high_m.0, self.low_m.1));
        let length_m = nice(width / self.units_per_m / 5.0);
        let (end, y) = (4.0 + length_m * self.units_per_m, height + 30.0);
        let name = format!("{} km", sig3(length_m / 1000.0));
        format!(
            "<g class=\"scalebar\">{}{}{}{}</g>",
            line("bar", (4.0, y), (end, y)),
            line("bar", (4.0, y - 9.0), (4.0, y + 9.0)),
            line("bar", (end, y - 9.0), (end, y + 9.0)),
            label(end + 14.0, y + 11.0, "start", &name)
        )
    }
}
