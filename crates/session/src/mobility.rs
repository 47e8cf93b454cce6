use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use arrow_array::{ArrayRef, RecordBatch, StringArray, cast::AsArray, types::UInt64Type};
use arrow_schema::{DataType, Field, Schema};
use erewhon_dp::Exact;
use erewhon_events::Gathered;
use erewhon_govern::INTERNAL_MARK;
use erewhon_mobility::{AnyReducer, Definitions, Public};
use erewhon_store::Fields;
use erewhon_types::{Error, Kind, Result};
use parquet::{
    arrow::ArrowWriter,
    basic::{Compression, ZstdLevel},
    file::{metadata::KeyValue, properties::WriterProperties},
};
use tempfile::NamedTempFile;

use crate::{Asker, Session, Vault};

/// Families of exact numbers about subscribers, still to be computed.
///
/// Of a store's subscribers there is none outside this crate: [`Session::export_mobility`] is the door.
pub struct MobilityRun<'s> {
    source: Source<'s>,
    public: Public<'s>,
    families: Vec<Box<dyn AnyReducer>>,
}

enum Source<'s> {
    Store(&'s Session, Fields),
    Gathered(&'s Gathered),
}

/// What exact tables are written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableFormat {
    /// Comma-separated text whose every row says INTERNAL.
    Csv,
    /// Parquet that says INTERNAL under the key `handling` of its footer.
    Parquet,
}

impl Session {
    /// Computes families over the whole store and writes each to a file of its name in a directory for
    /// internal files, after who asks and why is on record with `what`.
    ///
    /// # Errors
    /// Refused, when the vault is not that of the records; data, when a file of the store is not what was
    /// committed; resource, when the ledger or a file can't be written.
    pub fn export_mobility(
        &self,
        (vault, asker, what): (&Vault, &Asker, &str),
        families: Vec<Box<dyn AnyReducer>>,
        (dir, format): (&Path, TableFormat),
    ) -> Result<Vec<PathBuf>> {
        self.check()?;
        let pass = Exact::new(self.pass(families));
        self.export(vault, asker, what, pass)?.write(dir, format)
    }

    /// Computes families over the whole store and forgets what they say, to see how long it takes.
    ///
    /// # Errors
    /// What reading the store fails with.
    pub fn time_mobility(&self, families: Vec<Box<dyn AnyReducer>>) -> Result<()> {
        self.pass(families).each(&mut |_, _| Ok(()))
    }

    fn pass(&self, families: Vec<Box<dyn AnyReducer>>) -> MobilityRun<'_> {
        let fields = if families.iter().all(|family| family.places_alone()) {
            Fields::Places
        } else {
            Fields::All
        };
        MobilityRun {
            source: Source::Store(self, fields),
            public: self.public(),
            families,
        }
    }
}

impl<'s> MobilityRun<'s> {
    /// Sets up a pass over events that are no store's.
    pub const fn gathered(
        events: &'s Gathered,
        public: Public<'s>,
        families: Vec<Box<dyn AnyReducer>>,
    ) -> Self {
        Self {
            source: Source::Gathered(events),
            public,
            families,
        }
    }

    /// Computes; `each` is called with the place of a family and a batch of its result.
    ///
    /// # Errors
    /// What reading the store or `each` fails with.
    pub fn each(
        &self,
        each: &mut (dyn FnMut(usize, RecordBatch) -> Result<()> + Send),
    ) -> Result<()> {
        let rules = &Definitions::DEFAULT;
        match self.source {
            Source::Store(session, fields) => {
                let parts = session.source()?.with_fields(fields).ranges();
                erewhon_mobility::run(&parts, &self.public, rules, &self.families, each)
            }
            Source::Gathered(events) => {
                erewhon_mobility::run(&events.parts(), &self.public, rules, &self.families, each)
            }
        }
    }

    /// Computes, and writes each family to a file of its name in a directory for internal files.
    ///
    /// Files appear when all are whole. A family that has nothing to say has no file, and an earlier
    /// one of it goes.
    ///
    /// # Errors
    /// What reading the store fails with; resource, when the disk refuses.
    pub fn write(&self, dir: &Path, format: TableFormat) -> Result<Vec<PathBuf>> {
        fs::create_dir_all(dir).map_err(|error| Error::io("make", dir, &error))?;
        let mut files: Vec<Option<Writer>> = self.families.iter().map(|_| None).collect();
        self.each(&mut |place, batch| {
            let Some(file) = files.get_mut(place) else {
                return Err(Error::internal("a batch of no family"));
            };
            let file = match file {
                Some(file) => file,
                None => file.insert(Writer::create(dir, format, &batch)?),
            };
            file.write(&batch)
        })?;
        let mut written = Vec::new();
        for (family, file) in self.families.iter().zip(files) {
            let path = dir.join(format.file_name(family.name()));
            match file {
                Some(file) => written.push((file.finish()?, path)),
                None if path.exists() => {
                    fs::remove_file(&path).map_err(|error| Error::io("remove", &path, &error))?;
                }
                None => {}
            }
        }
        for (file, path) in &mut written {
            file.persist_to(path)?;
        }
        Ok(written.into_iter().map(|(_, path)| path).collect())
    }
}

impl TableFormat {
    fn file_name(self, family: &str) -> String {
        match self {
            Self::Csv => format!("{family}.csv"),
            Self::Parquet => format!("{family}.parquet"),
        }
    }
}

/// A file that is written under another name.
enum Writer {
    Csv(Box<arrow_csv::Writer<NamedTempFile>>),
    Parquet(Box<ArrowWriter<NamedTempFile>>),
}

/// A whole file that still has its other name.
struct Whole(Option<NamedTempFile>);

impl Whole {
    fn persist_to(&mut self, path: &Path) -> Result<()> {
        let Some(file) = self.0.take() else {
            return Ok(());
        };
        let failed = |error: &std::io::Error| Error::io("write", path, error);
        file.as_file().sync_all().map_err(|error| failed(&error))?;
        file.persist(path).map_err(|error| failed(&error.error))?;
        Ok(())
    }
}

impl Writer {
    fn create(dir: &Path, format: TableFormat, batch: &RecordBatch) -> Result<Self> {
        let file = NamedTempFile::new_in(dir).map_err(|error| Error::io("write", dir, &error))?;
        match format {
            TableFormat::Csv => Ok(Self::Csv(Box::new(arrow_csv::Writer::new(file)))),
            TableFormat::Parquet => {
                let mark = KeyValue::new("handling".to_owned(), INTERNAL_MARK.to_owned());
                let properties = WriterProperties::builder()
                    .set_compression(Compression::ZSTD(ZstdLevel::default()))
                    .set_key_value_metadata(Some(vec![mark]))
                    .set_created_by("erewhon".to_owned())
                    .build();
                let writer = ArrowWriter::try_new(file, batch.schema(), Some(properties));
                Ok(Self::Parquet(Box::new(writer.map_err(|e| refused(&e))?)))
            }
        }
    }

    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        match self {
            Self::Csv(file) => write_text(file, batch),
            Self::Parquet(file) => file.write(batch).map_err(|error| refused(&error)),
        }
    }

    fn finish(self) -> Result<Whole> {
        let file = match self {
            Self::Csv(file) => file.into_inner(),
            Self::Parquet(file) => file.into_inner().map_err(|error| refused(&error))?,
        };
        Ok(Whole(Some(file)))
    }
}

fn refused(error: &dyn std::error::Error) -> Error {
    Error::new(
        Kind::Resource,
        format!("can't write an exact table: {error}"),
    )
}

/// Rows that are made text at once.
const TEXT_ROWS: usize = 1 << 16;

fn write_text(file: &mut arrow_csv::Writer<NamedTempFile>, batch: &RecordBatch) -> Result<()> {
    // An empty table still has a header.
    for from in (0..batch.num_rows().max(1)).step_by(TEXT_ROWS) {
        let rows = TEXT_ROWS.min(batch.num_rows() - from);
        file.write(&as_text(&batch.slice(from, rows))?)
            .map_err(|error| refused(&error))?;
    }
    Ok(())
}

/// The batch as text will show it: each row says INTERNAL, and pseudonyms are hexadecimal digits, since
/// spreadsheets round numbers of 64 bits.
fn as_text(batch: &RecordBatch) -> Result<RecordBatch> {
    let marks = std::iter::repeat_n(INTERNAL_MARK, batch.num_rows());
    let mut fields = vec![Arc::new(Field::new("handling", DataType::Utf8, false))];
    let mut columns: Vec<ArrayRef> = vec![Arc::new(StringArray::from_iter_values(marks))];
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        match column.as_primitive_opt::<UInt64Type>() {
            Some(pseudonyms) if field.name() == "subscriber" => {
                let digits = pseudonyms
                    .values()
                    .iter()
                    .map(|bits| format!("{bits:016x}"));
                fields.push(Arc::new(Field::new("subscriber", DataType::Utf8, false)));
                columns.push(Arc::new(StringArray::from_iter_values(digits)));
            }
            _ => {
                fields.push(Arc::clone(field));
                columns.push(Arc::clone(column));
            }
        }
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(|error| refused(&error))
}
