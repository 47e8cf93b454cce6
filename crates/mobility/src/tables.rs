//! What adds up over subscribers.

mod flows;
mod homes;
mod place_type;
mod presence;
mod stays;

#[cfg(test)]
mod tests;

pub use flows::{EventFlows, FlowBin};
pub use homes::{HomeWork, VisitorsByHome};
pub use place_type::{PlaceTypeMoves, WeekByPlaceType};
pub use presence::{Presence, TimeBin};
pub use stays::{Dwell, TripFlows};
