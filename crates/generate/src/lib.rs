//! A model becomes synthetic call records, in the schema of the real ones.
//!
//! Everything here is post-processing of a [`Model`](erewhon_model::Model) and public geography:
//! it costs no budget, and its seed is not near any noise. It refuses to see real events; the
//! crates that hold them are out of its reach.
//!
//! ```text
//! model ─▶ sampler tables ─▶ one random stream per subscriber ─▶ times ─▶ places ─▶ events
//!                                                                 │         ├─ routine
//!                                                          the same for all ├─ WHERE2, WHERE3
//!                                                                           └─ RWP, WRWP
//! ```
//!
//! ```no_run
//! use erewhon_events::EventSource as _;
//! use erewhon_generate::{GenerateSpec, Variant, generate};
//! use erewhon_model::Model;
//!
//! let model = Model::read("model.json".as_ref())?;
//! let spec = GenerateSpec { subscribers: None, seed: 7, variant: Variant::default() };
//! let (cells, calendar) = (model.cell_table()?, model.calendar()?);
//! let synthetic = generate(&model, &cells, &calendar, &spec)?;
//! assert_eq!(synthetic.subscribers(), model.subscribers);
//! let mut events = 0;
//! synthetic.visit(&mut |history| {
//!     events += history.events.len();
//!     Ok(())
//! })?;
//! # Ok::<(), erewhon_types::Error>(())
//! ```
//!
//! Start reading at [`generate()`].

mod baselines;
mod bursts;
mod generate;
mod homes;
mod places;
mod rings;
mod routine;
mod sampler;
mod times;
mod traffic;

pub use baselines::Variant;
pub use generate::{GenerateSpec, Synthetic, generate};
