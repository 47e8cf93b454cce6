use std::{
    fs::File,
    io::{BufWriter, Write as _},
    path::Path,
    sync::Arc,
};

use datafusion::arrow::{
    array::StringArray,
    csv,
    datatypes::{DataType, Field, Schema, SchemaRef},
    error::ArrowError,
    record_batch::RecordBatch,
};
use erewhon_types::{Error, Kind, Result};
use parquet::{
    arrow::ArrowWriter,
    basic::{Compression, ZstdLevel},
    errors::ParquetError,
    file::{metadata::KeyValue, properties::WriterProperties},
};
use tempfile::NamedTempFile;

/// The column that says in every row how the file is to be handled.
const HANDLING: &str = "handling";

/// What an answer is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Csv,
    Parquet,
}

impl Format {
    /// By the file's ending.
    pub(crate) fn of(file: &Path) -> Result<Self> {
        match file.extension().and_then(|ending| ending.to_str()) {
            Some("csv") => Ok(Self::Csv),
            Some("parquet") => Ok(Self::Parquet),
            _ => Err(Error::usage(format!(
                "`{}` ends neither in .csv nor in .parquet",
                file.display()
            ))
            .with_hint("the ending says what is written")),
        }
    }

    /// Refuses columns that the format can't hold.
    pub(crate) fn check(self, rows: &SchemaRef) -> Result<()> {
        let nested = rows
            .fields()
            .iter()
            .find(|field| field.data_type().is_nested());
        match (self, nested) {
            (Self::Csv, Some(field)) => Err(Error::usage(format!(
                "the column `{}` holds lists or structures, which CSV can't hold",
                field.name()
            ))
            .with_hint("name a file that ends in .parquet")),
            _ => Ok(()),
        }
    }
}

/// An answer on its way to its file, under another name until it is whole.
pub(crate) struct Output {
    writer: Writer,
    file: NamedTempFile,
    schema: SchemaRef,
    handling: String,
}

enum Writer {
    Csv(Box<csv::Writer<BufWriter<File>>>),
    Parquet(Box<ArrowWriter<File>>),
}

impl Output {
    /// Begins a file in `scratch`, which must be on the disk that the file is for.
    pub(crate) fn new(
        format: Format,
        rows: &SchemaRef,
        scratch: &Path,
        handling: &str,
    ) -> Result<Self> {
        let handled = Arc::new(Field::new(HANDLING, DataType::Utf8, false));
        let fields = [handled].into_iter().chain(rows.fields().iter().cloned());
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let failed = |error: std::io::Error| Error::io("write to", scratch, &error);
        let file = NamedTempFile::new_in(scratch).map_err(failed)?;
        let out = file.reopen().map_err(failed)?;
        let writer = match format {
            Format::Csv => Writer::Csv(Box::new(csv::Writer::new(BufWriter::new(out)))),
            Format::Parquet => {
                let mark = KeyValue::new(HANDLING.to_owned(), handling.to_owned());
                let properties = WriterProperties::builder()
                    .set_compression(Compression::ZSTD(ZstdLevel::default()))
                    .set_key_value_metadata(Some(vec![mark]))
                    .build();
                let writer = ArrowWriter::try_new(out, Arc::clone(&schema), Some(properties));
                Writer::Parquet(Box::new(writer.map_err(|error| of_parquet(&error))?))
            }
        };
        let mut output = Self {
            writer,
            file,
            schema,
            handling: handling.to_owned(),
        };
        // The names of the columns are there even where no row is.
        output.write(&RecordBatch::new_empty(Arc::clone(rows)))?;
        Ok(output)
    }

    pub(crate) fn write(&mut self, rows: &RecordBatch) -> Result<()> {
        let marks = std::iter::repeat_n(&self.handling, rows.num_rows());
        let marks = Arc::new(StringArray::from_iter_values(marks));
        let columns = [marks as _]
            .into_iter()
            .chain(rows.columns().iter().cloned());
        let marked = RecordBatch::try_new(Arc::clone(&self.schema), columns.collect());
        let marked = marked.map_err(|error| of_arrow(&error))?;
        match &mut self.writer {
            Writer::Csv(writer) => writer.write(&marked).map_err(|error| of_arrow(&error)),
            Writer::Parquet(writer) => writer.write(&marked).map_err(|error| of_parquet(&error)),
        }
    }

    /// Ends the file, which has no name of its own yet; `path` is for messages.
    pub(crate) fn finish(self, path: &Path) -> Result<NamedTempFile> {
        let failed = |error: &std::io::Error| Error::io("write", path, error);
        match self.writer {
            Writer::Csv(writer) => writer
                .into_inner()
                .flush()
                .map_err(|error| failed(&error))?,
            Writer::Parquet(writer) => {
                writer.close().map_err(|error| of_parquet(&error))?;
            }
        }
        self.file
            .as_file()
            .sync_all()
            .map_err(|error| failed(&error))?;
        Ok(self.file)
    }
}

fn of_parquet(error: &ParquetError) -> Error {
    match error {
        ParquetError::External(source) => source.downcast_ref().map_or_else(not_written, |error| {
            Error::io("write", Path::new("the answer"), error)
        }),
        _ => not_written(),
    }
}

fn of_arrow(error: &ArrowError) -> Error {
    match error {
        ArrowError::IoError(_, error) => Error::io("write", Path::new("the answer"), error),
        _ => not_written(),
    }
}

fn not_written() -> Error {
    Error::new(Kind::Resource, "the answer can't be written")
        .with_hint("check the disk; a column of a type that the format lacks needs a cast to text")
}
