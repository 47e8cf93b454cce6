//! The command line as a run directory keeps it.

use std::{collections::HashMap, path::PathBuf};

use erewhon_session::Mapping;

/// The words of this command.
pub(crate) fn words() -> Vec<String> {
    let words = std::env::args_os();
    words
        .map(|word| word.to_string_lossy().into_owned())
        .collect()
}

/// The words of a command that reads records: where files are named after their subscribers, each is
/// called as in messages, by its number in the load, and a pattern `record files`.
pub(crate) fn nameless(
    mut words: Vec<String>,
    mapping: &Mapping,
    events: &[PathBuf],
    files: &[PathBuf],
) -> Vec<String> {
    if !mapping.subscriber_from_file_name {
        return words;
    }
    let mut numbers = HashMap::new();
    for (number, file) in (1..).zip(files) {
        numbers.entry(file).or_insert(number);
    }
    let called = |given: &PathBuf| match numbers.get(given) {
        Some(&number) => mapping.name_of(given, number),
        None => "record files".to_owned(),
    };
    let names: HashMap<_, _> = events
        .iter()
        .filter(|given| !given.is_dir())
        .map(|given| (given.to_string_lossy(), called(given)))
        .collect();
    for word in &mut words {
        let value = word.strip_prefix("--events=").unwrap_or(word.as_str());
        if let Some(name) = names.get(value) {
            *word = word.replace(value, name);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_named_after_subscribers_are_called_by_their_numbers() {
        let line = |preset: &str| {
            let words = "erewhon ingest --events=a/491701.csv b/491702.csv b/4917*.csv . --out b";
            let paths = |text: &str| text.split(' ').map(PathBuf::from).collect::<Vec<_>>();
            let (events, files) = (
                paths("a/491701.csv b/491702.csv b/4917*.csv ."),
                paths("a/491701.csv b/491702.csv b/491703.csv"),
            );
            let words = words.split(' ').map(str::to_owned).collect();
            nameless(words, &Mapping::load(preset).unwrap(), &events, &files).join(" ")
        };
        assert_eq!(
            line("bandicoot"),
            "erewhon ingest --events=record file 1 record file 2 record files . --out b"
        );
        assert!(line("cdr").contains("--events=a/491701.csv b/491702.csv b/4917*.csv"));
    }
}
