//! Why a file is not read or written.

use std::fmt;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

/// A file or folder that cannot be used, and why. `Display` names the path first, and ends with the cure if there is one.
#[derive(Debug, thiserror::Error)]
#[error("{}: {why}{}", path.display(), why.cure().map_or(String::new(), |cure| format!(": {cure}")))]
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
    /// It must be a folder and is not, or a part of the path is a file.
    NotAFolder,
    /// It is a link, and links are not followed here.
    Link,
    /// It is a link to something that does not exist.
    Dangling {
        /// Where it points, as it is written in the link.
        to: PathBuf,
    },
    /// It is a link that leads back to itself.
    Circle,
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
        move |error| Self::new(path, Why::of(path, error))
    }

    /// Whether the path does not exist.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(&self.why, Why::System(error) if error.kind() == ErrorKind::NotFound)
    }
}

impl Why {
    /// What an error of the operating system means for a path: its sentences do not tell a missing file from a link to
    /// one.
    fn of(path: &Path, error: Error) -> Self {
        match error.kind() {
            _ if is_circle(&error) => Self::Circle,
            ErrorKind::NotADirectory => Self::NotAFolder,
            // A folder cannot be made where such a link is either.
            ErrorKind::NotFound | ErrorKind::AlreadyExists => {
                let link = std::fs::read_link(path).ok();
                match link.and_then(|to| Some((to, std::fs::metadata(path).err()?))) {
                    Some((_, broken)) if is_circle(&broken) => Self::Circle,
                    Some((to, broken)) if broken.kind() == ErrorKind::NotFound => Self::Dangling { to },
                    _ => Self::System(error),
                }
            }
            _ => Self::System(error),
        }
    }

    /// What to do about it, if the message does not say so.
    #[must_use]
    pub fn cure(&self) -> Option<&'static str> {
        match self {
            Self::Dangling { .. } | Self::Circle => Some("correct or remove the link"),
            Self::NotAFolder => Some("name a folder"),
            _ => None,
        }
    }

    /// Whether it is about the path that was named, and not about what is in the file or folder.
    #[must_use]
    pub fn is_of_path(&self) -> bool {
        matches!(self, Self::System(_) | Self::NotAFolder | Self::Dangling { .. } | Self::Circle)
    }
}

/// Whether a path has too many links, which is a circle of them (path_resolution(7), `ELOOP`).
#[cfg(unix)]
fn is_circle(error: &Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error())
}

#[cfg(not(unix))]
fn is_circle(_: &Error) -> bool {
    false
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System(error) => error.fmt(f),
            Self::NotAFile(what) => write!(f, "this is {what}, not a regular file"),
            Self::NotAFolder => f.write_str("this is not a folder"),
            Self::Dangling { to } => {
                write!(f, "this is a link to `{}`, which does not exist", to.display())
            }
            Self::Circle => f.write_str("this is a link that leads back to itself"),
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
        let kind = match error.why {
            Why::System(error) => return error,
            Why::Dangling { .. } => ErrorKind::NotFound,
            _ => ErrorKind::InvalidData,
        };
        let cure = error.why.cure().map_or(String::new(), |cure| format!(": {cure}"));
        Self::new(kind, format!("{}{cure}", error.why))
    }
}
