//! Exact reductions of one subscriber's events, and nothing that looks across subscribers.
//!
//! Start reading at [`Public`].

mod public;

pub use public::Public;
