//! A journal in a folder of this machine: `000001.jsonl`, … with one line per entry, and a lock that ends with the
//! process.

use std::fs::{File, TryLockError};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use super::chain::{Part, Text};
use super::{Appended, JournalError, Read, Store};
use crate::cloud::Calls;

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

    /// A run is there with its first entry or not at all: written under another name, then renamed.
    fn begin(&self, run: u64, text: &[u8]) -> Result<(), JournalError> {
        let path = self.file(run);
        let failed = |error: std::io::Error| JournalError::io(&path, &error);
        if path.exists() {
            return Err(failed(ErrorKind::AlreadyExists.into()));
        }
        let new = path.with_extension("new");
        let mut file = File::options().write(true).create(true).truncate(true).open(&new).map_err(failed)?;
        file.write_all(text).and_then(|()| file.sync_data()).map_err(failed)?;
        std::fs::rename(&new, &path).map_err(failed)?;
        sync_folder(&self.path).map_err(failed)?;
        *self.open.lock().unwrap_or_else(PoisonError::into_inner) = Some(file);
        Ok(())
    }
}

#[async_trait]
impl Store for Folder {
    async fn read(&self, _: bool) -> Result<Read, JournalError> {
        let mut texts = Vec::new();
        for path in files(&self.path)? {
            let name = path.display().to_string();
            let number = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok());
            let Some(run) = number.filter(|run| self.file(*run) == path) else {
                let what = "it is not the file of a run, which is named `000001.jsonl` and so on".to_owned();
                return Err(JournalError::Damaged { file: name, line: 1, entry: 1, what });
            };
            let bytes = std::fs::read(&path).map_err(|error| JournalError::io(&path, &error))?;
            let parts = vec![Part { number: 1, name, bytes }];
            texts.push(Text { run, parts, pages: Vec::new(), may_be_torn: true });
        }
        Ok(Read { texts, unfolded: Vec::new(), silent: Duration::MAX })
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
            // A run of another process, copied from a shared journal, that is taken over.
            None => open.insert(File::options().append(true).open(&path).map_err(failed)?),
        };
        file.write_all(text).and_then(|()| file.sync_data()).map_err(failed)?;
        Ok(Appended::Written)
    }

    async fn fold(&self, _: u64, _: Vec<u8>) {}

    fn lease(&self) -> Option<u64> {
        None
    }

    fn calls(&self) -> Calls {
        Calls::default()
    }
}

/// Take the lock of a folder, which is made if it is not there. It ends with the process, however that ends.
pub(super) fn lock(folder: &Path, runner: &str) -> Result<File, JournalError> {
    std::fs::create_dir_all(folder).map_err(|error| JournalError::io(folder, &error))?;
    let path = folder.join("lock");
    let file = File::options().read(true).write(true).create(true).truncate(false).open(&path);
    let mut file = file.map_err(|error| JournalError::io(&path, &error))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let holder = std::fs::read_to_string(&path).unwrap_or_default();
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

/// The files of a journal, in the order of their runs. No folder is an empty journal.
fn files(folder: &Path) -> Result<Vec<PathBuf>, JournalError> {
    let failed = |error: std::io::Error| JournalError::io(folder, &error);
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed)?,
    };
    let paths: Result<Vec<PathBuf>, _> = entries.map(|entry| Ok(entry?.path())).collect();
    let mut files = paths.map_err(failed)?;
    files.retain(|path| path.extension().is_some_and(|e| e == "jsonl"));
    files.sort();
    Ok(files)
}

/// Make the name of a new file last.
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}
