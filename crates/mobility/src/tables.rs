//! What adds up over subscribers.

mod activity;
mod around_home;
mod corridor_trips;
mod distance_by_home;
mod flows;
mod histograms;
mod homes;
mod hub_visits;
mod journeys;
mod longest_stay;
mod meaningful;
mod mobility_class;
mod pairs;
mod place_type;
mod population_types;
mod presence;
mod residents;
mod seen;
mod spread;
mod stays;

#[cfg(test)]
mod tests;

pub use activity::{CalendarActivity, EventsByKind, FirstSeen};
pub use around_home::AroundHome;
pub use corridor_trips::CorridorTrips;
pub use distance_by_home::DistanceByHome;
pub use flows::{EventFlows, FlowBin};
pub use histograms::Histograms;
pub use homes::{ActiveByHome, HomeWork, Homes, VisitorsByHome};
pub use hub_visits::HubVisits;
pub use journeys::Journeys;
pub use longest_stay::LongestStay;
pub use meaningful::{MeaningfulLocations, MeaningfulPairs};
pub use mobility_class::{MOBILITY_CLASSES, MobilityClasses, MovesByClass};
pub use pairs::{Connections, ZonePairs};
pub use place_type::{PlaceTypeMoves, WeekByPlaceType};
pub use population_types::{PopulationRule, PopulationTypes};
pub use presence::{Presence, TimeBin};
pub use residents::{Moves, Residents};
pub use spread::{LocationEntropy, SquareDisplacement};
pub use stays::{Dwell, TripFlows};
