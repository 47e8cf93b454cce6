//! What tests need and a release build must never hold: free charges, audits, planted faults, slow twins.
//!
//! `cargo xtask layers` keeps this crate out of the graph of the `erewhon` binary.
//!
//! ```
//! use erewhon_dp::{Accumulator, Query};
//!
//! let query = Query::new("people", 1, 1, 1)?;
//! let mut people = Accumulator::new(query.clone());
//! people.add(&[(0, 1)]);
//! let noisy = people.finish().release(erewhon_testkit::free_charge(&query, "1".parse::<erewhon_types::Epsilon>()?))?;
//! assert_eq!(noisy.value().len(), 1);
//! # Ok::<(), erewhon_types::Error>(())
//! ```
//!
//! Start reading at [`audit`], then [`Replay`], [`faults`] and [`planted`].

pub mod audit;
pub mod faults;
mod free;
pub mod mobility;
pub mod planted;
mod replay;

pub use free::{free_charge, free_key_charge, free_permit};
pub use replay::Replay;
