use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use arrow_array::{ArrayRef, RecordBatch, StringArray, cast::AsArray, types::UInt64Type};
use arrow_schema::{DataType, Field, Schema};
use erewhon_dp::Exact;
use erewhon_events::Gathered;
use erewhon_govern::INTERNAL_MARK;
use erewhon_mobility::{AnyReducer, Definitions, Public};
use erewhon_store::{Fields, StoreSource};
use erewhon_types::{Error, Kind, Result};
use parquet::{
    arrow::ArrowWriter,
    basic::{Compression, ZstdLevel},
    file::{metadata::KeyValue, properties::WriterProperties},
};
use tempfile::TempDir;

use crate::{Asker, Session, Vault, write_atomically};

/// Families of exact numbers about subscribers, still to be computed.
///
/// Of a store's subscribers there is none outside this crate: [`Session::export_mobility`] is the door.
pub struct MobilityRun<'s> {
    source: Source<'s>,
    public: Public<'s>,
    families: Vec<Box<dyn AnyReducer>>,
    definitions: Definitions,
}

/// A directory of tables that are computed in one pass.
pub struct TableSet<'a> {
    /// The directory; its parent is made where it is missing.
    pub dir: &'a Path,
    /// What the tables are written as.
    pub format: TableFormat,
    /// Whether a directory that is there is replaced, with all that it holds.
    pub overwrite: bool,
}

enum Source<'s> {
    Store(StoreSource),
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
    /// Usage, when a definition is out of range, or the directory is there and not to be replaced;
    /// refused, when the vault is not that of the records; data, when a file of the store is not what
    /// was committed; resource, when the ledger or a file can't be written.
    pub fn export_mobility(
        &self,
        (vault, asker, what): (&Vault, &Asker, &str),
        families: Vec<Box<dyn AnyReducer>>,
        definitions: &Definitions,
        set: &TableSet<'_>,
    ) -> Result<Vec<PathBuf>> {
        definitions.check()?;
        set.check()?;
        let pass = Exact::new(self.pass(self.records()?, families, *definitions));
        self.export(vault, asker, what, pass)?.write(set)
    }

    /// Computes families over the whole store and forgets what they say, to see how long it takes.
    ///
    /// # Errors
    /// What reading the store fails with.
    pub fn time_mobility(&self, families: Vec<Box<dyn AnyReducer>>) -> Result<()> {
        self.pass(self.unchecked()?, families, Definitions::DEFAULT)
            .each(&mut |_, _| Ok(()))
    }

    fn pass(
        &self,
        records: StoreSource,
        families: Vec<Box<dyn AnyReducer>>,
        definitions: Definitions,
    ) -> MobilityRun<'_> {
        let fields = if families.iter().all(|family| family.places_alone()) {
            Fields::Places
        } else {
            Fields::All
        };
        MobilityRun {
            source: Source::Store(records.with_fields(fields)),
            public: self.public(),
            families,
            definitions,
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
            definitions: Definitions::DEFAULT,
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
        let rules = &self.definitions;
        match &self.source {
            Source::Store(records) => {
                let parts = records.ranges();
                erewhon_mobility::run(&parts, &self.public, rules, &self.families, each)
            }
            Source::Gathered(events) => {
                erewhon_mobility::run(&events.parts(), &self.public, rules, &self.families, each)
            }
        }
    }

    /// Computes, and writes a directory: each family to a file of its name, and `definitions.toml`.
    ///
    /// It is written under another name beside its own and renamed when all is whole, so that it holds
    /// the tables of one pass, whatever stops it: an earlier directory, or none, or the new one. A family
    /// that has nothing to say has no file.
    ///
    /// # Errors
    /// Usage, when the directory is there and not to be replaced; what reading the store fails with;
    /// resource, when the disk refuses.
    pub fn write(&self, set: &TableSet<'_>) -> Result<Vec<PathBuf>> {
        set.check()?;
        let beside = set.dir.parent().unwrap_or_else(|| Path::new("."));
        fs::create_dir_all(beside).map_err(|error| Error::io("make", beside, &error))?;
        let made = scratch(beside)?;
        let mut files: Vec<Option<Writer>> = self.families.iter().map(|_| None).collect();
        self.each(&mut |place, batch| {
            let Some(file) = files.get_mut(place) else {
                return Err(Error::internal("a batch of no family"));
            };
            let file = match file {
                Some(file) => file,
                None => {
                    let name = set.format.file_name(self.families[place].name());
                    file.insert(Writer::create(&made.path().join(name), set.format, &batch)?)
                }
            };
            file.write(&batch)
        })?;
        let mut written = Vec::new();
        for (family, file) in self.families.iter().zip(files) {
            let Some(file) = file else { continue };
            let file = file.finish()?;
            let path = set.dir.join(set.format.file_name(family.name()));
            file.sync_all()
                .map_err(|error| Error::io("write", &path, &error))?;
            written.push(path);
        }
        let definitions = self.definitions.to_toml()?;
        write_atomically(
            &made.path().join("definitions.toml"),
            definitions.as_bytes(),
        )?;
        set.put(&made, beside)?;
        Ok(written)
    }
}

impl TableSet<'_> {
    fn check(&self) -> Result<()> {
        if self.overwrite || !self.dir.exists() {
            return Ok(());
        }
        Err(
            Error::usage(format!("`{}` is there already", self.dir.display())).with_hint(
                "name another directory with --out, or replace all of it with --overwrite",
            ),
        )
    }

    /// Puts a whole directory into its place. What was there goes after the new one has come.
    fn put(&self, made: &TempDir, beside: &Path) -> Result<()> {
        let failed = |error: &io::Error| Error::io("write", self.dir, error);
        let before = scratch(beside)?;
        if self.dir.exists() {
            fs::rename(self.dir, before.path().join("before")).map_err(|e| failed(&e))?;
        }
        fs::rename(made.path(), self.dir).map_err(|e| failed(&e))?;
        #[cfg(unix)]
        File::open(beside)
            .and_then(|beside| beside.sync_all())
            .map_err(|e| failed(&e))?;
        Ok(())
    }
}

/// A directory for this account alone, which goes when it is dropped unless it was renamed.
fn scratch(beside: &Path) -> Result<TempDir> {
    tempfile::tempdir_in(beside).map_err(|error| Error::io("write", beside, &error))
}

impl TableFormat {
    fn file_name(self, family: &str) -> String {
        match self {
            Self::Csv => format!("{family}.csv"),
            Self::Parquet => format!("{family}.parquet"),
        }
    }
}

enum Writer {
    Csv(Box<arrow_csv::Writer<File>>),
    Parquet(Box<ArrowWriter<File>>),
}

impl Writer {
    fn create(path: &Path, format: TableFormat, batch: &RecordBatch) -> Result<Self> {
        let file = File::create_new(path).map_err(|error| Error::io("write", path, &error))?;
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

    fn finish(self) -> Result<File> {
        match self {
            Self::Csv(file) => Ok(file.into_inner()),
            Self::Parquet(file) => file.into_inner().map_err(|error| refused(&error)),
        }
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

fn write_text(file: &mut arrow_csv::Writer<File>, batch: &RecordBatch) -> Result<()> {
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
