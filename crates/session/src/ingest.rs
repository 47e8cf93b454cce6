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

/// Reads, cleans, pseudonymises and commits; the same files again change nothing.
///
/// Gives the quality report, and whether the store changed.
///
/// # Errors
/// Input, when a file as a whole can't be right; data, when too much was set aside; resource, when
/// the disk refuses. The store is then as it was.
pub fn ingest(
    vault: &Vault,
    store: &Path,
    job: &IngestJob,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(Exact<QualityReport>, Committed)> {
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
    Ok((Exact::new(loaded.quality), committed))
}
