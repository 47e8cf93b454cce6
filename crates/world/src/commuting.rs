use std::{
    fs,
    path::{Path, PathBuf},
};

use erewhon_geo::{Area, read_areas};
use erewhon_types::{Error, Result};
use serde::Deserialize;

use crate::npy;

/// A zone of a commuting table.
#[derive(Clone, Debug, PartialEq)]
pub struct Zone {
    /// The zone's name in its source, for example a census tract's GEOID.
    pub id: String,
    /// Latitude of the centroid in degrees.
    pub lat: f64,
    /// Longitude of the centroid in degrees.
    pub lon: f64,
    /// The zone's land, where its polygon is known.
    pub land: Option<Area>,
}

/// Jobs by home zone and work zone, from a census or register.
#[derive(Clone, Debug)]
pub struct CommutingTable {
    zones: Vec<Zone>,
    /// `jobs[home]` lists (work zone, jobs), jobs above 0 only.
    jobs: Vec<Vec<(u32, f64)>>,
}

#[derive(Deserialize)]
struct TractRow {
    index: usize,
    geoid: String,
    lon_approx: f64,
    lat_approx: f64,
}

impl CommutingTable {
    /// Builds a table from zones and (home zone, work zone, jobs).
    ///
    /// # Errors
    /// Input, when there are over 65,535 zones, an id can't stand in a CSV file, there is no flow, a
    /// flow names a zone that is not there, or a number is not finite or below 0.
    pub fn new(zones: Vec<Zone>, flows: impl IntoIterator<Item = (u32, u32, f64)>) -> Result<Self> {
        if zones.len() > usize::from(u16::MAX) {
            return Err(Error::input(format!(
                "a commuting table of `{}` zones; allowed: up to 65535",
                zones.len()
            )));
        }
        if let Some(zone) = zones.iter().find(|z| z.id.contains([',', '"', '\n', '\r'])) {
            return Err(Error::input(format!(
                "zone id `{}` has a comma, a quote or a line break",
                zone.id.escape_debug()
            )));
        }
        if let Some(zone) = zones
            .iter()
            .find(|z| !(z.lat.abs() <= 90.0 && z.lon.abs() <= 180.0))
        {
            return Err(Error::input(format!(
                "zone `{}` has no position on Earth",
                zone.id
            )));
        }
        let mut jobs = vec![Vec::new(); zones.len()];
        for (home, work, count) in flows {
            if home as usize >= zones.len() || work as usize >= zones.len() {
                return Err(Error::input(format!(
                    "a flow names zone number `{}`; allowed: 0 to {}",
                    home.max(work),
                    zones.len().saturating_sub(1)
                )));
            }
            if !(count.is_finite() && count >= 0.0) {
                return Err(Error::input(format!(
                    "a flow of `{count}` jobs; allowed: 0 and above"
                )));
            }
            if count > 0.0 {
                jobs[home as usize].push((work, count));
            }
        }
        if jobs.iter().all(Vec::is_empty) {
            return Err(Error::input("the commuting table has no flow above 0"));
        }
        Ok(Self { zones, jobs })
    }

    /// Reads directories that each hold one county: `od.npy` (jobs, home by row, work by column),
    /// `tract_order.csv` (index, geoid, lon_approx, lat_approx, …) and perhaps a shapefile whose
    /// `GEOID` names the tracts, the layout in which US LODES tables are kept. Pairs lie within a
    /// county, so several counties stand side by side. Without a shapefile zones have no land.
    ///
    /// # Errors
    /// Input, when a file is missing or malformed, or the files of a county disagree.
    pub fn read<P: AsRef<Path>>(counties: &[P]) -> Result<Self> {
        let (mut zones, mut flows) = (Vec::new(), Vec::new());
        for county in counties {
            let (n, jobs) = npy::read_square(&county.as_ref().join("od.npy"))?;
            let path = county.as_ref().join("tract_order.csv");
            let bad = |what: String| Error::input(format!("`{}`: {what}", path.display()));
            let mut reader = csv::Reader::from_path(&path).map_err(|e| bad(e.to_string()))?;
            let first = zones.len();
            for row in reader.deserialize() {
                let row: TractRow = row.map_err(|e| bad(e.to_string()))?;
                if row.index != zones.len() - first {
                    return Err(bad(format!("index `{}` is out of order", row.index)));
                }
                zones.push(Zone {
                    id: row.geoid,
                    lat: row.lat_approx,
                    lon: row.lon_approx,
                    land: None,
                });
            }
            if zones.len() - first != n {
                return Err(bad(format!(
                    "{} zones beside a matrix of {n}",
                    zones.len() - first
                )));
            }
            if let Some(shapes) = shapefile_in(county.as_ref())? {
                give_land(&mut zones[first..], &shapes)?;
            }
            let cells = jobs.into_iter().enumerate();
            flows.extend(
                cells.map(|(i, count)| ((first + i / n) as u32, (first + i % n) as u32, count)),
            );
        }
        Self::new(zones, flows)
    }

    /// The zones, in the order of the table.
    pub fn zones(&self) -> &[Zone] {
        &self.zones
    }

    /// (work zone, jobs) of the people who live in a zone, jobs above 0 only.
    pub fn from_home(&self, home: usize) -> &[(u32, f64)] {
        self.jobs.get(home).map_or(&[], Vec::as_slice)
    }

    /// Jobs by home zone, and by work zone.
    pub fn margins(&self) -> (Vec<f64>, Vec<f64>) {
        let homes = self.jobs.iter().map(|row| row.iter().map(|f| f.1).sum());
        let mut works = vec![0.0; self.zones.len()];
        for &(work, count) in self.jobs.iter().flatten() {
            works[work as usize] += count;
        }
        (homes.collect(), works)
    }
}

/// The one shapefile of a directory, where there is one.
fn shapefile_in(dir: &Path) -> Result<Option<PathBuf>> {
    let entries = fs::read_dir(dir).map_err(|e| Error::io("read", dir, &e))?;
    let paths = entries.map(|entry| entry.map(|e| e.path()));
    let paths = paths
        .collect::<std::io::Result<Vec<PathBuf>>>()
        .map_err(|e| Error::io("read", dir, &e))?;
    let is_shape = |path: &PathBuf| {
        path.extension()
            .is_some_and(|e| e.eq_ignore_ascii_case("shp"))
    };
    let mut shapes = paths.into_iter().filter(is_shape);
    match (shapes.next(), shapes.next()) {
        (one, None) => Ok(one),
        _ => Err(
            Error::input(format!("`{}` has several shapefiles", dir.display()))
                .with_hint("leave only the one with the county's tracts"),
        ),
    }
}

/// Gives each zone the polygon of its id. A centroid outside the box of its polygon means that the
/// rows of the table and their names have come apart.
fn give_land(zones: &mut [Zone], shapes: &Path) -> Result<()> {
    let (areas, _) = read_areas(shapes, "GEOID")?;
    for zone in zones {
        let disagrees = |what: &str| {
            let shapes = shapes.display();
            Error::input(format!(
                "`{shapes}` has {what} tract `{}` of the table",
                zone.id
            ))
            .with_hint("take the shapefile and the table of the same county and year")
        };
        let row = areas
            .named(&zone.id)
            .ok_or_else(|| disagrees("no polygon for"))?;
        let area = &areas.all()[row];
        let ((west, south), (east, north)) = area.bounds();
        if !(west..=east).contains(&zone.lon) || !(south..=north).contains(&zone.lat) {
            return Err(disagrees("another place for"));
        }
        zone.land = Some(area.clone());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(id: &str, lat: f64) -> Zone {
        Zone {
            id: id.into(),
            lat,
            lon: 0.0,
            land: None,
        }
    }

    #[test]
    fn margins_add_up() {
        let zones = vec![zone("a", 0.0), zone("b", 0.1)];
        let table = CommutingTable::new(zones, [(0, 0, 1.0), (0, 1, 2.0), (1, 1, 4.0)]).unwrap();
        assert_eq!(table.margins(), (vec![3.0, 4.0], vec![1.0, 6.0]));
    }

    #[test]
    fn refuses_bad_tables() {
        let zones = || vec![zone("a", 0.0), zone("b", 0.1)];
        assert!(CommutingTable::new(zones(), [(0, 2, 1.0)]).is_err());
        assert!(CommutingTable::new(zones(), [(0, 1, -1.0)]).is_err());
        assert!(CommutingTable::new(zones(), [(0, 1, f64::NAN)]).is_err());
        assert!(CommutingTable::new(zones(), [(0, 1, 0.0)]).is_err());
        assert!(CommutingTable::new(vec![zone("a", 95.0)], [(0, 0, 1.0)]).is_err());
        assert!(CommutingTable::read(&["no/such/directory"]).is_err());
    }
}
