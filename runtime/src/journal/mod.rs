//! The journal: what was intended before it was done, and what came of it. The only thing that persists.
//!
//! A folder with one file per run (`000001.jsonl`, …), one entry per line. Every entry carries the hash of
//! the one before, over all runs, so an entry that is changed, lost or moved breaks the chain. An entry is
//! on the disk before the step it announces begins. What we own is a fold over the entries ([`owned`]).

mod approvals;
mod entry;
mod owned;
mod read;
mod write;

use std::fs::{File, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};

pub use approvals::{Past, applied, contains, rule, runs, used};
pub use entry::{Entry, Event, Run, UsedApproval};
pub use owned::{other_estates, owned};
pub use read::read;
pub use write::Writer;

/// Why a journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Another run is using it.
    #[error("another apply is running on this journal ({holder})")]
    Locked {
        /// What the lock says about its holder.
        holder: String,
    },
    /// The chain is broken.
    #[error("{file}, line {line}: {what}")]
    Damaged {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        what: String,
    },
    /// The disk does not play along.
    #[error("{path}: {error}")]
    Io {
        /// The file or folder.
        path: String,
        /// What the system says.
        error: std::io::Error,
    },
}

impl JournalError {
    fn io(path: &Path, error: std::io::Error) -> Self {
        Self::Io { path: path.display().to_string(), error }
    }
}

/// The right to run on a journal. It ends with the process, however that ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
    folder: PathBuf,
}

impl Lock {
    /// Take the lock of a journal folder, which is made if it is not there.
    ///
    /// # Errors
    /// Another process holds it, or the folder cannot be written.
    pub fn take(folder: &Path) -> Result<Self, JournalError> {
        std::fs::create_dir_all(folder).map_err(|error| JournalError::io(folder, error))?;
        let path = folder.join("lock");
        let options = File::options().read(true).write(true).create(true).truncate(false).open(&path);
        let file = options.map_err(|error| JournalError::io(&path, error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let holder = std::fs::read_to_string(&path).unwrap_or_default();
                let holder = if holder.trim().is_empty() { "unknown" } else { holder.trim() };
                return Err(JournalError::Locked { holder: holder.to_owned() });
            }
            Err(TryLockError::Error(error)) => return Err(JournalError::io(&path, error)),
        }
        let since = jiff::Timestamp::now();
        let note = format!("process {}, since {since:.0}\n", std::process::id());
        let write = file.set_len(0).and_then(|()| (&file).write_all(note.as_bytes()));
        write.map_err(|error| JournalError::io(&path, error))?;
        Ok(Self { _file: file, folder: folder.to_owned() })
    }

    /// The journal's folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}
