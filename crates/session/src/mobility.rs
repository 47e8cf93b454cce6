use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use arrow_array::{ArrayRef, RecordBatch, StringArray, cast::AsArray, types::UInt64Type};
use arrow_schema::{ArrowError, DataType, Field, Schema};
use erewhon_dp::Exact;
use erewhon_events::Gathered;
use erewhon_govern::INTERNAL_MARK;
use erewhon_ledger::Digest;
use erewhon_mobility::{AnyReducer, Definitions, Public};
use erewhon_store::{Fields, StoreSource};
use erewhon_types::{Error, Kind, Result};
use parquet::{
    arrow::ArrowWriter,
    basic::{Compression, ZstdLevel},
    file::{metadata::KeyValue, properties::WriterProperties},
};

use crate::{
    Asker, Session, Vault,
    export::{create, directory, scratch, sync},
    hive::Hive,
    write_atomically,
};

/// Families of exact numbers about subscribers, still to be computed.
///
/// Of a store's subscribers there is none outside this crate: [`Session::export_mobility`] is the door.
pub struct MobilityRun<'s> {
    pub(crate) source: Source<'s>,
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
    /// What stays, places and anchors are, as TOML: its `definitions.toml`.
    pub definitions: &'a str,
    /// What the zones are, as [`zones_to_toml`] says it: its `zones.toml`.
    pub zones: &'a str,
}

pub(crate) enum Source<'s> {
    Store(StoreSource),
    Gathered(&'s Gathered),
    #[cfg(feature = "cluster")]
    Cluster(Box<crate::cluster::ClusterPass>),
}

/// What exact tables are written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableFormat {
    /// Comma-separated text whose every row says INTERNAL.
    Csv,
    /// Parquet that says INTERNAL under the key `handling` of its footer.
    Parquet,
    /// The same below directories that some columns name, as multimno keeps its tables.
    Multimno,
}

impl Session {
    /// Computes families over the whole store and writes each to a file of its name in a directory for
    /// internal files, after who asks and why is on record with `what` and the digests of what it was
    /// computed by.
    ///
    /// # Errors
    /// Input, when a definition is out of range; usage, when the directory is there and not to be replaced;
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
        let pass = Exact::new(self.pass(self.records()?, families, definitions.clone()));
        let what = names_on_record(what, set);
        self.export(vault, asker, &what, pass)?.write(set)
    }

    /// Computes families over the whole store and forgets what they say, to see how long it takes.
    ///
    /// # Errors
    /// What reading the store fails with.
    pub fn time_mobility(&self, families: Vec<Box<dyn AnyReducer>>) -> Result<()> {
        self.pass(self.unchecked()?, families, Definitions::DEFAULT)
            .each(&mut |_, _| Ok(()))
    }

    pub(crate) fn pass(
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
            #[cfg(feature = "cluster")]
            Source::Cluster(pass) => pass.each(&self.public, &self.families, each),
        }
    }

    /// Computes, and writes a directory: each family to a file of its name, and beside them
    /// `definitions.toml` and `zones.toml`.
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
        let beside = directory(set.dir);
        fs::create_dir_all(beside).map_err(|error| Error::io("make", beside, &error))?;
        let made = scratch(beside)?;
        let mut files: Vec<Option<Writer>> = self.families.iter().map(|_| None).collect();
        self.each(&mut |place, batch| {
            let (Some(file), Some(family)) = (files.get_mut(place), self.families.get(place))
            else {
                return Err(Error::internal("a batch of no family"));
            };
            let name = set.format.file_name(family.name());
            let file = match file {
                Some(file) => file,
                None => {
                    let path = made.path().join(&name);
                    let new = if set.format == TableFormat::Multimno {
                        Writer::hive(&path, family.name())?
                    } else {
                        let new = Writer::new(create(&path)?, set.format, &batch);
                        new.map_err(|error| set.refused(&name, &error))?
                    };
                    file.insert(new)
                }
            };
            let written = file.write(&batch);
            written.map_err(|error| set.refused(&name, &error))
        })?;
        let mut written = Vec::new();
        for (family, file) in self.families.iter().zip(files) {
            let Some(file) = file else { continue };
            let name = set.format.file_name(family.name());
            let files = file.finish().map_err(|error| set.refused(&name, &error))?;
            let path = set.dir.join(name);
            for file in files {
                file.sync_all()
                    .map_err(|error| Error::io("write", &path, &error))?;
            }
            written.push(path);
        }
        for (name, text) in [
            ("definitions.toml", set.definitions),
            ("zones.toml", set.zones),
        ] {
            write_atomically(&made.path().join(name), text.as_bytes())?;
        }
        set.put(made.path(), beside)?;
        // It has its own name by now, and stays.
        let _ = made.keep();
        Ok(written)
    }
}

impl TableSet<'_> {
    pub(crate) fn check(&self) -> Result<()> {
        if self.overwrite || !self.dir.exists() {
            return Ok(());
        }
        Err(
            Error::usage(format!("`{}` is there already", self.dir.display())).with_hint(
                "name another directory with --out, or replace all of it with --overwrite",
            ),
        )
    }

    fn refused(&self, name: &str, error: &Refused) -> Error {
        let path = self.dir.join(name);
        Error::new(
            Kind::Resource,
            format!("can't write `{}`: {error}", path.display()),
        )
        .with_hint("check the disk's free space and run the same command again")
    }

    /// Puts a whole directory into its place. What was there goes after the new one has come, and comes
    /// back where that fails.
    fn put(&self, made: &Path, beside: &Path) -> Result<()> {
        let failed = |error: &io::Error| Error::io("write", self.dir, error);
        sync(made).map_err(|e| failed(&e))?;
        let scratch = scratch(beside)?;
        let before = scratch.path().join("before");
        let replaces = self.dir.exists();
        if replaces {
            fs::rename(self.dir, &before).map_err(|e| failed(&e))?;
        }
        if let Err(error) = fs::rename(made, self.dir) {
            if replaces && fs::rename(&before, self.dir).is_err() {
                // The next command sweeps what is called `.tmp…`, so it is told while it is there.
                let kept = scratch.keep().join("before");
                let hint = format!("the tables before are in `{}`: move them", kept.display());
                return Err(failed(&error).with_hint(hint));
            }
            return Err(failed(&error));
        }
        sync(beside).map_err(|e| failed(&e))
    }
}

/// What a set of tables is on record as: with what it was computed by.
pub(crate) fn names_on_record(what: &str, set: &TableSet<'_>) -> String {
    let by = digest_of("definitions", set.definitions);
    format!("{what}, {by}, {}", digest_of("zones", set.zones))
}

/// How a file is called in the ledger, whose lines are short: by the first 16 digits of its digest.
pub fn digest_of(name: &str, text: &str) -> String {
    let digits = Digest::of(text.as_bytes()).to_string();
    format!("{name} of SHA-256 {digits:.16}")
}

/// What zones are, as TOML: their name or file, and of a file what names its areas, and its digest.
///
/// # Errors
/// As reading the file fails.
pub fn zones_to_toml(zones: &str, area_name: &str) -> Result<String> {
    let mut table = toml::Table::new();
    table.insert("zones".to_owned(), zones.into());
    if zones.contains('.') {
        table.insert("area_name".to_owned(), area_name.into());
        // What names the areas of a shapefile lies beside it.
        let files = [
            ("sha256", zones.into()),
            ("dbf_sha256", Path::new(zones).with_extension("dbf")),
        ];
        let shapes = Path::new(zones)
            .extension()
            .is_some_and(|ending| ending == "shp");
        for (key, path) in files.into_iter().take(1 + usize::from(shapes)) {
            let bytes = fs::read(&path).map_err(|error| Error::io("read", &path, &error))?;
            table.insert(key.to_owned(), Digest::of(&bytes).to_string().into());
        }
    }
    toml::to_string(&table).map_err(|_| Error::internal("zones can't be written as TOML"))
}

impl TableFormat {
    fn file_name(self, family: &str) -> String {
        match self {
            Self::Csv => format!("{family}.csv"),
            Self::Parquet => format!("{family}.parquet"),
            Self::Multimno => family.to_owned(),
        }
    }
}

enum Writer {
    Csv(Box<arrow_csv::Writer<File>>),
    Parquet(Box<ArrowWriter<File>>),
    Hive(Box<Hive>),
}

/// What a writer of tables says; which table it was, its caller knows.
type Refused = Box<dyn std::error::Error>;

/// How a Parquet file is written.
fn properties() -> WriterProperties {
    let mark = KeyValue::new("handling".to_owned(), INTERNAL_MARK.to_owned());
    WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_key_value_metadata(Some(vec![mark]))
        .set_created_by("erewhon".to_owned())
        .build()
}

impl Writer {
    /// A table of multimno's, by the directories that it has there.
    fn hive(path: &Path, name: &str) -> Result<Self> {
        let product = erewhon_official::products().iter().find(|p| p.name == name);
        let partitions = product.map_or::<&[&str], _>(&[], |product| product.partitions);
        Hive::make(path, partitions, properties()).map(|hive| Self::Hive(Box::new(hive)))
    }

    fn new(
        file: File,
        format: TableFormat,
        batch: &RecordBatch,
    ) -> std::result::Result<Self, Refused> {
        match format {
            TableFormat::Csv => Ok(Self::Csv(Box::new(arrow_csv::Writer::new(file)))),
            TableFormat::Parquet | TableFormat::Multimno => {
                let writer = ArrowWriter::try_new(file, batch.schema(), Some(properties()))?;
                Ok(Self::Parquet(Box::new(writer)))
            }
        }
    }

    fn write(&mut self, batch: &RecordBatch) -> std::result::Result<(), Refused> {
        match self {
            Self::Csv(file) => write_text(file, batch),
            Self::Parquet(file) => Ok(file.write(batch)?),
            Self::Hive(files) => files.write(batch),
        }
    }

    fn finish(self) -> std::result::Result<Vec<File>, Refused> {
        match self {
            Self::Csv(file) => Ok(vec![file.into_inner()]),
            Self::Parquet(file) => Ok(vec![file.into_inner()?]),
            Self::Hive(files) => files.finish(),
        }
    }
}

/// Rows that are made text at once.
const TEXT_ROWS: usize = 1 << 16;

fn write_text(
    file: &mut arrow_csv::Writer<File>,
    batch: &RecordBatch,
) -> std::result::Result<(), Refused> {
    // An empty table still has a header.
    for from in (0..batch.num_rows().max(1)).step_by(TEXT_ROWS) {
        let rows = TEXT_ROWS.min(batch.num_rows() - from);
        file.write(&as_text(&batch.slice(from, rows))?)?;
    }
    Ok(())
}

/// The batch as text will show it: each row says INTERNAL, and pseudonyms are hexadecimal digits, since
/// spreadsheets round numbers of 64 bits.
fn as_text(batch: &RecordBatch) -> std::result::Result<RecordBatch, ArrowError> {
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
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    #[test]
    fn tables_that_were_there_outlive_a_directory_that_does_not_come() {
        let place = TempDir::new().unwrap();
        // A directory can't go below itself, which is seen when what was there has made way.
        let made = place.path().join("made");
        let dir = made.join("cells");
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join("space.csv"), "before").unwrap();
        let set = TableSet {
            dir: &dir,
            format: TableFormat::Csv,
            overwrite: true,
            definitions: "",
            zones: "",
        };
        let error = set.put(&made, place.path()).unwrap_err();
        assert_eq!(error.kind(), Kind::Resource, "{error}");
        assert_eq!(fs::read_to_string(dir.join("space.csv")).unwrap(), "before");
    }

    /// `/dev/full` is a disk that is.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_table_that_a_disk_refuses_is_named() {
        let set = |format| TableSet {
            dir: Path::new("out/tables"),
            format,
            overwrite: false,
            definitions: "",
            zones: "",
        };
        let column: ArrayRef = Arc::new(StringArray::from_iter_values(["a"; 9]));
        let batch = RecordBatch::try_from_iter([("name", column)]).unwrap();
        for (format, name) in [
            (TableFormat::Csv, "space.csv"),
            (TableFormat::Parquet, "space.parquet"),
        ] {
            let full = File::options().write(true).open("/dev/full").unwrap();
            let mut writer = Writer::new(full, format, &batch).unwrap();
            let written = writer.write(&batch).and_then(|()| writer.finish());
            let error = set(format).refused(name, &written.err().unwrap());
            let path = format!("`out/tables/{name}`");
            assert!(error.message().contains(&path), "{error}");
            assert!(error.message().contains("No space left"), "{error}");
        }
    }
}
