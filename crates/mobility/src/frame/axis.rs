use std::sync::Arc;

use arrow_array::{
    ArrayRef, Date32Array, DictionaryArray, StringArray, UInt8Array, UInt32Array, types::UInt32Type,
};
use arrow_schema::DataType;
use erewhon_types::Calendar;

use super::Period;
use crate::{Public, Zoning};

/// One of the things by which a table counts; it becomes a column.
#[derive(Clone, Debug)]
pub enum Axis {
    /// A zone: column of names.
    Zone(&'static str, Arc<Zoning>),
    /// A local day of the window: column `day` of dates.
    Day,
    /// A week of the window from Monday on: column `week` of the dates of Mondays.
    Week,
    /// A month of the window: column `month` of the dates of first days.
    Month,
    /// An hour of the local clock, 0 to 23, named by its start: column `hour`.
    Hour,
    /// An hour of the local week, 0 to 167, Monday's first is 0: column `hour_of_week`.
    HourOfWeek,
    /// One of the names that a person gave: column of them.
    Name(&'static str, Arc<[String]>),
    /// One of some words.
    Word(&'static str, &'static [&'static str]),
    /// A whole number from 0 up to below the size, which the name says the unit of.
    Number(&'static str, u32),
}

impl Axis {
    /// The column's name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Zone(name, _)
            | Self::Name(name, _)
            | Self::Word(name, _)
            | Self::Number(name, _) => name,
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Hour => "hour",
            Self::HourOfWeek => "hour_of_week",
        }
    }

    /// How many values there are.
    pub fn size(&self, public: &Public<'_>) -> u32 {
        match self {
            Self::Zone(_, zoning) => zoning.len(),
            Self::Day => Period::Day.number(public.calendar),
            Self::Week => Period::Week.number(public.calendar),
            Self::Month => Period::Month.number(public.calendar),
            Self::Hour => 24,
            Self::HourOfWeek => 168,
            Self::Name(_, names) => names.len() as u32,
            Self::Word(_, words) => words.len() as u32,
            Self::Number(_, size) => *size,
        }
    }

    /// The values as text, in their order: what [`Axis::size`] counts.
    pub fn labels(&self, public: &Public<'_>) -> Vec<String> {
        let dates = |period: Period| {
            let begins = |value| period.begins(public.calendar, value).to_string();
            (0..period.number(public.calendar)).map(begins).collect()
        };
        match self {
            Self::Zone(_, zoning) => {
                let names = zoning.names();
                names.iter().flatten().map(str::to_owned).collect()
            }
            Self::Name(_, names) => names.to_vec(),
            Self::Word(_, words) => words.iter().map(|&word| word.to_owned()).collect(),
            Self::Day => dates(Period::Day),
            Self::Week => dates(Period::Week),
            Self::Month => dates(Period::Month),
            Self::Hour | Self::HourOfWeek | Self::Number(..) => {
                let numbers = 0..self.size(public);
                numbers.map(|number| number.to_string()).collect()
            }
        }
    }

    pub(super) fn data_type(&self) -> DataType {
        match self {
            Self::Zone(..) | Self::Name(..) | Self::Word(..) => names_type(),
            Self::Day | Self::Week | Self::Month => DataType::Date32,
            Self::Hour | Self::HourOfWeek => DataType::UInt8,
            Self::Number(..) => DataType::UInt32,
        }
    }

    /// The values as a column; each must be below the size.
    pub(super) fn column(&self, public: &Public<'_>, values: Vec<u32>) -> ArrayRef {
        match self {
            Self::Zone(_, zoning) => named(values, zoning.names()),
            Self::Name(_, names) => named(values, StringArray::from_iter_values(names.iter())),
            Self::Word(_, words) => named(values, StringArray::from_iter_values(words.iter())),
            Self::Day => Arc::new(dates(public.calendar, Period::Day, &values)),
            Self::Week => Arc::new(dates(public.calendar, Period::Week, &values)),
            Self::Month => Arc::new(dates(public.calendar, Period::Month, &values)),
            Self::Hour | Self::HourOfWeek => Arc::new(UInt8Array::from_iter_values(
                values.iter().map(|&v| v as u8),
            )),
            Self::Number(..) => Arc::new(UInt32Array::from(values)),
        }
    }
}

/// The dates on which periods of the window begin.
fn dates(calendar: &Calendar, period: Period, values: &[u32]) -> Date32Array {
    let epoch = jiff::civil::date(1970, 1, 1);
    let begins = |value: u32| {
        let date = period.begins(calendar, value);
        (date.duration_since(epoch).as_hours() / 24) as i32
    };
    let all: Vec<i32> = (0..period.number(calendar)).map(begins).collect();
    Date32Array::from_iter_values(values.iter().map(|&value| all[value as usize]))
}

pub(super) fn names_type() -> DataType {
    DataType::Dictionary(Box::new(DataType::UInt32), Box::new(DataType::Utf8))
}

/// A column of words, each told by its place among the names.
pub(super) fn named(values: impl Into<UInt32Array>, names: StringArray) -> ArrayRef {
    // The places are in range, so that nothing is refused.
    let column = DictionaryArray::<UInt32Type>::try_new(values.into(), Arc::new(names));
    column.map_or_else(
        |_| arrow_array::new_null_array(&names_type(), 0),
        |column| Arc::new(column) as ArrayRef,
    )
}
