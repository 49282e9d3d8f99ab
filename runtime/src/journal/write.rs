//! Writing a journal. One thread writes; entries that arrive while the store is busy share its next page.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use super::claim::now;
use super::store::{Appended, Store};
use super::{Claim, Entry, Event, JournalError, Run, Signer};

/// An entry to write, and where to send the result.
type Request = (Event, oneshot::Sender<Result<(), JournalError>>);

/// Appends to a journal. Dropping it waits until everything is written.
#[derive(Debug)]
pub struct Writer {
    sender: Option<mpsc::UnboundedSender<Request>>,
    thread: Option<std::thread::JoinHandle<()>>,
    /// The number of this run.
    run: u64,
    /// The hash of the entry that began this run, unique to it.
    salt: String,
}

impl Writer {
    /// Begin a run, and sign it if there is a signer. Its first entry is durable when this returns.
    ///
    /// # Errors
    /// Somebody else has begun a run since the claim, or the journal cannot be written.
    pub async fn begin(claim: &Claim, run: Run, signer: Option<&Signer>) -> Result<Self, JournalError> {
        for (run, text) in &claim.unfolded {
            claim.store.fold(*run, text.clone()).await;
        }
        let lease = claim.store.lease();
        let mut chain = Chain {
            store: claim.store.clone(),
            run: claim.history.runs.len() as u64 + 1,
            page: 0,
            number: claim.history.entries.len() as u64,
            previous: claim.history.head().to_owned(),
            whole: Vec::new(),
            heard: Instant::now(),
            beat: lease.map(|lease| Duration::from_secs(lease) / 3),
            broken: None,
            plan: run.plan.clone(),
            signer: signer.cloned(),
        };
        chain.write(vec![Event::RunStarted(Box::new(Run { lease, ..run }))]).await?;
        let (salt, run) = (chain.previous.clone(), chain.run);
        let (sender, receiver) = mpsc::unbounded_channel();
        let handle = Handle::current();
        // A thread and not a task, so that `drop` can wait for it in any context.
        let thread = std::thread::spawn(move || handle.block_on(chain.serve(receiver)));
        Ok(Self { sender: Some(sender), thread: Some(thread), run, salt })
    }

    /// The number of this run.
    #[must_use]
    pub fn run(&self) -> u64 {
        self.run
    }

    /// The hash of the entry that began this run, unique to it.
    #[must_use]
    pub fn salt(&self) -> &str {
        &self.salt
    }

    /// Append an entry. It is durable when this returns.
    ///
    /// # Errors
    /// It could not be written: do not start what it announces.
    pub async fn append(&self, event: Event) -> Result<(), JournalError> {
        let stopped = || JournalError::Io {
            path: "the journal".to_owned(),
            error: "its writer has stopped".to_owned(),
        };
        let (answer, answered) = oneshot::channel();
        let sender = self.sender.as_ref().ok_or_else(stopped)?;
        sender.send((event, answer)).map_err(|_| stopped())?;
        answered.await.map_err(|_| stopped())?
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

/// The end of the chain, and the store that it continues in.
struct Chain {
    store: Arc<dyn Store>,
    run: u64,
    page: u64,
    number: u64,
    previous: String,
    /// The text of the run so far, to be folded; empty if the store has no lease.
    whole: Vec<u8>,
    /// When the last write began, which is never later than the time that S3 records.
    heard: Instant,
    /// The longest time between two entries; `None` if the store has no lease, or once the run has ended.
    beat: Option<Duration>,
    /// The error after which nothing more can be written.
    broken: Option<JournalError>,
    /// The digest of the run's plan.
    plan: String,
    /// Signs the run, if the runner has a key.
    signer: Option<Signer>,
}

impl Chain {
    /// Write until the writer is dropped. After an error, every later request gets the same error. Closing the
    /// channel instead could leave a request unanswered, and its sender would wait forever.
    async fn serve(mut self, mut receiver: mpsc::UnboundedReceiver<Request>) {
        while let Some(requests) = self.next(&mut receiver).await {
            let (events, answers): (Vec<_>, Vec<_>) = requests.into_iter().unzip();
            let finished = events.iter().any(|event| matches!(event, Event::RunFinished { .. }));
            // After a partial line, or a page of another writer, nothing more may be written.
            let result = match self.broken.clone() {
                Some(error) => Err(error),
                None => self.write(events).await,
            };
            self.broken = result.as_ref().err().cloned();
            for answer in answers {
                // An error means that nobody waits any more; the entry is written all the same.
                let _ = answer.send(result.clone());
            }
            if finished && result.is_ok() {
                self.beat = None;
                self.store.fold(self.run, std::mem::take(&mut self.whole)).await;
            }
        }
    }

    /// The next entries to write: all that have arrived, or a heartbeat if none arrived in time.
    async fn next(&self, receiver: &mut mpsc::UnboundedReceiver<Request>) -> Option<Vec<Request>> {
        let first = match self.beat.filter(|_| self.broken.is_none()) {
            None => receiver.recv().await?,
            Some(beat) => match timeout_at(self.heard + beat, receiver.recv()).await {
                Ok(first) => first?,
                Err(_) => return Some(vec![(Event::Alive, oneshot::channel().0)]),
            },
        };
        let mut requests = vec![first];
        while let Ok(more) = receiver.try_recv() {
            requests.push(more);
        }
        Some(requests)
    }

    async fn write(&mut self, events: Vec<Event>) -> Result<(), JournalError> {
        let mut text = String::new();
        for event in events {
            self.number += 1;
            let entry = Entry { number: self.number, previous: self.previous.clone(), at: now(), event };
            let entry = match &self.signer {
                Some(signer) => signer.sign(entry, &self.plan)?,
                None => entry,
            };
            let (line, hash) = entry.line()?;
            text.push_str(&line);
            text.push('\n');
            self.previous = hash;
        }
        self.page += 1;
        self.heard = Instant::now();
        match self.store.append(self.run, self.page, text.as_bytes()).await? {
            Appended::Written => {
                if self.beat.is_some() {
                    self.whole.extend_from_slice(text.as_bytes());
                }
                // Where a replica has fallen silent, the journal says so, and where it goes on.
                match self.store.news() {
                    Some(event) => Box::pin(self.write(vec![event])).await,
                    None => Ok(()),
                }
            }
            Appended::Taken(page) => Err(self.lost(&page)),
        }
    }

    /// The error for a page that somebody else has written.
    fn lost(&self, page: &[u8]) -> JournalError {
        let line = page.split(|byte| *byte == b'\n').next().unwrap_or_default();
        match Entry::parse(line) {
            Ok((Entry { at, event: Event::TakenOver { by }, .. }, _)) => {
                JournalError::TakenOver { run: self.run, by, at }
            }
            Ok((Entry { at, event: Event::RunStarted(run), .. }, _)) => {
                let holder = format!("run {} by {}, since {at}", self.run, run.runner);
                JournalError::Locked { holder, run: run.lease.map(|lease| (self.run, lease)) }
            }
            _ => {
                let what = "another process has written to this run".to_owned();
                let file = format!("run {}, page {}", self.run, self.page);
                JournalError::Damaged { file, line: 1, entry: self.number, what }
            }
        }
    }
}
