use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use arrow_array::{ArrayRef, RecordBatch, TimestampMillisecondArray, UInt32Array, UInt64Array};
use erewhon_anonymise::{Anonymised, Effect, Technique};
use erewhon_events::{Disclosed, Sample};
use erewhon_geo::CellTable;
use erewhon_govern::INTERNAL_MARK;
use erewhon_ledger::Digest;
use erewhon_types::{Calendar, Error, Kind, Result, Subscriber};
use parquet::{
    arrow::ArrowWriter,
    basic::{Compression, ZstdLevel},
    file::{metadata::KeyValue, properties::WriterProperties},
};
use serde::Serialize;

use super::{Facts, PLACES, RECORDS, SAID, SCHEMA};
use crate::{
    Session,
    export::{create, directory, scratch, sync},
    write_internal,
};

#[derive(Serialize)]
struct Said<'a> {
    #[serde(flatten)]
    technique: &'a Technique,
    #[serde(flatten)]
    effect: &'a Effect,
    #[serde(flatten)]
    facts: Facts,
}

/// Writes a directory under another name beside its own and renames it when all is whole.
pub(super) fn write(
    dir: &Path,
    technique: &Technique,
    made: &Anonymised,
    session: &Session,
) -> Result<()> {
    let (cells, calendar) = (session.cells(), session.calendar());
    let beside = directory(dir);
    fs::create_dir_all(beside).map_err(|error| Error::io("make", beside, &error))?;
    let room = scratch(beside)?;
    let at = |name: &str| room.path().join(name);
    let refused = |name: &str, error: Refused| {
        let path: PathBuf = dir.join(name);
        let what = format!("can't write `{}`: {error}", path.display());
        Error::new(Kind::Resource, what)
            .with_hint("check the disk's free space and run the same command again")
    };
    records(&at(RECORDS), &made.disclosed, calendar).map_err(|e| refused(RECORDS, e))?;
    places(&at(PLACES), &made.disclosed, cells).map_err(|e| refused(PLACES, e))?;
    let said = Said {
        technique,
        effect: &made.effect,
        facts: Facts {
            claims_synthetic: technique.claims_synthetic(),
            window: calendar.window().clone(),
            origin_sha256: session.origin()?,
            records_sha256: digest(&at(RECORDS))?,
            places_sha256: digest(&at(PLACES))?,
        },
    };
    write_internal(&at(SAID), SCHEMA, &said)?;
    let failed = |error: &std::io::Error| Error::io("write", dir, error);
    sync(room.path()).map_err(|error| failed(&error))?;
    fs::rename(room.path(), dir).map_err(|error| failed(&error))?;
    // It has its own name by now, and stays.
    let _ = room.keep();
    sync(beside).map_err(|error| failed(&error))
}

pub(super) fn digest(path: &Path) -> Result<Digest> {
    let bytes = fs::read(path).map_err(|error| Error::io("read", path, &error))?;
    Ok(Digest::of(&bytes))
}

/// What a writer says; which file it was, its caller knows.
type Refused = Box<dyn std::error::Error>;

/// Rows of the file that are made at once.
const BATCH: usize = 1 << 16;

fn records(
    path: &Path,
    disclosed: &Disclosed,
    calendar: &Calendar,
) -> std::result::Result<(), Refused> {
    let mark = KeyValue::new("handling".to_owned(), INTERNAL_MARK.to_owned());
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_key_value_metadata(Some(vec![mark]))
        .set_created_by("erewhon".to_owned())
        .build();
    let start = calendar.start_utc_ms();
    let schema = batch(&[], start)?.schema();
    let mut writer = ArrowWriter::try_new(create(path)?, schema, Some(properties))?;
    let mut rows: Vec<(Subscriber, Sample)> = Vec::with_capacity(BATCH);
    for (subscriber, samples) in disclosed.rows() {
        for sample in samples {
            rows.push((subscriber, *sample));
            if rows.len() == BATCH {
                writer.write(&batch(&rows, start)?)?;
                rows.clear();
            }
        }
    }
    writer.write(&batch(&rows, start)?)?;
    Ok(writer.into_inner()?.sync_all()?)
}

fn batch(
    rows: &[(Subscriber, Sample)],
    start_utc_ms: i64,
) -> std::result::Result<RecordBatch, Refused> {
    let time = |of: fn(&Sample) -> u32| -> ArrayRef {
        let times = rows
            .iter()
            .map(|(_, s)| start_utc_ms + i64::from(of(s)) * 1000);
        Arc::new(TimestampMillisecondArray::from_iter_values(times).with_timezone("UTC"))
    };
    let subscribers = UInt64Array::from_iter_values(rows.iter().map(|(who, _)| who.bits()));
    let places = UInt32Array::from_iter_values(rows.iter().map(|(_, s)| s.place));
    let columns: [(&str, ArrayRef); 4] = [
        ("subscriber", Arc::new(subscribers)),
        ("from_utc", time(|s| s.from_s)),
        ("until_utc", time(|s| s.until_s)),
        ("place", Arc::new(places)),
    ];
    Ok(RecordBatch::try_from_iter(columns)?)
}

fn places(
    path: &Path,
    disclosed: &Disclosed,
    cells: &CellTable,
) -> std::result::Result<(), Refused> {
    let mut writer = csv::Writer::from_writer(create(path)?);
    writer.write_record(["handling", "place", "cell_row", "cell"])?;
    for (place, of_place) in disclosed.places().iter().enumerate() {
        for &cell in of_place {
            let (place, row) = (place.to_string(), cell.0.to_string());
            writer.write_record([INTERNAL_MARK, &place, &row, &cells.cell(cell).id])?;
        }
    }
    writer.flush()?;
    let file = writer.into_inner().map_err(|error| error.to_string())?;
    Ok(file.sync_all()?)
}
