//! The attacks, a file each. Each takes the scene and one release, and says what it reached or why it
//! does not apply; who is hit never leaves it.

pub(crate) mod differencing;
pub(crate) mod heaviest;
pub(crate) mod home_work;
pub(crate) mod sensitive_places;
pub(crate) mod table_membership;
pub(crate) mod trajectories;
pub(crate) mod unicity;
