use std::path::{Path, PathBuf};

use erewhon_dp::Exact;
use erewhon_events::{Load, Mapping, QualityReport};
use erewhon_geo::read_cells;
use erewhon_store::{Commit, Committed, Store};
use erewhon_types::{Calendar, Result, Window};

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
}

/// What a load gave.
pub struct Ingested {
    /// What was read, kept and set aside.
    pub quality: Exact<QualityReport>,
    /// Whether the store changed.
    pub committed: Committed,
    /// Days of the declared window without a single event: a wrong first day, or a window that is
    /// longer than the records.
    pub empty_days: u16,
}

/// Reads, cleans, pseudonymises and commits; the same files again change nothing.
///
/// # Privacy
/// Like a refusal of the load, `empty_days` is not private: one subscriber may be all that a day
/// has. It is for the terminal of whoever holds the files, before there may be a ledger to record an
/// export in; nothing that is written or released may hold it.
///
/// # Errors
/// Input, when a file as a whole can't be right; data, when too much was set aside; resource, when
/// the disk refuses. The store is then as it was.
pub fn ingest(
    vault: &Vault,
    store: &Path,
    job: &IngestJob,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Ingested> {
    let (cells, cell_issues) = read_cells(&job.cells)?;
    let calendar = Calendar::new(&job.window)?;
    let key = vault.pseudonym_key()?;
    let loaded = erewhon_events::ingest(
        Load {
            files: &job.files,
            mapping: &job.mapping,
            cells: &cells,
            cell_issues: &cell_issues,
            calendar: &calendar,
            key: &key,
            max_quarantined_share: job.max_quarantined_share,
        },
        progress,
    )?;
    let committed = Store::create_or_open(store)?.commit(Commit {
        window: &job.window,
        cells: &cells,
        events: &loaded.events,
        quality: &loaded.quality,
        key_id: &key.id(),
        mapping_sha256: &job.mapping.sha256()?,
    })?;
    let by_day = loaded.quality.events_by_day.iter();
    Ok(Ingested {
        empty_days: by_day.filter(|events| **events == 0).count() as u16,
        quality: Exact::new(loaded.quality),
        committed,
    })
}
