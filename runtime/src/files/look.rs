//! Looking at paths: what is there, where it leads, what a folder holds.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::open::{Links, about, check};
use super::{FileError, Why};

/// Whether a path leads to a regular file. A link is followed.
#[must_use]
pub fn is_file(path: &Path) -> bool {
    about(path, Links::Follow).is_ok_and(|metadata| metadata.is_file())
}

/// Whether a path leads to a folder. A link is followed.
#[must_use]
pub fn is_folder(path: &Path) -> bool {
    about(path, Links::Follow).is_ok_and(|metadata| metadata.is_dir())
}

/// Where a regular file is that a user names, once all links are followed.
///
/// # Errors
/// It is not a regular file, or there is none.
pub fn regular(path: &Path) -> Result<PathBuf, FileError> {
    // A pipe that is named through `/dev/fd` cannot be resolved: what it is comes first.
    check(path, about(path, Links::Follow)?.file_type())?;
    resolve(path)
}

/// Whether there is anything of this name, were it a link that leads nowhere. What cannot be looked at is there.
#[must_use]
pub fn exists(path: &Path) -> bool {
    !about(path, Links::Refuse).is_err_and(|error| error.is_missing())
}

/// Nothing where there is no such file, for files that need not be there.
///
/// # Errors
/// All the others.
pub fn absent<T>(result: Result<T, FileError>) -> Result<Option<T>, FileError> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.is_missing() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Where a path leads once all its links are followed.
///
/// # Errors
/// It leads nowhere, or cannot be followed.
pub fn resolve(path: &Path) -> Result<PathBuf, FileError> {
    path.canonicalize().map_err(FileError::system(path))
}

/// Where the file `name` of the folder `root` is, once all links are followed. That has to be in the folder or below
/// it, whatever the name says; an absolute name is never in it.
///
/// # Errors
/// It leads out of the folder, or nowhere.
pub fn inside(root: &Path, name: &Path) -> Result<PathBuf, FileError> {
    let leads_out = |path: &Path, to: &Path| {
        Err(FileError::new(path, Why::LeadsOut { to: to.to_owned(), root: root.to_owned() }))
    };
    if name.has_root() || name.is_absolute() {
        return leads_out(name, name);
    }
    let path = root.join(name);
    let (found, folder) = (resolve(&path)?, resolve(root)?);
    if found.starts_with(folder) { Ok(found) } else { leads_out(&path, &found) }
}

/// The names in a folder, in order: `most` at most.
///
/// # Errors
/// The folder cannot be read to its end, or holds more.
pub fn list(folder: &Path, most: usize) -> Result<Vec<OsString>, FileError> {
    let failed = FileError::system(folder);
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(&failed)? {
        if names.len() == most {
            return Err(FileError::new(folder, Why::TooMany { what: "files", most }));
        }
        names.push(entry.map_err(&failed)?.file_name());
    }
    names.sort();
    Ok(names)
}
