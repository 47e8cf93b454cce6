use crate::{
    HomeNetwork, Mapping,
    digits::push_number,
    mapping::{CellColumns, DeviceColumns, HomeColumns, Quantity, Unit},
};

/// What one column is made of.
pub(crate) enum Source {
    Subscriber,
    Time,
    End,
    Cell,
    /// One of the parts of the cell's id.
    CellPart {
        part: usize,
        of: usize,
    },
    CellRow,
    /// With what stands between whole degrees and their fraction.
    Lat(char),
    Lon(char),
    /// The n-th word of the kind's value.
    Kind(usize),
    /// With the ratio of the column's unit.
    DurationS((u64, u64)),
    AmountMinor((u64, u64)),
    BytesUp((u64, u64)),
    BytesDown((u64, u64)),
    Peer,
    HomeNetwork(NetworkPart),
    Device,
    /// A TAC or IMEI, which an event does not hold.
    Machine,
    /// An IMSI that only tells the network.
    Imsi,
    /// The same in every row.
    Constant(String),
    Nothing,
}

/// How a column tells a network.
#[derive(Clone, Copy)]
pub(crate) enum NetworkPart {
    Whole,
    Country,
    Code,
    Stored,
}

impl NetworkPart {
    pub(crate) fn push(self, network: HomeNetwork, text: &mut Vec<u8>) {
        let whole = network.to_string();
        let (country, code) = whole.split_once('-').unwrap_or_default();
        match self {
            Self::Whole => text.extend_from_slice(whole.as_bytes()),
            Self::Country => text.extend_from_slice(country.as_bytes()),
            Self::Code => text.extend_from_slice(code.as_bytes()),
            Self::Stored => push_number(network.code().into(), text),
        }
    }
}

impl Source {
    /// What a column of a layout is made of.
    pub(crate) fn of(mapping: &Mapping, column: &String) -> Self {
        let is = |name: &Option<String>| name.as_ref() == Some(column);
        if let Some(word) = mapping.kind.columns.iter().position(|c| c == column) {
            Self::Kind(word)
        } else if *column == mapping.time.column {
            Self::Time
        } else if is(&mapping.time.end) {
            Self::End
        } else if is(&mapping.subscriber) {
            Self::Subscriber
        } else if is(&mapping.peer) {
            Self::Peer
        } else {
            place(mapping, column)
                .or_else(|| quantity(mapping, column))
                .or_else(|| trait_of(mapping, column))
                .unwrap_or(Self::Nothing)
        }
    }

    /// What a column is read as.
    pub(crate) const fn meaning(&self) -> &'static str {
        match self {
            Self::Subscriber => "subscriber",
            Self::Time => "time",
            Self::End => "end of the duration",
            Self::Cell | Self::CellRow => "cell",
            Self::CellPart { .. } => "part of the cell",
            Self::Lat(_) => "latitude",
            Self::Lon(_) => "longitude",
            Self::Kind(_) => "kind",
            Self::DurationS(_) => "duration",
            Self::AmountMinor(_) => "amount",
            Self::BytesUp(_) => "bytes up",
            Self::BytesDown(_) => "bytes down",
            Self::Peer => "peer",
            Self::HomeNetwork(_) | Self::Imsi => "home network",
            Self::Device | Self::Machine => "device",
            Self::Constant(_) => "whether the row is wanted",
            Self::Nothing => "ignored",
        }
    }

    pub(crate) const fn is_passed_over(&self) -> bool {
        matches!(self, Self::Nothing)
    }

    /// A field as it may be shown to whoever holds the file: of an id the last three characters, or
    /// the last where there are few, of a machine its type, of an ignored column nothing.
    pub(crate) fn shown(&self, field: &[u8]) -> String {
        let text = String::from_utf8_lossy(field);
        let long = text.chars().count();
        let open = match self {
            Self::Subscriber | Self::Peer | Self::Imsi => {
                long - if long > 6 { 3 } else { 1 }.min(long)..long
            }
            Self::Machine => 0..8.min(long),
            Self::Nothing => 0..0,
            _ => 0..long,
        };
        let masked = text.chars().enumerate().map(
            |(at, letter)| {
                if open.contains(&at) { letter } else { '*' }
            },
        );
        let masked: String = masked.take(80).collect();
        masked.escape_debug().to_string()
    }
}

fn place(mapping: &Mapping, column: &String) -> Option<Source> {
    if let Some(position) = &mapping.position {
        if position.lat == *column {
            return Some(Source::Lat(position.decimal));
        }
        if position.lon == *column {
            return Some(Source::Lon(position.decimal));
        }
    }
    match mapping.cell.as_ref()? {
        CellColumns::Id(id) => (id == column).then_some(Source::Cell),
        CellColumns::Row { row } => (row == column).then_some(Source::CellRow),
        CellColumns::Parts { parts } => {
            let part = parts.iter().position(|part| part == column)?;
            let of = parts.len();
            Some(Source::CellPart { part, of })
        }
        CellColumns::Constant { .. } => None,
    }
}

fn quantity(mapping: &Mapping, column: &str) -> Option<Source> {
    fn ratio<U: Unit>(quantity: Option<&Quantity<U>>, column: &str) -> Option<(u64, u64)> {
        match quantity.filter(|quantity| quantity.column() == column)? {
            Quantity::Plain(_) => Some((1, 1)),
            Quantity::In { unit, .. } => Some(unit.ratio()),
        }
    }
    let duration = ratio(mapping.duration_s.as_ref(), column).map(Source::DurationS);
    let amount = || ratio(mapping.amount_minor.as_ref(), column).map(Source::AmountMinor);
    let up = || ratio(mapping.bytes_up.as_ref(), column).map(Source::BytesUp);
    let down = || ratio(mapping.bytes_down.as_ref(), column).map(Source::BytesDown);
    duration.or_else(amount).or_else(up).or_else(down)
}

fn trait_of(mapping: &Mapping, column: &String) -> Option<Source> {
    let part = match mapping.home_network.as_ref() {
        Some(HomeColumns::Network(name)) if name == column => Some(NetworkPart::Whole),
        Some(HomeColumns::Codes { mcc, .. }) if mcc == column => Some(NetworkPart::Country),
        Some(HomeColumns::Codes { mnc, .. }) if mnc == column => Some(NetworkPart::Code),
        Some(HomeColumns::Code { code }) if code == column => Some(NetworkPart::Stored),
        _ => None,
    };
    if let Some(part) = part {
        return Some(Source::HomeNetwork(part));
    }
    match (&mapping.device, &mapping.home_network) {
        (Some(DeviceColumns::Class(name)), _) if name == column => return Some(Source::Device),
        (Some(DeviceColumns::Tac { tac, .. }), _) if tac == column => return Some(Source::Machine),
        (_, Some(HomeColumns::Imsi { imsi })) if imsi == column => return Some(Source::Imsi),
        _ => {}
    }
    let only = mapping
        .only
        .as_ref()
        .filter(|only| only.column == *column)?;
    only.values.first().cloned().map(Source::Constant)
}

/// Appends a number in another unit, so that reading it, which rounds down, gives it again.
pub(crate) fn push_scaled(value: u64, (times, per): (u64, u64), text: &mut Vec<u8>) {
    push_number((value / times).saturating_mul(per), text);
    let rest = value % times;
    if rest > 0 {
        let places = (times - 1).ilog10() + 1;
        let unit = 10_u64.pow(places);
        let part = (rest * unit).div_ceil(times);
        text.push(b'.');
        let digits = format!("{part:0width$}", width = places as usize);
        text.extend_from_slice(digits.as_bytes());
    }
}
