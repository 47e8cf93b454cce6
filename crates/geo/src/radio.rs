use erewhon_types::{Error, Result};
use serde::{Deserialize, Serialize};

/// What a cell transmits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Radio {
    /// 2G, with GPRS and EDGE.
    Gsm,
    /// IS-95 and CDMA2000.
    Cdma,
    /// 3G, with HSPA.
    Umts,
    /// 4G.
    Lte,
    /// Narrowband IoT.
    NbIot,
    /// 5G.
    Nr,
}

impl Radio {
    /// The name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gsm => "gsm",
            Self::Cdma => "cdma",
            Self::Umts => "umts",
            Self::Lte => "lte",
            Self::NbIot => "nbiot",
            Self::Nr => "nr",
        }
    }
}

impl std::str::FromStr for Radio {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let word: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
        match word.to_ascii_lowercase().as_str() {
            "gsm" | "2g" | "gprs" | "edge" => Ok(Self::Gsm),
            "cdma" | "cdma2000" => Ok(Self::Cdma),
            "umts" | "3g" | "wcdma" | "utran" | "hspa" => Ok(Self::Umts),
            "lte" | "4g" | "ltea" | "eutran" => Ok(Self::Lte),
            "nbiot" => Ok(Self::NbIot),
            "nr" | "5g" | "5gnr" | "5gsa" | "5gnsa" => Ok(Self::Nr),
            _ => Err(Error::input(format!("`{text}` is no radio technology"))
                .with_hint("gsm, cdma, umts, lte, nbiot, nr, or 2g to 5g")),
        }
    }
}
