//! Inspecting paths: whether they exist, what they are, where links lead, what a folder holds.

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

/// Check that a path is a folder of Holdfast's own. A link is refused.
///
/// # Errors
/// It is a link, is not a folder, or does not exist.
pub fn own_folder(path: &Path) -> Result<(), FileError> {
    let kind = about(path, Links::Refuse)?.file_type();
    match () {
        () if kind.is_dir() => Ok(()),
        () if kind.is_symlink() => Err(FileError::new(path, Why::Link)),
        () => Err(FileError::new(path, Why::NotAFolder)),
    }
}

/// The resolved path of a regular file that a user names. Links are followed.
///
/// # Errors
/// It is not a regular file, or does not exist.
pub fn regular(path: &Path) -> Result<PathBuf, FileError> {
    // A pipe named through `/dev/fd` cannot be resolved, so check its type first.
    check(path, about(path, Links::Follow)?.file_type())?;
    resolve(path)
}

/// Whether the path exists. A dangling link exists, and so does a path that cannot be inspected.
#[must_use]
pub fn exists(path: &Path) -> bool {
    !about(path, Links::Refuse).is_err_and(|error| error.is_missing())
}

/// Turns the error for a missing file into `None`, for optional files.
///
/// # Errors
/// Every other error.
pub fn absent<T>(result: Result<T, FileError>) -> Result<Option<T>, FileError> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.is_missing() => Ok(None),
        Err(error) => Err(error),
    }
}

/// The canonical path, with all links followed.
///
/// # Errors
/// It does not exist, or a link cannot be followed.
pub fn resolve(path: &Path) -> Result<PathBuf, FileError> {
    path.canonicalize().map_err(FileError::system(path))
}

/// The canonical path of the file `name` in the folder `root`. It must be in the folder or below it after all links
/// are followed; an absolute name is always refused.
///
/// # Errors
/// It leads out of the folder, or does not exist.
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

/// The names in a folder, sorted.
///
/// # Errors
/// The folder cannot be read, or holds more than `most` names.
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
