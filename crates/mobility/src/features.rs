//! What is said about one subscriber.

mod activity_space;
mod anchors;
mod modal;
mod space;

pub use activity_space::ActivitySpace;
pub use anchors::AnchorPlaces;
pub use modal::ModalCell;
pub use space::Space;

#[cfg(test)]
mod tests;
