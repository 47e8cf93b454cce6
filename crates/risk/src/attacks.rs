//! The attacks, a file each. Each takes the scene and one release, and says what it reached or why it
//! does not apply; who is hit never leaves it.

pub(crate) mod background;
pub(crate) mod co_occurrence;
pub(crate) mod copula;
pub(crate) mod differencing;
pub(crate) mod ego_net;
pub(crate) mod enumeration;
pub(crate) mod heaviest;
pub(crate) mod histograms;
pub(crate) mod home_rule;
pub(crate) mod home_work;
pub(crate) mod inference;
pub(crate) mod linkability;
pub(crate) mod outliers;
pub(crate) mod pois;
pub(crate) mod portrait;
pub(crate) mod profile;
pub(crate) mod public_post;
pub(crate) mod rotation;
pub(crate) mod seeds;
pub(crate) mod sensitive_places;
pub(crate) mod singling_out;
pub(crate) mod synthetic_membership;
pub(crate) mod table_membership;
pub(crate) mod top_places;
pub(crate) mod trajectories;
pub(crate) mod trips;
pub(crate) mod unicity;
