use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use erewhon_geo::CellTable;
use erewhon_ledger::Digest;
use erewhon_mobility::{AnyReducer, Definitions, Ground, Zoning, families};
use erewhon_types::{Error, Kind, Result};
use serde::{Deserialize, Serialize};

use super::ClusterFamilies;
use crate::Session;

/// The version of the product: partial results of two versions are not added up.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Units that a job has at the most. Each is some ranges and one file, which holds each entry of each table
/// once: fewer units are smaller files, more are less to do again when a worker dies.
const UNITS: u32 = 256;

/// A job as a file says it to workers.
pub(super) struct Order {
    text: String,
    says: Says,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Says {
    version: String,
    store: PathBuf,
    manifest_sha256: Digest,
    /// In how many parts the store is read.
    parts: u32,
    families: Vec<String>,
    definitions: Definitions,
    zones: Vec<String>,
    /// The place of each cell's zone.
    zone_of_cell: Vec<u32>,
}

/// The part of a job that is read whatever else it says.
#[derive(Deserialize)]
struct Version {
    version: String,
}

/// How a store is cut into units: as many parts each, one after another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Units {
    parts: u32,
}

impl Order {
    pub(super) fn new(
        session: &Session,
        wanted: &ClusterFamilies<'_>,
        definitions: &Definitions,
    ) -> Result<Self> {
        let dir = session.store_dir();
        let names = wanted.zones.names();
        let families = wanted.families.iter().map(|family| family.name.to_owned());
        let says = Says {
            version: VERSION.to_owned(),
            store: fs::canonicalize(dir).map_err(|error| Error::io("read", dir, &error))?,
            manifest_sha256: session.manifest_digest()?,
            parts: session.unchecked()?.ranges().len() as u32,
            families: families.collect(),
            definitions: definitions.clone(),
            zones: names.iter().flatten().map(str::to_owned).collect(),
            zone_of_cell: wanted.zones.of_cells().iter().map(|zone| zone.0).collect(),
        };
        let text = serde_json::to_string(&says);
        let text = text.map_err(|_| Error::internal("a job can't be written as JSON"))?;
        Ok(Self { text, says })
    }

    /// Reads a job from its directory.
    ///
    /// # Errors
    /// Usage, when it is another version's; data, when it is not what was ordered; as reading fails.
    pub(super) fn read(dir: &Path) -> Result<Self> {
        let path = file(dir);
        let read = fs::read_to_string(&path);
        let text = read.map_err(|error| {
            Error::io("read", &path, &error).with_hint(
                "workers need the run directory under the same path as whoever asks them",
            )
        })?;
        let strange = || {
            Error::new(
                Kind::Data,
                format!("`{}` is no job that was ordered", path.display()),
            )
            .with_hint("run the command anew that sent it")
        };
        let Version { version } = serde_json::from_str(&text).map_err(|_| strange())?;
        if version != VERSION {
            return Err(Error::usage(format!(
                "the job is one of erewhon {version}, and this worker is erewhon {VERSION}"
            ))
            .with_hint("start all workers with the binary that sends the job"));
        }
        let says: Says = serde_json::from_str(&text).map_err(|_| strange())?;
        let order = Self { text, says };
        let named = dir
            .file_name()
            .is_some_and(|name| name == order.name().as_str());
        if named && order.says.parts > 0 {
            Ok(order)
        } else {
            Err(strange())
        }
    }

    /// The name of the job: the first digits of its digest.
    pub(super) fn name(&self) -> String {
        let digits = Digest::of(self.text.as_bytes()).to_string();
        format!("{digits:.32}")
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn store(&self) -> &Path {
        &self.says.store
    }

    pub(super) const fn definitions(&self) -> &Definitions {
        &self.says.definitions
    }

    pub(super) const fn units(&self) -> Units {
        Units {
            parts: self.says.parts,
        }
    }

    /// Refuses a store that is not the one that the job is about.
    pub(super) fn check_store(&self, session: &Session) -> Result<()> {
        let parts = session.unchecked()?.ranges().len();
        if session.manifest_digest()? == self.says.manifest_sha256
            && parts == self.says.parts as usize
            && session.cells().len() == self.says.zone_of_cell.len()
        {
            return Ok(());
        }
        Err(
            Error::new(Kind::Data, "the store was changed since the job began").with_hint(
                "run the command anew that sent it; it will read the store as it is now",
            ),
        )
    }

    /// What families count by.
    pub(super) fn ground(&self, cells: &CellTable) -> Result<Ground> {
        let names = self.says.zone_of_cell.iter().map(|&zone| {
            let name = self.says.zones.get(zone as usize).map(String::as_str);
            name.ok_or_else(|| Error::new(Kind::Data, "a job names a zone that it does not have"))
        });
        let names = names.collect::<Result<Vec<_>>>()?;
        let zones = Arc::new(Zoning::named(names));
        Ground::new(zones, cells, &self.says.definitions)
    }

    /// The reducers of the families.
    pub(super) fn reducers(&self, ground: &Ground) -> Result<Vec<Box<dyn AnyReducer>>> {
        let reducer = |name: &String| {
            let found = families().iter().find(|family| family.name == name);
            let found = found.ok_or_else(|| Error::usage(format!("`{name}` is no family")))?;
            Ok(found.reducer(ground))
        };
        self.says.families.iter().map(reducer).collect()
    }
}

/// Where a job stands in its directory.
pub(super) fn file(dir: &Path) -> PathBuf {
    dir.join("job.json")
}

impl Units {
    /// Number of units.
    pub(super) fn count(self) -> u32 {
        self.parts.min(UNITS)
    }

    /// The parts of a unit, from the first to before the second; none of a unit that there is not.
    pub(super) fn parts(self, unit: u32) -> std::ops::Range<usize> {
        // Both are powers of two, but nothing hangs on it.
        let border = |unit: u32| {
            let unit = u64::from(unit.min(self.count()));
            (unit * u64::from(self.parts) / u64::from(self.count().max(1))) as usize
        };
        border(unit)..border(unit.saturating_add(1))
    }

    /// Where a unit's result goes.
    pub(super) fn file(self, dir: &Path, unit: u32) -> PathBuf {
        let parts = self.parts(unit);
        dir.join(format!(
            "parts-{:04}-{:04}",
            parts.start,
            parts.end.saturating_sub(1)
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_all_parts_once_in_order() {
        for parts in [1, 2, 16, 128, 256, 300, 512, 4096] {
            let units = Units { parts };
            let all = (0..units.count()).flat_map(|unit| units.parts(unit));
            assert!(all.eq(0..parts as usize), "{parts}");
            assert!(units.count() <= UNITS && units.parts(units.count()).is_empty());
        }
        let file = Units { parts: 4096 }.file(Path::new("job"), 255);
        assert_eq!(file, Path::new("job/parts-4080-4095"));
    }
}
