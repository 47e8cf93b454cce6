//! Files that hold a secret: written once, whole, and readable by their owner alone.

use std::{fs, io::Write as _, path::Path};

use erewhon_types::{Error, Kind, Result};

/// Writes a new file of mode 600; nothing is ever overwritten.
pub(crate) fn create_new(path: &Path, text: &str) -> Result<()> {
    // Written under another name and then linked: a crash leaves no half a key behind, and a
    // link, unlike a rename, never replaces what is there.
    let partial = path.with_extension(format!("{}.partial", std::process::id()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => Error::input(format!(
            "the key file `{}` exists and is never overwritten",
            path.display()
        ))
        .with_hint("what was made with the old key needs it; choose another name"),
        _ => Error::io("write the key file", path, &error),
    };
    let mut file = options.open(&partial).map_err(failed)?;
    let written = file
        .write_all(format!("{text}\n").as_bytes())
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::hard_link(&partial, path));
    let removed = fs::remove_file(&partial);
    written.and(removed).map_err(failed)
}

/// Bytes of the operating system.
pub(crate) fn draw<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|_| Error::internal("the operating system gave no random bytes"))?;
    Ok(bytes)
}

/// Reads a file that nobody but its owner may read.
pub(crate) fn read(path: &Path) -> Result<String> {
    let text =
        fs::read_to_string(path).map_err(|error| Error::io("read the key file", path, &error))?;
    refuse_open_mode(path)?;
    Ok(text.trim().to_owned())
}

#[cfg(unix)]
fn refuse_open_mode(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path)
        .map_err(|error| Error::io("read the key file", path, &error))?
        .permissions()
        .mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let path = path.display();
    Err(Error::new(
        Kind::Refused,
        format!(
            "others may read the key file `{path}` (mode {:o}; allowed: 600)",
            mode & 0o777
        ),
    )
    .with_hint(format!(
        "run `chmod 600 {path}`; if others had access, make a new key"
    )))
}

#[cfg(not(unix))]
fn refuse_open_mode(_path: &Path) -> Result<()> {
    Ok(())
}
