//! Rows that were set aside, for the operator alone. They hold raw identifiers, so they are encrypted
//! on their way to the disk and have a day on which they go.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Read as _, Write},
    path::{Path, PathBuf},
};

use age::{secrecy::ExposeSecret as _, stream::StreamWriter, x25519::Identity};
use erewhon_types::{Error, Kind, Result};
use jiff::civil::Date;

use crate::{Fault, mapping::hex, secret};

/// Days that quarantined rows are kept, unless told otherwise.
pub const QUARANTINE_DAYS: u16 = 30;
/// Bytes of rows that one load may leave in quarantine; what is more is counted and not kept.
pub const MAX_QUARANTINE_BYTES: u64 = 64 << 20;

const PREFIX: &str = "until-";
const SUFFIX: &str = ".tsv.age";
const PARTIAL: &str = ".partial";
/// The first line of every file.
pub const QUARANTINE_HEADER: &str = "file\tline\tcolumn\trule\trow";

/// The operator's key to the quarantine: an identity as `age` itself reads and writes it.
#[derive(Clone)]
pub struct QuarantineKey(Identity);

impl QuarantineKey {
    /// Draws a new key from the operating system and writes it to a new file of mode 600.
    ///
    /// # Errors
    /// Input, when the file exists; resource, when it can't be written.
    pub fn create_new(path: &Path) -> Result<Self> {
        let identity = Identity::generate();
        secret::create_new(path, identity.to_string().expose_secret())?;
        Ok(Self(identity))
    }

    /// Loads a key file, readable by its owner only.
    ///
    /// # Errors
    /// Input, when the file is missing or is no key; refused, when others may read it.
    pub fn load(path: &Path) -> Result<Self> {
        let identity = secret::read(path)?.parse().map_err(|_| {
            Error::input(format!("`{}` is not a quarantine key", path.display()))
                .with_hint("it holds one line that begins with AGE-SECRET-KEY-1")
        })?;
        Ok(Self(identity))
    }
}

/// Where the rows go that one load sets aside; nothing is there before [`Quarantine::finish`].
///
/// # Privacy
/// A row is encrypted before its first byte reaches the disk: a crash leaves ciphertext under a
/// temporary name, which nobody can read to its end and the next load removes.
pub struct Quarantine {
    dir: PathBuf,
    name: String,
    key: QuarantineKey,
    max_bytes: u64,
    /// Begun with the first row: a load that sets nothing aside leaves no file.
    out: Option<StreamWriter<BufWriter<File>>>,
    kept: Quarantined,
}

/// What a load left in quarantine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quarantined {
    /// The file; `None` where no row was set aside.
    pub path: Option<PathBuf>,
    /// Rows kept.
    pub rows: u64,
    /// Bytes that they take.
    pub bytes: u64,
    /// Rows beyond the largest size, which are counted alone.
    pub rows_beyond: u64,
}

impl Quarantine {
    /// A quarantine in a directory, of which no other load makes use, for rows that go after `until`.
    ///
    /// # Errors
    /// Resource, when the directory can't be made or what a crash left there can't be removed.
    pub fn open(dir: &Path, key: QuarantineKey, until: Date) -> Result<Self> {
        fs::create_dir_all(dir).map_err(|error| Error::io("make", dir, &error))?;
        for (name, path) in files(dir)? {
            if name.ends_with(PARTIAL) {
                fs::remove_file(&path).map_err(|error| Error::io("remove", &path, &error))?;
            }
        }
        Ok(Self {
            dir: dir.to_owned(),
            name: format!("{PREFIX}{until}-{}{SUFFIX}", hex(&secret::draw::<4>()?)),
            key,
            max_bytes: MAX_QUARANTINE_BYTES,
            out: None,
            kept: Quarantined::default(),
        })
    }

    fn partial(&self) -> PathBuf {
        self.dir.join(format!("{}{PARTIAL}", self.name))
    }

    /// Sets a row aside: where it stood, the rule that it broke, and its bytes as they are, but for line
    /// breaks within a field of Parquet, which become spaces.
    ///
    /// # Errors
    /// Resource, when the disk is full.
    pub fn push(&mut self, file: &str, fault: &Fault, row: &[u8]) -> Result<()> {
        let column = fault
            .column
            .map_or_else(String::new, |column| column.to_string());
        let file = file.replace(char::is_control, " ");
        let mut line = format!("{file}\t{}\t{column}\t{}\t", fault.line, fault.rule.name());
        line.reserve(row.len() + 1);
        let mut line = line.into_bytes();
        let row = row.strip_suffix(b"\n").unwrap_or(row);
        let row = row.strip_suffix(b"\r").unwrap_or(row);
        // A field of Parquet may hold line breaks; a row here is one line.
        line.extend(
            row.iter()
                .map(|&byte| if byte == b'\n' { b' ' } else { byte }),
        );
        line.push(b'\n');
        let bytes = self.kept.bytes + line.len() as u64;
        if bytes > self.max_bytes {
            self.kept.rows_beyond += 1;
            return Ok(());
        }
        let partial = self.partial();
        let failed = |error: io::Error| Error::io("write", &partial, &error);
        let out = match self.out.take() {
            Some(out) => out,
            None => self.begin().map_err(failed)?,
        };
        self.out.insert(out).write_all(&line).map_err(failed)?;
        self.kept.rows += 1;
        self.kept.bytes = bytes;
        Ok(())
    }

    fn begin(&self) -> io::Result<StreamWriter<BufWriter<File>>> {
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(self.partial())?;
        let recipient = self.key.0.to_public();
        let encryptor =
            age::Encryptor::with_recipients([&recipient as &dyn age::Recipient].into_iter());
        let mut out = encryptor
            .map_err(io::Error::other)?
            .wrap_output(BufWriter::new(file))?;
        writeln!(out, "{QUARANTINE_HEADER}")?;
        Ok(out)
    }

    /// Keeps the rows under their name, durably.
    ///
    /// # Errors
    /// Resource, when the disk is full.
    pub fn finish(self) -> Result<Quarantined> {
        self.finish_with(sync_directory)
    }

    /// `sync` makes the names in a directory outlive a power cut.
    fn finish_with(mut self, sync: fn(&Path) -> io::Result<()>) -> Result<Quarantined> {
        if let Some(out) = self.out.take() {
            let (partial, path) = (self.partial(), self.dir.join(&self.name));
            let write = || -> io::Result<()> {
                let file = out.finish()?.into_inner().map_err(io::Error::from)?;
                file.sync_all()?;
                fs::rename(&partial, &path)?;
                sync(&self.dir)
            };
            write().map_err(|error| Error::io("write", &path, &error))?;
            self.kept.path = Some(path);
        }
        Ok(std::mem::take(&mut self.kept))
    }
}

impl Drop for Quarantine {
    fn drop(&mut self) {
        // Ciphertext without an end, which the next load removes where this can't.
        let _ = fs::remove_file(self.partial());
    }
}

fn sync_directory(dir: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(dir)?.sync_all()?;
    }
    Ok(())
}

/// Decrypts one file of a quarantine to `out`.
///
/// # Errors
/// Input, when the file is missing or no such file; refused, when it was made for another key; data,
/// when it was cut short or changed (what stood before may have been written already); resource,
/// when `out` takes no more. A reader behind `out` that went away has all it wanted.
pub fn show_quarantine(path: &Path, key: &QuarantineKey, out: &mut dyn Write) -> Result<()> {
    let file = File::open(path).map_err(|error| Error::io("read", path, &error))?;
    let name = path.display();
    let no_file = || Error::input(format!("`{name}` is no file of a quarantine"));
    let decryptor =
        age::Decryptor::new_buffered(io::BufReader::new(file)).map_err(|_| no_file())?;
    let mut rows = match decryptor.decrypt([&key.0 as &dyn age::Identity].into_iter()) {
        Ok(rows) => rows,
        Err(age::DecryptError::NoMatchingKeys) => {
            return Err(Error::new(
                Kind::Refused,
                format!("`{name}` was encrypted to another key"),
            )
            .with_hint("name the vault that it was ingested with"));
        }
        Err(_) => return Err(no_file()),
    };
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = rows.read(&mut buffer).map_err(|_| {
            Error::new(Kind::Data, format!("`{name}` was cut short or changed"))
                .with_hint("restore it from a copy, or read the raw file again")
        })?;
        if read == 0 {
            return Ok(());
        }
        match out.write_all(buffer.get(..read).unwrap_or_default()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            written => written.map_err(|error| {
                Error::new(Kind::Resource, format!("can't write the rows: {error}"))
            })?,
        }
    }
}

/// The files of a quarantine, the ones that go first in front.
///
/// # Errors
/// Resource, when the directory can't be read; a directory that is not there has none.
pub fn quarantined_files(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut found = files(dir)?;
    found.retain(|(name, _)| until(name).is_some());
    found.sort();
    Ok(found.into_iter().map(|(_, path)| path).collect())
}

/// Removes the files whose last day lies before `today`; gives how many.
///
/// # Errors
/// Resource, when one can't be removed.
pub fn expire_quarantine(dir: &Path, today: Date) -> Result<usize> {
    let mut found = files(dir)?;
    found.retain(|(name, _)| until(name).is_some_and(|until| until < today));
    for (_, path) in &found {
        fs::remove_file(path).map_err(|error| Error::io("remove", path, &error))?;
    }
    Ok(found.len())
}

/// Removes the files of these names, as [`QualityReport::quarantine`] has them; what has no such name
/// stays.
///
/// # Errors
/// Resource, when one can't be removed.
///
/// [`QualityReport::quarantine`]: crate::QualityReport::quarantine
pub fn remove_quarantined(dir: &Path, names: &[&str]) -> Result<()> {
    let mut found = files(dir)?;
    found.retain(|(name, _)| until(name).is_some() && names.contains(&name.as_str()));
    for (_, path) in &found {
        fs::remove_file(path).map_err(|error| Error::io("remove", path, &error))?;
    }
    Ok(())
}

/// The last day of a file by its name: a copy keeps it, as it would not keep the time of the file.
fn until(name: &str) -> Option<Date> {
    let rest = name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?;
    rest.get(..10)?.parse().ok()
}

fn files(dir: &Path) -> Result<Vec<(String, PathBuf)>> {
    let failed = |error: io::Error| Error::io("read", dir, &error);
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    entries
        .map(|entry| {
            let entry = entry.map_err(failed)?;
            Ok((
                entry.file_name().to_string_lossy().into_owned(),
                entry.path(),
            ))
        })
        .collect()
}

#[cfg(test)]
mod tests;
