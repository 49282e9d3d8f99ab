//! Writing a journal. One thread writes; entries that arrive while the disk is busy share its next sync.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock, mpsc};

use tokio::sync::oneshot;

use super::read::{files, read};
use super::{Entry, Event, JournalError, Lock};

/// An entry that waits to be written.
type Request = (Event, oneshot::Sender<Result<(), String>>);

/// Appends to a journal.
#[derive(Debug)]
pub struct Writer {
    sender: Option<mpsc::Sender<Request>>,
    thread: Option<std::thread::JoinHandle<()>>,
    path: PathBuf,
    /// Why the thread stopped, if it did.
    broken: Arc<OnceLock<String>>,
    /// The hash of the entry that began this run: the same for no other run.
    salt: String,
}

impl Writer {
    /// Begin a run: a new file, whose first entry is on the disk when this returns.
    ///
    /// # Errors
    /// A damaged journal, or one that cannot be written.
    pub fn begin(lock: &Lock, first: Event) -> Result<Self, JournalError> {
        let folder = lock.folder();
        let (entries, previous) = read(folder)?;
        let run = files(folder)?.len() + 1;
        let path = folder.join(format!("{run:06}.jsonl"));
        let file = File::options().append(true).create_new(true).open(&path);
        let file = file.map_err(|error| JournalError::io(&path, error))?;
        let broken = Arc::new(OnceLock::new());
        let mut chain = Chain { file, number: entries.len() as u64, previous, broken: broken.clone() };
        chain.write(vec![first]).map_err(|error| JournalError::io(&path, error))?;
        sync_folder(folder).map_err(|error| JournalError::io(folder, error))?;
        let salt = chain.previous.clone();
        let (sender, receiver) = mpsc::channel();
        let thread = std::thread::spawn(move || chain.serve(&receiver));
        Ok(Self { sender: Some(sender), thread: Some(thread), path, broken, salt })
    }

    /// The hash of the entry that began this run.
    #[must_use]
    pub fn salt(&self) -> &str {
        &self.salt
    }

    /// Append an entry. It is on the disk when this returns.
    ///
    /// # Errors
    /// It could not be written: nothing may be done on the strength of it.
    pub async fn append(&self, event: Event) -> Result<(), JournalError> {
        let failed = |what: String| JournalError::io(&self.path, std::io::Error::other(what));
        let stopped =
            || failed(self.broken.get().cloned().unwrap_or_else(|| "the writer has stopped".to_owned()));
        let (answer, answered) = oneshot::channel();
        let sent = self.sender.as_ref().is_some_and(|sender| sender.send((event, answer)).is_ok());
        if !sent {
            return Err(stopped());
        }
        answered.await.map_err(|_| stopped())?.map_err(failed)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.sender = None;
        if let Some(thread) = self.thread.take() {
            // A panic in the writer has already been reported by `append`.
            let _ = thread.join();
        }
    }
}

/// The open file and the end of its chain.
struct Chain {
    file: File,
    number: u64,
    previous: String,
    broken: Arc<OnceLock<String>>,
}

impl Chain {
    fn serve(mut self, receiver: &mpsc::Receiver<Request>) {
        while let Ok(first) = receiver.recv() {
            let requests: Vec<Request> = std::iter::once(first).chain(receiver.try_iter()).collect();
            let (events, answers): (Vec<_>, Vec<_>) = requests.into_iter().unzip();
            let result = self.write(events).map_err(|error| error.to_string());
            if let Err(error) = &result {
                // The first error is the one that says why.
                self.broken.get_or_init(|| error.clone());
            }
            let broken = result.is_err();
            for answer in answers {
                // Nobody waits any more: fine, it is written.
                let _ = answer.send(result.clone());
            }
            if broken {
                // After half a line nothing more may follow.
                return;
            }
        }
    }

    fn write(&mut self, events: Vec<Event>) -> std::io::Result<()> {
        let mut text = String::new();
        for event in events {
            self.number += 1;
            let at = format!("{:.3}", jiff::Timestamp::now());
            let entry = Entry { number: self.number, previous: self.previous.clone(), at, event };
            let (line, hash) = entry.line()?;
            text.push_str(&line);
            text.push('\n');
            self.previous = hash;
        }
        self.file.write_all(text.as_bytes())?;
        self.file.sync_data()
    }
}

/// Make the name of a new file last.
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}
