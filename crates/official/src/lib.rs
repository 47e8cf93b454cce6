//! The products of official statistics from mobile phones, after Eurostat's multimno.
//!
//! Each product is a value and a pure function of one subscriber's events and of public geography. What it
//! says is exact: it leaves only through the session, which writes it to an internal place and on record.
//! Definitions, what is known to differ from multimno 1.0.0 and measured agreement are in
//! `docs/official.md`. This crate refuses to draw noise, to open a store and to look across subscribers
//! where a product does not say so.
//!
//! ```text
//! cells ──▶ Footprints ──▶ connection ──▶ present population
//!               ├──▶ Groups ──▶ daily permanence ──▶ mid-term ──▶ long-term ──▶ labels ──▶ migration
//!               └──▶ Overlaps ──▶ time segments ──▶ stays of tourists, nights abroad
//! ```
//!
//! Start reading at [`Footprints`] and [`Seen`]; then each product is a file.

mod countries;
mod day;
mod footprint;
mod groups;
mod labels;
pub mod longitudinal;
mod midterm;
pub mod multimno;
mod network;
mod outbound;
mod overlaps;
mod permanence;
mod present;
mod products;
mod reach;
mod seen;
mod segments;
mod share;
mod signal;
mod tile;
mod tourism;
mod usual;
mod zones;

pub use countries::{CountryNames, UNKNOWN_COUNTRY, read_countries};
pub use day::{Day, Slots};
pub use footprint::Footprints;
pub use groups::{GroupIx, Groups};
pub use labels::{Label, LabelRule, LabelScores, Labelled, ScoresBySpot, labels};
pub use midterm::{
    Days, Interval, LongTerm, Midterm, MidtermRule, Period, Permanence, Spot, long_term,
};
pub use network::Network;
pub use outbound::OutboundNights;
pub use overlaps::Overlaps;
pub use permanence::{Held, PermanenceRule, Score, SlotScore, held, scores};
pub use present::{CellCounts, Population, PresentRule, nearest, present};
pub use products::{Inputs, Need, Product, States, products, read_states};
pub use reach::Reach;
pub use seen::{Mcc, Place, Seen, between, seen_of};
pub use segments::{Segment, SegmentRule, State, segments};
pub use share::ShareSum;
pub use signal::{Beam, CellType, SignalRule, Transmitter, footprints};
pub use tile::{Origin, TILE_M, Tile};
pub use tourism::{InboundTables, TourismRule, TouristStay, TripCounts, ZoneCounts, tourist_stays};
pub use usual::{LabelledTiles, Migration, MigrationRule, overlap, tiles_of};
pub use zones::{TileZones, ZoneMap};
