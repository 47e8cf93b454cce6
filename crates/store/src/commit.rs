use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use erewhon_events::{EventTable, QualityReport};
use erewhon_geo::CellTable;
use erewhon_types::{Calendar, Error, Kind, Result, Subscriber, Window};
use sha2::{Digest, Sha256};

use crate::{
    Manifest, Period, SCHEMA_VERSION, Segment, StoreSource, cells, disk,
    segment::{self, Cut, Groups},
};

const MANIFEST: &str = "manifest.json";
const CELLS: &str = "cells.json";
const LOCK: &str = "lock";

/// An event store in a directory.
#[derive(Debug)]
pub struct Store {
    dir: PathBuf,
    manifest: Option<Manifest>,
}

/// One load to be committed.
#[derive(Clone, Copy)]
pub struct Commit<'a> {
    /// The declared window; it must not overlap a period that the store holds.
    pub window: &'a Window,
    /// The cell table; the same for all periods of a store.
    pub cells: &'a CellTable,
    /// The events, each inside the window.
    pub events: &'a EventTable,
    /// What ingest saw; its inputs name the sources.
    pub quality: &'a QualityReport,
    /// Id of the key of the pseudonyms; the same for all periods of a store.
    pub key_id: &'a str,
    /// Digest of the mapping.
    pub mapping_sha256: &'a str,
}

/// What a commit did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Committed {
    /// The load was written.
    Now,
    /// The same sources, key and mapping were there already; nothing changed.
    Before,
}

impl Store {
    /// Opens the store in a directory, or makes one there.
    ///
    /// # Errors
    /// Resource, when the directory can't be made or read; data, when the manifest is damaged, is
    /// of a newer version, or a segment is missing or of another size; input, when the directory
    /// holds something else.
    pub fn create_or_open(dir: &Path) -> Result<Self> {
        disk::make_dir(dir)?;
        let mut store = Self {
            dir: dir.to_owned(),
            manifest: None,
        };
        store.refresh()?;
        if store.manifest.is_none() && store.holds_strangers()? {
            return Err(
                Error::input(format!("`{}` is no store and not empty", dir.display()))
                    .with_hint("name a new or an empty directory"),
            );
        }
        Ok(store)
    }

    /// What the store holds; `None` before the first commit.
    pub const fn manifest(&self) -> Option<&Manifest> {
        self.manifest.as_ref()
    }

    /// The cell table that the events point into.
    ///
    /// # Errors
    /// Data, when nothing was committed yet or the table was changed.
    pub fn cells(&self) -> Result<CellTable> {
        let manifest = self.filled()?;
        let path = self.dir.join(CELLS);
        let bytes = fs::read(&path).map_err(|error| Error::io("read", &path, &error))?;
        if disk::hex(Sha256::new_with_prefix(&bytes)) != manifest.cells_sha256 {
            return Err(Error::new(Kind::Data, "the store's cell table was changed")
                .with_hint("restore `cells.json` from a copy"));
        }
        cells::from_json(&bytes)
    }

    /// All events of all periods.
    ///
    /// # Errors
    /// Data, when nothing was committed yet, or a segment is missing or of another size.
    pub fn source(&self) -> Result<StoreSource> {
        self.check_sizes()?;
        let segments = self
            .filled()?
            .periods
            .iter()
            .flat_map(|period| &period.segments);
        let segments = segments.map(|s| (self.dir.join(&s.path), s.path.clone()));
        Ok(StoreSource {
            segments: segments.collect(),
        })
    }

    /// Reads everything: checksums, counts, the order of rows, cells and times.
    ///
    /// # Errors
    /// Data, when anything is not what was committed.
    pub fn check(&self) -> Result<()> {
        let cells = self.cells()?.len();
        for period in &self.filled()?.periods {
            let calendar = Calendar::new(&period.window)?;
            let window = calendar.start_utc_ms()..calendar.end_utc_ms();
            for segment in &period.segments {
                let changed = || segment::changed(&segment.path);
                let path = self.dir.join(&segment.path);
                let digest = disk::sha256_of(&path).map_err(|_| segment::missing(&segment.path))?;
                if digest != segment.sha256 {
                    return Err(changed());
                }
                let mut groups = Groups::open(&path, &segment.path)?;
                let mut last: Option<(Subscriber, i64)> = None;
                let mut events = 0;
                while let Some(rows) = groups.next()? {
                    for (subscriber, event) in rows {
                        let here = Some((subscriber, event.time_utc_ms));
                        let inside = window.contains(&event.time_utc_ms);
                        if here < last || !inside || event.cell.index() >= cells {
                            return Err(changed());
                        }
                        last = here;
                        events += 1;
                    }
                }
                if events != segment.events {
                    return Err(changed());
                }
            }
        }
        Ok(())
    }

    /// Adds a period. It is there as a whole when this returns, and not at all after a crash.
    ///
    /// # Errors
    /// Input, when the period overlaps one that the store holds, or time zone, key or cell table
    /// differ from the store's; internal, when an event lies outside window or cell table;
    /// resource, when the disk is full or another process is writing.
    pub fn commit(&mut self, commit: Commit<'_>) -> Result<Committed> {
        let _lock = self.lock()?;
        self.refresh()?;
        let cells_json = cells::to_json(commit.cells)?;
        let cells_sha256 = disk::hex(Sha256::new_with_prefix(&cells_json));
        let mut manifest = match &self.manifest {
            None => Manifest {
                schema_version: SCHEMA_VERSION,
                time_zone: commit.window.time_zone.clone(),
                key_id: commit.key_id.to_owned(),
                cells_sha256: cells_sha256.clone(),
                periods: Vec::new(),
            },
            Some(manifest) => manifest.clone(),
        };
        if is_there(&manifest, commit, &cells_sha256) {
            return Ok(Committed::Before);
        }
        refuse_mixtures(&manifest, commit, &cells_sha256)?;
        refuse_strays(commit)?;
        self.sweep()?;
        if self.manifest.is_none() {
            disk::replace(&self.dir.join(CELLS), &cells_json)?;
        }
        let segment = self.write_segment(commit)?;
        manifest.periods.push(Period {
            window: commit.window.clone(),
            events: segment.events,
            subscribers: commit.events.subscribers() as u64,
            mapping_sha256: commit.mapping_sha256.to_owned(),
            quality: commit.quality.clone(),
            segments: vec![segment],
        });
        manifest
            .periods
            .sort_by_key(|period| period.window.first_day);
        disk::replace(&self.dir.join(MANIFEST), &manifest.to_json()?)?;
        self.manifest = Some(manifest);
        Ok(Committed::Now)
    }

    fn write_segment(&self, commit: Commit<'_>) -> Result<Segment> {
        let window = commit.window;
        let days = jiff::Span::new().days(i64::from(window.days) - 1);
        let last_day = window
            .first_day
            .checked_add(days)
            .map_err(|_| Error::usage("the window ends outside the calendar's range"))?;
        let first = window.first_day.strftime("%Y%m%d");
        let name = format!(
            "period={first}_{}d/range=0000/seg-{first}_{}.parquet",
            window.days,
            last_day.strftime("%Y%m%d"),
        );
        let path = self.dir.join(&name);
        if let Some(range) = path.parent() {
            disk::make_dir(range)?;
            let (sha256, size_bytes) = segment::write(&path, commit.events, Cut::DEFAULT)?;
            // The names of the file and of both its directories must outlive a power cut.
            disk::sync_parent(&path)?;
            disk::sync_parent(range)?;
            range.parent().map_or(Ok(()), disk::sync_parent)?;
            let events = commit.events.events() as u64;
            return Ok(Segment {
                path: name,
                sha256,
                size_bytes,
                events,
            });
        }
        Err(Error::internal("a segment has no directory"))
    }

    fn filled(&self) -> Result<&Manifest> {
        self.manifest.as_ref().ok_or_else(|| {
            Error::new(
                Kind::Data,
                format!("the store `{}` is empty", self.dir.display()),
            )
            .with_hint("ingest some records first")
        })
    }

    /// Reads the manifest as it is now.
    fn refresh(&mut self) -> Result<()> {
        let path = self.dir.join(MANIFEST);
        self.manifest = match fs::read(&path) {
            Ok(bytes) => Some(Manifest::from_json(&bytes)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(Error::io("read", &path, &error)),
        };
        self.check_sizes()
    }

    fn check_sizes(&self) -> Result<()> {
        let periods = self.manifest.iter().flat_map(|manifest| &manifest.periods);
        for segment in periods.flat_map(|period| &period.segments) {
            match fs::metadata(self.dir.join(&segment.path)) {
                Ok(found) if found.len() == segment.size_bytes => {}
                Ok(_) => return Err(segment::changed(&segment.path)),
                Err(_) => return Err(segment::missing(&segment.path)),
            }
        }
        Ok(())
    }

    fn lock(&self) -> Result<File> {
        let lock = disk::create(&self.dir.join(LOCK))?;
        lock.try_lock().map_err(|_| {
            Error::new(
                Kind::Resource,
                format!(
                    "another process is writing to the store `{}`",
                    self.dir.display()
                ),
            )
            .with_hint("wait until it has finished")
        })?;
        Ok(lock)
    }

    fn entries(&self) -> Result<Vec<(String, PathBuf)>> {
        let failed = |error: io::Error| Error::io("read", &self.dir, &error);
        let mut entries = Vec::new();
        for entry in fs::read_dir(&self.dir).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            entries.push((
                entry.file_name().to_string_lossy().into_owned(),
                entry.path(),
            ));
        }
        Ok(entries)
    }

    /// Whether the directory holds anything that no store leaves behind.
    fn holds_strangers(&self) -> Result<bool> {
        let ours = |name: &str| {
            let files = [LOCK, CELLS, "cells.json.tmp", "manifest.json.tmp"];
            files.contains(&name) || name.starts_with("period=")
        };
        Ok(self.entries()?.iter().any(|(name, _)| !ours(name)))
    }

    /// Removes what a crashed commit left: periods that the manifest does not name.
    fn sweep(&self) -> Result<()> {
        let periods = || self.manifest.iter().flat_map(|manifest| &manifest.periods);
        for (name, path) in self.entries()? {
            let named = |period: &Period| {
                period
                    .segments
                    .iter()
                    .any(|s| s.path.split('/').next() == Some(name.as_str()))
            };
            if name.starts_with("period=") && !periods().any(named) {
                fs::remove_dir_all(&path).map_err(|error| Error::io("remove", &path, &error))?;
            }
        }
        Ok(())
    }
}

/// Whether the store holds this very load.
fn is_there(manifest: &Manifest, commit: Commit<'_>, cells_sha256: &str) -> bool {
    let digests = |quality: &QualityReport| {
        let mut digests: Vec<String> = quality.inputs.iter().map(|i| i.sha256.clone()).collect();
        digests.sort();
        digests
    };
    manifest.key_id == commit.key_id
        && manifest.cells_sha256 == cells_sha256
        && manifest.periods.iter().any(|period| {
            period.window == *commit.window
                && period.mapping_sha256 == commit.mapping_sha256
                && digests(&period.quality) == digests(commit.quality)
        })
}

fn refuse_mixtures(manifest: &Manifest, commit: Commit<'_>, cells_sha256: &str) -> Result<()> {
    let refuse = |what: &str, hint: &str| Err(Error::input(what).with_hint(hint));
    let new_store = "ingest into a new store";
    if manifest.key_id != commit.key_id {
        return refuse("the store was made with another key", new_store);
    }
    if manifest.time_zone != commit.window.time_zone {
        return refuse("the store has another time zone", new_store);
    }
    if manifest.cells_sha256 != cells_sha256 {
        return refuse("the store has another cell table", new_store);
    }
    let calendar = Calendar::new(commit.window)?;
    for period in &manifest.periods {
        let held = Calendar::new(&period.window)?;
        if calendar.start_utc_ms() < held.end_utc_ms()
            && held.start_utc_ms() < calendar.end_utc_ms()
        {
            return refuse(
                "the store holds another load of this period or of a part of it",
                "give all files of a period in one load, into a new store",
            );
        }
    }
    Ok(())
}

/// Ingest lets no such event pass, so one that is here is a defect and must not be stored.
fn refuse_strays(commit: Commit<'_>) -> Result<()> {
    let calendar = Calendar::new(commit.window)?;
    let window = calendar.start_utc_ms()..calendar.end_utc_ms();
    let cells = commit.cells.len();
    for history in commit.events.histories() {
        let mut events = history.events.iter();
        if events.any(|e| !window.contains(&e.time_utc_ms) || e.cell.index() >= cells) {
            return Err(Error::internal(
                "an event lies outside its window or cell table",
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
