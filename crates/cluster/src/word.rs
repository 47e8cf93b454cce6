//! What a worker says of a unit: a line of text.

use erewhon_types::{Error, Kind, Result};

const KINDS: [Kind; 8] = [
    Kind::Input,
    Kind::Usage,
    Kind::Refused,
    Kind::Budget,
    Kind::Data,
    Kind::Risk,
    Kind::Internal,
    Kind::Resource,
];

const DONE: &str = "done";

/// That a unit is done, or an error with the worker's name, as a line. Nothing of the result is in it: whoever
/// listens could hold a digest against a guess.
///
/// An error is no failure of the query: the other units go on, and its text comes back as it was.
pub(crate) fn say(worker: &str, outcome: &Result<String>) -> String {
    let error = match outcome {
        Ok(_) => return DONE.to_owned(),
        Err(error) => error,
    };
    let hint = error.hint().unwrap_or_default();
    let words = [worker, error.message(), hint].map(|word| word.replace('\t', " "));
    format!("{}\t{}", error.kind().name(), words.join("\t"))
}

/// The other way round; the error's sentence names the worker.
pub(crate) fn hear(word: &str) -> Result<()> {
    let (kind, rest) = word.split_once('\t').unwrap_or((word, ""));
    if kind == DONE {
        return Ok(());
    }
    let kind = KINDS.into_iter().find(|known| known.name() == kind);
    let mut words = rest.splitn(3, '\t');
    let (Some(kind), Some(worker), Some(message)) = (kind, words.next(), words.next()) else {
        return Err(Error::internal("a worker answered what nobody understands"));
    };
    let error = Error::new(kind, format!("worker {worker}: {message}"));
    match words.next().filter(|hint| !hint.is_empty()) {
        Some(hint) => Err(error.with_hint(hint)),
        None => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_heard() {
        let done = say("w", &Ok("0123".to_owned()));
        assert!(hear(&done).is_ok() && !done.contains("0123"), "{done}");
        for kind in KINDS {
            for hint in ["", "free some\tspace"] {
                let error = Error::new(kind, "no\troom");
                let error = if hint.is_empty() {
                    error
                } else {
                    error.with_hint(hint)
                };
                let heard = hear(&say("w", &Err(error))).unwrap_err();
                assert_eq!(heard.kind(), kind);
                assert_eq!(heard.message(), "worker w: no room");
                assert_eq!(heard.hint().unwrap_or_default(), hint.replace('\t', " "));
            }
        }
        for nonsense in ["", "yes", "input", "input\tw"] {
            assert_eq!(
                hear(nonsense).unwrap_err().kind(),
                Kind::Internal,
                "{nonsense}"
            );
        }
    }
}
