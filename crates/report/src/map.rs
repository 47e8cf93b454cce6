use std::collections::BTreeMap;

use erewhon_geo::{CellTable, Frame, Voronoi};
use erewhon_types::CellIx;
use serde_json::json;

use crate::{
    html::{escape, script_json},
    plane::Plane,
    shade::Shade,
};

/// One map of a set: its heading, and shares by hour and cell.
pub(crate) struct Layer<'a> {
    pub(crate) title: &'a str,
    pub(crate) by_hour: &'a [Vec<f64>],
    /// Zone of each cell, where nothing finer was measured: drawn in one colour.
    pub(crate) zones: Option<&'a [u32]>,
}

/// The areas of the cells, ready to be drawn any number of times.
pub(crate) struct Map {
    voronoi: Voronoi,
    plane: Plane,
    areas_km2: Vec<f64>,
    shapes: String,
}

/// The areas of a cell table, or a sentence why there are none.
pub(crate) fn geometry(cells: &CellTable) -> Result<Map, String> {
    if cells.frame() == Frame::Schematic {
        return Err(
            "The cell list gives no positions, so cells stand on a lattice in file order \
                    and distances are lattice steps. A map of it would mean nothing."
                .to_owned(),
        );
    }
    let voronoi = Voronoi::build(cells).map_err(|error| format!("Not available: {error}."))?;
    let plane = Plane::of(&voronoi);
    let path = |polygon: &Vec<(f64, f64)>| {
        let mut d = String::new();
        for (i, &corner) in polygon.iter().enumerate() {
            let (x, y) = plane.at(corner);
            let verb = if i == 0 { 'M' } else { 'L' };
            d += &format!("{verb}{x:.0} {y:.0}");
        }
        d + "Z"
    };
    let names = voronoi.cells_of().iter().map(|of| {
        let ids: Vec<&str> = of
            .iter()
            .take(4)
            .map(|&ix| cells.cell(ix).id.as_str())
            .collect();
        match of.len() {
            0..=4 => ids.join(", "),
            n => format!("{} and {} more", ids.join(", "), n - 4),
        }
    });
    let areas_km2: Vec<f64> = voronoi
        .areas_km2()
        .iter()
        .map(|km2| km2.max(1e-9))
        .collect();
    let shapes = voronoi.polygons_m().iter().enumerate();
    let shapes: String = shapes
        .map(|(i, polygon)| format!("<path id=\"area-{i}\" d=\"{}\"/>", path(polygon)))
        .collect();
    let data = json!({
        "names": names.collect::<Vec<_>>(),
        "km2": areas_km2.iter().map(|a| (a * 1e4).ceil() / 1e4).collect::<Vec<_>>(),
    });
    Ok(Map {
        plane,
        areas_km2,
        shapes: format!(
            "<svg class=\"shapes\" aria-hidden=\"true\"><defs><g id=\"areas\">{shapes}</g></defs>\
             </svg>\n<script type=\"application/json\" id=\"geometry\">{}</script>\n",
            script_json(&data)
        ),
        voronoi,
    })
}

/// Shares travel as whole numbers of this fraction: compact, and finer than any colour.
const SHARE_STEPS: f64 = 1e7;

impl Map {
    /// Shapes and names of the areas, embedded once a page.
    pub(crate) fn shapes(&self) -> &str {
        &self.shapes
    }

    /// A set of maps with one colour scale and one hour; `difference` adds last minus first.
    pub(crate) fn set(&self, layers: &[Layer<'_>], difference: bool) -> String {
        let values: Vec<Vec<Vec<f64>>> = layers
            .iter()
            .map(|l| {
                let hours = l.by_hour.iter();
                hours.map(|shares| self.by_area(shares, l.zones)).collect()
            })
            .collect();
        let shade = Shade::of(&values, &self.areas_km2);
        let hourly = layers.iter().any(|l| l.by_hour.len() > 1);
        let (control, hour) = if hourly { (HOUR, FIRST_HOUR) } else { ("", 0) };
        let shown = |layer: &Vec<Vec<f64>>| layer.get(hour).cloned().unwrap_or_default();
        let mut maps: String = layers
            .iter()
            .zip(&values)
            .map(|(l, by_hour)| self.layer(l.title, &shown(by_hour), &shade))
            .collect();
        if let ([real, synthetic], true) = (values.as_slice(), difference) {
            maps += &self.difference(&shown(real), &shown(synthetic), &shade);
        }
        let columns = if maps.matches("<figure").count() > 1 {
            ""
        } else {
            " single"
        };
        let whole = |share: &f64| (share * SHARE_STEPS).round() as u64;
        let steps = |hour: &Vec<f64>| hour.iter().map(whole).collect::<Vec<_>>();
        let steps = |layer: &Vec<Vec<f64>>| layer.iter().map(steps).collect::<Vec<_>>();
        let data = script_json(&json!({
            "steps": SHARE_STEPS,
            "most": shade.most_per_km2,
            "change": shade.most_change,
            "layers": values.iter().map(steps).collect::<Vec<_>>(),
        }));
        format!(
            "<div class=\"mapset{columns}\">\n{control}<div class=\"maps\">\n{maps}</div>\n\
             <script type=\"application/json\" class=\"shares\">{data}</script>\n</div>\n"
        )
    }

    fn layer(&self, title: &str, shares: &[f64], shade: &Shade) -> String {
        let densities = shares.iter().zip(&self.areas_km2).map(|(s, a)| s / a);
        let styles = densities.map(|d| shade.density(d)).collect();
        self.map(title, "layer", styles, &shade.density_legend())
    }

    fn difference(&self, real: &[f64], synthetic: &[f64], shade: &Shade) -> String {
        let changes = real.iter().zip(synthetic).map(|(r, s)| s - r);
        let styles = changes.map(|by| shade.change(by)).collect();
        let legend = shade.change_legend();
        self.map("Synthetic minus real", "difference", styles, &legend)
    }

    fn map(&self, title: &str, kind: &str, styles: Vec<String>, legend: &str) -> String {
        let title = escape(title);
        let areas = styles.iter().enumerate();
        let areas: String = areas
            .map(|(i, style)| format!("<use href=\"#area-{i}\" style=\"{style}\"/>"))
            .collect();
        format!(
            "<figure class=\"map\" data-kind=\"{kind}\"><figcaption>{title}</figcaption>\n\
             <svg viewBox=\"{}\" role=\"img\" aria-label=\"Map: {title}\">\
             <g class=\"cells {kind}\">{areas}</g>{}</svg>\n{legend}</figure>\n",
            self.plane.view_box(),
            self.plane.scale_bar()
        )
    }

    /// Shares by area of the map; inside a zone in proportion to size, so that it has one colour.
    fn by_area(&self, shares: &[f64], zone_of_cell: Option<&[u32]>) -> Vec<f64> {
        let share = |cells: &Vec<CellIx>| -> f64 {
            cells.iter().filter_map(|ix| shares.get(ix.index())).sum()
        };
        let mut values: Vec<f64> = self.voronoi.cells_of().iter().map(share).collect();
        if let Some(zone_of_cell) = zone_of_cell {
            self.level(&mut values, zone_of_cell);
        }
        values
    }

    /// Spreads each zone's sum over its areas in proportion to their size.
    fn level(&self, values: &mut [f64], zone_of_cell: &[u32]) {
        let zone_of_area = |cells: &Vec<CellIx>| {
            let first = cells.first()?;
            zone_of_cell.get(first.index()).copied()
        };
        let zones: Vec<Option<u32>> = self.voronoi.cells_of().iter().map(zone_of_area).collect();
        let areas = &self.areas_km2;
        let mut sums: BTreeMap<u32, (f64, f64)> = BTreeMap::new();
        for ((zone, &value), &km2) in zones.iter().zip(values.iter()).zip(areas) {
            if let Some(zone) = zone {
                let sum = sums.entry(*zone).or_default();
                sum.0 += value;
                sum.1 += km2;
            }
        }
        for ((zone, value), &km2) in zones.iter().zip(values).zip(areas) {
            if let Some(&(share, of_km2)) = zone.and_then(|zone| sums.get(&zone))
                && of_km2 > 0.0
            {
                *value = share * km2 / of_km2;
            }
        }
    }

    /// The same plane for other drawings.
    pub(crate) const fn plane(&self) -> &Plane {
        &self.plane
    }
}

/// The hour that a map shows before anybody moves the slider, and without scripts.
const FIRST_HOUR: usize = 8;

const HOUR: &str = "<div class=\"hour\"><button type=\"button\" class=\"play\" hidden \
    aria-label=\"Play the hours of the day\">▶</button>\n<label>Hour of the day \
    <output>08:00–09:00</output> \
    <input type=\"range\" hidden min=\"0\" max=\"23\" step=\"1\" value=\"8\"></label></div>\n\
    <noscript><p class=\"note\">Other hours need the script inside this file.</p></noscript>\n";
