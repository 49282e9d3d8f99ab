//! Append-only files: the journal and the embedded cloud's log. Only Holdfast creates them, so a link is refused.

use std::fs::{File, OpenOptions};
use std::path::Path;

use super::open::{Links, private, regular};
use super::write::{Access, replace};
use super::{FileError, Why, exists};

/// Open a file for appending. If it is missing, it is created with mode 0600.
///
/// # Errors
/// It is a link or not a regular file, or the system reports an error.
pub fn append_private(path: &Path) -> Result<File, FileError> {
    regular(path, private(OpenOptions::new().create(true).append(true)), Links::Refuse)
}

/// Create a file with these bytes, atomically and durably, with mode 0600, and return it open for appending. The
/// caller must prevent others from creating the same file at the same time.
///
/// # Errors
/// The path exists, or the system reports an error.
pub fn begin_private(path: &Path, bytes: &[u8]) -> Result<File, FileError> {
    if exists(path) {
        return Err(FileError::new(path, Why::System(std::io::ErrorKind::AlreadyExists.into())));
    }
    replace(path, bytes, Access::Owner)
}

/// Open a lock file for reading and writing. If it is missing, it is created with mode 0600.
///
/// # Errors
/// It is a link or not a regular file, or the system reports an error.
pub fn lock_file(path: &Path) -> Result<File, FileError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    regular(path, private(&mut options), Links::Refuse)
}
