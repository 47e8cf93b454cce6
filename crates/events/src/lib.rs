//! Records of a mobile network: the canonical event, and the way to it from an operator's files.
//!
//! A [`Mapping`] says how a layout reads; [`ingest`] turns files into sorted, pseudonymous events
//! and a quality report; [`write_text`] and [`write_parquet`] write events in a source's own layout.
//! Every row is kept or set aside by a named [`Rule`]; errors name file, line, column and rule, never
//! what stood there. This crate refuses to store, to add noise, to guess a time zone or a column, and to let
//! one subscriber's rows change another's.
//!
//! ```text
//! files ─▶ blocks of lines ─ Mapping, Rule, Key ─▶ Batch ─▶ sort ─▶ Cleaner ─▶ EventTable
//!              on all cores          └─▶ Fault, counted ─▶ QualityReport ◀─ Tally ┘
//! ```
//!
//! ```
//! use erewhon_events::{Key, Load, MAX_QUARANTINED_SHARE, Mapping, Rules, ingest};
//! use erewhon_geo::{CellIssues, CellTable};
//! use erewhon_types::{Calendar, Window};
//!
//! let dir = tempfile::tempdir().unwrap();
//! let file = dir.path().join("records.csv");
//! let header = "subscriber,time_utc,cell,kind,duration_s,peer,bytes_up,bytes_down";
//! std::fs::write(&file, format!("{header}\n+49170,2026-03-02T09:30:00Z,a,call_out,60,,,\n")).unwrap();
//!
//! let loaded = ingest(
//!     Load {
//!         files: &[file],
//!         mapping: &Mapping::load("cdr")?,
//!         cells: &CellTable::schematic(vec!["a".into(), "b".into()])?,
//!         cell_issues: &CellIssues::default(),
//!         calendar: &Calendar::new(&Window::parse("2026-03-02", 28, "Europe/Berlin")?)?,
//!         key: &Key::create_new(&dir.path().join("key"))?,
//!         subjects: None,
//!         withdrawn: &[],
//!         max_quarantined_share: MAX_QUARANTINED_SHARE,
//!         rules: &Rules::default(),
//!     },
//!     None,
//!     &mut |_bytes_done, _bytes_total| (),
//! )?;
//! assert_eq!(loaded.events.events(), 1);
//! # Ok::<(), erewhon_types::Error>(())
//! ```
//!
//! Start reading at [`Event`] and [`EventSource`]; for the way in, at [`Intake`], which hands on rows in
//! batches, and at [`ingest`], which gathers them in memory; for what happens to a history, at [`Rules`]
//! and [`Cleaner`].

mod clean;
mod country;
mod digits;
mod disclosed;
mod event;
mod files;
mod gathered;
mod home;
mod in_order;
mod ingest;
mod input;
mod intake;
mod list;
mod mapping;
mod numbers;
mod persons;
mod pseudonym;
mod quality;
mod quarantine;
mod read;
mod rule;
mod secret;
mod stored;
mod subjects;
mod table;
mod time;
mod write;

pub use clean::{
    Cleaner, HistoryRule, ImpossibleSpeed, Limits, Machine, NearDuplicate, PingPong, Rules,
    SpatialDeviation, TooManyEvents,
};
pub use country::country_of;
pub use digits::{push_number, push_time_s};
pub use disclosed::{Disclosed, Sample};
pub use event::{Event, EventKind, settle};
pub use files::record_files;
pub use gathered::{Gathered, GatheredPart, Gathering, read_places};
pub use home::{DeviceClass, HomeNetwork};
pub use in_order::in_order;
pub use ingest::{Loaded, ingest, ingest_at_most};
pub use intake::{Example, Intake, Load, MAX_QUARANTINED_SHARE};
pub use mapping::{
    AmountUnit, CellColumns, DeviceColumns, DurationUnit, HomeColumns, KindColumns, Mapping,
    PositionColumns, Quantity, VolumeUnit, WantedRows,
    near::{name as nearest_name, toml_message},
};
pub use numbers::Numbering;
pub use persons::Persons;
pub(crate) use pseudonym::LeftOut;
pub use pseudonym::{Identifying, Key};
pub use quality::{
    Contents, Crowd, DoubtfulCell, FileContents, FileTally, HistoryCount, Hole, HomeCountry, Homes,
    InputFile, KindContents, NetworkReport, QualityReport, Quantiles, Roaming, RuleCount,
    RuleState, Tally, Warning,
};
pub use quarantine::{
    MAX_QUARANTINE_BYTES, QUARANTINE_DAYS, QUARANTINE_HEADER, Quarantine, QuarantineKey,
    Quarantined, expire_quarantine, quarantined_files, remove_quarantined, show_quarantine,
};
pub use read::{Batch, Fault, Identify, OnRows, Preview, PreviewField, PreviewRow, RowReader};
pub use rule::Rule;
pub use stored::check_readable;
pub use subjects::{Consent, Listed, Subjects, read_subjects};
pub use table::{EventSource, EventTable, History};
pub use time::{TimeColumn, TimeFormat};
pub use write::{NameOf, Written, write_parquet, write_text};
