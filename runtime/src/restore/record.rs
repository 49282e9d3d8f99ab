//! What a restore has done, in a file: `.holdfast/restore/ID.jsonl`. The id is a digest of what is restored to where, so that the same
//! command finds it again. A line is synced before its object counts as restored; a line that was cut off by a crash is left out, and its
//! object is compared anew. A restore that was complete ends with a line, and the same command later is another restore.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use holdfast_compiler::digest::sha256;
use holdfast_compiler::restore::{Verified, Version};
use serde::{Deserialize, Serialize};

use super::Request;
use super::compare::ALGORITHMS;
use crate::files::{self, FileError, absent};

/// The largest record that is read, in bytes: about five million objects.
const MAX_BYTES: u64 = 1 << 30;
/// The first line of a record.
const FORMAT: &str = "{\"format\":\"holdfast-restore/1\"}";

/// The line that ends a complete restore.
const ENDED: &str = "{\"ended\":true}";

/// An object that was restored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Done {
    /// The key at the source.
    pub(super) key: String,
    /// The version there.
    pub(super) version: String,
    /// The version at the destination; none if the bucket has none.
    pub(super) became: Option<String>,
    /// How it was verified: an algorithm, or `data`.
    pub(super) verified: String,
}

impl Done {
    /// Whether it was verified in a way that there is.
    fn is_verified(&self) -> bool {
        let word = self.verified.as_str();
        word == Verified::Data.word() || ALGORITHMS.contains(&word)
    }
}

/// Why there is no record to write to.
#[derive(Debug, thiserror::Error)]
pub enum BusyOrBroken {
    /// Another process restores the same to the same place.
    #[error("another process is at this restore (it holds {0})")]
    Busy(PathBuf),
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file is not a record of a restore.
    #[error("{0} is not a record of a restore: remove it, and what is restored already is compared anew")]
    Foreign(PathBuf),
    /// The error of the system.
    #[error("{0}: {1}")]
    System(PathBuf, std::io::Error),
}

/// The record of a restore.
#[derive(Debug)]
pub struct Record {
    path: PathBuf,
    done: BTreeMap<(String, String), Done>,
    /// Opened by the first line that is written.
    file: Mutex<Option<File>>,
    /// Held until the process ends.
    _lock: Option<File>,
}

impl Record {
    /// Read the record of a request in a cloud, without writing anything. `home` is the `.holdfast` folder.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(home: &Path, cloud: &str, request: &Request) -> Result<Self, BusyOrBroken> {
        let path = home.join("restore").join(format!("{}.jsonl", id(cloud, request)));
        let text = absent(files::read_own_text(&path, MAX_BYTES))?.unwrap_or_default();
        let mut done = BTreeMap::new();
        for (number, line) in text.lines().enumerate() {
            if number == 0 {
                // A crash may have cut off the first line too, when nothing was done yet.
                if line != FORMAT && !FORMAT.starts_with(line) {
                    return Err(BusyOrBroken::Foreign(path));
                }
            } else if line == ENDED {
                done.clear();
            } else if let Some(one) = serde_json::from_str::<Done>(line).ok().filter(Done::is_verified) {
                done.insert((one.key.clone(), one.version.clone()), one);
            }
        }
        Ok(Self { path, done, file: Mutex::new(None), _lock: None })
    }

    /// The same, to be written to by this process alone.
    ///
    /// # Errors
    /// Another process writes to it, or it cannot be read or written.
    pub fn open(home: &Path, cloud: &str, request: &Request) -> Result<Self, BusyOrBroken> {
        files::make_folder(&home.join("restore"))?;
        let path = home.join("restore").join(format!("{}.lock", id(cloud, request)));
        let lock = files::lock_file(&path)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { _lock: Some(lock), ..Self::read(home, cloud, request)? }),
            Err(TryLockError::WouldBlock) => Err(BusyOrBroken::Busy(path)),
            Err(TryLockError::Error(error)) => Err(BusyOrBroken::System(path, error)),
        }
    }

    /// How many objects are recorded.
    #[must_use]
    pub fn len(&self) -> usize {
        self.done.len()
    }

    /// Whether nothing is recorded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.done.is_empty()
    }

    /// What an earlier run recorded of a version.
    pub(super) fn done(&self, version: &Version) -> Option<&Done> {
        self.done.get(&(version.key.clone(), version.id.clone()))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Record an object, durably.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn add(&self, done: &Done) -> Result<(), BusyOrBroken> {
        let line = serde_json::to_string(done)
            .map_err(|error| BusyOrBroken::System(self.path.clone(), error.into()))?;
        self.write(&line)
    }

    /// Record that everything is restored.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn end(&self) -> Result<(), BusyOrBroken> {
        self.write(ENDED)
    }

    fn write(&self, line: &str) -> Result<(), BusyOrBroken> {
        let failed = |error: std::io::Error| BusyOrBroken::System(self.path.clone(), error);
        let mut open = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let file = match open.as_mut() {
            Some(file) => file,
            None => {
                let mut file = files::append_private(&self.path)?;
                // Whatever a crash has left of the last line ends here.
                let begun = file.metadata().map_err(failed)?.len() > 0;
                let head = if begun { "\n".to_owned() } else { format!("{FORMAT}\n") };
                file.write_all(head.as_bytes()).map_err(failed)?;
                open.insert(file)
            }
        };
        file.write_all(format!("{line}\n").as_bytes()).and_then(|()| file.sync_data()).map_err(failed)
    }
}

/// The id of a restore: 16 hexadecimal digits. The same request on another day is the same restore.
fn id(cloud: &str, request: &Request) -> String {
    let over = if request.over { "over" } else { "new" };
    let moment = request.moment.to_string();
    let parts = [
        cloud,
        &request.source.bucket,
        &request.prefix,
        &moment,
        &request.into.bucket,
        &request.into_prefix,
        over,
    ];
    // Lengths keep parts apart, whatever is in them.
    let text: String = parts.iter().map(|part| format!("{} {part}\n", part.len())).collect();
    sha256(text).chars().take(16).collect()
}
