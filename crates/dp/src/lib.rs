//! Bounded contributions in, noisy tables out, and types that keep the two apart.
//!
//! ```text
//! subscriber's vector ─▶ Accumulator (clips, sums integers) ─▶ Bounded ─┐
//!                                                                       ├─ release ─▶ Private
//! ledger: durable receipt ─▶ Charge ────────────────────────────────────┘
//! exact value ─▶ Exact ── map ──▶ Exact          audited export ─▶ Permit ── open ─▶ the value
//! ```
//!
//! [`Bounded`] and [`Exact`] can't be looked into, printed or serialised. The one way out of the
//! first is noise that a [`Charge`] has paid for; of the second, a [`Permit`] that an audited
//! export has recorded. Both are minted from receipts that only the ledger implements. That stops
//! accidents, not malice: see `docs/threat-model.md`.
//!
//! This crate knows nothing of phones, tables of places, or files. Noise is discrete Laplace or
//! discrete Gaussian from OpenDP with the operating system's secure generator behind OpenSSL; there
//! is no seed and no switch that turns it off.
//!
//! | noise | bound of the query | charged in | release |
//! |---|---|---|---|
//! | discrete Laplace | L1 | epsilon | [`Bounded::release`] |
//! | discrete Gaussian | L1 or L2 | rho | [`Bounded::release_gaussian`] |
//! | discrete Laplace and a threshold, for keys that nobody listed | keys a subscriber | epsilon and delta | [`BoundedKeys::release`] |
//!
//! [`price`] says what a release costs in the measure of its population; [`rho_within`] and
//! [`epsilon_of`] convert between the two.
//!
//! A charge is spent by using it, and can't be copied:
//!
//! ```compile_fail
//! fn twice(charge: erewhon_dp::Charge, a: erewhon_dp::Bounded, b: erewhon_dp::Bounded) {
//!     let _ = (a.release(charge), b.release(charge)); // used after move
//! }
//! ```
//! ```
//! fn once(charge: erewhon_dp::Charge, a: erewhon_dp::Bounded, _b: erewhon_dp::Bounded) {
//!     let _ = a.release(charge);
//! }
//! ```
//!
//! A charge in one measure of loss pays for no noise of another:
//!
//! ```compile_fail,E0308
//! fn cheap(charge: erewhon_dp::Charge<erewhon_types::Rho>, sums: erewhon_dp::Bounded) {
//!     let _ = sums.release(charge);
//! }
//! ```
//! ```
//! fn right(charge: erewhon_dp::Charge<erewhon_types::Rho>, sums: erewhon_dp::Bounded) {
//!     let _ = sums.release_gaussian(charge);
//! }
//! ```
//!
//! A charge can't be made up; it comes from a durable receipt:
//!
//! ```compile_fail,E0451
//! let free = erewhon_dp::Charge { loss: 1_u64, query: [0; 32] };
//! ```
//!
//! What is bounded but not yet noisy has no value to read, and no text form:
//!
//! ```compile_fail
//! fn peek(sums: erewhon_dp::Bounded) -> Vec<i64> { sums.sums }
//! ```
//! ```compile_fail
//! fn print(sums: erewhon_dp::Bounded) { println!("{sums:?}"); }
//! ```
//! ```compile_fail,E0616
//! fn peek(keys: erewhon_dp::BoundedKeys) -> usize { keys.counts.len() }
//! ```
//! ```
//! fn entries(sums: erewhon_dp::Bounded) -> usize { sums.query().entries() }
//! ```
//!
//! The same holds for an exact value; `map` computes on it without letting it out:
//!
//! ```compile_fail
//! fn print(count: erewhon_dp::Exact<u64>) { println!("{count:?}"); }
//! ```
//! ```compile_fail
//! fn steal(count: erewhon_dp::Exact<u64>) -> u64 { count.value }
//! ```
//! ```
//! fn double(count: erewhon_dp::Exact<u64>) -> erewhon_dp::Exact<u64> { count.map(|n| n * 2) }
//! ```
//!
//! What is private was released; it can't be put together from plain numbers, nor can other numbers
//! be put in its place:
//!
//! ```compile_fail,E0451
//! fn claim(query: erewhon_dp::Query, exact: Vec<i64>) -> erewhon_dp::Private<Vec<i64>> {
//!     erewhon_dp::Private { value: exact, query, loss: "1".parse().unwrap() }
//! }
//! ```
//! ```compile_fail,E0599
//! fn swap(noisy: erewhon_dp::Private<Vec<i64>>, exact: Vec<i64>) -> erewhon_dp::Private<Vec<i64>> {
//!     noisy.map(|_| exact)
//! }
//! ```
//! ```
//! fn read(noisy: erewhon_dp::Private<Vec<i64>>) -> Vec<i64> { noisy.into_value() }
//! ```
//!
//! A receipt that makes promises must say so with `unsafe`, which the workspace denies elsewhere:
//!
//! ```compile_fail,E0200
//! struct Forged;
//! impl erewhon_dp::DurableReceipt for Forged {
//!     type Loss = erewhon_types::Epsilon;
//!     fn query_digest(&self) -> [u8; 32] { [0; 32] }
//!     fn loss(&self) -> erewhon_types::Epsilon { "1".parse().unwrap() }
//! }
//! ```
//!
//! Start reading at [`Accumulator`], then [`Bounded::release`].

mod accumulate;
mod charge;
mod convert;
mod exact;
mod gauss;
mod keys;
mod laplace;
mod private;
mod query;
mod threshold;

pub use accumulate::{Accumulator, Bounded};
pub use charge::{Charge, DurableExport, DurableReceipt, Permit};
pub use convert::{epsilon_left, epsilon_of, guarantee, price, rho_within};
pub use exact::Exact;
pub use gauss::{gaussian_reach_95_people, gaussian_scale_units, gaussian_sd_people};
pub use keys::{BoundedKeys, KeyAccumulator, KeyQuery};
pub use laplace::{noise_reach_people, noise_scale_units, noise_sd_people};
pub use private::Private;
pub use query::{Norm, Query};
pub use threshold::{PrivateKeys, key_threshold};
