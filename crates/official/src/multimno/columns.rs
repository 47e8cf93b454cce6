use std::path::Path;

use arrow_array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Float32Array, Float64Array, Int8Array,
    Int16Array, Int32Array, Int64Array, ListArray, RecordBatch, StringArray,
    TimestampMicrosecondArray, TimestampMillisecondArray, TimestampNanosecondArray,
    cast::AsArray as _,
};
use arrow_schema::DataType;
use erewhon_types::{Error, Result};
use jiff::civil;

/// Some rows of a table, column by column.
pub struct Columns<'a> {
    path: &'a Path,
    batch: &'a RecordBatch,
}

/// A column of whole numbers of any width, of instants in milliseconds, of numbers, or of texts.
type Values<'a, T> = Box<dyn Fn(usize) -> Option<T> + 'a>;

impl<'a> Columns<'a> {
    pub(super) const fn new(path: &'a Path, batch: &'a RecordBatch) -> Self {
        Self { path, batch }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.batch.num_rows()
    }

    fn array(&self, name: &str) -> Result<&'a ArrayRef> {
        let found = self.batch.column_by_name(name);
        found.ok_or_else(|| Error::internal(format!("column `{name}` was not asked for")))
    }

    fn of_type<T: 'static>(&self, name: &str, what: &str) -> Result<&'a T> {
        let array = self.array(name)?;
        array
            .as_any()
            .downcast_ref()
            .ok_or_else(|| self.other_type(name, what, array))
    }

    fn other_type(&self, name: &str, what: &str, array: &ArrayRef) -> Error {
        Error::input(format!(
            "column `{name}` of `{}` holds {} instead of {what}",
            self.path.display(),
            array.data_type()
        ))
        .with_hint("multimno's own tables are read; check that it is one")
    }

    /// A value that must be there.
    ///
    /// # Errors
    /// Input, when it is missing.
    pub fn there<T>(&self, name: &str, value: Option<T>) -> Result<T> {
        value.ok_or_else(|| {
            Error::input(format!(
                "column `{name}` of `{}` has a gap",
                self.path.display()
            ))
            .with_hint("multimno never leaves it empty; make the table again")
        })
    }

    /// Texts.
    ///
    /// # Errors
    /// Input, when the column holds something else.
    pub fn texts(&self, name: &str) -> Result<&'a StringArray> {
        self.of_type(name, "texts")
    }

    /// Bytes.
    ///
    /// # Errors
    /// Input, when the column holds something else.
    pub fn bytes(&self, name: &str) -> Result<&'a BinaryArray> {
        self.of_type(name, "bytes")
    }

    /// Lists of texts.
    ///
    /// # Errors
    /// Input, when the column holds something else.
    pub fn text_lists(&self, name: &str) -> Result<impl Fn(usize) -> Option<Vec<&'a str>> + 'a> {
        let lists: &ListArray = self.of_type(name, "lists")?;
        let texts: &StringArray = lists
            .values()
            .as_string_opt()
            .ok_or_else(|| self.other_type(name, "lists of texts", lists.values()))?;
        Ok(move |row| {
            let offsets = lists.value_offsets();
            let of_row = offsets[row] as usize..offsets[row + 1] as usize;
            lists
                .is_valid(row)
                .then(|| of_row.map(|at| texts.value(at)).collect())
        })
    }

    /// Whole numbers.
    ///
    /// # Errors
    /// Input, when the column holds something else.
    pub fn whole(&self, name: &str) -> Result<Values<'a, i64>> {
        macro_rules! of {
            ($($array:ty),*) => {{
                let array = self.array(name)?;
                $(if let Some(array) = array.as_any().downcast_ref::<$array>() {
                    return Ok(Box::new(|row| array.is_valid(row).then(|| array.value(row).into())));
                })*
                Err(self.other_type(name, "whole numbers", array))
            }};
        }
        of!(Int32Array, Int64Array, Int16Array, Int8Array)
    }

    /// Dates.
    ///
    /// # Errors
    /// Input, when the column holds something else.
    pub fn dates(&self, name: &str) -> Result<Values<'a, civil::Date>> {
        let array: &Date32Array = self.of_type(name, "dates")?;
        let date = |days: i32| {
            let epoch = civil::date(1970, 1, 1);
            epoch
                .checked_add(jiff::Span::new().try_days(days).ok()?)
                .ok()
        };
        Ok(Box::new(move |row| {
            array
                .is_valid(row)
                .then(|| date(array.value(row)))
                .flatten()
        }))
    }

    /// Truth values.
    ///
    /// # Errors
    /// Input, when the column holds something else.
    pub fn flags(&self, name: &str) -> Result<Values<'a, bool>> {
        let array: &BooleanArray = self.of_type(name, "truth values")?;
        Ok(Box::new(|row| {
            array.is_valid(row).then(|| array.value(row))
        }))
    }

    /// Numbers.
    ///
    /// # Errors
    /// Input, when the column holds something else.
    pub fn numbers(&self, name: &str) -> Result<Values<'a, f64>> {
        let array = self.array(name)?;
        if let Some(array) = array.as_any().downcast_ref::<Float32Array>() {
            return Ok(Box::new(|row| {
                array.is_valid(row).then(|| array.value(row).into())
            }));
        }
        let array: &Float64Array = self.of_type(name, "numbers")?;
        Ok(Box::new(|row| {
            array.is_valid(row).then(|| array.value(row))
        }))
    }

    /// Instants in milliseconds since 1970, taken for UTC: instants, or texts such as
    /// `2023-01-08 23:59:59` as bronze events have.
    ///
    /// # Errors
    /// Input, when the column holds something else.
    pub fn instants_ms(&self, name: &str) -> Result<Values<'a, i64>> {
        let array = self.array(name)?;
        macro_rules! of {
            ($array:ty, $per_ms:expr) => {
                if let Some(array) = array.as_any().downcast_ref::<$array>() {
                    return Ok(Box::new(|row| {
                        array
                            .is_valid(row)
                            .then(|| array.value(row).div_euclid($per_ms))
                    }));
                }
            };
        }
        of!(TimestampNanosecondArray, 1_000_000);
        of!(TimestampMicrosecondArray, 1_000);
        of!(TimestampMillisecondArray, 1);
        if array.data_type() == &DataType::Utf8 {
            let texts = self.texts(name)?;
            return Ok(Box::new(|row| {
                let text = texts.is_valid(row).then(|| texts.value(row))?;
                let at: civil::DateTime = text.parse().ok()?;
                Some(
                    at.to_zoned(jiff::tz::TimeZone::UTC)
                        .ok()?
                        .timestamp()
                        .as_millisecond(),
                )
            }));
        }
        Err(self.other_type(name, "instants", array))
    }
}
