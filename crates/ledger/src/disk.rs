use std::{path::Path, time::Duration};

use erewhon_types::{Delta, Error, Kind, Result, Window};
use rusqlite::{
    Connection, ErrorCode, OpenFlags, Row, params_from_iter,
    types::{FromSqlError, Value},
};

use crate::{
    Concentrated, Digest, Entry, EntryKind, Record,
    chain::{Chain, untrusted},
};

/// `ERWL` in ASCII: tells a ledger from any other SQLite file.
const APPLICATION_ID: i64 = 0x4552_574c;
/// Of a ledger in pure epsilon, and of one in rho, whose entries have two columns more.
const PURE: i64 = 1;
const CONCENTRATED: i64 = 2;

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

const IN_RHO: &str = "
ALTER TABLE entry ADD COLUMN delta_femtos INTEGER;
ALTER TABLE entry ADD COLUMN rho_nanos INTEGER;
";

/// Makes the file of a ledger, in rho or in pure epsilon: one plain file that can be moved into place;
/// the first `open` turns it to WAL.
pub(crate) fn create(path: &Path, concentrated: bool) -> Result<Connection> {
    let failed = |error| failure(path, &error);
    let connection = open(path, OpenFlags::SQLITE_OPEN_CREATE)?;
    let (more, version) = match concentrated {
        false => ("", PURE),
        true => (IN_RHO, CONCENTRATED),
    };
    connection
        .execute_batch(&format!("{SCHEMA}{more}"))
        .and_then(|()| connection.pragma_update(None, "application_id", APPLICATION_ID))
        .and_then(|()| connection.pragma_update(None, "user_version", version))
        .map_err(failed)?;
    Ok(connection)
}

fn open(path: &Path, more: OpenFlags) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | more;
    let failed = |error| failure(path, &error);
    let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    connection
        .busy_timeout(Duration::from_secs(30))
        .map_err(failed)?;
    Ok(connection)
}

/// Opens an existing ledger file.
pub(crate) fn connect(path: &Path) -> Result<Connection> {
    let failed = |error| failure(path, &error);
    let connection = open(path, OpenFlags::empty())?;
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    if number("application_id").map_err(failed)? != APPLICATION_ID {
        return Err(Error::input(format!(
            "`{}` is not a budget ledger",
            path.display()
        )));
    }
    let version = number("user_version").map_err(failed)?;
    if ![PURE, CONCENTRATED].contains(&version) {
        return Err(Error::input(format!(
            "the ledger `{}` has format `{version}`, this program reads formats `{PURE}` and \
             `{CONCENTRATED}`",
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
    let text = |text: &str| Value::from(text.to_owned());
    let bytes = |digest: &Digest| Value::from(digest.bytes().to_vec());
    let number = |number: u64| Value::from(number as i64);
    let mut columns = vec![
        ("seq", number(entry.seq)),
        ("time_utc_ms", entry.time_utc_ms.into()),
        ("kind", text(record.kind.name())),
        ("who", text(&record.who)),
        ("why", text(&record.why)),
        ("release", text(&record.release)),
        ("what", text(&record.what)),
        ("digest", record.digest.as_ref().map(bytes).into()),
        ("epsilon_micros", number(record.epsilon_micros)),
        ("first_day", window.map(|w| w.first_day.to_string()).into()),
        ("days", window.map(|w| i64::from(w.days)).into()),
        ("time_zone", window.map(|w| w.time_zone.clone()).into()),
        ("previous", bytes(&entry.previous)),
        ("hash", bytes(&entry.hash)),
    ];
    if let Some(Concentrated { delta, rho_nanos }) = record.concentrated {
        columns.push(("delta_femtos", number(delta.femtos())));
        columns.push(("rho_nanos", number(rho_nanos)));
    }
    let (names, values): (Vec<&str>, Vec<Value>) = columns.into_iter().unzip();
    let sql = format!(
        "INSERT INTO entry ({}) VALUES (?{})",
        names.join(", "),
        ", ?".repeat(names.len() - 1)
    );
    connection
        .prepare_cached(&sql)
        .and_then(|mut statement| statement.execute(params_from_iter(values)))
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
            concentrated: concentrated(row)?,
            window,
        },
        previous: Digest::new(row.get("previous")?),
        hash: Digest::new(row.get("hash")?),
    })
}

/// What an entry has in rho; the columns are not there in a ledger in pure epsilon.
fn concentrated(row: &Row<'_>) -> rusqlite::Result<Option<Concentrated>> {
    let number = |name| match row.get::<_, Option<i64>>(name) {
        Err(rusqlite::Error::InvalidColumnName(_)) => Ok(None),
        number => number?.map(unsigned).transpose(),
    };
    match (number("delta_femtos")?, number("rho_nanos")?) {
        (None, None) => Ok(None),
        (Some(femtos), Some(rho_nanos)) => Ok(Some(Concentrated {
            delta: Delta::from_femtos(femtos).map_err(|_| FromSqlError::InvalidType)?,
            rho_nanos,
        })),
        _ => Err(FromSqlError::InvalidType.into()),
    }
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
