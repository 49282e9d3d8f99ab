//! One bucket with the pages of a journal: the journal itself, or a copy.
//!
//! An *epoch* is a stretch of the journal in which one replica decides which runner writes a page. Epoch 1 is decided by
//! the first replica. A runner that cannot reach that one begins the next epoch at the next replica, with keys of its
//! own, so that no page of one epoch hides a page of another.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;

use super::chain::Part;
use super::error::JournalError;
use super::store::Appended;
use crate::cloud::Calls;

/// A stretch of the journal in which one replica decides.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Epoch {
    /// From 1.
    pub(crate) number: u64,
    /// The bucket that decides; empty in the first epoch, where it is that of the first replica.
    pub(crate) at: String,
}

impl Epoch {
    /// The first one.
    pub(crate) fn first() -> Self {
        Self { number: 1, at: String::new() }
    }

    /// The folder of its keys, below the prefix of the journal: empty for the first epoch, or with a final slash.
    pub(crate) fn folder(&self) -> String {
        match self.number {
            1 => String::new(),
            number => format!("epoch-{number:06}.{}/", self.at),
        }
    }

    /// The epoch of a folder.
    pub(crate) fn parse(folder: &str) -> Option<Self> {
        let (number, at) = folder.strip_prefix("epoch-")?.strip_suffix('/')?.split_once('.')?;
        let epoch = Self { number: number.parse().ok()?, at: at.to_owned() };
        (epoch.number > 1 && epoch.folder() == folder).then_some(epoch)
    }
}

/// A run, or the part of it that one epoch holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RunKey {
    /// The epoch.
    pub(crate) epoch: Epoch,
    /// The number of the run.
    pub(crate) run: u64,
}

/// Which runs a replica has, and whether each is also stored folded.
pub(crate) type Listing = BTreeMap<RunKey, bool>;

/// One bucket with the pages of a journal.
#[async_trait]
pub(crate) trait Replica: Debug + Send + Sync {
    /// Its place, for people.
    fn name(&self) -> String;

    /// Its name in the folder of an epoch; no two replicas of a journal share one.
    fn id(&self) -> &str;

    /// The runs that it has.
    async fn list(&self) -> Result<Listing, JournalError>;

    /// The pages of a run, and how long ago the last one was written.
    async fn pages(&self, key: &RunKey) -> Result<(Vec<Part>, Duration), JournalError>;

    /// The text of a folded run.
    async fn folded(&self, key: &RunKey) -> Result<Part, JournalError>;

    /// Write a page, unless there is one of this number.
    async fn put(&self, key: &RunKey, page: u64, text: &[u8]) -> Result<Appended, JournalError>;

    /// Store the text of a whole run.
    async fn fold(&self, key: &RunKey, text: &[u8]) -> Result<(), JournalError>;

    /// Store the text of a policy under its digest, unless there is one.
    async fn keep(&self, digest: &str, text: &[u8]) -> Result<(), JournalError>;

    /// The digests of the texts that it has.
    async fn texts(&self) -> Result<BTreeSet<String>, JournalError>;

    /// The text that is stored under a digest.
    async fn kept(&self, digest: &str) -> Result<Option<Vec<u8>>, JournalError>;

    /// The API calls of all replicas of the journal so far.
    fn calls(&self) -> Calls;
}
