use datafusion::error::DataFusionError;
use erewhon_types::{Error, Kind};

const TABLES: &str = "the tables are `events` and `cells`; `erewhon sql --help` has their columns";

/// What the engine says before it comes to the point.
const PREFIXES: [&str; 4] = [
    "Error during planning: ",
    "Schema error: ",
    "This feature is not implemented: ",
    "sql parser error: ",
];

/// What a query itself is wrong in: its own words, and the names of columns. Or what keeps the records
/// from being handed out.
pub(crate) fn of_query(error: &DataFusionError) -> Error {
    if let Some(own) = own(error) {
        return own;
    }
    let text = match error.find_root() {
        DataFusionError::SQL(error, _) => error.to_string(),
        error => error.strip_backtrace(),
    };
    let text = text.lines().next().unwrap_or_default();
    let text = PREFIXES
        .iter()
        .find_map(|prefix| text.strip_prefix(prefix))
        .unwrap_or(text);
    let text = text.trim_end_matches(['.', ' ']);
    Error::usage(format!("the query can't be read: {text}")).with_hint(TABLES)
}

/// What went wrong while it was answered. The engine's own words may quote a value, so they are not
/// passed on.
pub(crate) fn of_answer(error: &DataFusionError) -> Error {
    if let Some(own) = own(error) {
        return own;
    }
    match error.find_root() {
        DataFusionError::ResourcesExhausted(_) => Error::new(
            Kind::Resource,
            "the query needs more memory or disk than it may have",
        )
        .with_hint("ask for less at a time: fewer columns, a shorter span of `time_utc`"),
        _ => failed(),
    }
}

/// An error of ours that came through the engine.
fn own(error: &DataFusionError) -> Option<Error> {
    match error.find_root() {
        DataFusionError::External(own) => own.downcast_ref::<Error>().cloned(),
        _ => None,
    }
}

fn failed() -> Error {
    Error::input("the query fails on a value that it meets in the records").with_hint(
        "a number too large for its type, a division by zero, or a text that is no number? \
         `try_cast` gives null instead",
    )
}
