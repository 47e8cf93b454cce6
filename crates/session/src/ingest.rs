use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use erewhon_dp::Exact;
use erewhon_events::{
    Cleaner, Consent, Event, Intake, Load, Mapping, Numbering, Persons, QualityReport, Quarantined,
    Rules, Subjects, Tally,
};
use erewhon_geo::{CellIssues, CellTable, HiddenPlaces, read_cells};
use erewhon_store::{Committed, Landed, LoadSpec, Loader, Store};
use erewhon_types::{Calendar, Error, Kind, Result, Window};

use crate::{QuarantineSpec, Vault};

/// One load of record files into a store.
#[derive(Clone, Debug)]
pub struct IngestJob {
    /// The record files.
    pub files: Vec<PathBuf>,
    /// Their layout.
    pub mapping: Mapping,
    /// The cell list.
    pub cells: PathBuf,
    /// Public places whose cells count as their nearest others; for the life of the store that of its first
    /// load.
    pub hide: Option<PathBuf>,
    /// The declared window.
    pub window: Window,
    /// The largest share of rows that may be set aside, 0 to 1.
    pub max_quarantined_share: f64,
    /// The rules of one history.
    pub rules: Rules,
    /// How national numbers are written; for the life of the vault that of its first load.
    pub numbering: Option<Numbering>,
    /// A table of which numbers are one person's; for the life of the store that of its first load.
    pub persons: Option<PathBuf>,
    /// A list of subjects and what it means; `None` takes everybody's records.
    pub subjects: Option<(Consent, PathBuf)>,
    /// Where rows go that are set aside; `None` keeps nothing of them.
    pub quarantine: Option<QuarantineSpec>,
    /// Whether the store may hold nothing but this load.
    pub alone: bool,
    /// Set by another thread, it has the load end soon, and nothing of it stays.
    pub stop: Arc<AtomicBool>,
}

impl IngestJob {
    /// The cells that records are found in, and what was noted of their list.
    ///
    /// # Errors
    /// Input, when the list or that of places can't be right; usage, when places are to be hidden of records
    /// that don't name their cells.
    pub fn read_cells(&self) -> Result<(CellTable, CellIssues)> {
        let (cells, mut issues) = read_cells(&self.cells)?;
        let Some(places) = &self.hide else {
            return Ok((cells, issues));
        };
        if !self.mapping.names_cells() {
            return Err(Error::usage(
                "places can't be hidden of records that have positions, or numbers of cells",
            )
            .with_hint("such records have to name their cells by id"));
        }
        let calendar = Calendar::new(&self.window)?;
        let window_utc_ms = calendar.start_utc_ms()..calendar.end_utc_ms();
        let places = HiddenPlaces::read(places)?;
        let cells = places.hide(&cells, &mut issues, &window_utc_ms)?;
        Ok((cells, issues))
    }
}

/// What a load gave.
pub struct Ingested {
    /// What was read, kept and set aside.
    pub quality: Exact<QualityReport>,
    /// Whether the store changed.
    pub committed: Committed,
    /// Whether most days of the declared window have no event at all: a wrong first day, or a window
    /// far longer than the records.
    pub hardly_meets_window: bool,
    /// Whether a list of who has opted out was given and met nobody: perhaps it writes numbers in
    /// another way than the records. Not private either.
    pub nobody_opted_out: bool,
}

/// Reads, cleans, pseudonymises and commits; the same files under the same list again change nothing.
///
/// # Privacy
/// A list of subjects acts on this load; who opts out later is withdrawn from the store.
/// Rows set aside are kept encrypted, those of a load that is refused for having too many of them
/// too: whoever mends the export must see them.
///
/// Like a refusal of the load, `hardly_meets_window` is not private: one subscriber may be all that a
/// day has. It is for the terminal of whoever holds the files, before there may be a ledger to record
/// an export in; nothing that is written or released may hold it.
///
/// # Errors
/// Input, when a file as a whole can't be right or the store can't hold such a load; data, when too
/// much was set aside; resource, when the disk refuses. The store is then as it was.
pub fn ingest(
    vault: &Vault,
    store: &Path,
    job: &IngestJob,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Ingested> {
    let (cells, cell_issues) = job.read_cells()?;
    let calendar = Calendar::new(&job.window)?;
    let numbering = vault.agree_numbering(job.numbering.as_ref())?;
    let key = vault.key_of_store(store)?.with_numbering(numbering);
    let persons = job.persons.as_ref().map(|path| Persons::read(path, &key));
    let key = key.with_persons(persons.transpose()?.map(Arc::new));
    let subjects = job.subjects.as_ref();
    let subjects = subjects.map(|(consent, path)| Subjects::read(path, *consent, &key));
    let subjects = subjects.transpose()?;
    let rules_sha256 = job.rules.sha256(&job.mapping)?;
    let mut store = Store::create_or_open(store)?;
    // Before the first row is read: what can't be part of the store is refused now.
    let loader = store.loader(LoadSpec {
        window: &job.window,
        cells: &cells,
        key_id: &key.id(),
        persons_digest: key.persons_digest(),
        mapping_sha256: &subjects
            .as_ref()
            .map_or_else(|| rules_sha256.clone(), |s| s.sha256_with(&rules_sha256)),
    })?;
    let withdrawn = loader.withdrawn();
    let load = Load {
        files: &job.files,
        mapping: &job.mapping,
        cells: &cells,
        cell_issues: &cell_issues,
        calendar: &calendar,
        key: &key,
        subjects: subjects.as_ref(),
        withdrawn: &withdrawn,
        max_quarantined_share: job.max_quarantined_share,
        rules: &job.rules,
    };
    let go_on = || match job.stop.load(Ordering::Relaxed) {
        true => Err(
            Error::new(Kind::Resource, "stopped before the load was whole")
                .with_hint("the store is as it was: run the same command again"),
        ),
        false => Ok(()),
    };
    let cleaner = Cleaner::new(&job.rules, &cells, &calendar)?;
    let quarantine = job.quarantine.as_ref().map(|spec| spec.open(vault));
    let mut quarantine = quarantine.transpose()?;
    let read = Intake::read(load, quarantine.as_mut(), progress, &|rows| {
        go_on()?;
        loader.push(rows)
    });
    let mut met_list = false;
    let landed = read.and_then(|intake| {
        met_list = intake.met_list();
        land(loader, (&cleaner, &go_on), intake, load)
    });
    let refused = landed
        .as_ref()
        .is_err_and(|error| error.kind() == Kind::Data);
    let set_aside = match quarantine {
        Some(quarantine) if refused || landed.is_ok() => quarantine.finish()?,
        _ => Quarantined::default(),
    };
    let (landed, mut quality) = landed?;
    quality.rows_in_quarantine = set_aside.rows;
    quality.rows_beyond_quarantine = set_aside.rows_beyond;
    let held = set_aside.path.as_deref();
    let held_name = held.and_then(|path| path.file_name());
    quality.quarantine = held_name.map(|name| name.to_string_lossy().into_owned());
    let before = landed.before(&quality).map(|load| load.quality.clone());
    let commit = || {
        if job.alone && landed.joins_others(&quality) {
            return Err(Error::input("the store holds another load")
                .with_hint("name a new store for this one"));
        }
        vault.keep_numbering(key.numbering())?;
        store.commit(landed, &quality)
    };
    let committed = commit();
    let is_another = |error: &Error| error.kind() == Kind::Input;
    if let Some(path) = held
        && (matches!(committed, Ok(Committed::Before)) || committed.as_ref().is_err_and(is_another))
    {
        // Of a load that is there already its own file holds the rows, and of another one nothing is.
        fs::remove_file(path).map_err(|error| Error::io("remove", path, &error))?;
    }
    let committed = committed?;
    if let Some(before) = before {
        quality.rows_in_quarantine = before.rows_in_quarantine;
        quality.rows_beyond_quarantine = before.rows_beyond_quarantine;
        quality.quarantine = before.quarantine;
    }
    let asked_out = matches!(&job.subjects, Some((Consent::OptOut, _)));
    let by_day = &quality.events_by_day;
    let empty_days = by_day.iter().filter(|events| **events == 0).count();
    Ok(Ingested {
        hardly_meets_window: 2 * empty_days > by_day.len(),
        nobody_opted_out: asked_out && !met_list,
        quality: Exact::new(quality),
        committed,
    })
}

/// Sorts, cleans and writes what was read, and makes the report.
fn land(
    loader: Loader,
    (cleaner, go_on): (&Cleaner<'_>, &(dyn Fn() -> Result<()> + Sync)),
    intake: Intake,
    load: Load<'_>,
) -> Result<(Landed, QualityReport)> {
    // A tally is large, so there is one for each thread and not for each part of the store.
    let idle: Mutex<Vec<Box<Tally>>> = Mutex::new(Vec::new());
    let idle_now = || idle.lock().unwrap_or_else(PoisonError::into_inner);
    let clean = |(): &mut (), _, events: &mut Vec<Event>| {
        go_on()?;
        let taken = idle_now().pop();
        let mut tally = taken.unwrap_or_else(|| Box::new(cleaner.tally()));
        cleaner.clean(events, &mut tally);
        idle_now().push(tally);
        Ok(())
    };
    let (landed, _) = loader.land(|| (), clean)?;
    let mut tally = cleaner.tally();
    for other in idle_now().iter() {
        tally.merge(other);
    }
    let (quality, _) = intake.finish(load, cleaner, &tally, landed.duplicates())?;
    Ok((landed, quality))
}
