//! What is said about one subscriber.

mod modal;
mod space;

pub use modal::ModalCell;
pub use space::Space;
