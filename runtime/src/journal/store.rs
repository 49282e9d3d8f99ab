//! Where a journal lives, and what is read from there.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;

use super::chain::Text;
use super::error::JournalError;
use crate::cloud::Calls;

/// Where a journal lives. A run is written page by page, and only one writer gets a page of a number.
#[async_trait]
pub(crate) trait Store: Debug + Send + Sync {
    /// All there is. With `thorough`, what is kept twice is read twice.
    async fn read(&self, thorough: bool) -> Result<Read, JournalError>;

    /// Write a page, from 1. It is durable when this returns.
    async fn append(&self, run: u64, page: u64, text: &[u8]) -> Result<Appended, JournalError>;

    /// Keep the pages of a run that has ended as one text too. Nothing depends on it but the time to read it.
    async fn fold(&self, run: u64, text: Vec<u8>);

    /// How many seconds a run may be silent; nothing where the lock ends with the process.
    fn lease(&self) -> Option<u64>;

    /// The calls so far.
    fn calls(&self) -> Calls;
}

/// What a store holds.
#[derive(Debug)]
pub(crate) struct Read {
    /// The runs in order.
    pub(crate) texts: Vec<Text>,
    /// The runs that were not folded.
    pub(crate) unfolded: Vec<u64>,
    /// How long ago the last page was written, by the clock of the store.
    pub(crate) silent: Duration,
}

/// What came of writing a page.
#[derive(Debug)]
pub(crate) enum Appended {
    /// It is there.
    Written,
    /// Somebody else has written this page, and this is what it says.
    Taken(Vec<u8>),
}
