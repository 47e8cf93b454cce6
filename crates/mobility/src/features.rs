//! What is said about one subscriber.

mod activity;
mod activity_space;
mod anchors;
mod bandicoot;
mod distances;
mod entropy;
mod from_home;
mod howde;
mod lists;
mod locations;
mod modal;
mod numbers;
mod rhythm;
mod signature;
mod social;
mod space;
mod suffixes;
mod traffic;
mod visits;

pub use activity::Activity;
pub use activity_space::ActivitySpace;
pub use anchors::AnchorPlaces;
pub use bandicoot::Bandicoot;
pub use distances::Distances;
pub use entropy::{Entropy, real_entropy_bits, uncorrelated_entropy_bits};
pub use from_home::FromHome;
pub use howde::Howde;
pub use lists::{LocationVisits, MobilityNetwork};
pub use locations::Locations;
pub use modal::ModalCell;
pub use rhythm::{CALL_TIME_PROFILES, Rhythm};
pub use signature::{Profiles, Signature};
pub use social::Social;
pub use space::Space;
pub use traffic::{Slot, Traffic};
pub use visits::VisitRates;

#[cfg(test)]
mod tests;
