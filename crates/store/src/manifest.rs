use erewhon_events::QualityReport;
use erewhon_types::{Error, Kind, Result, Window};
use serde::{Deserialize, Serialize};

/// The version of the store's layout that this program writes; it reads this and all before it.
///
/// 2: `cells.json` has what a list says of a cell beyond its position, and a row for each period.
pub const SCHEMA_VERSION: u32 = 2;

/// What the store holds. Its counts are exact, so it is internal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the layout.
    pub schema_version: u32,
    /// IANA time zone of all windows.
    pub time_zone: String,
    /// Id of the key of the pseudonyms.
    pub key_id: String,
    /// SHA-256 of `cells.json`, hexadecimal.
    pub cells_sha256: String,
    /// The periods, ascending; they do not overlap.
    pub periods: Vec<Period>,
}

/// One committed load.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Period {
    /// The declared window.
    pub window: Window,
    /// Events held.
    pub events: u64,
    /// Subscribers with at least one event.
    pub subscribers: u64,
    /// Digest of the mapping that the load was read with.
    pub mapping_sha256: String,
    /// What ingest saw; its inputs are the sources, with their digests.
    pub quality: QualityReport,
    /// The files that hold the events.
    pub segments: Vec<Segment>,
}

/// One file of events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// Path below the store's directory, with `/`.
    pub path: String,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
    /// Size in bytes.
    pub size_bytes: u64,
    /// Events in it.
    pub events: u64,
}

#[derive(Deserialize)]
struct VersionOnly {
    schema_version: u32,
}

impl Manifest {
    pub(crate) fn from_json(bytes: &[u8]) -> Result<Self> {
        let damaged = |_| {
            Error::new(Kind::Data, "the store's manifest is damaged")
                .with_hint("restore `manifest.json` from a copy, or ingest into a new store")
        };
        // The version first: a newer layout need not have the fields of this one.
        let VersionOnly { schema_version } = serde_json::from_slice(bytes).map_err(damaged)?;
        if schema_version > SCHEMA_VERSION {
            return Err(Error::new(
                Kind::Data,
                format!(
                    "the store has layout version {schema_version}, this program reads up to \
                     {SCHEMA_VERSION}"
                ),
            )
            .with_hint("use the newer program that wrote the store"));
        }
        serde_json::from_slice(bytes).map_err(damaged)
    }

    pub(crate) fn to_json(&self) -> Result<Vec<u8>> {
        serde_json::to_vec_pretty(self)
            .map_err(|_| Error::internal("the manifest can't be written"))
    }
}
