//! Where `--out` may be written.

use std::{
    fs::File,
    io::{ErrorKind, Read},
    path::Path,
};

use erewhon_types::{Error, Result};

use crate::dirs::RunDir;

/// Refuses a path where a new file would take the place of another thing.
///
/// A file is written whole beside its place and then renamed to it: that would remove a link or a device.
pub(crate) fn check_free(out: &Path, overwrite: bool) -> Result<()> {
    let (what, hint) = match bare(out).symlink_metadata().map(|there| there.file_type()) {
        Ok(there) if there.is_dir() => ("is a directory", "name a file in it"),
        Ok(there) if there.is_symlink() => {
            ("is a symbolic link", "name the file that it points to")
        }
        Ok(there) if !there.is_file() => (
            "is a device, a pipe or a socket",
            "name a plain file: it is written whole and then put in place",
        ),
        Ok(_) if !overwrite => ("is there already", "add --overwrite, or name another file"),
        _ => return Ok(()),
    };
    Err(Error::usage(format!("`{}` {what}", out.display())).with_hint(hint))
}

/// Refuses to replace a file that is none of our internal ones.
pub(crate) fn check_is_ours(out: &Path) -> Result<()> {
    let head = |mut file: File| {
        let mut bytes = vec![0; 4096];
        let read = file.read(&mut bytes)?;
        bytes.truncate(read);
        Ok(bytes)
    };
    match File::open(out).and_then(head) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Error::io("read", out, &error)),
        Ok(bytes) if bytes.windows(8).any(|word| word == b"INTERNAL") => Ok(()),
        Ok(_) => Err(Error::usage(format!(
            "`{}` is there and no internal file of ours",
            out.display()
        ))
        .with_hint("name another page")),
    }
}

/// Refuses a path where no directory can be made: what is made there belongs to that very path.
pub(crate) fn check_directory(out: &Path) -> Result<()> {
    let what = match bare(out).symlink_metadata().map(|there| there.file_type()) {
        Ok(there) if there.is_symlink() => "is a symbolic link",
        Ok(there) if there.is_file() => "is a file, and a directory is wanted",
        Ok(there) if !there.is_dir() => "is a device, a pipe or a socket",
        _ => return Ok(()),
    };
    Err(Error::usage(format!("`{}` {what}", out.display()))
        .with_hint("name a new or empty directory"))
}

/// Without a `/` or `/.` at its end, with which the system looks through a link.
fn bare(path: &Path) -> &Path {
    path.components().as_path()
}

/// Refuses also a file in a directory that is not there, and one in the run itself.
pub(crate) fn check_apart(run: &RunDir, out: &Path, overwrite: bool) -> Result<()> {
    let parent = out.parent().filter(|parent| *parent != Path::new(""));
    let parent = parent.unwrap_or(Path::new("."));
    if !parent.is_dir() {
        let (parent, out) = (parent.display(), out.display());
        return Err(
            Error::input(format!("there is no directory `{parent}` for `{out}`"))
                .with_hint("make the directory, or check the path"),
        );
    }
    let real = |path: &Path| {
        path.canonicalize()
            .map_err(|error| Error::io("read", path, &error))
    };
    if !out.is_dir() && real(parent)?.starts_with(real(run.root())?) {
        return Err(Error::usage(format!(
            "`{}` lies in the run directory, whose files belong together",
            out.display()
        ))
        .with_hint("name a file outside of it, or leave out --out for the run's own records"));
    }
    check_free(out, overwrite)
}
