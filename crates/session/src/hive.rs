//! Tables in directories such as `year=2023/month=1/day=8`, as Eurostat's multimno keeps them.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::{Path, PathBuf},
};

use arrow_array::{
    Array as _, ArrayRef, RecordBatch, UInt32Array,
    cast::AsArray as _,
    types::{Date32Type, Int8Type, Int16Type, Int32Type},
};
use arrow_schema::DataType;
use arrow_select::take::take_record_batch;
use erewhon_types::{Error, Result};
use parquet::{arrow::ArrowWriter, file::properties::WriterProperties};

use crate::export::create;

/// What a writer of tables says; which table it was, its caller knows.
type Refused = Box<dyn std::error::Error>;

/// A table that is spread over directories by some of its columns.
pub(crate) struct Hive {
    root: PathBuf,
    partitions: &'static [&'static str],
    properties: WriterProperties,
    /// By the directory below the root.
    files: BTreeMap<String, ArrowWriter<File>>,
}

/// The file of a directory; a pass makes one in each.
const FILE: &str = "part-00000.parquet";

impl Hive {
    /// Makes the root; the table has no file yet.
    pub(crate) fn make(
        root: &Path,
        partitions: &'static [&'static str],
        properties: WriterProperties,
    ) -> Result<Self> {
        fs::create_dir_all(root).map_err(|error| Error::io("make", root, &error))?;
        Ok(Self {
            root: root.to_owned(),
            partitions,
            properties,
            files: BTreeMap::new(),
        })
    }

    pub(crate) fn write(&mut self, batch: &RecordBatch) -> std::result::Result<(), Refused> {
        let mut rows: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        let columns: Vec<(&str, &ArrayRef)> = self
            .partitions
            .iter()
            .filter_map(|name| Some((*name, batch.column_by_name(name)?)))
            .collect();
        let mut before = None;
        let mut dir = String::new();
        for row in 0..batch.num_rows() {
            // Rows of one directory mostly follow each other.
            if !before.is_some_and(|before| columns.iter().all(|(_, c)| same(c, before, row))) {
                let part = |(name, column): &(&str, &ArrayRef)| {
                    shown(column, row).map(|value| format!("{name}={value}"))
                };
                let parts: Option<Vec<String>> = columns.iter().map(part).collect();
                dir = parts
                    .ok_or("a directory's column holds what has no name")?
                    .join("/");
            }
            before = Some(row);
            match rows.get_mut(&dir) {
                Some(rows) => rows.push(row as u32),
                None => drop(rows.insert(dir.clone(), vec![row as u32])),
            }
        }
        let schema = batch.schema();
        let kept = (0..schema.fields().len())
            .filter(|at| !self.partitions.contains(&schema.field(*at).name().as_str()));
        let kept: Vec<usize> = kept.collect();
        for (dir, rows) in rows {
            let part = take_record_batch(batch, &UInt32Array::from(rows))?.project(&kept)?;
            if !self.files.contains_key(&dir) {
                let below = self.root.join(&dir);
                fs::create_dir_all(&below)?;
                let file = create(&below.join(FILE))?;
                let properties = Some(self.properties.clone());
                let writer = ArrowWriter::try_new(file, part.schema(), properties)?;
                self.files.insert(dir.clone(), writer);
            }
            if let Some(file) = self.files.get_mut(&dir) {
                file.write(&part)?;
            }
        }
        Ok(())
    }

    /// The files, whole.
    pub(crate) fn finish(self) -> std::result::Result<Vec<File>, Refused> {
        let files = self.files.into_values();
        files.map(|file| Ok(file.into_inner()?)).collect()
    }
}

/// Whether two rows are of one directory by a column.
fn same(column: &ArrayRef, a: usize, b: usize) -> bool {
    match column.data_type() {
        DataType::Int8 => {
            let column = column.as_primitive::<Int8Type>();
            column.value(a) == column.value(b)
        }
        DataType::Int16 => {
            let column = column.as_primitive::<Int16Type>();
            column.value(a) == column.value(b)
        }
        DataType::Int32 => {
            let column = column.as_primitive::<Int32Type>();
            column.value(a) == column.value(b)
        }
        DataType::Date32 => {
            let column = column.as_primitive::<Date32Type>();
            column.value(a) == column.value(b)
        }
        DataType::Utf8 => {
            let column = column.as_string::<i32>();
            column.value(a) == column.value(b)
        }
        _ => false,
    }
}

/// A value as the name of a directory has it.
fn shown(column: &ArrayRef, row: usize) -> Option<String> {
    if column.is_null(row) {
        return None;
    }
    Some(match column.data_type() {
        DataType::Int8 => column.as_primitive::<Int8Type>().value(row).to_string(),
        DataType::Int16 => column.as_primitive::<Int16Type>().value(row).to_string(),
        DataType::Int32 => column.as_primitive::<Int32Type>().value(row).to_string(),
        DataType::Date32 => {
            let days = jiff::Span::new().try_days(column.as_primitive::<Date32Type>().value(row));
            let date = jiff::civil::date(1970, 1, 1).checked_add(days.ok()?).ok()?;
            date.to_string()
        }
        DataType::Utf8 => {
            let text = column.as_string::<i32>().value(row);
            let plain = |b: u8| b.is_ascii_alphanumeric() || b"_-".contains(&b);
            return text.bytes().all(plain).then(|| text.to_owned());
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{Int16Array, Int32Array, StringArray};
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn rows_go_where_their_columns_say_and_these_are_not_in_the_files() {
        let place = TempDir::new().unwrap();
        let root = place.path().join("table");
        let properties = WriterProperties::builder().build();
        let mut hive = Hive::make(&root, &["year", "kind"], properties).unwrap();
        let columns: [(&str, ArrayRef); 3] = [
            ("value", Arc::new(Int32Array::from(vec![1, 2, 3]))),
            ("year", Arc::new(Int16Array::from(vec![2023, 2024, 2023]))),
            (
                "kind",
                Arc::new(StringArray::from(vec!["grid", "grid", "grid"])),
            ),
        ];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        hive.write(&batch).unwrap();
        hive.write(&batch).unwrap();
        assert_eq!(hive.finish().unwrap().len(), 2);
        let read = |dir: &str| {
            let file = File::open(root.join(dir).join(FILE)).unwrap();
            let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReader::try_new(file, 99);
            let batches: Vec<RecordBatch> = reader.unwrap().map(|b| b.unwrap()).collect();
            assert_eq!(batches[0].num_columns(), 1);
            batches[0]
                .column(0)
                .as_primitive::<Int32Type>()
                .values()
                .to_vec()
        };
        assert_eq!(read("year=2023/kind=grid"), [1, 3, 1, 3]);
        assert_eq!(read("year=2024/kind=grid"), [2, 2]);
        let bad: [(&str, ArrayRef); 2] = [
            ("year", Arc::new(Int16Array::from(vec![1]))),
            ("kind", Arc::new(StringArray::from(vec!["../up"]))),
        ];
        let bad = RecordBatch::try_from_iter(bad).unwrap();
        let properties = WriterProperties::builder().build();
        let mut hive = Hive::make(&root, &["year", "kind"], properties).unwrap();
        assert!(hive.write(&bad).is_err());
    }
}
