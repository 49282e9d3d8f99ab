//! A journal in a folder of this machine: `000001.jsonl`, … with one line per entry, and a lock that ends with the
//! process.
//!
//! The folder `policies` has the texts of the policies that runs applied, by digest.
//!
//! The hidden file `.last` names the last run. It shows that the files of runs were removed, which the chain of what is
//! left cannot show; somebody who removes it too is not noticed. Other hidden files are never read. The folder may hold
//! nothing else: a link, a device or a foreign file is refused with an error that names it.

use std::fs::{File, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use super::JournalError;
use super::chain::{Part, Text};
use super::policies::MAX_TEXT_BYTES;
use super::store::{Appended, Read, Store};
use crate::cloud::Calls;
use crate::files::{self, FileError, absent};

/// The largest file of a run, in bytes: about 200,000 steps. A run never writes more than a reader accepts.
const MAX_RUN_BYTES: u64 = 256 * MIB;
/// The largest journal, in bytes: about 1.5 million steps.
const MAX_BYTES: u64 = 2048 * MIB;
const MIB: u64 = 1024 * 1024;
/// The most files in a journal's folder.
const MAX_FILES: usize = 100_000;
/// The name of the lock file.
const LOCK: &str = "lock";
/// The name of the file that names the last run.
const LAST: &str = ".last";
/// The folder with the texts of policies.
const POLICIES: &str = "policies";
/// The most bytes of the file [`LAST`] that are read.
const MAX_LAST_BYTES: u64 = 64;
/// The most bytes of a lock file that are read: it holds the name of a process.
const MAX_LOCK_BYTES: u64 = 4096;

/// A journal in a folder.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    /// The file of the run that is being written.
    open: Mutex<Option<File>>,
}

impl Folder {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, open: Mutex::new(None) }
    }

    fn file(&self, run: u64) -> PathBuf {
        self.path.join(format!("{run:06}.jsonl"))
    }

    /// The file of a policy. Its name is not that of a policy, so that a command that reads all folders passes it by.
    fn policy(&self, digest: &str) -> PathBuf {
        self.path.join(POLICIES).join(format!("{digest}.text"))
    }

    /// The numbers of the runs, in order. A missing folder is an empty journal.
    fn runs(&self) -> Result<Vec<u64>, JournalError> {
        let names = absent(files::list(&self.path, MAX_FILES)).map_err(unusable)?.unwrap_or_default();
        let mut runs = Vec::new();
        for name in names {
            let path = self.path.join(&name);
            let stem = |end: &str| name.to_str().and_then(|name| name.strip_suffix(end)?.parse().ok());
            if let Some(run) = stem(".jsonl").filter(|run| self.file(*run) == path) {
                runs.push(run);
            } else if name == POLICIES {
                files::own_folder(&path).map_err(unusable)?;
            } else if !(name == LOCK || name.as_encoded_bytes().starts_with(b".")) {
                let what = "it is not a journal file, such as `lock` or `000001.jsonl`";
                return Err(JournalError::Unusable {
                    path: path.display().to_string(),
                    what: what.to_owned(),
                });
            }
        }
        runs.sort_unstable();
        Ok(runs)
    }

    /// Create the file of a run together with its first entry, atomically: it is written under another name, then
    /// renamed.
    fn begin(&self, run: u64, text: &[u8]) -> Result<(), JournalError> {
        let file = files::begin_private(&self.file(run), text).map_err(unusable)?;
        *self.open.lock().unwrap_or_else(PoisonError::into_inner) = Some(file);
        // After the run, so that a run that is named was there.
        files::write_private(&self.path.join(LAST), format!("{run}\n").as_bytes()).map_err(unusable)
    }

    /// Check that the last run that was begun here is still here. `last` is the last one that is.
    fn complete(&self, last: u64) -> Result<(), JournalError> {
        let path = self.path.join(LAST);
        let Some(text) = absent(files::read_own_text(&path, MAX_LAST_BYTES)).map_err(unusable)? else {
            return Ok(());
        };
        let begun = text.trim().parse::<u64>().map_err(|_| JournalError::Unusable {
            path: path.display().to_string(),
            what: "it does not hold the number of a run".to_owned(),
        })?;
        if begun <= last {
            return Ok(());
        }
        let count = match last {
            0 => "no run is there".to_owned(),
            last => format!("the last run that is there is {last}"),
        };
        Err(JournalError::Emptied {
            place: self.path.display().to_string(),
            what: format!("run {begun} was begun here, and {count}"),
        })
    }
}

#[async_trait]
impl Store for Folder {
    async fn read(&self, _: bool) -> Result<Read, JournalError> {
        let mut texts = Vec::new();
        let mut left = MAX_BYTES;
        let runs = self.runs()?;
        self.complete(runs.last().copied().unwrap_or_default())?;
        for run in runs {
            let path = self.file(run);
            let name = path.display().to_string();
            let bytes = files::read_own(&path, MAX_RUN_BYTES).map_err(unusable)?;
            left = left.checked_sub(bytes.len() as u64).ok_or_else(|| {
                let what = format!("with this file the journal has more than {} MiB", MAX_BYTES / MIB);
                JournalError::Unusable { path: name.clone(), what }
            })?;
            let parts = vec![Part { number: 1, name, bytes }];
            texts.push(Text { run, parts, pages: Vec::new(), may_be_torn: true });
        }
        Ok(Read { texts, unfolded: Vec::new(), silent: Duration::MAX, forks: Vec::new() })
    }

    async fn append(&self, run: u64, page: u64, text: &[u8]) -> Result<Appended, JournalError> {
        if page == 1 {
            return self.begin(run, text).map(|()| Appended::Written);
        }
        let path = self.file(run);
        let failed = |error: std::io::Error| JournalError::io(&path, &error);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let file = match open.as_mut() {
            Some(file) => file,
            // A run of another process, in a journal copied from a bucket, that is taken over.
            None => open.insert(files::append_private(&path).map_err(unusable)?),
        };
        if file.metadata().map_err(failed)?.len() + text.len() as u64 > MAX_RUN_BYTES {
            let what = format!("the file of a run has at most {} MiB", MAX_RUN_BYTES / MIB);
            return Err(JournalError::Unusable { path: path.display().to_string(), what });
        }
        file.write_all(text).and_then(|()| file.sync_data()).map_err(failed)?;
        Ok(Appended::Written)
    }

    async fn fold(&self, _: u64, _: Vec<u8>) {}

    async fn keep(&self, digest: &str, text: &[u8]) -> Result<(), JournalError> {
        let folder = self.path.join(POLICIES);
        files::make_folder(&folder).and_then(|()| files::own_folder(&folder)).map_err(unusable)?;
        let path = self.policy(digest);
        // One that was damaged is written again.
        match files::read_own(&path, MAX_TEXT_BYTES) {
            Ok(there) if there == text => Ok(()),
            _ => files::write_private(&path, text).map_err(unusable),
        }
    }

    async fn kept(&self, digest: &str) -> Result<Option<Vec<u8>>, JournalError> {
        absent(files::read_own(&self.policy(digest), MAX_TEXT_BYTES)).map_err(unusable)
    }

    fn lease(&self) -> Option<u64> {
        None
    }

    fn calls(&self) -> Calls {
        Calls::default()
    }
}

/// Refuse a folder that nobody has written a journal to: that of a journal whose files were all removed looks the same.
pub(super) fn begun(folder: &Path) -> Result<(), JournalError> {
    if !files::is_folder(folder) || files::exists(&folder.join(LOCK)) {
        return Ok(());
    }
    let what = "the folder is there, and nothing that Holdfast writes is in it".to_owned();
    Err(JournalError::Emptied { place: folder.display().to_string(), what })
}

/// Lock a folder, and create it if it is missing. The lock ends with the process, even if that is killed.
pub(super) fn lock(folder: &Path, runner: &str) -> Result<File, JournalError> {
    files::make_folder(folder).map_err(unusable)?;
    let path = folder.join(LOCK);
    let mut file = files::lock_file(&path).map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let holder = files::read_own_text(&path, MAX_LOCK_BYTES).unwrap_or_default();
            let holder = if holder.trim().is_empty() { "unknown" } else { holder.trim() };
            return Err(JournalError::Locked { holder: holder.to_owned(), run: None });
        }
        Err(TryLockError::Error(error)) => return Err(JournalError::io(&path, &error)),
    }
    let note = format!("{runner}, since {:.0}\n", jiff::Timestamp::now());
    let write = file.set_len(0).and_then(|()| file.write_all(note.as_bytes()));
    write.map_err(|error| JournalError::io(&path, &error))?;
    Ok(file)
}

/// The journal's error for a file error: I/O if it is about the path, otherwise an unusable file.
fn unusable(error: FileError) -> JournalError {
    let FileError { path, why } = error;
    let path = path.display().to_string();
    match why.cure() {
        Some(cure) => JournalError::Io { path, error: format!("{why}: {cure}") },
        None if why.is_of_path() => JournalError::Io { path, error: why.to_string() },
        None => JournalError::Unusable { path, what: why.to_string() },
    }
}
