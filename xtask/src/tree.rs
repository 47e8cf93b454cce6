//! The files of the workspace.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use crate::Outcome;

/// The workspace's directory.
///
/// Asked at run time, as `cargo` sets it: clones that share a target directory may share this
/// binary too, and each must be checked itself.
pub(crate) fn root() -> PathBuf {
    let built_in = || PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let here = env::var_os("CARGO_MANIFEST_DIR").map_or_else(built_in, PathBuf::from);
    here.parent().unwrap_or(&here).to_path_buf()
}

/// Where cargo puts what it builds.
pub(crate) fn target_dir() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// The directories under `crates/`, sorted, with their names.
pub(crate) fn crates(root: &Path) -> Outcome<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    for entry in list(&root.join("crates"))? {
        if let (true, Some(name)) = (entry.is_dir(), entry.file_name().and_then(|n| n.to_str())) {
            found.push((name.to_owned(), entry.clone()));
        }
    }
    Ok(found)
}

/// All files below `dir` whose name ends in `suffix`, sorted; none when there is no such directory.
pub(crate) fn files(dir: &Path, suffix: &str) -> Outcome<Vec<PathBuf>> {
    let mut found = Vec::new();
    if !dir.exists() {
        return Ok(found);
    }
    for entry in list(dir)? {
        if entry.is_dir() {
            found.extend(files(&entry, suffix)?);
        } else if entry.to_string_lossy().ends_with(suffix) {
            found.push(entry);
        }
    }
    Ok(found)
}

/// A file's text.
pub(crate) fn read(path: &Path) -> Outcome<String> {
    fs::read_to_string(path).map_err(|error| format!("can't read `{}`: {error}", path.display()))
}

/// Writes a file.
pub(crate) fn write(path: &Path, text: &str) -> Outcome<()> {
    fs::write(path, text).map_err(|error| format!("can't write `{}`: {error}", path.display()))
}

/// `path` as seen from the workspace.
pub(crate) fn shown(root: &Path, path: &Path) -> String {
    path.strip_prefix(root)
        .unwrap_or(path)
        .display()
        .to_string()
}

fn list(dir: &Path) -> Outcome<Vec<PathBuf>> {
    let error = |error| format!("can't list `{}`: {error}", dir.display());
    let mut entries = Vec::new();
    for entry in fs::read_dir(dir).map_err(error)? {
        entries.push(entry.map_err(error)?.path());
    }
    entries.sort();
    Ok(entries)
}

/// A directory for one test, gone when dropped.
#[cfg(test)]
pub(crate) struct Scratch(PathBuf);

#[cfg(test)]
impl Scratch {
    pub(crate) fn new(name: &str) -> Self {
        let dir = env::temp_dir().join(format!("erewhon-xtask-{}-{name}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        Self(dir)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn put(&self, path: &str, text: &str) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn get(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.0.join(path)).ok()
    }

    pub(crate) fn remove(&self, path: &str) {
        fs::remove_file(self.0.join(path)).unwrap();
    }
}

#[cfg(test)]
impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
