//! Reading files, up to a size limit.

use std::fs::OpenOptions;
use std::io::Read;
use std::path::Path;

use super::open::{Links, regular};
use super::{FileError, Why, inside};

/// The bytes of a file that a user names. A link is followed.
///
/// # Errors
/// It is not a regular file, is larger than `most` bytes, or cannot be read.
pub fn read(path: &Path, most: u64) -> Result<Vec<u8>, FileError> {
    open(path, most, Links::Follow)
}

/// The text of a file that a user names. A link is followed.
///
/// # Errors
/// It is not a regular file, is larger than `most` bytes, is not UTF-8, or cannot be read.
pub fn read_text(path: &Path, most: u64) -> Result<String, FileError> {
    text(path, read(path, most)?)
}

/// The text of the file `name` in the folder `root` or below it. See [`inside`].
///
/// # Errors
/// It leads out of the folder, is not a regular file, is larger than `most` bytes, is not UTF-8, or cannot be read.
pub fn read_inside(root: &Path, name: &Path, most: u64) -> Result<String, FileError> {
    let path = inside(root, name)?;
    let text = open(&path, most, Links::Refuse).and_then(|bytes| text(&path, bytes));
    // Name the path that the user wrote, not the resolved one.
    text.map_err(|error| FileError::new(&root.join(name), error.why))
}

/// The bytes of one of Holdfast's own files. A link is refused.
///
/// # Errors
/// It is not a regular file, is larger than `most` bytes, or cannot be read.
pub fn read_own(path: &Path, most: u64) -> Result<Vec<u8>, FileError> {
    open(path, most, Links::Refuse)
}

/// The text of one of Holdfast's own files. A link is refused.
///
/// # Errors
/// It is not a regular file, is larger than `most` bytes, is not UTF-8, or cannot be read.
pub fn read_own_text(path: &Path, most: u64) -> Result<String, FileError> {
    text(path, read_own(path, most)?)
}

/// The bytes of a stream of unknown length, such as standard input. Errors call it `name`.
///
/// # Errors
/// It is longer than `most` bytes, or cannot be read.
pub fn read_stream(stream: impl Read, name: &str, most: u64) -> Result<Vec<u8>, FileError> {
    let path = Path::new(name);
    let mut bytes = Vec::new();
    // Read one byte more than allowed, to detect a stream that is too long.
    let read = stream.take(most.saturating_add(1)).read_to_end(&mut bytes);
    read.map_err(FileError::system(path))?;
    if bytes.len() as u64 > most { Err(FileError::new(path, Why::TooLarge(most))) } else { Ok(bytes) }
}

fn open(path: &Path, most: u64, links: Links) -> Result<Vec<u8>, FileError> {
    let file = regular(path, OpenOptions::new().read(true), links)?;
    let size = file.metadata().map_err(FileError::system(path))?.len();
    if size > most {
        return Err(FileError::new(path, Why::TooLarge(most)));
    }
    read_stream(file, "", most).map_err(|error| FileError::new(path, error.why))
}

fn text(path: &Path, bytes: Vec<u8>) -> Result<String, FileError> {
    String::from_utf8(bytes).map_err(|_| FileError::new(path, Why::NotText))
}
