//! Results for people: self-contained pages, short tables for the terminal, tables for Excel.
//!
//! A page is one file: no network, no fonts, no images, a content security policy that forbids all
//! three. It reads on a phone, in the dark, on paper, and without scripts, which add the hour's slider
//! and the tips.
//!
//! ```text
//! quality ──────────────────▶ quality_page  ─▶ internal/quality.html  counts real records
//! quality, utility, risk ─▶ internal_page ─▶ internal/report.html   compares with real data
//! risk ─────────────────────▶ risk_page     ─▶ internal/risk.html     attacks real people
//! statement, model, synthetic ─▶ release_page ─▶ release/report.html holds nothing exact
//! ```
//!
//! It refuses to let an exact value near the release page: [`ReleasePage`] has no field that could
//! hold a quality, utility or risk report, nor a run time, which grows with the records read.
//!
//! Charts are written as SVG by hand, not by plotters: their colours are CSS variables, so one
//! drawing serves the light page, the dark page and the printer.
//!
//! ```
//! use erewhon_report::measures_csv;
//! use erewhon_utility::UtilityReport;
//!
//! let nothing = UtilityReport::default();
//! let table = measures_csv(&nothing, &nothing);
//! assert!(table.contains("handling,group,id,title"));
//! ```
//!
//! Start reading at [`InternalPage`] and [`ReleasePage`], then `page.rs`.

mod csv;
mod html;
mod input;
mod map;
mod number;
mod page;
mod pet;
mod plane;
mod quality_table;
mod sections;
mod shade;
mod svg;
mod terminal;
mod verdict;

pub use crate::csv::{attacks_csv, measures_csv};
pub use input::{
    Baseline, InternalPage, MAP_LEAST_ZONES, Provenance, ReleasePage, Run, Usefulness,
};
pub use page::{internal_page, quality_page, release_page, risk_page};
pub use pet::{PetItem, PetStatement};
pub use quality_table::quality_table;
pub use terminal::terminal_summary;
