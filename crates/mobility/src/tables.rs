//! What adds up over subscribers.

mod flows;
mod presence;

#[cfg(test)]
mod tests;

pub use flows::{EventFlows, FlowBin};
pub use presence::{Presence, TimeBin};
