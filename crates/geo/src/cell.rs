use erewhon_types::{Error, Result};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How the positions of a cell table are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Frame {
    /// WGS 84 longitude and latitude in degrees.
    Geographic,
    /// Metres on a plane of the user's choice.
    Planar,
    /// No positions were given: cells are laid out on a 1 km lattice in file order, so distances
    /// are lattice steps and no map means anything.
    Schematic,
}

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

/// One cell of the network, while it stands at one position.
///
/// All of it is public. A file has no key for a field that is `None`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// The operator's own name of the cell; with its period, unique in its table.
    pub id: String,
    /// Longitude in degrees, or metres east in a planar frame.
    pub x: f64,
    /// Latitude in degrees, or metres north in a planar frame.
    pub y: f64,
    /// The mast it is mounted on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// What it transmits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub radio: Option<Radio>,
    /// Direction of the main lobe in degrees clockwise from north, 0 to 360; `None` when unknown
    /// or all round.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub azimuth_deg: Option<f64>,
    /// How far it is meant to reach, in metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range_m: Option<f64>,
    /// Degrees of the main lobe below the horizon; negative above it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tilt_deg: Option<f64>,
    /// Transmitted power in watts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub power_w: Option<f64>,
    /// The first instant of its period; `None` is ever since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from_utc: Option<Timestamp>,
    /// The first instant after its period; `None` is for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to_utc: Option<Timestamp>,
}

impl Cell {
    /// A cell at a position in degrees.
    pub fn geographic(id: impl Into<String>, lat: f64, lon: f64) -> Self {
        Self {
            id: id.into(),
            x: lon,
            y: lat,
            site: None,
            radio: None,
            azimuth_deg: None,
            range_m: None,
            tilt_deg: None,
            power_w: None,
            valid_from_utc: None,
            valid_to_utc: None,
        }
    }

    /// A cell at a position in metres.
    pub fn planar(id: impl Into<String>, east_m: f64, north_m: f64) -> Self {
        Self::geographic(id, north_m, east_m)
    }

    /// The half-open period in which it is in service, in milliseconds since 1970 UTC.
    pub fn period_utc_ms(&self) -> std::ops::Range<i64> {
        let start = self
            .valid_from_utc
            .map_or(i64::MIN, Timestamp::as_millisecond);
        start
            ..self
                .valid_to_utc
                .map_or(i64::MAX, Timestamp::as_millisecond)
    }
}

/// Mean Earth radius in metres (IUGG).
pub(crate) const EARTH_RADIUS_M: f64 = 6_371_008.8;
