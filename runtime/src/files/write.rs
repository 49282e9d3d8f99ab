//! Writing: all of a file or nothing of it, durable, and never through a link.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::open::{Links, private, regular};
use super::{FileError, Why, absent};

/// How many characters of a file's name the name of its temporary file repeats: a name has 255 bytes at most on most
/// systems, and a character four.
const NAME: usize = 50;
/// How many names of temporary files are tried. Those that are taken were left by processes that were killed.
const TRIES: u64 = 100;

/// Who may read and write a new file.
pub(super) enum Access {
    /// Its owner alone.
    Owner,
    /// As the system gives it to new files.
    Usual,
    /// As before.
    Like(Permissions),
}

/// Write a file, or replace it and keep its permissions. Whoever reads it sees all of the old or all of the new one.
///
/// # Errors
/// There is a link, a folder or a device of this name, a file that may not be written, and what the system says.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let access = permissions(path)?.map_or(Access::Usual, Access::Like);
    replace(path, bytes, access).map(drop)
}

/// The same for what may be sensitive: for its owner alone (mode 0600), whatever was there.
///
/// # Errors
/// See [`write`](fn@write).
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    permissions(path)?;
    replace(path, bytes, Access::Owner).map(drop)
}

/// Write a file that must not be there yet, not even as a link that leads nowhere.
///
/// # Errors
/// There is something of this name, and what the system says.
pub fn create(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let failed = FileError::system(path);
    // Whatever is there, `create_new` does not follow it (O_EXCL of open(2)).
    let mut file = File::create_new(path).map_err(&failed)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all()).and_then(|()| sync_folder(path));
    // The first error is the one to tell.
    written.map_err(|error| {
        drop(std::fs::remove_file(path));
        failed(error)
    })
}

/// Make a folder and those above it, as far as they are not there.
///
/// # Errors
/// What the system says.
pub fn make_folder(path: &Path) -> Result<(), FileError> {
    std::fs::create_dir_all(path).map_err(FileError::system(path))
}

/// Remove a file, or a link and not what it leads to. It may be gone already.
///
/// # Errors
/// What the system says.
pub fn remove(path: &Path) -> Result<(), FileError> {
    absent(std::fs::remove_file(path).map_err(FileError::system(path))).map(drop)
}

/// Write a new file under a name of its own, and rename it. The file stays open to write more at its end.
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
        // The first error is the one to tell.
        drop(std::fs::remove_file(&new));
        return Err(failed(error));
    }
    sync_folder(path).map_err(failed)?;
    Ok(file)
}

/// A new file beside another one: `.NAME.PROCESS.NUMBER.tmp`, which nobody else has made.
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

/// The permissions of a file that is to be replaced. To rename asks only the folder, so the file is opened: one that
/// may not be written has to stay.
fn permissions(path: &Path) -> Result<Option<Permissions>, FileError> {
    let Some(file) = absent(regular(path, OpenOptions::new().write(true), Links::Refuse))? else {
        return Ok(None);
    };
    Ok(Some(file.metadata().map_err(FileError::system(path))?.permissions()))
}

/// Make the name of a new file last.
fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}
