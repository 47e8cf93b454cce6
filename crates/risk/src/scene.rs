use erewhon_events::EventSource;
use erewhon_mobility::Public;
use erewhon_types::{Error, Result};
use serde::{Deserialize, Serialize};

use crate::People;

/// Fewest people in a group for a rate: with fewer an interval spans over a third of the scale.
pub(crate) const MIN_TARGETS: usize = 30;

/// How hard to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RiskSpec {
    /// Most people attacked per group and row.
    pub targets: u32,
    /// Draws of known points per person; intervals count people, so more draws only steady the rate.
    pub draws_per_target: u32,
    /// Seed of the draws. It chooses whom to attack and touches no release.
    pub seed: u64,
}

impl Default for RiskSpec {
    fn default() -> Self {
        Self {
            targets: 2000,
            draws_per_target: 5,
            seed: 0,
        }
    }
}

impl RiskSpec {
    fn check(&self) -> Result<()> {
        if (self.targets as usize) < MIN_TARGETS || self.draws_per_target == 0 {
            return Err(Error::usage(format!(
                "`{}` targets with `{}` draws each are too few: allowed are {MIN_TARGETS} targets \
                 and more, 1 draw and more",
                self.targets, self.draws_per_target
            )));
        }
        Ok(())
    }
}

/// The real people whom attacks are aimed at, and what everybody knows.
///
/// Members and control group are split before anything is released, by a rule that does not look at
/// anyone's events.
pub struct Scene<'a> {
    pub(crate) public: Public<'a>,
    /// The people whose records entered the releases.
    pub(crate) members: People,
    /// People of the same population whose records never entered one.
    pub(crate) control: People,
    pub(crate) spec: RiskSpec,
}

impl<'a> Scene<'a> {
    /// Reads both groups.
    ///
    /// # Errors
    /// Usage, when the spec asks for no draws or too few targets; and what reading a source fails
    /// with.
    pub fn read(
        public: Public<'a>,
        members: &dyn EventSource,
        control: &dyn EventSource,
        spec: RiskSpec,
    ) -> Result<Self> {
        spec.check()?;
        Ok(Self {
            members: People::read(members, &public)?,
            control: People::read(control, &public)?,
            public,
            spec,
        })
    }

    /// The people whose records entered the releases.
    pub const fn members(&self) -> &People {
        &self.members
    }
}
