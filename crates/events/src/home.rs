use std::{fmt, num::NonZeroU32, str::FromStr};

use erewhon_types::{Error, Result};
use serde::{Deserialize, Serialize};

use crate::digits::are_digits;

/// The home network of a phone: mobile country code and mobile network code (ITU-T E.212).
///
/// Two and three digits of network code are different networks: `310-03` is not `310-003`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HomeNetwork(NonZeroU32);

/// `mcc * 2,000 + mnc`, with 1,000 more where the network code has three digits.
const PER_COUNTRY: u32 = 2_000;
const THREE_DIGITS: u32 = 1_000;

/// Mobile country codes whose networks mostly have three digits.
const THREE_DIGIT_COUNTRIES: [u16; 31] = [
    302, 310, 311, 312, 313, 314, 315, 316, 330, 334, 338, 342, 344, 346, 348, 352, 354, 356, 358,
    360, 365, 366, 374, 376, 405, 441, 708, 722, 732, 738, 750,
];

impl HomeNetwork {
    /// A network by its digits; `None` unless the country has three and the network two or three.
    pub fn from_digits(mcc: &[u8], mnc: &[u8]) -> Option<Self> {
        let three = match (mcc.len(), mnc.len()) {
            (3, 2) => 0,
            (3, 3) => THREE_DIGITS,
            _ => return None,
        };
        let number = |digits: &[u8]| {
            digits.iter().try_fold(0, |n, d| {
                d.is_ascii_digit().then(|| n * 10 + u32::from(d - b'0'))
            })
        };
        let code = number(mcc)? * PER_COUNTRY + number(mnc)? + three;
        NonZeroU32::new(code).map(Self)
    }

    /// The network of an IMSI by its first digits; `None` for what is no IMSI of 6 to 15 digits.
    ///
    /// How many digits the network code has follows from the country (ITU-T E.212); where a country
    /// has both, the way of most of its networks is taken.
    pub fn from_imsi(imsi: &[u8]) -> Option<Self> {
        let (mcc, rest) = imsi.split_at_checked(3)?;
        let digits = are_digits(imsi) && (6..=15).contains(&imsi.len());
        let country = mcc
            .iter()
            .fold(0, |n, d| n * 10 + u16::from(d.wrapping_sub(b'0')));
        let length = if THREE_DIGIT_COUNTRIES.contains(&country) {
            3
        } else {
            2
        };
        Self::from_digits(mcc, rest.get(..length)?).filter(|_| digits)
    }

    /// The network of a code that [`HomeNetwork::code`] gave; `None` for any other number.
    pub fn from_code(code: u32) -> Option<Self> {
        let network = NonZeroU32::new(code).map(Self)?;
        let two_digits_fit = network.three_digits() || network.mnc() < 100;
        (network.mcc() < 1_000 && two_digits_fit).then_some(network)
    }

    /// The code of the network in the store; never 0.
    pub const fn code(self) -> u32 {
        self.0.get()
    }

    /// Mobile country code, 0 to 999.
    pub const fn mcc(self) -> u32 {
        self.code() / PER_COUNTRY
    }

    /// Mobile network code, 0 to 999.
    pub const fn mnc(self) -> u32 {
        self.code() % PER_COUNTRY % THREE_DIGITS
    }

    const fn three_digits(self) -> bool {
        self.code() % PER_COUNTRY >= THREE_DIGITS
    }
}

impl fmt::Display for HomeNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = if self.three_digits() { 3 } else { 2 };
        write!(f, "{:03}-{:0width$}", self.mcc(), self.mnc())
    }
}

impl FromStr for HomeNetwork {
    type Err = Error;

    /// Reads `MCC-MNC`, or the same digits without the dash.
    fn from_str(text: &str) -> Result<Self> {
        let (mcc, rest) = text.as_bytes().split_at(text.len().min(3));
        let mnc = rest.strip_prefix(b"-").unwrap_or(rest);
        Self::from_digits(mcc, mnc).ok_or_else(|| {
            Error::input(format!("`{text}` is not a network"))
                .with_hint("write MCC-MNC, for example `262-01`")
        })
    }
}

/// What kind of machine a phone number sits in, by its type allocation code.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum DeviceClass {
    /// Nothing is known.
    #[default]
    Unknown,
    /// A telephone that a person carries.
    Phone,
    /// A tablet.
    Tablet,
    /// A watch or another thing that is worn.
    Wearable,
    /// A router, a dongle or a fixed wireless terminal.
    Modem,
    /// A meter, a payment terminal, a vehicle: no person.
    Machine,
}

impl DeviceClass {
    /// All classes, in the order of their codes.
    pub const ALL: [Self; 6] = [
        Self::Unknown,
        Self::Phone,
        Self::Tablet,
        Self::Wearable,
        Self::Modem,
        Self::Machine,
    ];

    /// The class's name in files and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Phone => "phone",
            Self::Tablet => "tablet",
            Self::Wearable => "wearable",
            Self::Modem => "modem",
            Self::Machine => "machine",
        }
    }

    /// The code of the class in the store.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The class of a code; `None` for a code that no class has.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_keep_their_digits() {
        for text in ["262-01", "310-003", "310-03", "001-01", "999-999"] {
            let network: HomeNetwork = text.parse().unwrap();
            assert_eq!(network.to_string(), text);
            assert_eq!(HomeNetwork::from_code(network.code()), Some(network));
            assert_eq!(
                text.replace('-', "").parse::<HomeNetwork>().unwrap(),
                network
            );
        }
        for text in [
            "", "262", "262-1", "26-01", "262-0001", "2620-1", "26a-01", "ää-01",
        ] {
            assert!(text.parse::<HomeNetwork>().is_err(), "{text}");
        }
        for code in [0, 1_000 * PER_COUNTRY, 262 * PER_COUNTRY + 100] {
            assert_eq!(HomeNetwork::from_code(code), None, "{code}");
        }
    }

    #[test]
    fn an_imsi_begins_with_its_network() {
        for (imsi, network) in [
            ("262011234567890", Some("262-01")),
            ("310260123456789", Some("310-260")),
            ("26201", None),
            ("2620112345678901", None),
            ("26201123456789a", None),
            ("", None),
        ] {
            let read = HomeNetwork::from_imsi(imsi.as_bytes());
            assert_eq!(read.map(|n| n.to_string()).as_deref(), network, "{imsi}");
        }
    }

    #[test]
    fn classes_keep_their_codes() {
        for (code, class) in DeviceClass::ALL.into_iter().enumerate() {
            assert_eq!(usize::from(class.code()), code);
            assert_eq!(DeviceClass::from_code(code as u8), Some(class));
        }
    }
}
