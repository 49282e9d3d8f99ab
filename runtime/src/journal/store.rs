//! The storage of a journal, and what it returns.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;

use super::Event;
use super::chain::Text;
use super::error::JournalError;
use super::merge::Fork;
use crate::cloud::Calls;

/// The storage of a journal. A run is written page by page, and only one writer can write a page of a given number.
#[async_trait]
pub(crate) trait Store: Debug + Send + Sync {
    /// Read all runs. With `thorough`, read both copies of what is stored twice.
    async fn read(&self, thorough: bool) -> Result<Read, JournalError>;

    /// Write a page, from 1. It is durable when this returns.
    async fn append(&self, run: u64, page: u64, text: &[u8]) -> Result<Appended, JournalError>;

    /// Store the pages of an ended run as one text as well. This only makes reading faster, so errors are ignored.
    async fn fold(&self, run: u64, text: Vec<u8>);

    /// Store the text of a policy under its digest. It is durable when this returns. A text that is there stays.
    async fn keep(&self, digest: &str, text: &[u8]) -> Result<(), JournalError>;

    /// The text that is stored under a digest; not checked.
    async fn kept(&self, digest: &str) -> Result<Option<Vec<u8>>, JournalError>;

    /// The lease of a run in seconds; `None` if a lock ends with the process.
    fn lease(&self) -> Option<u64>;

    /// The API calls so far.
    fn calls(&self) -> Calls;

    /// Write to each replica the pages that it lacked when the store was read. Returns how many, by replica.
    async fn catch_up(&self) -> Result<BTreeMap<String, usize>, JournalError> {
        Ok(BTreeMap::new())
    }

    /// The replicas that do not answer, with the reason.
    fn silent(&self) -> BTreeMap<String, String> {
        BTreeMap::new()
    }

    /// What changed since the last call in where pages are written: to be recorded.
    fn news(&self) -> Option<Event> {
        None
    }
}

/// The content of a store.
#[derive(Debug)]
pub(crate) struct Read {
    /// The runs in order.
    pub(crate) texts: Vec<Text>,
    /// The numbers of the runs that are not folded.
    pub(crate) unfolded: Vec<u64>,
    /// How long ago the last page was written, by the clock of the store.
    pub(crate) silent: Duration,
    /// What earlier epochs hold and later ones lack.
    pub(crate) forks: Vec<Fork>,
}

/// The result of writing a page.
#[derive(Debug)]
pub(crate) enum Appended {
    /// It is durable.
    Written,
    /// Somebody else has written a page of this number, with this content.
    Taken(Vec<u8>),
}
