//! Opening regular files, and refusing everything else.

use std::fs::{File, FileType, Metadata, OpenOptions};
use std::path::Path;

use super::{FileError, Why};

/// How to treat a link at the end of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Links {
    /// Follow it: a user has named it.
    Follow,
    /// Refuse it.
    Refuse,
}

/// Open an existing file, or one that the options create. The type is checked before opening, because opening a
/// device or a named pipe may block or have side effects, and again on the opened file.
///
/// # Errors
/// It is not a regular file, it is a link and links are refused, or the system reports an error.
pub(super) fn regular(path: &Path, options: &mut OpenOptions, links: Links) -> Result<File, FileError> {
    let failed = FileError::system(path);
    match about(path, links) {
        Ok(metadata) => check(path, metadata.file_type())?,
        // The options may create it.
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

/// Flags against a file that is swapped between check and open (open(2)). `O_NONBLOCK`: a named pipe does not block;
/// regular files ignore it. `O_NOFOLLOW`: a link is refused.
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

/// Create new files with mode 0600.
#[cfg(unix)]
pub(super) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;
    options.mode(0o600)
}

#[cfg(not(unix))]
pub(super) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}
