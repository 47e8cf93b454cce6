//! What adds up over subscribers.

mod flows;
mod presence;

pub use flows::DailyFlows;
pub use presence::HourlyPresence;
