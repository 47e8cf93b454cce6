//! The fitted private model as a value, and its file format.
//!
//! Start reading at [`PrivacyStatement`].

mod statement;

pub use statement::{PrivacyStatement, QueryStatement};
