use std::{
    fs,
    path::{Path, PathBuf},
};

use erewhon_types::{Error, Result};

use crate::stored;

/// The record files that paths mean: a file itself, what a directory holds at any depth, or what a
/// pattern with `*`, `?` or `**` finds, each sorted by name; of a URL the same in an object store.
///
/// Of a directory, what begins with `.` or `_` is left out: marks and checksums of other tools.
///
/// # Errors
/// Input, when a path is not there, or a directory or pattern holds no file.
pub fn record_files(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        let before = files.len();
        let pattern = path
            .to_str()
            .filter(|text| text.contains(['*', '?', '[']) && !path.exists());
        if let Some(url) = stored::url(path) {
            files.append(&mut stored::list(url)?);
        } else if let Some(pattern) = pattern {
            find(pattern, &mut files)?;
        } else if path.is_dir() {
            walk(path, &mut files)?;
        } else {
            fs::metadata(path).map_err(|error| Error::io("read", path, &error))?;
            files.push(path.clone());
        }
        files[before..].sort();
        if files.len() == before {
            return Err(Error::input(format!("`{}` holds no file", path.display()))
                .with_hint("name files, a directory or a pattern such as `records/*.csv.gz`"));
        }
    }
    Ok(files)
}

fn find(pattern: &str, files: &mut Vec<PathBuf>) -> Result<()> {
    let paths = glob::glob(pattern).map_err(|error| {
        Error::input(format!("`{pattern}` is no pattern: {}", error.msg))
            .with_hint("write for example `records/*.csv.gz`")
    })?;
    for path in paths {
        let path = path.map_err(|error| Error::io("read", error.path(), error.error()))?;
        if path.is_file() {
            files.push(path);
        }
    }
    Ok(())
}

fn walk(dir: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let failed = |error: std::io::Error| Error::io("read", dir, &error);
    for entry in fs::read_dir(dir).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let hidden = |byte: &u8| matches!(byte, b'.' | b'_');
        if entry
            .file_name()
            .as_encoded_bytes()
            .first()
            .is_some_and(hidden)
        {
            continue;
        }
        let path = entry.path();
        // A link to a directory could lead round in circles.
        if entry.file_type().map_err(failed)?.is_dir() {
            walk(&path, files)?;
        } else if path.is_file() {
            files.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_files_directories_or_patterns() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::create_dir_all(at("d/year=2026")).unwrap();
        for name in [
            "b.csv",
            "a.csv",
            "d/year=2026/p.parquet",
            "d/_SUCCESS",
            "d/.p.crc",
        ] {
            fs::write(at(name), "x").unwrap();
        }
        let names = |paths: &[PathBuf]| record_files(paths).map_err(|e| e.message().to_owned());
        assert_eq!(
            names(&[at("d"), at("b.csv")]),
            Ok(vec![at("d/year=2026/p.parquet"), at("b.csv")])
        );
        assert_eq!(names(&[at("*.csv")]), Ok(vec![at("a.csv"), at("b.csv")]));
        assert_eq!(
            names(&[at("**/*.parquet")]),
            Ok(vec![at("d/year=2026/p.parquet")])
        );
        assert!(names(&[at("*.tsv")]).unwrap_err().contains("holds no file"));
        assert!(names(&[at("gone")]).unwrap_err().contains("no such file"));
    }
}
