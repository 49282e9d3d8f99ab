//! A folder for a while, that only this user can read.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};
use std::path::{Path, PathBuf};

use super::FileError;

/// A folder in the system's folder for temporary files. Dropping it removes it with everything in it.
#[derive(Debug)]
pub struct PrivateFolder(PathBuf);

impl PrivateFolder {
    /// A new folder (mode 0700).
    ///
    /// # Errors
    /// The error of the system.
    pub fn new() -> Result<Self, FileError> {
        // std seeds `RandomState` from the operating system, so nobody can guess the name.
        let name = RandomState::new().build_hasher().finish();
        let path = std::env::temp_dir().join(format!("holdfast-{name:016x}"));
        let mut builder = std::fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&path).map_err(FileError::system(&path))?;
        Ok(Self(path))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for PrivateFolder {
    fn drop(&mut self) {
        // What cannot be removed is in a folder that only this user can read.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
