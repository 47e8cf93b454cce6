use std::{
    fs::{self, File},
    path::Path,
};

use arrow_array::{
    RecordBatch,
    cast::AsArray,
    types::{TimestampMillisecondType, UInt32Type, UInt64Type},
};
use erewhon_events::{Disclosed, Sample};
use erewhon_geo::CellTable;
use erewhon_ledger::Digest;
use erewhon_types::{Calendar, CellIx, Error, Kind, Result, Subscriber};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde::Deserialize;

use super::{Facts, PLACES, RECORDS, SAID, SCHEMA, write::digest};
use crate::Session;

/// Anonymised records, read back.
pub struct ReadAnonymised {
    /// Name for people: that of the directory, and of the technique where it is another.
    pub name: String,
    /// The technique, for example `k-anonymity`.
    pub technique: String,
    /// Whether the records claim to be nobody's.
    pub claims_synthetic: bool,
    /// The records.
    pub disclosed: Disclosed,
}

#[derive(Deserialize)]
struct Stamped {
    schema: String,
    content: serde_json::Value,
}

#[derive(Deserialize)]
struct Said {
    technique: String,
    #[serde(flatten)]
    facts: Facts,
}

impl Session {
    /// Reads what [`Session::export_anonymised`] wrote of these records.
    ///
    /// # Privacy
    /// It is real people's records that are on disk already, on record; they are no [`Exact`](crate::Exact).
    ///
    /// # Errors
    /// Input, when there is no such directory or its schema is unknown; data, when a file is not as it was
    /// written, or was made of other records: their people are not those who would be looked for.
    pub fn read_anonymised(&self, dir: &Path) -> Result<ReadAnonymised> {
        read(dir, self.cells(), self.calendar(), self.origin()?)
    }
}

fn read(
    dir: &Path,
    cells: &CellTable,
    calendar: &Calendar,
    origin: Digest,
) -> Result<ReadAnonymised> {
    let said = said(&dir.join(SAID))?;
    if said.facts.window != *calendar.window() {
        let (is, wanted) = (&said.facts.window, calendar.window());
        return Err(data(format!(
            "`{}` is of {} and {} days in `{}`, and the records are of {} and {} days in `{}`",
            dir.display(),
            is.first_day,
            is.days,
            is.time_zone,
            wanted.first_day,
            wanted.days,
            wanted.time_zone
        )));
    }
    if said.facts.origin_sha256 != origin {
        return Err(data(format!(
            "`{}` was made of other records than the store now holds",
            dir.display()
        )));
    }
    for (name, written) in [
        (RECORDS, said.facts.records_sha256),
        (PLACES, said.facts.places_sha256),
    ] {
        let path = dir.join(name);
        if digest(&path)? != written {
            return Err(data(format!(
                "`{}` is not as it was written",
                path.display()
            )));
        }
    }
    let places = places(&dir.join(PLACES), cells)?;
    let rows = rows(&dir.join(RECORDS), places.len(), calendar)?;
    // `.` and `..` are no names.
    let whole = dir
        .canonicalize()
        .map_err(|error| Error::io("read", dir, &error))?;
    let called = whole.file_name().unwrap_or_default().to_string_lossy();
    let name = match said.technique == called {
        true => said.technique.clone(),
        false => format!("{called} ({})", said.technique),
    };
    Ok(ReadAnonymised {
        name,
        technique: said.technique,
        claims_synthetic: said.facts.claims_synthetic,
        disclosed: Disclosed::new(places, rows)?,
    })
}

fn data(what: String) -> Error {
    Error::new(Kind::Data, what).with_hint("make it anew with `erewhon anonymise`")
}

fn said(path: &Path) -> Result<Said> {
    let bytes = fs::read(path).map_err(|error| {
        Error::io("read", path, &error).with_hint("name a directory that `erewhon anonymise` made")
    })?;
    let unknown = |why: String| {
        Error::input(format!("`{}` is no `{SCHEMA}`: {why}", path.display()))
            .with_hint("make it anew with `erewhon anonymise`")
    };
    let stamped: Stamped =
        serde_json::from_slice(&bytes).map_err(|error| unknown(error.to_string()))?;
    if stamped.schema != SCHEMA {
        return Err(unknown(format!("its schema is `{}`", stamped.schema)));
    }
    serde_json::from_value(stamped.content).map_err(|error| unknown(error.to_string()))
}

fn places(path: &Path, cells: &CellTable) -> Result<Vec<Vec<CellIx>>> {
    let wrong =
        |line: usize, what: String| data(format!("`{}`, line {line}: {what}", path.display()));
    let file = File::open(path).map_err(|error| Error::io("read", path, &error))?;
    let mut places: Vec<Vec<CellIx>> = Vec::new();
    // Lines of a file count from 1, and the first is the header.
    for (line, row) in (2..).zip(csv::Reader::from_reader(file).deserialize()) {
        let row = row.map_err(|error| wrong(line, error.to_string()))?;
        let (_handling, place, cell, id): (String, usize, u32, String) = row;
        let known = cells.cells().get(cell as usize);
        if known.is_none_or(|known| known.id != id) {
            return Err(wrong(
                line,
                format!("cell `{id}` of row {cell} is not in the cell list of the records"),
            ));
        }
        if place == places.len() {
            places.push(Vec::new());
        }
        // The places come one after the other.
        let newest = places.len().wrapping_sub(1);
        match places.get_mut(place) {
            Some(of_place) if place == newest => of_place.push(CellIx(cell)),
            _ => return Err(wrong(line, format!("place {place} is out of order"))),
        }
    }
    Ok(places)
}

fn rows(path: &Path, places: usize, calendar: &Calendar) -> Result<Vec<(Subscriber, Vec<Sample>)>> {
    let broken = |why: &str| data(format!("`{}` can't be read: {why}", path.display()));
    let file = File::open(path).map_err(|error| Error::io("read", path, &error))?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).and_then(|made| made.build());
    let mut rows: Vec<(Subscriber, Vec<Sample>)> = Vec::new();
    for batch in reader.map_err(|error| broken(&error.to_string()))? {
        let batch = batch.map_err(|error| broken(&error.to_string()))?;
        let samples = samples(&batch, calendar).ok_or_else(|| broken("its columns are others"))?;
        for (subscriber, sample) in samples {
            if sample.place as usize >= places {
                return Err(broken("a place is in no list"));
            }
            match rows.last_mut() {
                Some((last, row)) if *last == subscriber => row.push(sample),
                _ => rows.push((subscriber, vec![sample])),
            }
        }
    }
    Ok(rows)
}

/// The rows of a batch; none where a column is another or a time lies outside the window.
fn samples(batch: &RecordBatch, calendar: &Calendar) -> Option<Vec<(Subscriber, Sample)>> {
    let (start, end) = (calendar.start_utc_ms(), calendar.end_utc_ms());
    let time = |name: &str| {
        let column = batch.column_by_name(name)?;
        Some(
            column
                .as_primitive_opt::<TimestampMillisecondType>()?
                .values(),
        )
    };
    let (from, until) = (time("from_utc")?, time("until_utc")?);
    let who = batch.column_by_name("subscriber")?;
    let who = who.as_primitive_opt::<UInt64Type>()?.values();
    let place = batch.column_by_name("place")?;
    let place = place.as_primitive_opt::<UInt32Type>()?.values();
    let second = |utc_ms: i64| {
        let inside = (start..=end).contains(&utc_ms);
        inside.then(|| ((utc_ms - start) / 1000) as u32)
    };
    (0..batch.num_rows())
        .map(|row| {
            let sample = Sample {
                from_s: second(from[row])?,
                until_s: second(until[row])?,
                place: place[row],
            };
            Some((Subscriber::new(who[row]), sample))
        })
        .collect()
}
