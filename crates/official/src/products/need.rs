use std::fmt;

use super::Inputs;

/// What a product may need beside the network and the days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// A map of zones.
    Zones,
    /// The codes of this country.
    OwnCodes,
    /// Two long terms.
    TwoTerms,
}

impl Need {
    /// What gives it, in a word or two.
    pub const fn given_by(self) -> &'static str {
        match self {
            Self::Zones => "--zones",
            Self::OwnCodes => "--own-mcc",
            Self::TwoTerms => "a window of two days",
        }
    }

    /// What to do where it is missing.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::Zones => {
                "say what is counted by: --zones inspire-1km, h3-7 or a file of areas; see `erewhon official list`"
            }
            Self::OwnCodes => {
                "say which codes are this country's, so that others are visitors: for example --own-mcc 214"
            }
            Self::TwoTerms => "ingest records of two days or more: half of a day is no term",
        }
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Zones => "a map of zones",
            Self::OwnCodes => "the codes of this country",
            Self::TwoTerms => "two long terms",
        })
    }
}

impl Inputs {
    /// Whether something that a product may need is here.
    pub fn has(&self, need: Need) -> bool {
        match need {
            Need::Zones => self.zones.is_some(),
            Need::OwnCodes => !self.own.is_empty(),
            Need::TwoTerms => self.terms().is_some(),
        }
    }
}
