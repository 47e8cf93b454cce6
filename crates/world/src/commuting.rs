use std::path::Path;

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
    /// Input, when there is no flow, a flow names a zone that is not there, or a number is not
    /// finite or below 0.
    pub fn new(zones: Vec<Zone>, flows: impl IntoIterator<Item = (u32, u32, f64)>) -> Result<Self> {
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

    /// Reads directories that each hold one county: `od.npy` (jobs, home by row, work by column)
    /// and `tract_order.csv` (index, geoid, lon_approx, lat_approx, …), the layout in which US LODES
    /// tables are kept. Pairs lie within a county, so several counties stand side by side.
    ///
    /// # Errors
    /// Input, when a file is missing or malformed, or the two files of a county disagree.
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
                });
            }
            if zones.len() - first != n {
                return Err(bad(format!(
                    "{} zones beside a matrix of {n}",
                    zones.len() - first
                )));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(id: &str, lat: f64) -> Zone {
        Zone {
            id: id.into(),
            lat,
            lon: 0.0,
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
