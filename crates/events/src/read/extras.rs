use std::{collections::HashMap, fs::File, io::BufRead as _, io::BufReader, path::Path};

use erewhon_types::{Error, Result};
use foldhash::fast::FixedState;

use super::{Found, fields::Fields, layout::Layout, text::Text};
use crate::{
    DeviceClass, HomeNetwork, Mapping, Rule,
    digits::{read_decimal, read_number},
    mapping::{DeviceColumns, HomeColumns, Quantity, Unit},
};

/// Turns numbers of one unit into whole ones of another.
#[derive(Clone, Copy)]
pub(crate) struct Scale {
    times: u64,
    per: u64,
}

impl Scale {
    pub(crate) fn new<U: Unit>(quantity: Option<&Quantity<U>>) -> Self {
        let (times, per) = match quantity {
            Some(Quantity::In { unit, .. }) => unit.ratio(),
            _ => (1, 1),
        };
        Self { times, per }
    }

    /// The number in a column, rounded down; 0 where the layout has no such column or the field is
    /// empty.
    #[inline]
    pub(crate) fn read(self, fields: Fields<'_>, column: Option<usize>) -> Found<u64> {
        match column {
            Some(at) => self
                .read_field(fields.text(at))
                .ok_or((Rule::BadNumber, column)),
            None => Ok(0),
        }
    }

    #[inline]
    fn read_field(self, text: Text<'_>) -> Option<u64> {
        if let Self { times: 1, per: 1 } = self
            && let Some(value) = text.short_number()
        {
            return Some(value);
        }
        let text = text.bytes();
        if text.is_empty() {
            return Some(0);
        }
        match self {
            Self { times: 1, per: 1 } => read_number(text),
            Self { times, per } => read_decimal(text, b'.').and_then(|(value, places)| {
                let parts = u128::from(per) * 10_u128.pow(places);
                u64::try_from(u128::from(value) * u128::from(times) / parts).ok()
            }),
        }
    }
}

/// Finds the home network of a row.
pub(crate) enum Homes {
    Fixed(Option<HomeNetwork>),
    Network,
    Codes,
    Imsi,
    Code,
}

impl Homes {
    pub(crate) fn new(mapping: &Mapping) -> Result<Self> {
        Ok(match &mapping.home_network {
            None => Self::Fixed(None),
            Some(HomeColumns::Constant { constant }) => Self::Fixed(Some(constant.parse()?)),
            Some(HomeColumns::Network(_)) => Self::Network,
            Some(HomeColumns::Codes { .. }) => Self::Codes,
            Some(HomeColumns::Imsi { .. }) => Self::Imsi,
            Some(HomeColumns::Code { .. }) => Self::Code,
        })
    }

    /// The home network; `None` where the columns are empty.
    #[inline]
    pub(crate) fn find(&self, fields: Fields<'_>, layout: &Layout) -> Found<Option<HomeNetwork>> {
        if let Self::Fixed(network) = self {
            return Ok(*network);
        }
        let field = |row: usize| {
            layout
                .home_network
                .get(row)
                .map(|column| fields.get(*column))
        };
        let (first, second) = (field(0).unwrap_or_default(), field(1).unwrap_or_default());
        if first.is_empty() {
            return Ok(None);
        }
        let network = match self {
            Self::Fixed(network) => *network,
            Self::Network => {
                let (mcc, rest) = first.split_at(first.len().min(3));
                HomeNetwork::from_digits(mcc, rest.strip_prefix(b"-").unwrap_or(rest))
            }
            Self::Codes => HomeNetwork::from_digits(first, second),
            Self::Imsi => HomeNetwork::from_imsi(first),
            Self::Code => read_number(first)
                .and_then(|code| u32::try_from(code).ok())
                .and_then(HomeNetwork::from_code),
        };
        let column = layout.home_network.first().copied();
        network.map(Some).ok_or((Rule::BadNetwork, column))
    }
}

/// Finds the kind of machine of a row.
pub(crate) enum Devices {
    Fixed(DeviceClass),
    Class,
    Tac(HashMap<[u8; TAC_DIGITS], DeviceClass, FixedState>),
}

/// The first digits of an IMEI, which tell the type of machine (3GPP TS 23.003).
const TAC_DIGITS: usize = 8;

impl Devices {
    pub(crate) fn new(mapping: &Mapping) -> Result<Self> {
        Ok(match &mapping.device {
            None => Self::Fixed(DeviceClass::Unknown),
            Some(DeviceColumns::Constant { constant }) => Self::Fixed(*constant),
            Some(DeviceColumns::Class(_)) => Self::Class,
            Some(DeviceColumns::Tac { list, .. }) => Self::Tac(read_list(list)?),
        })
    }

    /// The class; unknown where the column is empty or the list lacks its TAC.
    #[inline]
    pub(crate) fn find(&self, fields: Fields<'_>, layout: &Layout) -> Found<DeviceClass> {
        let field = || layout.device.map_or(&[][..], |column| fields.get(column));
        match self {
            Self::Fixed(class) => Ok(*class),
            Self::Class if field().is_empty() => Ok(DeviceClass::Unknown),
            Self::Class => class_of(field()).ok_or((Rule::UnknownDevice, layout.device)),
            Self::Tac(classes) => Ok(field()
                .first_chunk()
                .and_then(|tac| classes.get(tac).copied())
                .unwrap_or_default()),
        }
    }
}

/// A class by its name, or by the code it has in the store.
fn class_of(text: &[u8]) -> Option<DeviceClass> {
    let code = || DeviceClass::from_code(u8::try_from(read_number(text)?).ok()?);
    let mut classes = DeviceClass::ALL.into_iter();
    let named = classes.find(|class| class.name().as_bytes() == text);
    named.or_else(code)
}

fn read_list(path: &Path) -> Result<HashMap<[u8; TAC_DIGITS], DeviceClass, FixedState>> {
    let failed = |error: &std::io::Error| Error::io("read the list of devices", path, error);
    let file = File::open(path).map_err(|error| failed(&error))?;
    let mut classes = HashMap::default();
    for (line, number) in BufReader::new(file).lines().zip(1..) {
        let line = line.map_err(|error| failed(&error))?;
        let pair = line.split_once(',').and_then(|(tac, class)| {
            let tac: [u8; TAC_DIGITS] = tac.trim().as_bytes().try_into().ok()?;
            let digits = tac.iter().all(u8::is_ascii_digit);
            Some((tac, class_of(class.trim().as_bytes())?)).filter(|_| digits)
        });
        match pair {
            Some((tac, class)) => _ = classes.insert(tac, class),
            // The first line may name the columns.
            None if number == 1 => {}
            None => {
                let names = DeviceClass::ALL.map(DeviceClass::name).join(", ");
                return Err(Error::input(format!(
                    "line {number} of `{}` is no TAC and class",
                    path.display()
                ))
                .with_hint(format!(
                    "write the eight digits of a TAC, a comma, and one of {names}"
                )));
            }
        }
    }
    Ok(classes)
}
