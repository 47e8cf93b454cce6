//! The attacks, a file each. Each takes the scene and one release, and says what it reached or why it
//! does not apply; who is hit never leaves it.

pub(crate) mod background;
pub(crate) mod copula;
pub(crate) mod enumeration;
pub(crate) mod home_rule;
pub(crate) mod home_work;
pub(crate) mod unicity;
