//! Attacks on a release, played as games that can be lost.
//!
//! An attack is run on people whose records entered the release (members) and on people of the
//! same population whose records never did (control). What the attacker learns about both, he
//! learns from the population; only the excess of the members over the control group is a leak.
//! Every rate has an interval and a guess at random beside it, and an attack that can't be played
//! says why.
//!
//! This crate refuses to open a store, to draw noise, and to say who was hit: reports hold rates.
//! They are exact and therefore internal. `docs/attacks.md` says for each attack what the attacker
//! has, what counts as success, and what it does not cover.
//!
//! ```text
//! members ─┐
//! control ─┴─▶ Scene ─┐
//! releases ───────────┴─ each of GAMES ─▶ Rate, Excess ─▶ RiskReport
//!                                           Judgement ─┘
//! ```
//!
//! ```
//! use erewhon_risk::{Excess, Rate};
//!
//! let members = Rate::of(600, 1000).unwrap();
//! let control = Rate::of(200, 1000).unwrap();
//! let excess = Excess::between(&members, &control).unwrap();
//! assert_eq!(excess.value, 0.5);
//! assert!(excess.low > 0.4 && excess.high < 0.6);
//! ```
//!
//! Start reading at [`run`], [`GAMES`] and [`RiskReport`].

mod assign;
mod attacks;
mod certainty;
mod changes;
mod contacts;
mod counts;
mod draw;
mod grain;
mod ground;
mod judgement;
mod lab;
mod levels;
mod likeness;
mod linkage;
mod logistic;
mod matching;
mod membership;
mod people;
mod places;
mod points;
mod policy;
mod recovery;
mod release;
mod report;
mod scene;
mod sieve;
mod sightings;
mod stage;
mod stats;
mod sums;
mod tables;
mod tally;
#[cfg(test)]
mod testing;
mod told;
mod traits;
mod views;
mod visits;
mod whereabouts;
mod words;

pub use attacks::{
    enumeration::{Enumeration, NumberRange, enumerate},
    sensitive_places::sensitive_places,
    trajectories::{Recovery, recover_trajectories},
    unicity::unicity,
};
pub use certainty::{Noise, certainty};
pub use changes::Change;
pub use counts::Counts;
pub use lab::{GAMES, Game, games, run};
pub use people::People;
pub use policy::{Breach, Limit, RiskPolicy, Untested, Verdict};
pub use release::{Release, ReleaseKind};
pub use report::{Attack, AttackRow, Excess, Figure, Judgement, Rate, RiskReport};
pub use scene::{RiskSpec, Scene};
pub use tables::{Span, Tables};
