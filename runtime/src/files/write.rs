//! Writing files atomically and durably, and never through a link.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::open::{Links, private, regular};
use super::{FileError, Why, absent};

/// How many characters of a file's name its temporary file repeats. Most systems limit a name to 255 bytes, and a
/// character has up to four.
const NAME: usize = 50;
/// How many names for a temporary file are tried. Names that are taken belong to files that killed processes left.
const TRIES: u64 = 100;

/// Who may read and write a new file.
pub(super) enum Access {
    /// Only its owner (mode 0600).
    Owner,
    /// The system's default for new files.
    Usual,
    /// The same as the file that is replaced.
    Like(Permissions),
}

/// Write a file, or replace it and keep its permissions. A reader sees either the whole old file or the whole new
/// one.
///
/// # Errors
/// The path is a link, a folder, a device or a read-only file, or the system reports an error.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let access = permissions(path)?.map_or(Access::Usual, Access::Like);
    replace(path, bytes, access).map(drop)
}

/// Like [`write`](fn@write), for sensitive content: the file has mode 0600, whatever mode it had before.
///
/// # Errors
/// See [`write`](fn@write).
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    permissions(path)?;
    replace(path, bytes, Access::Owner).map(drop)
}

/// Write a file that must not exist yet, not even as a dangling link.
///
/// # Errors
/// The path exists, or the system reports an error.
pub fn create(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let failed = FileError::system(path);
    // `create_new` does not follow a link (O_EXCL of open(2)).
    let mut file = File::create_new(path).map_err(&failed)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all()).and_then(|()| sync_folder(path));
    // Report the first error; one of the cleanup is ignored.
    written.map_err(|error| {
        drop(std::fs::remove_file(path));
        failed(error)
    })
}

/// Create a folder and its missing parents.
///
/// # Errors
/// The error of the system.
pub fn make_folder(path: &Path) -> Result<(), FileError> {
    std::fs::create_dir_all(path).map_err(FileError::system(path))
}

/// Remove a file, or a link but not its target. A missing file is not an error.
///
/// # Errors
/// The error of the system.
pub fn remove(path: &Path) -> Result<(), FileError> {
    absent(std::fs::remove_file(path).map_err(FileError::system(path))).map(drop)
}

/// Write a temporary file and rename it to `path`. The file stays open for appending.
pub(super) fn replace(path: &Path, bytes: &[u8], access: Access) -> Result<File, FileError> {
    let failed = FileError::system(path);
    let (new, mut file) = beside(path, &access)?;
    let kept = match access {
        Access::Like(permissions) => file.set_permissions(permissions),
        Access::Owner | Access::Usual => Ok(()),
    };
    let written = kept
        .and_then(|()| file.write_all(bytes))
        .and_then(|()| file.sync_all())
        .and_then(|()| std::fs::rename(&new, path));
    if let Err(error) = written {
        // Report the first error; one of the cleanup is ignored.
        drop(std::fs::remove_file(&new));
        return Err(failed(error));
    }
    sync_folder(path).map_err(failed)?;
    Ok(file)
}

/// A new temporary file beside `path`: `.NAME.PROCESS.NUMBER.tmp`.
fn beside(path: &Path, access: &Access) -> Result<(PathBuf, File), FileError> {
    static NUMBER: AtomicU64 = AtomicU64::new(1);
    let Some(name) = path.file_name() else {
        return Err(FileError::new(path, Why::NotAFile("a folder")));
    };
    let name: String = name.to_string_lossy().chars().take(NAME).collect();
    let mut options = OpenOptions::new();
    options.append(true).create_new(true);
    if !matches!(access, Access::Usual) {
        private(&mut options);
    }
    let mut tried = 0;
    loop {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let new = path.with_file_name(format!(".{name}.{}.{number}.tmp", std::process::id()));
        tried += 1;
        match options.open(&new) {
            Ok(file) => return Ok((new, file)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists && tried < TRIES => {}
            Err(error) => return Err(FileError::system(path)(error)),
        }
    }
}

/// The permissions of a file that will be replaced, if it exists. A rename needs only rights on the folder, so the
/// file is opened for writing: a read-only file must not be replaced.
fn permissions(path: &Path) -> Result<Option<Permissions>, FileError> {
    let Some(file) = absent(regular(path, OpenOptions::new().write(true), Links::Refuse))? else {
        return Ok(None);
    };
    Ok(Some(file.metadata().map_err(FileError::system(path))?.permissions()))
}

/// Sync the folder of a file, so that a new name is durable.
fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}
