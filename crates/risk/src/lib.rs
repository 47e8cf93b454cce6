//! Attacks as games: members, a control group that never entered the release, a guess at random,
//! and an interval. Reports are internal.
//!
//! Start reading at [`RiskReport`].

mod game;
mod home_work;
mod points;
mod report;
mod stats;
mod unicity;
mod words;

use game::MIN_TARGETS;
pub use game::{Groups, RiskSpec, run};
pub use report::{Attack, AttackRow, Excess, Rate, RiskReport};
pub use unicity::unicity;
