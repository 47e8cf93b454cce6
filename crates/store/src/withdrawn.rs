//! The list of those who withdrew: one pseudonym a line, 16 hexadecimal digits, ascending.

use std::{fs, path::Path, sync::Arc};

use erewhon_types::{Error, Kind, Result};

use crate::{Manifest, Withdrawn, disk};

/// Writes a list under a name that only a manifest to come will name.
pub(crate) fn write(dir: &Path, change: u32, bits: &[u64]) -> Result<Withdrawn> {
    let lines: String = bits.iter().map(|bits| format!("{bits:016x}\n")).collect();
    let path = format!("withdrawn-{change}.txt");
    disk::write(&dir.join(&path), lines.as_bytes())?;
    disk::sync_parent(&dir.join(&path))?;
    Ok(Withdrawn {
        change,
        path,
        blake3: disk::blake3_of_text(lines.as_bytes()),
        subscribers: bits.len() as u64,
    })
}

/// The pseudonyms that a manifest hides, ascending.
pub(crate) fn read(dir: &Path, manifest: Option<&Manifest>) -> Result<Arc<[u64]>> {
    let Some(list) = manifest.and_then(|manifest| manifest.withdrawn.as_ref()) else {
        return Ok(Arc::default());
    };
    let damaged = || {
        Error::new(
            Kind::Data,
            format!(
                "the store's list of withdrawals `{}` is missing or was changed",
                list.path
            ),
        )
        .with_hint("restore the file from a copy; without it nobody may read the store")
    };
    let text = fs::read_to_string(dir.join(&list.path)).map_err(|_| damaged())?;
    if disk::blake3_of_text(text.as_bytes()) != list.blake3 {
        return Err(damaged());
    }
    let lines = text.lines().map(|line| u64::from_str_radix(line, 16));
    let bits = lines.collect::<std::result::Result<Arc<[u64]>, _>>();
    bits.map_err(|_| damaged())
}

/// Whether a file's name is that of a list.
pub(crate) fn is_list(name: &str) -> bool {
    name.starts_with("withdrawn-") && name.ends_with(".txt")
}
