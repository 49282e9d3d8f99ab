//! The right to begin a run.
//!
//! In a folder it is a lock. In a bucket it is optimistic: the first page of the next run is written only if nobody
//! else has begun a run since the journal was read.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::entry::Entry;
use super::folder::{self, Folder};
use super::reconcile::{self, Diverged};
use super::replicated::Replicated;
use super::store::{Appended, Read, Store};
use super::{Event, History, JournalError, Memory, Place, RunState, Unended, chain};
use crate::cloud::Calls;
use crate::provider::aws::journal as buckets;

/// A journal, wherever it is stored.
#[derive(Debug)]
pub struct Journal {
    /// The folder that is locked during a run, if the journal is a folder.
    folder: Option<PathBuf>,
    pub(super) store: Arc<dyn Store>,
}

/// The right to begin a run, and the journal as it was before that run.
#[derive(Debug)]
pub struct Claim {
    pub(super) store: Arc<dyn Store>,
    pub(super) history: History,
    /// Runs that have ended and are not folded yet: number and text.
    pub(super) unfolded: Vec<(u64, Vec<u8>)>,
    died: Option<Unended>,
    caught_up: BTreeMap<String, usize>,
    _lock: Option<File>,
}

impl Journal {
    /// Open the journal at a place. Creates and reads nothing yet.
    ///
    /// # Errors
    /// The bucket cannot be found.
    pub async fn open(place: &Place) -> Result<Self, JournalError> {
        let store: Arc<dyn Store> = match place {
            Place::Folder(folder) => Arc::new(Folder::new(folder.clone())),
            Place::S3 { s3, region, copies, lease, owner } => {
                let places = std::iter::once((s3.clone(), region.clone())).chain(copies.iter().cloned());
                let places: Vec<_> = places.collect();
                Arc::new(Replicated::new(buckets::open(&places, owner.clone()).await?, *lease))
            }
        };
        Ok(Self { folder: place.folder().map(Path::to_owned), store })
    }

    /// A journal that ends with the process.
    #[must_use]
    pub fn in_memory(memory: &Memory) -> Self {
        Self { folder: None, store: Arc::new(memory.clone()) }
    }

    /// A journal in these replicas.
    #[cfg(test)]
    pub(super) fn replicated(replicas: Vec<Box<dyn super::replica::Replica>>) -> Self {
        Self { folder: None, store: Arc::new(Replicated::new(replicas, 60)) }
    }

    /// Read all entries and check the chain.
    ///
    /// # Errors
    /// A journal that is damaged or cannot be read.
    pub async fn read(&self) -> Result<History, JournalError> {
        reconcile::whole(&self.store.read(false).await?)
    }

    /// Like `read`, and compare everything that is stored twice. A folder without any file is refused: it cannot be told
    /// from a journal that was emptied.
    ///
    /// # Errors
    /// A journal that is damaged, emptied or cannot be read.
    pub async fn verify(&self) -> Result<History, JournalError> {
        let history = reconcile::whole(&self.store.read(true).await?)?;
        if let (Some(folder), true) = (&self.folder, history.entries.is_empty()) {
            folder::begun(folder)?;
        }
        Ok(history)
    }

    /// What earlier epochs hold and the last one lacks, to be accepted.
    ///
    /// # Errors
    /// A journal that is damaged or cannot be read.
    pub async fn diverged(&self) -> Result<Vec<Diverged>, JournalError> {
        reconcile::diverged(&self.store.read(true).await?)
    }

    /// The replicas that did not answer so far, with the reason. What they alone hold is unknown.
    #[must_use]
    pub fn silent(&self) -> BTreeMap<String, String> {
        self.store.silent()
    }

    /// The API calls to the store so far.
    #[must_use]
    pub fn calls(&self) -> Calls {
        self.store.calls()
    }

    /// Claim the right to begin a run. `take_over` is the number of an abandoned run to close.
    ///
    /// # Errors
    /// Another run is in progress, or is abandoned and `take_over` does not name it; the journal is damaged or cannot
    /// be read.
    pub async fn claim(&self, runner: &str, take_over: Option<u64>) -> Result<Claim, JournalError> {
        self.claim_with(runner, take_over, reconcile::whole).await
    }

    /// Claim the right to begin a run although earlier epochs hold entries that the last one lacks: the run accepts them.
    ///
    /// # Errors
    /// As for [`claim`](Self::claim).
    pub async fn claim_diverged(&self, runner: &str) -> Result<Claim, JournalError> {
        self.claim_with(runner, None, |read| chain::read(&read.texts)).await
    }

    async fn claim_with(
        &self,
        runner: &str,
        take_over: Option<u64>,
        check: impl Fn(&Read) -> Result<History, JournalError>,
    ) -> Result<Claim, JournalError> {
        let lock = self.folder.as_deref().map(|path| folder::lock(path, runner)).transpose()?;
        let mut read = self.store.read(false).await?;
        let mut history = check(&read)?;
        let caught_up = self.store.catch_up().await?;
        let open = history.open();
        if let Some(wanted) = take_over
            && open.is_none_or(|run| run.number != wanted)
        {
            return Err(JournalError::NothingToTakeOver(wanted));
        }
        let died = open.map(Unended::from);
        if let Some(run) = open
            && let Some(lease) = run.run.lease
        {
            if read.silent <= Duration::from_secs(lease) {
                return Err(JournalError::locked(run));
            }
            if take_over.is_none() {
                return Err(JournalError::Abandoned(Box::new(Unended::from(run))));
            }
            self.close(run, &read, &history, runner).await?;
            read = self.store.read(false).await?;
            history = check(&read)?;
            if let Some(run) = history.open() {
                return Err(JournalError::locked(run));
            }
        }
        let unfolded = read.texts.iter().filter(|text| read.unfolded.contains(&text.run));
        let unfolded = unfolded.map(|text| (text.run, text.whole())).collect();
        Ok(Claim { store: self.store.clone(), history, unfolded, died, caught_up, _lock: lock })
    }

    /// Close a run by writing its next page. If its writer is still alive, it can no longer write that page.
    async fn close(
        &self,
        run: &RunState,
        read: &Read,
        history: &History,
        by: &str,
    ) -> Result<(), JournalError> {
        let pages = read.texts.last().map_or(0, |text| text.parts.len()) as u64;
        let entry = Entry {
            number: history.entries.len() as u64 + 1,
            previous: history.head().to_owned(),
            at: now(),
            event: Event::TakenOver { by: by.to_owned() },
        };
        let (line, _) = entry.line()?;
        match self.store.append(run.number, pages + 1, format!("{line}\n").as_bytes()).await? {
            Appended::Written => Ok(()),
            // Its writer is still alive, or somebody else took it over first.
            Appended::Taken(_) => Err(JournalError::locked(run)),
        }
    }
}

impl Claim {
    /// All entries so far.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.history.entries
    }

    /// The journal before this run.
    #[must_use]
    pub fn history(&self) -> &History {
        &self.history
    }

    /// How many pages each replica lacked and has now.
    #[must_use]
    pub fn caught_up(&self) -> &BTreeMap<String, usize> {
        &self.caught_up
    }

    /// The replicas that have not answered so far, with the reason.
    #[must_use]
    pub fn silent(&self) -> BTreeMap<String, String> {
        self.store.silent()
    }

    /// The last run, if it did not record its end.
    #[must_use]
    pub fn died(&self) -> Option<&Unended> {
        self.died.as_ref()
    }
}

/// The current time as entries record it: RFC 3339, UTC, milliseconds.
pub(super) fn now() -> String {
    format!("{:.3}", jiff::Timestamp::now())
}
