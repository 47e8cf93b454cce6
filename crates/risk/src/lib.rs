//! Attacks as games: members, a control group that never entered the release, a guess at random,
//! and an interval. Reports are internal.
//!
//! Start reading at [`RiskReport`].

mod report;

pub use report::{Attack, AttackRow, Excess, Rate, RiskReport};
