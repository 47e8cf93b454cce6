use std::{path::Path, time::Duration};

use erewhon_types::{Error, Kind, Result, Window};
use rusqlite::{Connection, ErrorCode, OpenFlags, Row, params, types::FromSqlError};

use crate::{
    Digest, Entry, EntryKind, Record,
    chain::{Chain, untrusted},
};

/// `ERWL` in ASCII: tells a ledger from any other SQLite file.
const APPLICATION_ID: i64 = 0x4552_574c;
const VERSION: i64 = 1;

const SCHEMA: &str = "
CREATE TABLE entry (
    seq INTEGER PRIMARY KEY,
    time_utc_ms INTEGER NOT NULL,
    kind TEXT NOT NULL,
    who TEXT NOT NULL,
    why TEXT NOT NULL,
    release TEXT NOT NULL,
    what TEXT NOT NULL,
    digest BLOB,
    epsilon_micros INTEGER NOT NULL,
    first_day TEXT,
    days INTEGER,
    time_zone TEXT,
    previous BLOB NOT NULL,
    hash BLOB NOT NULL
) STRICT;
CREATE TRIGGER entry_is_never_changed BEFORE UPDATE ON entry
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER entry_is_never_deleted BEFORE DELETE ON entry
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
";

/// Opens an existing ledger file, or makes the file when `create` is set.
pub(crate) fn connect(path: &Path, create: bool) -> Result<Connection> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    flags.set(OpenFlags::SQLITE_OPEN_CREATE, create);
    let failed = |error| failure(path, &error);
    let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    connection
        .busy_timeout(Duration::from_secs(30))
        .map_err(failed)?;
    if create {
        // One plain file that can be moved into place; the first `open` turns it to WAL.
        connection.execute_batch(SCHEMA).map_err(failed)?;
        connection
            .pragma_update(None, "application_id", APPLICATION_ID)
            .and_then(|()| connection.pragma_update(None, "user_version", VERSION))
            .map_err(failed)?;
        return Ok(connection);
    }
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    if number("application_id").map_err(failed)? != APPLICATION_ID {
        return Err(Error::input(format!(
            "`{}` is not a budget ledger",
            path.display()
        )));
    }
    let version = number("user_version").map_err(failed)?;
    if version != VERSION {
        return Err(Error::input(format!(
            "the ledger `{}` has format `{version}`, this program reads format `{VERSION}`",
            path.display()
        )));
    }
    connection
        .pragma_update(None, "journal_mode", "WAL")
        .map_err(failed)?;
    // FULL: a commit returns only after its bytes were synced to the disk.
    connection
        .pragma_update(None, "synchronous", "FULL")
        .map_err(failed)?;
    Ok(connection)
}

/// Reads and checks every entry.
pub(crate) fn read(connection: &Connection, path: &Path) -> Result<Chain> {
    query(connection, path, "SELECT * FROM entry ORDER BY seq")
}

/// Reads and checks the opening alone, which names the ledger.
pub(crate) fn read_opening(connection: &Connection, path: &Path) -> Result<Chain> {
    query(connection, path, "SELECT * FROM entry ORDER BY seq LIMIT 1")
}

fn query(connection: &Connection, path: &Path, sql: &str) -> Result<Chain> {
    let failed = |error| failure(path, &error);
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    let entries = statement
        .query_map([], entry)
        .and_then(Iterator::collect)
        .map_err(failed)?;
    Chain::check(entries)
}

/// Adds one entry; it counts once its transaction commits.
pub(crate) fn insert(connection: &Connection, path: &Path, entry: &Entry) -> Result<()> {
    let record = &entry.record;
    let window = record.window.as_ref();
    connection
        .prepare_cached(
            "INSERT INTO entry VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        )
        .and_then(|mut statement| {
            statement.execute(params![
                entry.seq as i64,
                entry.time_utc_ms,
                record.kind.name(),
                record.who,
                record.why,
                record.release,
                record.what,
                record.digest.as_ref().map(Digest::bytes),
                record.epsilon_micros as i64,
                window.map(|window| window.first_day.to_string()),
                window.map(|window| window.days),
                window.map(|window| window.time_zone.as_str()),
                entry.previous.bytes(),
                entry.hash.bytes(),
            ])
        })
        .map(|_| ())
        .map_err(|error| failure(path, &error))
}

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let kind: String = row.get("kind")?;
    let first_day: Option<String> = row.get("first_day")?;
    let days: Option<u16> = row.get("days")?;
    let time_zone: Option<String> = row.get("time_zone")?;
    let window = match (first_day, days, time_zone) {
        (None, None, None) => None,
        (Some(first_day), Some(days), Some(time_zone)) => Some(Window {
            first_day: first_day
                .parse()
                .ok()
                // Only the one spelling that was written, so that every changed byte shows.
                .filter(|date: &jiff::civil::Date| date.to_string() == first_day)
                .ok_or(FromSqlError::InvalidType)?,
            days,
            time_zone,
        }),
        _ => return Err(FromSqlError::InvalidType.into()),
    };
    Ok(Entry {
        seq: unsigned(row.get("seq")?)?,
        time_utc_ms: row.get("time_utc_ms")?,
        record: Record {
            kind: EntryKind::ALL
                .into_iter()
                .find(|known| known.name() == kind)
                .ok_or(FromSqlError::InvalidType)?,
            who: row.get("who")?,
            why: row.get("why")?,
            release: row.get("release")?,
            what: row.get("what")?,
            digest: row.get::<_, Option<[u8; 32]>>("digest")?.map(Digest::new),
            epsilon_micros: unsigned(row.get("epsilon_micros")?)?,
            window,
        },
        previous: Digest::new(row.get("previous")?),
        hash: Digest::new(row.get("hash")?),
    })
}

fn unsigned(number: i64) -> rusqlite::Result<u64> {
    u64::try_from(number).map_err(|_| FromSqlError::OutOfRange(number).into())
}

/// Turns an SQLite failure into ours: what can be mended is a resource, what was tampered with is a
/// broken budget.
pub(crate) fn failure(path: &Path, error: &rusqlite::Error) -> Error {
    let path = path.display();
    let resource = |what: &str, hint: &str| {
        Error::new(
            Kind::Resource,
            format!("can't use the ledger `{path}`: {what}"),
        )
        .with_hint(hint)
    };
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => resource(
            "the disk is full",
            "free some space and run the same command again; nothing was charged",
        ),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => resource(
            "another process holds it",
            "wait for that process to end and run the same command again; nothing was charged",
        ),
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            resource(
                "it can't be opened for writing",
                "check the owner and mode of the file and of its directory",
            )
        }
        Some(ErrorCode::SystemIoFailure | ErrorCode::OutOfMemory) => resource(
            "reading or writing failed",
            "check the disk, then look at the budget before you repeat: a charge may have been made",
        ),
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            untrusted(format!("`{path}` is damaged or not a ledger"))
        }
        // A missing table or a value of the wrong type: nothing this program wrote.
        _ => untrusted(format!(
            "the ledger `{path}` holds what this program did not write"
        )),
    }
}
