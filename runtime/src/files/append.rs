//! Files that grow: the journal and the embedded cloud's log. They are Holdfast's own, so none is ever a link.

use std::fs::{File, OpenOptions};
use std::path::Path;

use super::open::{Links, private, regular};
use super::write::{Access, replace};
use super::{FileError, Why, exists};

/// Open a file to write at its end; one that is not there is made, for its owner alone (mode 0600).
///
/// # Errors
/// A link or anything else that is not a regular file, and what the system says.
pub fn append_private(path: &Path) -> Result<File, FileError> {
    regular(path, private(OpenOptions::new().create(true).append(true)), Links::Refuse)
}

/// A new file that is there with these bytes or not at all, durable, open to write more at its end, and for its owner
/// alone (mode 0600). The caller keeps others from making it meanwhile.
///
/// # Errors
/// There is something of this name, and what the system says.
pub fn begin_private(path: &Path, bytes: &[u8]) -> Result<File, FileError> {
    if exists(path) {
        return Err(FileError::new(path, Why::System(std::io::ErrorKind::AlreadyExists.into())));
    }
    replace(path, bytes, Access::Owner)
}

/// Open a file to be locked, to be read and to be written; one that is not there is made, for its owner alone.
///
/// # Errors
/// A link or anything else that is not a regular file, and what the system says.
pub fn lock_file(path: &Path) -> Result<File, FileError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    regular(path, private(&mut options), Links::Refuse)
}
