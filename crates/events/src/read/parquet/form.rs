use std::io::Write as _;

use parquet::{
    basic::{ConvertedType, LogicalType, TimeUnit, Type},
    schema::types::ColumnDescriptor,
};

use crate::digits::push_time_s;

/// How the values of a column are written as text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Text,
    /// Bytes that are no text, as lower-case hexadecimal.
    Hex,
    Whole,
    Unsigned,
    Decimal,
    /// Whole numbers of such a power of ten: money.
    Scaled {
        places: u8,
    },
    Truth,
    /// RFC 3339, with a `Z` where the column says that its times are UTC.
    Time {
        per_ms: i64,
        utc: bool,
    },
    /// Days since 1970.
    Date,
}

impl Form {
    /// The form of a column; `None` for lists, structures and what no field has.
    pub(crate) fn of(column: &ColumnDescriptor) -> Option<Self> {
        use ConvertedType as C;
        if column.max_rep_level() > 0 || column.path().parts().len() > 1 {
            return None;
        }
        let time = |per_ms, utc| Some(Self::Time { per_ms, utc });
        let whole = match (column.logical_type_ref(), column.converted_type()) {
            (Some(LogicalType::Timestamp(stamp)), _) => {
                let per_ms = match stamp.unit {
                    TimeUnit::MILLIS => 1,
                    TimeUnit::MICROS => 1_000,
                    TimeUnit::NANOS => 1_000_000,
                };
                return time(per_ms, stamp.is_adjusted_to_u_t_c);
            }
            (Some(LogicalType::Integer(int)), _) => Some(int.is_signed),
            (None, C::TIMESTAMP_MILLIS) => return time(1, true),
            (None, C::TIMESTAMP_MICROS) => return time(1_000, true),
            (None, C::UINT_8 | C::UINT_16 | C::UINT_32 | C::UINT_64) => Some(false),
            (None, C::INT_8 | C::INT_16 | C::INT_32 | C::INT_64 | C::NONE) => Some(true),
            (Some(LogicalType::Date), _) | (None, C::DATE) => return Some(Self::Date),
            (Some(LogicalType::Decimal(_)), _) | (None, C::DECIMAL) => {
                let places = u8::try_from(column.type_scale()).ok()?;
                return (places <= MOST_PLACES).then_some(Self::Scaled { places });
            }
            _ => None,
        };
        match column.physical_type() {
            Type::BOOLEAN => Some(Self::Truth),
            Type::INT32 | Type::INT64 if whole == Some(true) => Some(Self::Whole),
            Type::INT32 | Type::INT64 if whole == Some(false) => Some(Self::Unsigned),
            Type::INT96 => time(1, true),
            Type::FLOAT | Type::DOUBLE => Some(Self::Decimal),
            Type::BYTE_ARRAY | Type::FIXED_LEN_BYTE_ARRAY => {
                match (column.logical_type_ref(), column.converted_type()) {
                    (Some(LogicalType::String | LogicalType::Enum | LogicalType::Json), _)
                    | (None, C::UTF8 | C::ENUM | C::JSON) => Some(Self::Text),
                    (Some(LogicalType::Uuid), _) | (None, C::NONE) => Some(Self::Hex),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    pub(crate) const fn is_time(self) -> bool {
        matches!(self, Self::Time { .. } | Self::Date)
    }

    /// Appends a whole number of the column.
    pub(crate) fn push_whole(self, value: i64, unsigned: u64, text: &mut Vec<u8>) {
        // Writing to a vector can't fail.
        let _ = match self {
            Self::Unsigned => write!(text, "{unsigned}"),
            Self::Time { per_ms, utc } => {
                push_time(value.div_euclid(per_ms), utc, text);
                Ok(())
            }
            Self::Date => {
                push_time(value.saturating_mul(86_400_000), false, text);
                Ok(())
            }
            Self::Scaled { places } => {
                push_scaled(value.into(), places, text);
                Ok(())
            }
            _ => write!(text, "{value}"),
        };
    }

    /// Appends bytes of the column.
    pub(crate) fn push_bytes(self, value: &[u8], text: &mut Vec<u8>) {
        if self == Self::Text {
            text.extend_from_slice(value);
            return;
        }
        if let Self::Scaled { places } = self {
            match signed(value) {
                Some(number) => push_scaled(number, places, text),
                // No reader takes that for a number.
                None if !value.is_empty() => text.extend_from_slice(b"over 128 bits"),
                None => {}
            }
            return;
        }
        for byte in value {
            let _ = write!(text, "{byte:02x}");
        }
    }
}

/// Places after the point that a number of 128 bits may have.
const MOST_PLACES: u8 = 38;

/// A number whose first byte is its highest and has the sign; `None` for one of over 128 bits, and for nothing.
fn signed(bytes: &[u8]) -> Option<i128> {
    let sign = if bytes.first()? & 0x80 == 0 { 0 } else { 0xff };
    let (above, low) = bytes.split_at(bytes.len().saturating_sub(16));
    let mut all = [sign; 16];
    all[16 - low.len()..].copy_from_slice(low);
    let number = i128::from_be_bytes(all);
    let fits = above.iter().all(|&byte| byte == sign) && (number < 0) == (sign != 0);
    fits.then_some(number)
}

/// A number with its point, without noughts at its end.
fn push_scaled(number: i128, places: u8, text: &mut Vec<u8>) {
    let unit = 10_u128.pow(places.into());
    let (whole, part) = (number.unsigned_abs() / unit, number.unsigned_abs() % unit);
    let sign = if number < 0 { "-" } else { "" };
    let _ = write!(text, "{sign}{whole}");
    if part > 0 {
        let digits = format!("{part:0width$}", width = places.into());
        let _ = write!(text, ".{}", digits.trim_end_matches('0'));
    }
}

/// A time as RFC 3339, with milliseconds where it has some; beyond four digits of year a number,
/// which is no time.
fn push_time(ms: i64, utc: bool, text: &mut Vec<u8>) {
    if !(-62_167_219_200_000..253_402_207_200_000).contains(&ms) {
        let _ = write!(text, "{ms}");
        return;
    }
    push_time_s(ms.div_euclid(1_000), text);
    text.pop();
    let part = ms.rem_euclid(1_000);
    if part > 0 {
        let _ = write!(text, ".{part:03}");
    }
    if utc {
        text.push(b'Z');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scaled_numbers_keep_sign_size_and_places() {
        let long = |sign: u8, low: u8| [vec![sign; 20], vec![low]].concat();
        let (most, least) = (i128::MAX.to_be_bytes(), i128::MIN.to_be_bytes());
        for (bytes, places, text) in [
            (vec![], 2, ""),
            (vec![0], 2, "0"),
            (vec![0x04, 0xe2], 2, "12.5"),
            (vec![0x04, 0xe2], 0, "1250"),
            (vec![0x04, 0xe2], 6, "0.00125"),
            (vec![0xff], 2, "-0.01"),
            (long(0, 0x12), 0, "18"),
            (long(0xff, 0xfe), 0, "-2"),
            (
                most.to_vec(),
                38,
                "1.70141183460469231731687303715884105727",
            ),
            (
                least.to_vec(),
                0,
                "-170141183460469231731687303715884105728",
            ),
            ([&[0_u8][..], &least].concat(), 0, "over 128 bits"),
            ([&[1_u8][..], &most].concat(), 0, "over 128 bits"),
        ] {
            let mut said = Vec::new();
            Form::Scaled { places }.push_bytes(&bytes, &mut said);
            assert_eq!(String::from_utf8(said).unwrap(), text, "{bytes:?}");
        }
    }
}
