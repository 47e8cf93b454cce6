//! What a command was asked for by name, out of a fixed list.

use std::path::PathBuf;

use erewhon_events::nearest_name;
use erewhon_types::{Error, Result};

use crate::ui::Ui;

/// The entries of these names, ascending by name and each once; all of the list in its own order where no name is given.
///
/// # Errors
/// Usage, when there is no `what` of a name.
pub(super) fn chosen<T>(
    all: &'static [T],
    name_of: fn(&T) -> &'static str,
    what: &str,
    names: &[String],
) -> Result<Vec<&'static T>> {
    if names.is_empty() {
        return Ok(all.iter().collect());
    }
    let find = |name: &String| {
        let found = all.iter().find(|entry| name_of(entry) == name.trim());
        found.ok_or_else(|| {
            let known: Vec<&str> = all.iter().map(name_of).collect();
            let meant = nearest_name(name, known.iter().copied());
            let meant = meant.map_or_else(String::new, |meant| format!("did you mean `{meant}`? "));
            Error::usage(format!("`{name}` is no {what}"))
                .with_hint(format!("{meant}allowed: {}", known.join(", ")))
        })
    };
    let mut found = names.iter().map(find).collect::<Result<Vec<_>>>()?;
    found.sort_by_key(|entry| name_of(entry));
    found.dedup_by_key(|entry| name_of(entry));
    Ok(found)
}

/// Says which tables have no rows, and so no file among those that were written.
pub(super) fn say_without_rows<'a>(
    names: impl Iterator<Item = &'a str>,
    written: &[PathBuf],
    ui: &Ui,
) {
    let is_there = |name: &str| {
        written
            .iter()
            .any(|path| path.file_stem() == Some(name.as_ref()))
    };
    let without: Vec<&str> = names.filter(|name| !is_there(name)).collect();
    if !without.is_empty() {
        ui.say(&format!("no rows, so no file: {}", without.join(", ")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: &[(&str, u8)] = &[("stays", 1), ("homes", 2), ("flows", 3)];

    fn asked(names: &[&str]) -> Result<Vec<u8>> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let found = chosen(ALL, |entry| entry.0, "kind of table", &names)?;
        Ok(found.iter().map(|entry| entry.1).collect())
    }

    #[test]
    fn names_are_found_once_and_an_unknown_one_is_refused_with_those_there_are() {
        assert_eq!(asked(&[]).unwrap(), [1, 2, 3]);
        assert_eq!(asked(&["stays", " homes", "stays"]).unwrap(), [2, 1]);
        let error = asked(&["stays", "home"]).unwrap_err();
        assert_eq!(error.message(), "`home` is no kind of table");
        assert_eq!(
            error.hint(),
            Some("did you mean `homes`? allowed: stays, homes, flows")
        );
        let error = asked(&["epidemics"]).unwrap_err();
        assert_eq!(error.hint(), Some("allowed: stays, homes, flows"));
    }
}
