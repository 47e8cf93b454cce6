use std::io::Write as _;

use parquet::{
    column::reader::{ColumnReader, ColumnReaderImpl},
    data_type::DataType,
    errors::ParquetError,
};

use super::{Form, Rows};
use crate::read::fields::MAX_ROW_BYTES;

type Outcome<T> = Result<T, ParquetError>;

/// A column of a row group, read on from where the last reading stopped.
pub(crate) struct Column {
    reader: ColumnReader,
    form: Form,
    there: Vec<i16>,
}

impl Column {
    pub(crate) const fn new(reader: ColumnReader, form: Form) -> Self {
        Self {
            reader,
            form,
            there: Vec::new(),
        }
    }

    /// Writes the next values into the rows' column `at` of `width`.
    pub(crate) fn read(&mut self, rows: &mut Rows, at: usize, width: usize) -> Outcome<()> {
        let (form, there) = (self.form, &mut self.there);
        let place = Place {
            rows,
            there,
            at,
            width,
        };
        match &mut self.reader {
            ColumnReader::BoolColumnReader(reader) => {
                place.fill(reader, |value, text| push(text, value))
            }
            ColumnReader::Int32ColumnReader(reader) => place.fill(reader, |value, text| {
                form.push_whole((*value).into(), value.cast_unsigned().into(), text);
            }),
            ColumnReader::Int64ColumnReader(reader) => place.fill(reader, |value, text| {
                form.push_whole(*value, value.cast_unsigned(), text);
            }),
            ColumnReader::Int96ColumnReader(reader) => place.fill(reader, |value, text| {
                form.push_whole(value.to_millis(), 0, text);
            }),
            ColumnReader::FloatColumnReader(reader) => {
                place.fill(reader, |value, text| push(text, value))
            }
            ColumnReader::DoubleColumnReader(reader) => {
                place.fill(reader, |value, text| push(text, value))
            }
            ColumnReader::ByteArrayColumnReader(reader) => place.fill(reader, |value, text| {
                form.push_bytes(limited(value.data()), text);
            }),
            ColumnReader::FixedLenByteArrayColumnReader(reader) => {
                place.fill(reader, |value, text| {
                    form.push_bytes(limited(value.data()), text);
                })
            }
        }
    }
}

/// So much of a value that it is too long where it is too long.
fn limited(value: &[u8]) -> &[u8] {
    &value[..value.len().min(MAX_ROW_BYTES + 1)]
}

fn push(text: &mut Vec<u8>, value: &dyn std::fmt::Display) {
    // Writing to a vector can't fail.
    let _ = write!(text, "{value}");
}

/// Where values go.
struct Place<'a> {
    rows: &'a mut Rows,
    there: &'a mut Vec<i16>,
    at: usize,
    width: usize,
}

impl Place<'_> {
    fn fill<T: DataType>(
        self,
        reader: &mut ColumnReaderImpl<T>,
        push: impl Fn(&T::T, &mut Vec<u8>),
    ) -> Outcome<()> {
        let Rows {
            rows,
            bytes,
            spans,
            row_bytes,
            ..
        } = self.rows;
        let mut values = Vec::new();
        self.there.clear();
        let (read, _, _) = reader.read_records(*rows, Some(self.there), None, &mut values)?;
        if read != *rows {
            return Err(ParquetError::EOF(
                "a column ends before its group".to_owned(),
            ));
        }
        let mut values = values.iter();
        let spans = spans.iter_mut().skip(self.at).step_by(self.width);
        for (row, (span, row_bytes)) in spans.zip(row_bytes).enumerate() {
            if self.there.get(row) == Some(&0) {
                continue;
            }
            let value = values.next();
            let value =
                value.ok_or_else(|| ParquetError::EOF("a column lacks values".to_owned()))?;
            if *row_bytes > MAX_ROW_BYTES {
                continue;
            }
            let start = bytes.len();
            push(value, bytes);
            *row_bytes += bytes.len() - start;
            if *row_bytes > MAX_ROW_BYTES {
                bytes.truncate(start);
            }
            *span = (start as u32, bytes.len() as u32);
        }
        Ok(())
    }
}
