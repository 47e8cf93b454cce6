//! Exact reductions: what one pass over the subscribers makes of their events.
//!
//! A kernel takes the [`Public`] knowledge and the [`Track`] of one subscriber, the events inside the
//! window in ascending order with their local times, and gives back a value: no randomness, no noise,
//! no memory of other subscribers. A day is a local day of the window, midnight to midnight on the
//! clock of its time zone.
//!
//! ```text
//!            ┌─ stays, places, anchors ┌─ Kernel:  a sparse vector ─▶ Table ┐
//!  Track ────┼─ movement               │                                    ├─ Reducer ─▶ run
//!            └─ rhythm                 └─ Feature: a row ───────────▶ Rows  ┘
//! ```
//!
//! [`run`] computes any set of them in one scan. What it gives is exact: it never leaves but through
//! the session, which writes it to an internal place and on record.
//!
//! ```
//! use erewhon_events::{Event, EventKind, History};
//! use erewhon_geo::{Cell, CellTable, Frame};
//! use erewhon_mobility::{AnchorRule, Public, Track, anchors, daily_ranges_m};
//! use erewhon_types::{Calendar, CellIx, Local, Subscriber, Window};
//!
//! let cells = CellTable::new(
//!     Frame::Planar,
//!     vec![Cell::planar("village", 0.0, 0.0), Cell::planar("mill", 4_000.0, 3_000.0)],
//! )?;
//! let calendar = Calendar::new(&Window::parse("2026-03-02", 7, "UTC")?)?;
//! let public = Public { cells: &cells, calendar: &calendar };
//! let at = |day, hour: u16, cell| {
//!     let utc_ms = calendar.utc_ms(Local { day, minute: hour * 60 });
//!     Event::at(utc_ms, CellIx(cell), EventKind::Data)
//! };
//! let events = [at(0, 1, 0), at(0, 10, 1), at(1, 2, 0), at(1, 15, 1)];
//!
//! let history = History { subscriber: Subscriber::new(1), events: &events };
//! let track = Track::new(public, history);
//! let found = anchors(&track, &AnchorRule::signalling());
//! assert_eq!(found.home.map(|a| a.cell), Some(CellIx(0)));
//! assert_eq!(found.work.map(|a| a.cell), Some(CellIx(1)));
//!
//! let mut ranges_m = Vec::new();
//! daily_ranges_m(&track, &mut ranges_m);
//! assert_eq!(ranges_m, [5_000.0, 5_000.0]);
//! # Ok::<(), erewhon_types::Error>(())
//! ```
//!
//! Start reading at [`Track`], then [`Definitions`] and [`run`].

mod anchor;
mod contact;
mod definitions;
mod families;
mod features;
mod frame;
mod ground;
mod hours;
mod modal;
mod movement;
mod place;
mod public;
mod rhythm;
mod stay;
mod tables;
mod track;
mod travel;

#[cfg(test)]
mod cases;

pub use anchor::{Anchor, AnchorRule, Anchors, Evidence, PresetChanges, anchors};
pub use contact::Contact;
pub use definitions::Definitions;
pub use families::{Family, families};
pub use features::{
    Activity, ActivitySpace, AnchorPlaces, Bandicoot, CALL_TIME_PROFILES, Distances, Entropy,
    FromHome, Howde, LocationVisits, Locations, MobilityNetwork, ModalCell, Profiles, Rhythm,
    Signature, Slot, Social, Space, Traffic, VisitRates, real_entropy_bits,
    uncorrelated_entropy_bits,
};
pub use frame::{
    AnyReducer, Axis, Bound, Cap, Column, Contribution, Feature, Kernel, List, Listing, Lists,
    Period, Reducer, Row, Rows, RowsPartial, Table, TablePartial, Zoning, merge_packed, pack, run,
};
pub use ground::Ground;
pub use hours::HourSet;
pub use modal::{Modal, modal_cell};
pub use movement::{daily_ranges_m, day_jumps_m, k_radius_of_gyration_m, radius_of_gyration_m};
pub use place::{Place, PlaceRule, Places};
pub use public::Public;
pub use rhythm::{events_per_day, hour_of_week, hour_profile, inter_event_s, presence};
pub use stay::{Stay, StayRule, Trip};
pub use tables::{
    ActiveByHome, AroundHome, CalendarActivity, Connections, CorridorTrips, DistanceByHome, Dwell,
    EventFlows, EventsByKind, FirstSeen, FlowBin, Histograms, HomeWork, Homes, HubVisits, Journeys,
    LocationEntropy, LongestStay, MOBILITY_CLASSES, MeaningfulLocations, MeaningfulPairs,
    MobilityClasses, Moves, MovesByClass, PlaceTypeMoves, PopulationRule, PopulationTypes,
    Presence, Residents, SquareDisplacement, TimeBin, TripFlows, VisitorsByHome, WeekByPlaceType,
    ZonePairs,
};
pub use track::{Track, Visits};
pub use travel::{Corridor, CorridorTrip, Corridors, Hub, HubVisit, Hubs};
