use erewhon_events::{Disclosed, EventSource};
use erewhon_mobility::Public;
use erewhon_types::{Guarantee, Result};
use serde::{Deserialize, Serialize};

use crate::{
    People, Tables,
    points::{Postings, Traces},
};

/// What an outsider would hold: one thing that is attacked.
pub struct Release {
    /// Name for people, for example `raw records` or the name of a file.
    pub name: String,
    /// What it claims for a person over the whole period; absent where it claims nothing.
    pub claim: Option<Guarantee>,
    pub(crate) holding: Holding,
}

/// What kind of thing a release is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReleaseKind {
    /// A row for each real person, changed or not.
    Records,
    /// Rows of nobody.
    Synthetic,
    /// Counts of people.
    Tables,
}

pub(crate) enum Holding {
    Records(Rows),
    Synthetic(Rows),
    Tables(Tables),
}

/// Records of a release, real people's or synthetic.
pub(crate) struct Rows {
    /// As events; what was generalised stands at the middle of its place and span.
    pub(crate) people: People,
    /// As it is, where it is not plain events.
    disclosed: Option<Disclosed>,
}

impl Rows {
    /// Who may have been at each point of bins of `bin_h` hours.
    pub(crate) fn postings(&self, public: &Public<'_>, bin_h: u16) -> Result<Postings> {
        match &self.disclosed {
            Some(disclosed) => Postings::of_disclosed(disclosed, public, bin_h),
            None => Ok(Postings::of(&Traces::of(&self.people, bin_h)?)),
        }
    }
}

impl Release {
    /// Plain records of real people, one row each, under their pseudonyms.
    ///
    /// # Errors
    /// What reading the source fails with.
    pub fn records(
        name: impl Into<String>,
        source: &dyn EventSource,
        public: &Public<'_>,
    ) -> Result<Self> {
        let rows = Rows {
            people: People::read(source, public)?,
            disclosed: None,
        };
        Ok(Self::new(name, Holding::Records(rows)))
    }

    /// Records that an anonymisation left; rows under the pseudonyms that they began with.
    ///
    /// # Errors
    /// What reading it fails with.
    pub fn disclosed(
        name: impl Into<String>,
        disclosed: Disclosed,
        public: &Public<'_>,
    ) -> Result<Self> {
        let rows = Rows {
            people: People::read(&disclosed.events(public.calendar), public)?,
            disclosed: Some(disclosed),
        };
        Ok(Self::new(name, Holding::Records(rows)))
    }

    /// Records that claim to be nobody's.
    ///
    /// # Errors
    /// What reading the source fails with.
    pub fn synthetic(
        name: impl Into<String>,
        source: &dyn EventSource,
        public: &Public<'_>,
    ) -> Result<Self> {
        let rows = Rows {
            people: People::read(source, public)?,
            disclosed: None,
        };
        Ok(Self::new(name, Holding::Synthetic(rows)))
    }

    /// Counts of people.
    pub fn tables(name: impl Into<String>, tables: Tables) -> Self {
        Self::new(name, Holding::Tables(tables))
    }

    fn new(name: impl Into<String>, holding: Holding) -> Self {
        Self {
            name: name.into(),
            claim: None,
            holding,
        }
    }

    /// What kind of thing this is.
    pub const fn kind(&self) -> ReleaseKind {
        match self.holding {
            Holding::Records(_) => ReleaseKind::Records,
            Holding::Synthetic(_) => ReleaseKind::Synthetic,
            Holding::Tables(_) => ReleaseKind::Tables,
        }
    }

    /// Its tables, where it is some.
    pub(crate) const fn published(&self) -> Option<&Tables> {
        match &self.holding {
            Holding::Tables(tables) => Some(tables),
            Holding::Records(_) | Holding::Synthetic(_) => None,
        }
    }

    /// Its records, where it has any.
    pub(crate) const fn rows(&self) -> Option<&Rows> {
        match &self.holding {
            Holding::Records(rows) | Holding::Synthetic(rows) => Some(rows),
            Holding::Tables(_) => None,
        }
    }
}
