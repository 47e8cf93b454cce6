use std::path::{Path, PathBuf};

use erewhon_dp::Exact;
use erewhon_events::{EventTable, Load, Mapping, QualityReport, Rules};
use erewhon_geo::read_cells;
use erewhon_store::{Committed, LoadSpec, Loader, Store};
use erewhon_types::{Calendar, Error, Result, Window};

use crate::Vault;

/// One load of record files into a store.
#[derive(Clone, Debug)]
pub struct IngestJob {
    /// The record files.
    pub files: Vec<PathBuf>,
    /// Their layout.
    pub mapping: Mapping,
    /// The cell list.
    pub cells: PathBuf,
    /// The declared window.
    pub window: Window,
    /// The largest share of rows that may be set aside, 0 to 1.
    pub max_quarantined_share: f64,
    /// The rules of one history.
    pub rules: Rules,
    /// Whether the store may hold nothing but this load.
    pub alone: bool,
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
}

/// Reads, cleans, pseudonymises and commits; the same files again change nothing.
///
/// # Privacy
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
    let (cells, cell_issues) = read_cells(&job.cells)?;
    let calendar = Calendar::new(&job.window)?;
    let mut store = Store::create_or_open(store)?;
    // Before a key is made: the wrong vault must not become one by being named.
    if let Some(manifest) = store.manifest() {
        vault.check_key(&manifest.key_id).map_err(|error| {
            error.with_hint("name the vault that they were ingested with: --vault DIR")
        })?;
    }
    let key = vault.pseudonym_key()?;
    // Before the first row is read: what can't be part of the store is refused now.
    let loader = store.loader(LoadSpec {
        window: &job.window,
        cells: &cells,
        key_id: &key.id(),
        mapping_sha256: &job.rules.sha256(&job.mapping)?,
    })?;
    let loaded = erewhon_events::ingest(
        Load {
            files: &job.files,
            mapping: &job.mapping,
            cells: &cells,
            cell_issues: &cell_issues,
            calendar: &calendar,
            key: &key,
            max_quarantined_share: job.max_quarantined_share,
            rules: &job.rules,
        },
        progress,
    )?;
    push_all(&loaded.events, &loader)?;
    let (landed, _) = loader.land(|| (), |(), _, _| Ok(()))?;
    if job.alone && landed.joins_others(&loaded.quality) {
        return Err(
            Error::input("the store holds another load").with_hint("name a new store for this one")
        );
    }
    let committed = store.commit(landed, &loaded.quality)?;
    let by_day = &loaded.quality.events_by_day;
    let empty_days = by_day.iter().filter(|events| **events == 0).count();
    Ok(Ingested {
        hardly_meets_window: 2 * empty_days > by_day.len(),
        quality: Exact::new(loaded.quality),
        committed,
    })
}

fn push_all(events: &EventTable, loader: &Loader) -> Result<()> {
    let mut rows = Vec::new();
    for history in events.histories() {
        rows.clear();
        rows.extend(
            history
                .events
                .iter()
                .map(|&event| (history.subscriber, event)),
        );
        loader.push(&rows)?;
    }
    Ok(())
}
