//! A journal that ends with the process, for simulations: it can break after any entry, hold a runner up in the
//! middle of its run, and grow old.

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
    entries: u64,
    /// After how many entries nothing more can be written.
    breaks: Option<u64>,
    /// The run that is to be held up, and after how many entries.
    held: Option<(u64, u64)>,
    /// Whether its writer waits.
    waiting: bool,
    lease: Option<u64>,
    silent: Duration,
}

impl Memory {
    /// A journal whose runs may be silent for so many seconds, or one whose lock ends with the process.
    #[must_use]
    pub fn new(lease: Option<u64>) -> Self {
        let memory = Self::default();
        memory.kept().lease = lease;
        memory
    }

    /// Nothing can be written any more after so many entries in all; without a number, everything can again.
    pub fn break_after(&self, entries: Option<u64>) {
        self.kept().breaks = entries;
    }

    /// Whether nothing can be written any more.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        let kept = self.kept();
        kept.breaks.is_some_and(|breaks| kept.entries >= breaks)
    }

    /// Hold the writer of a run up, once there are so many entries in all.
    pub fn hold(&self, run: u64, entries: u64) {
        self.kept().held = Some((run, entries));
    }

    /// Whether the run that is to be held up has come so far.
    #[must_use]
    pub fn is_holding(&self) -> bool {
        self.kept().waiting
    }

    /// Let it go on.
    pub fn release(&self) {
        let mut kept = self.kept();
        (kept.held, kept.waiting) = (None, false);
        self.0.released.notify_waiters();
    }

    /// Time has passed since the last entry.
    pub fn age(&self, silent: Duration) {
        self.kept().silent = silent;
    }

    /// How many entries there are.
    #[must_use]
    pub fn entries(&self) -> u64 {
        self.kept().entries
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wait if this is the writer to be held up. Whoever closes its run meanwhile does not wait.
    async fn wait(&self, run: u64) {
        let released = self.0.released.notified();
        {
            let mut kept = self.kept();
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
        let kept = self.kept();
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
        Ok(Read { texts, unfolded: Vec::new(), silent: kept.silent })
    }

    async fn append(&self, run: u64, page: u64, text: &[u8]) -> Result<Appended, JournalError> {
        self.wait(run).await;
        let mut kept = self.kept();
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

    fn lease(&self) -> Option<u64> {
        self.kept().lease
    }

    fn calls(&self) -> Calls {
        Calls::default()
    }
}
