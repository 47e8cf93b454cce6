//! Numbered pieces of work on several machines, by Apache DataFusion Ballista.
//!
//! A *job* is a text and some *units*, which are numbers. A worker is handed a job's text and a unit's
//! number and leaves its result where whoever asked finds it, whole or not at all; only a word about it
//! travels back. So there is nothing to shuffle, nothing of a result is in the engine's hands, and
//! whatever dies takes with it no more than the units that it was at. The room knows nothing of phones:
//! what a unit is, `session` hands in.
//!
//! ```text
//!            job, units                     job, unit
//!  run_job ─────────────▶ serve_scheduler ─────────────▶ serve_worker ──▶ Work
//!     ▲ ▲                                                     │             │ result
//!     │ └──────────────────── a word about each unit ─────────┘             ▼
//!     └─────────────────── is it committed? ──────────────────────── shared directory
//! ```
//!
//! It refuses to listen where strangers may reach it, unless told that the network is private: the engine
//! knows no passwords. A worker runs the one function of this room, and no other plan.
//!
//! Which settings the engine survives under: docs/adr/0021-cluster.md. Start reading at [`run_job`].

mod address;
mod engine;
mod function;
mod job;
mod scheduler;
mod settings;
mod word;
mod worker;

pub use address::{Address, Listen};
pub use job::{Job, Limits, run_job};
pub use scheduler::serve_scheduler;
pub use worker::{WorkerSpec, serve_worker};

use std::sync::{Arc, atomic::AtomicBool};

use erewhon_types::Result;

/// Does one unit of a job: of its text, a unit's number, and a flag that is set when it is time to stop.
/// What it gives says which result was committed, in a few letters and digits, and stays with the worker.
///
/// It may be called for a unit that is committed already, and twice at once for one that is not.
pub type Work = Arc<dyn Fn(&str, u32, &AtomicBool) -> Result<String> + Send + Sync>;
