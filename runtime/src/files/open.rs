//! Opening what is a regular file, and nothing else.

use std::fs::{File, FileType, Metadata, OpenOptions};
use std::path::Path;

use super::{FileError, Why};

/// What becomes of a link at the end of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Links {
    /// It is followed: a user has named it.
    Follow,
    /// It is refused.
    Refuse,
}

/// Open a file that is there, or that the options create. A device or a named pipe is found out before it is opened,
/// because opening it may wait or do something; the opened file is asked again.
///
/// # Errors
/// Something that is not a regular file, a link that is not to be followed, and what the system says.
pub(super) fn regular(path: &Path, options: &mut OpenOptions, links: Links) -> Result<File, FileError> {
    let failed = FileError::system(path);
    match about(path, links) {
        Ok(metadata) => check(path, metadata.file_type())?,
        // It may be about to be created.
        Err(error) if error.is_missing() => {}
        Err(error) => return Err(error),
    }
    flags(options, links);
    let file = options.open(path).map_err(&failed)?;
    check(path, file.metadata().map_err(&failed)?.file_type())?;
    Ok(file)
}

pub(super) fn about(path: &Path, links: Links) -> Result<Metadata, FileError> {
    let metadata = match links {
        Links::Follow => std::fs::metadata(path),
        Links::Refuse => std::fs::symlink_metadata(path),
    };
    metadata.map_err(FileError::system(path))
}

/// # Errors
/// It is not a regular file.
pub(super) fn check(path: &Path, kind: FileType) -> Result<(), FileError> {
    if kind.is_file() {
        return Ok(());
    }
    let why = if kind.is_symlink() { Why::Link } else { Why::NotAFile(word(kind)) };
    Err(FileError::new(path, why))
}

#[cfg(unix)]
fn word(kind: FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt as _;
    match () {
        () if kind.is_dir() => "a folder",
        () if kind.is_fifo() => "a named pipe",
        () if kind.is_socket() => "a socket",
        () => "a device",
    }
}

#[cfg(not(unix))]
fn word(kind: FileType) -> &'static str {
    if kind.is_dir() { "a folder" } else { "a device" }
}

/// `O_NONBLOCK`: a pipe that has taken the place of a file since does not make us wait (open(2)); regular files do
/// not know it. `O_NOFOLLOW`: a link that has taken its place is refused.
#[cfg(unix)]
fn flags(options: &mut OpenOptions, links: Links) {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt as _;
    let link = if links == Links::Refuse { OFlags::NOFOLLOW } else { OFlags::empty() };
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY | link;
    options.custom_flags(flags.bits().cast_signed());
}

#[cfg(not(unix))]
fn flags(_: &mut OpenOptions, _: Links) {}

/// New files are for their owner alone.
#[cfg(unix)]
pub(super) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;
    options.mode(0o600)
}

#[cfg(not(unix))]
pub(super) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}
