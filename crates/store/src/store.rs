use std::{
    fs::{self, File},
    io,
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use erewhon_events::QualityReport;
use erewhon_geo::CellTable;
use erewhon_types::{Calendar, Error, Kind, Result, Window};

use crate::{
    Landed, Load, Loader, Manifest, Period, SCHEMA_VERSION, StoreSource, cells, disk,
    loader::Target, segment, sweep, withdrawn,
};

pub(crate) const MANIFEST: &str = "manifest.json";
pub(crate) const CELLS: &str = "cells.json";
pub(crate) const LOCK: &str = "lock";

/// An event store in a directory.
#[derive(Debug)]
pub struct Store {
    pub(crate) dir: PathBuf,
    pub(crate) manifest: Option<Manifest>,
    pub(crate) withdrawn: Arc<[u64]>,
}

/// What must be known of a load before its first row is read.
#[derive(Clone, Copy)]
pub struct LoadSpec<'a> {
    /// The declared window: that of a period which the store holds, or one that overlaps none.
    pub window: &'a Window,
    /// The cell table; the same for all loads of a store.
    pub cells: &'a CellTable,
    /// Id of the key of the pseudonyms; the same for all loads of a store.
    pub key_id: &'a str,
    /// Keyed digest of the table of persons; the same for all loads of a store.
    pub persons_digest: Option<&'a str>,
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
    /// of another version, or a segment is missing or of another size; input, when the directory
    /// holds something else.
    pub fn create_or_open(dir: &Path) -> Result<Self> {
        disk::make_dir(dir)?;
        let mut store = Self {
            dir: dir.to_owned(),
            manifest: None,
            withdrawn: Arc::default(),
        };
        store.refresh()?;
        if store.manifest.is_none() && sweep::holds_strangers(dir)? {
            return Err(
                Error::input(format!("`{}` is no store and not empty", dir.display()))
                    .with_hint("name a new or an empty directory"),
            );
        }
        Ok(store)
    }

    /// Where it is.
    pub fn dir(&self) -> &Path {
        &self.dir
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
        if disk::blake3_of_text(&bytes) != manifest.cells_blake3 {
            return Err(Error::new(Kind::Data, "the store's cell table was changed")
                .with_hint("restore `cells.json` from a copy"));
        }
        cells::from_json(&bytes)
    }

    /// All events of all periods, as the store is now.
    ///
    /// # Errors
    /// Data, when nothing was committed yet.
    pub fn source(&self) -> Result<StoreSource> {
        let manifest = self.filled()?.clone();
        let withdrawn = Arc::clone(&self.withdrawn);
        Ok(StoreSource::new(self.dir.clone(), manifest, withdrawn))
    }

    /// Begins a load. Until it is committed or dropped, nobody else may change the store.
    ///
    /// # Errors
    /// Input, when the window overlaps a period without being that period, or time zone, key, table of
    /// persons or cell table differ from the store's; resource, when another process is writing.
    pub fn loader(&mut self, spec: LoadSpec<'_>) -> Result<Loader> {
        let lock = self.lock()?;
        self.refresh()?;
        let cells_json = cells::to_json(spec.cells)?;
        let cells_blake3 = disk::blake3_of_text(&cells_json);
        let manifest = match &self.manifest {
            None => {
                disk::replace(&self.dir.join(CELLS), &cells_json)?;
                Manifest {
                    schema_version: SCHEMA_VERSION,
                    time_zone: spec.window.time_zone.clone(),
                    key_id: spec.key_id.to_owned(),
                    persons_digest: spec.persons_digest.map(str::to_owned),
                    cells_blake3,
                    next_change: 1,
                    periods: Vec::new(),
                    withdrawn: None,
                    expired: Vec::new(),
                }
            }
            Some(manifest) => {
                refuse_mixtures(manifest, spec, &cells_blake3)?;
                manifest.clone()
            }
        };
        sweep::sweep(&self.dir, &manifest)?;
        Ok(Loader::new(Target {
            dir: self.dir.clone(),
            manifest,
            window: spec.window.clone(),
            window_utc_ms: span_utc_ms(spec.window)?,
            mapping_sha256: spec.mapping_sha256.to_owned(),
            cells: spec.cells.len(),
            withdrawn: Arc::clone(&self.withdrawn),
            _lock: lock,
        }))
    }

    /// Makes a load part of the store: as a whole when this returns, not at all after a crash.
    ///
    /// The same sources and mapping as those of a load of the period change nothing.
    ///
    /// # Errors
    /// Input, when another load of the period has one of the sources; resource, when the disk is
    /// full.
    pub fn commit(&mut self, landed: Landed, quality: &QualityReport) -> Result<Committed> {
        if landed.before(quality).is_some() {
            return Ok(Committed::Before);
        }
        let Landed {
            target,
            segments,
            counts,
            ..
        } = landed;
        let mut manifest = target.manifest;
        let load = Load {
            mapping_sha256: target.mapping_sha256,
            counts,
            quality: quality.clone(),
        };
        let held = manifest
            .periods
            .iter_mut()
            .find(|period| period.window == target.window);
        match held {
            Some(period) if (period.loads.iter()).any(|other| shares_a_source(other, quality)) => {
                return Err(Error::input(
                    "a file of this load is in the store already, within another load",
                )
                .with_hint(
                    "give only files that are new; for another mapping, other rules or another \
                     list of subjects make a new store",
                ));
            }
            Some(period) => {
                period.loads.push(load);
                period.segments.extend_from_slice(segments.written());
            }
            None => manifest.periods.push(Period {
                window: target.window,
                loads: vec![load],
                compacted: None,
                segments: segments.written().to_vec(),
            }),
        }
        manifest
            .periods
            .sort_by_key(|period| period.window.first_day);
        // Kept first: a manifest that was renamed and could not be made durable names them. What no
        // manifest names, the next change sweeps.
        segments.keep();
        self.replace_manifest(manifest)?;
        Ok(Committed::Now)
    }

    /// The one moment of every change.
    pub(crate) fn replace_manifest(&mut self, mut manifest: Manifest) -> Result<()> {
        manifest.next_change += 1;
        disk::replace(&self.dir.join(MANIFEST), &manifest.to_json()?)?;
        self.manifest = Some(manifest);
        Ok(())
    }

    pub(crate) fn filled(&self) -> Result<&Manifest> {
        self.manifest.as_ref().ok_or_else(|| {
            Error::new(
                Kind::Data,
                format!("the store `{}` is empty", self.dir.display()),
            )
            .with_hint("ingest some records first")
        })
    }

    /// Reads the manifest as it is now, and again where a change comes between it and its files.
    pub(crate) fn refresh(&mut self) -> Result<()> {
        loop {
            let manifest = read_manifest(&self.dir)?;
            let files = check_sizes(&self.dir, manifest.as_ref())
                .and_then(|()| withdrawn::read(&self.dir, manifest.as_ref()));
            match files {
                Ok(withdrawn) => {
                    self.manifest = manifest;
                    self.withdrawn = withdrawn;
                    return Ok(());
                }
                Err(error) if read_manifest(&self.dir)? == manifest => return Err(error),
                Err(_) => {}
            }
        }
    }

    pub(crate) fn lock(&self) -> Result<File> {
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
}

/// First millisecond of a window, and the one past its end.
pub(crate) fn span_utc_ms(window: &Window) -> Result<Range<i64>> {
    let calendar = Calendar::new(window)?;
    Ok(calendar.start_utc_ms()..calendar.end_utc_ms())
}

/// The manifest as it is on disk; `None` before the first commit.
pub(crate) fn read_manifest(dir: &Path) -> Result<Option<Manifest>> {
    let path = dir.join(MANIFEST);
    match fs::read(&path) {
        Ok(bytes) => Manifest::from_json(&bytes).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io("read", &path, &error)),
    }
}

fn check_sizes(dir: &Path, manifest: Option<&Manifest>) -> Result<()> {
    for held in manifest.into_iter().flat_map(Manifest::segments) {
        match fs::metadata(dir.join(&held.path)) {
            Ok(found) if found.len() == held.size_bytes => {}
            Ok(_) => return Err(segment::changed(&held.path)),
            Err(_) => return Err(segment::missing(&held.path)),
        }
    }
    Ok(())
}

/// Whether a load was made of such sources with such a mapping.
fn is_made_of(load: &Load, quality: &QualityReport, mapping_sha256: &str) -> bool {
    let digests = |quality: &QualityReport| {
        let inputs = quality.inputs.iter();
        let mut digests: Vec<String> = inputs.map(|input| input.blake3.clone()).collect();
        digests.sort();
        digests
    };
    load.mapping_sha256 == mapping_sha256 && digests(&load.quality) == digests(quality)
}

fn shares_a_source(load: &Load, quality: &QualityReport) -> bool {
    let inputs = &load.quality.inputs;
    (quality.inputs.iter()).any(|new| inputs.iter().any(|held| held.blake3 == new.blake3))
}

impl Landed {
    /// The load of the store that has the same sources and mapping, for which a commit would change
    /// nothing.
    pub fn before(&self, quality: &QualityReport) -> Option<&Load> {
        let target = &self.target;
        let mut periods = target.manifest.periods.iter();
        let period = periods.find(|period| period.window == target.window)?;
        let mut loads = period.loads.iter();
        loads.find(|load| is_made_of(load, quality, &target.mapping_sha256))
    }

    /// Whether a commit would add to records that the store holds from other sources.
    pub fn joins_others(&self, quality: &QualityReport) -> bool {
        let mut loads = self.target.manifest.periods.iter().flat_map(|p| &p.loads);
        loads.next().is_some() && self.before(quality).is_none()
    }
}

fn refuse_mixtures(manifest: &Manifest, spec: LoadSpec<'_>, cells_blake3: &str) -> Result<()> {
    let refuse = |what: &str, hint: &str| Err(Error::input(what).with_hint(hint));
    let new_store = "ingest into a new store";
    if manifest.key_id != spec.key_id {
        return refuse("the store was made with another key", new_store);
    }
    manifest.check_persons(spec.persons_digest)?;
    if manifest.time_zone != spec.window.time_zone {
        return refuse("the store has another time zone", new_store);
    }
    if manifest.cells_blake3 != cells_blake3 {
        let hint =
            "give the same cell list and --hide places as before, or ingest into a new store";
        return refuse("the store has another cell table", hint);
    }
    let asked = span_utc_ms(spec.window)?;
    for period in &manifest.periods {
        let held = span_utc_ms(&period.window)?;
        if period.window != *spec.window && asked.start < held.end && held.start < asked.end {
            return Err(Error::input(format!(
                "the window overlaps the period of {} days from {}, which the store holds",
                period.window.days, period.window.first_day
            ))
            .with_hint("declare exactly that period's window for late data, or one beside it"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
