//! What lies in a store's directory without belonging to the store.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use erewhon_types::{Error, Result};

use crate::{
    Manifest,
    store::{CELLS, LOCK, MANIFEST},
    withdrawn,
};

/// Whether a directory without a manifest holds anything that no store leaves behind.
pub(crate) fn holds_strangers(dir: &Path) -> Result<bool> {
    let ours = |name: &str| {
        let files = [LOCK, CELLS, "cells.json.tmp", "manifest.json.tmp"];
        files.contains(&name) || name.starts_with("period=") || name.starts_with(".tmp")
    };
    Ok(entries(dir)?.iter().any(|(name, _)| !ours(name)))
}

/// Files that a crash left, and that no manifest names.
pub(crate) fn strays(dir: &Path, manifest: &Manifest) -> Result<Vec<PathBuf>> {
    let mut strays = Vec::new();
    for (name, path) in entries(dir)? {
        if name.starts_with("period=") {
            for (_, range) in entries(&path)? {
                strays.extend(entries(&range)?.into_iter().map(|(_, file)| file));
            }
        } else if ![LOCK, CELLS, MANIFEST].contains(&name.as_str()) {
            strays.push(path);
        }
    }
    let named = |path: &PathBuf| {
        let withdrawn = manifest.withdrawn.iter().map(|list| &list.path);
        let mut names = manifest.segments().map(|s| &s.path).chain(withdrawn);
        names.any(|name| dir.join(name) == *path)
    };
    strays.retain(|path| !named(path));
    Ok(strays)
}

/// Removes what a crashed change left. Its caller holds the lock.
pub(crate) fn sweep(dir: &Path, manifest: &Manifest) -> Result<()> {
    for path in strays(dir, manifest)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let in_period = path.parent() != Some(dir);
        let temporary = name.ends_with(".tmp") || name.starts_with(".tmp");
        if in_period || temporary || withdrawn::is_list(&name) {
            removed(&path, fs::remove_file(&path))?;
        }
    }
    for (name, period) in entries(dir)? {
        if name.starts_with("period=") {
            for (_, range) in entries(&period)? {
                remove_empty(&range)?;
            }
            remove_empty(&period)?;
        }
    }
    Ok(())
}

fn remove_empty(dir: &Path) -> Result<()> {
    if entries(dir)?.is_empty() {
        removed(dir, fs::remove_dir(dir))?;
    }
    Ok(())
}

fn removed(path: &Path, outcome: io::Result<()>) -> Result<()> {
    match outcome {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Error::io("remove", path, &error))
        }
        _ => Ok(()),
    }
}

/// Names and paths in a directory; nothing where the directory is gone or a file.
fn entries(dir: &Path) -> Result<Vec<(String, PathBuf)>> {
    let failed = |error: io::Error| Error::io("read", dir, &error);
    let mut entries = Vec::new();
    let found = match fs::read_dir(dir) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(entries),
        Err(error) => return Err(failed(error)),
    };
    for entry in found {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        entries.push((name, entry.path()));
    }
    Ok(entries)
}
