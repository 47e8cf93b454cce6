use std::{fmt, io, path::Path};

/// What went wrong, which decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file, a row or a value that the user gave (exit 1).
    Input,
    /// A command line or setting outside its allowed range (exit 2).
    Usage,
    /// Policy, purpose, approval or consent says no (exit 3).
    Refused,
    /// The privacy budget would be exceeded, or its ledger can't be trusted (exit 4).
    Budget,
    /// The data failed its checks: too large a share was quarantined (exit 5).
    Data,
    /// The audit found the guarantee broken, or a risk threshold was exceeded (exit 6).
    Risk,
    /// A defect of the program itself (exit 70).
    Internal,
    /// Disk, memory, permission or a lock: try again once it is mended (exit 75).
    Resource,
}

impl Kind {
    /// The process exit code of this kind.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Input => 1,
            Self::Usage => 2,
            Self::Refused => 3,
            Self::Budget => 4,
            Self::Data => 5,
            Self::Risk => 6,
            Self::Internal => 70,
            Self::Resource => 75,
        }
    }

    /// The kind's name in JSON output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Usage => "usage",
            Self::Refused => "refused",
            Self::Budget => "budget",
            Self::Data => "data",
            Self::Risk => "risk",
            Self::Internal => "internal",
            Self::Resource => "resource",
        }
    }
}

/// The one error type: a kind, a sentence, and perhaps a hint.
///
/// The sentence is lower case without a final stop, quotes input in backticks, and says which value
/// was met and what is allowed. It never holds a pseudonym, a row's content or an exact count of few.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    kind: Kind,
    message: String,
    hint: Option<String>,
}

/// A result with the one error type.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error of the given kind.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            hint: None,
        }
    }

    /// Bad input ([`Kind::Input`]).
    pub fn input(message: impl Into<String>) -> Self {
        Self::new(Kind::Input, message)
    }

    /// Wrong usage ([`Kind::Usage`]).
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// A defect of the program ([`Kind::Internal`]).
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Kind::Internal, message)
    }

    /// Turns a failed file operation into an error: a missing file is input, the rest a resource.
    pub fn io(action: &str, path: &Path, error: &io::Error) -> Self {
        let path = path.display();
        match error.kind() {
            io::ErrorKind::NotFound => {
                Self::input(format!("can't {action} `{path}`: no such file"))
                    .with_hint("check the path; relative paths start at the current directory")
            }
            io::ErrorKind::PermissionDenied => Self::new(
                Kind::Resource,
                format!("can't {action} `{path}`: permission denied"),
            )
            .with_hint("check the owner and mode of the file and of its directory"),
            io::ErrorKind::NotADirectory => Self::input(format!(
                "can't {action} `{path}`: a part of the path is a file, not a directory"
            ))
            .with_hint("check the path, or name another one"),
            // A limit on file sizes is met like a full disk.
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge => Self::new(
                Kind::Resource,
                format!("can't {action} `{path}`: the disk is full"),
            )
            .with_hint("free some space and run the same command again; nothing was lost"),
            _ => Self::new(Kind::Resource, format!("can't {action} `{path}`: {error}"))
                .with_hint("check the disk and the path, then run the same command again"),
        }
    }

    /// Adds what the user may do about it.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What kind of error this is.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The sentence.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The hint, where there is one.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_file_is_input_and_a_full_disk_is_a_resource() {
        let missing = io::Error::from(io::ErrorKind::NotFound);
        let full = io::Error::from(io::ErrorKind::StorageFull);
        let path = Path::new("a.csv");
        assert_eq!(Error::io("read", path, &missing).kind().exit_code(), 1);
        assert_eq!(Error::io("write", path, &full).kind().exit_code(), 75);
    }
}
