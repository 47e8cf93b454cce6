use std::path::{Component, Path};

use erewhon_events::QualityReport;
use erewhon_types::{Error, Kind, Result, Window};
use jiff::civil;
use serde::{Deserialize, Serialize};

use crate::range::RANGES;

/// The version of the store's layout that this program writes and reads.
pub const SCHEMA_VERSION: u32 = 5;

/// What the store holds. Its counts are exact, so it is internal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the layout.
    pub schema_version: u32,
    /// IANA time zone of all windows.
    pub time_zone: String,
    /// Id of the key of the pseudonyms.
    pub key_id: String,
    /// Keyed digest of the table of persons that every load was read with; `None`: there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub persons_digest: Option<String>,
    /// BLAKE3 of `cells.json`, hexadecimal.
    pub cells_blake3: String,
    /// Number of the next change; it is part of file names, so that none is used twice.
    pub next_change: u32,
    /// The periods, ascending; they do not overlap.
    pub periods: Vec<Period>,
    /// Who is hidden from every reader.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<Withdrawn>,
    /// The periods that were deleted, in the order in which they were.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expired: Vec<Expired>,
}

/// A declared window and what was loaded into it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Period {
    /// The declared window.
    pub window: Window,
    /// The loads, in the order of their commits.
    pub loads: Vec<Load>,
    /// The change that wrote all loads as one, and what came out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compacted: Option<Counts>,
    /// The files that hold the events; within one change they ascend.
    pub segments: Vec<Segment>,
}

/// What one load brought.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Load {
    /// Digest of the mapping that it was read with.
    pub mapping_sha256: String,
    /// What it held when it landed.
    pub counts: Counts,
    /// What ingest saw; its inputs are the sources, with their digests.
    pub quality: QualityReport,
}

/// How much a change wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Number of the change.
    pub change: u32,
    /// Events written.
    pub events: u64,
    /// Subscribers with at least one event.
    pub subscribers: u64,
}

/// One file of events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// Path below the store's directory, with `/`.
    pub path: String,
    /// The change that wrote it.
    pub change: u32,
    /// First and last range of pseudonyms, 0 to 4095.
    pub ranges: [u16; 2],
    /// Time of its first event, milliseconds of UTC.
    pub first_utc_ms: i64,
    /// Time of its last event, milliseconds of UTC.
    pub last_utc_ms: i64,
    /// Events in it.
    pub events: u64,
    /// BLAKE3 of the file, hexadecimal.
    pub blake3: String,
    /// Size in bytes.
    pub size_bytes: u64,
}

/// The list of those who withdrew; their pseudonyms are in a file of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawn {
    /// The change that wrote the list; what later changes wrote holds nobody of it.
    pub change: u32,
    /// Path below the store's directory.
    pub path: String,
    /// BLAKE3 of the file, hexadecimal.
    pub blake3: String,
    /// Pseudonyms in it.
    pub subscribers: u64,
}

/// A period that was deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expired {
    /// The day of the deletion.
    pub on: civil::Date,
    /// The window of the period.
    pub window: Window,
}

#[derive(Deserialize)]
struct VersionOnly {
    schema_version: u32,
}

impl Period {
    /// Whether its events lie in the files of several changes, which may hold the same rows.
    pub(crate) fn overlaps(&self) -> bool {
        self.segments
            .windows(2)
            .any(|two| two[0].change != two[1].change)
    }
}

impl Manifest {
    /// Refuses another table of persons than that of the store's loads, by its digest: somebody would be
    /// two subscribers.
    ///
    /// # Errors
    /// Input, when it is another, or none where there was one, or one where there was none.
    pub fn check_persons(&self, given: Option<&str>) -> Result<()> {
        let (what, hint) = match (self.persons_digest.as_deref(), given) {
            (held, given) if held == given => return Ok(()),
            (None, _) => (
                "the store was made without a table of persons",
                "leave out --persons, or ingest all records into a new store with it",
            ),
            (_, None) => (
                "the store was made with a table of persons, and none is given",
                "give the table of its first load with --persons",
            ),
            _ => (
                "the store was made with another table of persons",
                "give the table of its first load, or ingest all records into a new store with this \
                 one: nobody may be two subscribers",
            ),
        };
        Err(Error::input(what).with_hint(hint))
    }

    /// Every segment of every period.
    pub(crate) fn segments(&self) -> impl Iterator<Item = &Segment> {
        self.periods.iter().flat_map(|period| &period.segments)
    }

    pub(crate) fn from_json(bytes: &[u8]) -> Result<Self> {
        let damaged = || {
            Error::new(Kind::Data, "the store's manifest is damaged")
                .with_hint("restore `manifest.json` from a copy, or ingest into a new store")
        };
        // The version first: another layout need not have the fields of this one.
        let VersionOnly { schema_version } =
            serde_json::from_slice(bytes).map_err(|_| damaged())?;
        if schema_version != SCHEMA_VERSION {
            let hint = if schema_version > SCHEMA_VERSION {
                "use the newer program that wrote the store"
            } else {
                "ingest the files again into a new store; its list of who withdrew does not come along: \
                 give the lists of `store withdraw` with `--opt-out`"
            };
            return Err(Error::new(
                Kind::Data,
                format!(
                    "the store has layout version {schema_version}, this program reads version \
                     {SCHEMA_VERSION}"
                ),
            )
            .with_hint(hint));
        }
        let manifest = serde_json::from_slice(bytes).ok();
        manifest.filter(Self::is_possible).ok_or_else(damaged)
    }

    /// Whether it could describe a store: files lie within it, ranges are there, and numbers add up.
    fn is_possible(&self) -> bool {
        let lists = self.withdrawn.iter().map(|list| &list.path);
        let mut paths = self.segments().map(|segment| &segment.path).chain(lists);
        let within = |path: &String| {
            let mut parts = Path::new(path).components();
            parts.all(|part| matches!(part, Component::Normal(_)))
        };
        let in_order = |segment: &Segment| {
            let [first, last] = segment.ranges.map(usize::from);
            first <= last && last < RANGES
        };
        let mut events = self.segments().map(|segment| segment.events);
        paths.all(within)
            && self.segments().all(in_order)
            && events.try_fold(0_u64, u64::checked_add).is_some()
            && self.next_change < u32::MAX
    }

    pub(crate) fn to_json(&self) -> Result<Vec<u8>> {
        serde_json::to_vec_pretty(self)
            .map_err(|_| Error::internal("the manifest can't be written"))
    }
}
