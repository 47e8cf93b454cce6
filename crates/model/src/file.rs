use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::Path,
};

use erewhon_types::{Error, Result};
use serde::Deserialize;

use crate::{Model, VERSION, validate::wrong_version};

#[derive(Deserialize)]
struct Version {
    version: String,
}

impl Model {
    /// Reads and checks a model.
    ///
    /// # Errors
    /// Input, when the file is missing, is no model of this version, or a table is broken.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).map_err(|e| Error::io("read the model", path, &e))?;
        Self::from_json(&text).map_err(|error| {
            let located = Error::new(
                error.kind(),
                format!("`{}`: {}", path.display(), error.message()),
            );
            match error.hint() {
                Some(hint) => located.with_hint(hint),
                None => located,
            }
        })
    }

    /// Checks the model, writes it beside `path`, syncs and renames: a crash or a power cut leaves
    /// the old file or the whole new one.
    ///
    /// # Errors
    /// Input, when a table is broken; resource, when the disk says no.
    pub fn write(&self, path: &Path) -> Result<()> {
        let text = self.to_json()?;
        let mut name = path.file_name().unwrap_or_default().to_os_string();
        name.push(format!(".{}.partial", std::process::id()));
        let part = path.with_file_name(name);
        let written = File::create(&part)
            .and_then(|mut file| {
                file.write_all(text.as_bytes())?;
                file.sync_all()
            })
            .and_then(|()| fs::rename(&part, path))
            .and_then(|()| sync_directory_of(path));
        written.map_err(|error| {
            // The first failure is the one worth telling; a leftover part does no harm.
            let _ = fs::remove_file(&part);
            Error::io("write the model", path, &error)
        })
    }

    /// Parses and checks a model.
    ///
    /// # Errors
    /// Input, when the text is no model of this version or a table is broken.
    pub fn from_json(text: &str) -> Result<Self> {
        let version: Version = serde_json::from_str(text).map_err(|e| not_a_model(text, &e))?;
        if version.version != VERSION {
            return Err(wrong_version(&version.version));
        }
        let model: Self = serde_json::from_str(text).map_err(|e| not_a_model(text, &e))?;
        model.validate()?;
        Ok(model)
    }

    /// The model as one JSON value.
    ///
    /// # Errors
    /// Input, when a table is broken.
    pub fn to_json(&self) -> Result<String> {
        self.validate()?;
        serde_json::to_string(self)
            .map_err(|e| Error::internal(format!("the model can't be written as JSON: {e}")))
    }
}

/// Makes a rename last; only Unix can open a directory for that.
fn sync_directory_of(path: &Path) -> io::Result<()> {
    let directory = path.parent().filter(|d| !d.as_os_str().is_empty());
    if cfg!(unix) {
        File::open(directory.unwrap_or_else(|| Path::new(".")))?.sync_all()?;
    }
    Ok(())
}

fn not_a_model(text: &str, error: &serde_json::Error) -> Error {
    let last = (
        text.lines().count(),
        text.lines().last().map_or(0, str::len),
    );
    // Inside a number the end is met as a wrong one.
    if error.is_eof() || (error.line(), error.column()) == last {
        return Error::input(format!(
            "the model was cut short: its text ends in the middle, at line {}, column {}",
            error.line(),
            error.column()
        ))
        .with_hint("put back the whole `model.json` that `erewhon fit` wrote");
    }
    Error::input(format!("this is not a model: {error}"))
        .with_hint("give the `model.json` that `erewhon fit` wrote")
}

#[cfg(test)]
mod tests;
