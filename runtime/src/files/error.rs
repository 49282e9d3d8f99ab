//! Why a file is not read or written.

use std::fmt;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

/// A file or folder that cannot be used, and why. `Display` names the path first.
#[derive(Debug, thiserror::Error)]
#[error("{}: {why}", path.display())]
pub struct FileError {
    /// The path, as the user named it or as it was found in a folder.
    pub path: PathBuf,
    /// What is wrong with it.
    pub why: Why,
}

/// What is wrong with a file.
#[derive(Debug)]
pub enum Why {
    /// The operating system reports an error.
    System(Error),
    /// It is not a regular file but this: a folder, a device, a named pipe.
    NotAFile(&'static str),
    /// It is a link, and links are not followed here.
    Link,
    /// It leads out of the folder that it must be in.
    LeadsOut {
        /// Where it leads.
        to: PathBuf,
        /// The folder.
        root: PathBuf,
    },
    /// It is larger than this many bytes.
    TooLarge(u64),
    /// It is not UTF-8.
    NotText,
    /// Folders hold too many entries.
    TooMany {
        /// What is counted, in the plural.
        what: &'static str,
        /// How many are allowed.
        most: usize,
    },
    /// Folders are nested deeper than this.
    TooDeep(usize),
}

impl FileError {
    pub(super) fn new(path: &Path, why: Why) -> Self {
        Self { path: path.to_owned(), why }
    }

    pub(super) fn system(path: &Path) -> impl Fn(Error) -> Self {
        move |error| Self::new(path, Why::System(error))
    }

    /// Whether the path does not exist.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(&self.why, Why::System(error) if error.kind() == ErrorKind::NotFound)
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System(error) => error.fmt(f),
            Self::NotAFile(what) => write!(f, "this is {what}, not a regular file"),
            Self::Link => f.write_str("this is a link, and links are not followed here"),
            Self::LeadsOut { to, root } => {
                write!(f, "it points to `{}`, outside the folder `{}`", to.display(), root.display())
            }
            Self::TooLarge(most) if most % (1024 * 1024) == 0 => {
                write!(f, "it is larger than {} MiB", most / 1024 / 1024)
            }
            Self::TooLarge(most) => write!(f, "it is larger than {most} bytes"),
            Self::NotText => f.write_str("it is not UTF-8 text"),
            Self::TooMany { what, most } => write!(f, "there are more than {most} {what}"),
            Self::TooDeep(most) => write!(f, "folders are nested more than {most} deep"),
        }
    }
}

/// Drops the path, for callers that name it themselves.
impl From<FileError> for Error {
    fn from(error: FileError) -> Self {
        match error.why {
            Why::System(error) => error,
            why => Self::new(ErrorKind::InvalidData, why.to_string()),
        }
    }
}
