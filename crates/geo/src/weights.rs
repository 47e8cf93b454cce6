use std::collections::BTreeMap;

use erewhon_types::{CellIx, Result, ZoneIx};

use crate::{Antenna, CellTable, Sites, Tessellation, Voronoi, flat, voronoi::padding_m};

/// How the phones that a cell serves are spread over zones: a sparse matrix, cell × zone.
///
/// A row adds up to 1, or is empty where the cell serves no place of any zone. What a cell serves
/// outside all zones is left out before the row is made to add up.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    rows: Vec<Vec<(ZoneIx, f64)>>,
}

/// Shares below this are rounding of the overlay, which keeps a millimetre of a country, not overlap.
const SLIVER_SHARE: f64 = 1e-6;

impl Weights {
    /// Weights of every cell of a table.
    ///
    /// A cell with an [`Antenna`] is spread by its model, drawn as 1,024 points that stand for equal
    /// parts of its disc: shares are good to about 0.01, and a zone smaller than a part may be missed. A cell without is spread evenly
    /// over the Voronoi polygon of its site, clipped to the padded hull of the sites, by shared area.
    ///
    /// # Errors
    /// Input, when positions lie beyond any map.
    pub fn build(
        cells: &CellTable,
        sites: &Sites,
        zones: &Tessellation,
        antenna: impl Fn(CellIx) -> Option<Antenna>,
    ) -> Result<Self> {
        let frame = flat::hull_m(sites.positions_m(), padding_m(sites.positions_m()));
        let voronoi = Voronoi::within(sites.clone(), &frame)?;
        let mut by_site: Vec<Option<Vec<(ZoneIx, f64)>>> = vec![None; sites.len()];
        let mut rows = Vec::with_capacity(cells.len());
        for (cell, &at_m) in (0..).map(CellIx).zip(cells.plane_m()) {
            rows.push(match antenna(cell) {
                Some(antenna) => by_footprint(at_m, &antenna, zones),
                None => {
                    let site = sites.site_of(cell);
                    let row = by_site[site]
                        .get_or_insert_with(|| by_area(&voronoi.polygons_m()[site], zones));
                    row.clone()
                }
            });
        }
        Ok(Self { rows })
    }

    /// Weights of a cell by zone, zones ascending. The index must come from the table.
    pub fn of(&self, cell: CellIx) -> &[(ZoneIx, f64)] {
        &self.rows[cell.index()]
    }

    /// All rows, by cell.
    pub fn rows(&self) -> &[Vec<(ZoneIx, f64)>] {
        &self.rows
    }

    /// Number of weights above 0.
    pub fn entries(&self) -> usize {
        self.rows.iter().map(Vec::len).sum()
    }
}

fn by_area(polygon_m: &[(f64, f64)], zones: &Tessellation) -> Vec<(ZoneIx, f64)> {
    let shared = zones.near(polygon_m).map(|zone| {
        let outline = &zones.zones()[zone.index()].polygons_m;
        (zone, flat::overlap_m2(outline, polygon_m))
    });
    shares(shared.collect())
}

fn by_footprint(at_m: (f64, f64), antenna: &Antenna, zones: &Tessellation) -> Vec<(ZoneIx, f64)> {
    let mut sums = BTreeMap::new();
    for ((east_m, north_m), density) in antenna.points() {
        if let Some(zone) = zones.zone_at_m((at_m.0 + east_m, at_m.1 + north_m)) {
            *sums.entry(zone).or_insert(0.0) += density;
        }
    }
    shares(sums.into_iter().collect())
}

fn shares(mut masses: Vec<(ZoneIx, f64)>) -> Vec<(ZoneIx, f64)> {
    let total: f64 = masses.iter().map(|(_, mass)| mass).sum();
    masses.retain(|(_, mass)| *mass > SLIVER_SHARE * total);
    masses.sort_unstable_by_key(|(zone, _)| *zone);
    let kept: f64 = masses.iter().map(|(_, mass)| mass).sum();
    for (_, mass) in &mut masses {
        *mass /= kept;
    }
    masses
}

#[cfg(test)]
mod tests;
