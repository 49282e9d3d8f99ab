//! A journal in memory, for simulations: it can fail after any entry, pause a runner in the middle of its run, and
//! let time pass.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Notify;

use super::JournalError;
use super::chain::{Part, Text};
use super::store::{Appended, Read, Store};
use crate::cloud::Calls;

/// A journal in memory. Clones are the same journal.
#[derive(Debug, Clone, Default)]
pub struct Memory(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    kept: Mutex<Kept>,
    released: Notify,
}

#[derive(Debug, Default)]
struct Kept {
    /// The pages of the runs.
    runs: Vec<Vec<Vec<u8>>>,
    /// The texts of policies by digest.
    policies: BTreeMap<String, Vec<u8>>,
    entries: u64,
    /// After how many entries every write fails.
    breaks: Option<u64>,
    /// The run to pause, and after how many entries.
    held: Option<(u64, u64)>,
    /// Whether the writer of that run is paused.
    waiting: bool,
    lease: Option<u64>,
    silent: Duration,
}

impl Memory {
    /// A shared journal with this lease in seconds, or one whose lock ends with the process.
    #[must_use]
    pub fn new(lease: Option<u64>) -> Self {
        let memory = Self::default();
        memory.lock().lease = lease;
        memory
    }

    /// Fail every write after this many entries in total; with `None`, writes succeed again.
    pub fn break_after(&self, entries: Option<u64>) {
        self.lock().breaks = entries;
    }

    /// Whether every write fails now.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        let kept = self.lock();
        kept.breaks.is_some_and(|breaks| kept.entries >= breaks)
    }

    /// Pause the writer of a run, once there are this many entries in total.
    pub fn hold(&self, run: u64, entries: u64) {
        self.lock().held = Some((run, entries));
    }

    /// Whether the run to pause is paused.
    #[must_use]
    pub fn is_holding(&self) -> bool {
        self.lock().waiting
    }

    /// Let the paused run continue.
    pub fn release(&self) {
        let mut kept = self.lock();
        (kept.held, kept.waiting) = (None, false);
        self.0.released.notify_waiters();
    }

    /// Set how long ago the last entry was written.
    pub fn age(&self, silent: Duration) {
        self.lock().silent = silent;
    }

    /// The number of entries over all runs.
    #[must_use]
    pub fn entries(&self) -> u64 {
        self.lock().entries
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wait if this is the writer to pause. A writer that closes the paused run does not wait.
    async fn wait(&self, run: u64) {
        let released = self.0.released.notified();
        {
            let mut kept = self.lock();
            let held = kept.held.is_some_and(|(held, entries)| held == run && kept.entries >= entries);
            if !held || kept.waiting {
                return;
            }
            kept.waiting = true;
        }
        released.await;
    }
}

#[async_trait]
impl Store for Memory {
    async fn read(&self, _: bool) -> Result<Read, JournalError> {
        let kept = self.lock();
        let part = |(page, bytes): (usize, &Vec<u8>)| Part {
            number: page as u64 + 1,
            name: format!("page {}", page + 1),
            bytes: bytes.clone(),
        };
        let text = |(run, pages): (usize, &Vec<Vec<u8>>)| Text {
            run: run as u64 + 1,
            parts: pages.iter().enumerate().map(part).collect(),
            pages: Vec::new(),
            may_be_torn: false,
        };
        let texts = kept.runs.iter().enumerate().map(text).collect();
        Ok(Read { texts, unfolded: Vec::new(), silent: kept.silent, forks: Vec::new() })
    }

    async fn append(&self, run: u64, page: u64, text: &[u8]) -> Result<Appended, JournalError> {
        self.wait(run).await;
        let mut kept = self.lock();
        let (nth, page) = (usize::try_from(run - 1).unwrap_or(0), usize::try_from(page - 1).unwrap_or(0));
        if kept.runs.len() <= nth {
            kept.runs.push(Vec::new());
        }
        if let Some(taken) = kept.runs.get(nth).and_then(|pages| pages.get(page)) {
            return Ok(Appended::Taken(taken.clone()));
        }
        let room = kept.breaks.map_or(u64::MAX, |breaks| breaks.saturating_sub(kept.entries));
        let lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
        let fits = usize::try_from(room).unwrap_or(usize::MAX).min(lines.len());
        let written: Vec<u8> = lines.iter().take(fits).flat_map(|line| line.iter().copied()).collect();
        if let Some(pages) = kept.runs.get_mut(nth)
            && !written.is_empty()
        {
            pages.push(written);
        }
        kept.entries += fits as u64;
        kept.silent = Duration::ZERO;
        if fits < lines.len() {
            let (path, error) = ("memory".to_owned(), "it breaks here".to_owned());
            return Err(JournalError::Io { path, error });
        }
        Ok(Appended::Written)
    }

    async fn fold(&self, _: u64, _: Vec<u8>) {}

    async fn keep(&self, digest: &str, text: &[u8]) -> Result<(), JournalError> {
        self.lock().policies.entry(digest.to_owned()).or_insert_with(|| text.to_vec());
        Ok(())
    }

    async fn kept(&self, digest: &str) -> Result<Option<Vec<u8>>, JournalError> {
        Ok(self.lock().policies.get(digest).cloned())
    }

    fn lease(&self) -> Option<u64> {
        self.lock().lease
    }

    fn calls(&self) -> Calls {
        Calls::default()
    }
}
