//! The journal: what was intended before it was done, and what came of it. The only thing that persists.
//!
//! Every entry is a line and carries the hash of the one before, over all runs, so an entry that is changed, lost
//! or moved breaks the chain (`chain.rs`). An entry is durable before the step it announces begins. What became of
//! the runs is a fold over the entries (`state.rs`), and so is what we own ([`owned`]).
//!
//! Where it lives is a `Store`: a folder of this machine, with one file per run and a lock (`folder.rs`), or a
//! prefix in a bucket, which teams share (the provider's). Who wants to run makes a [`Claim`], then a [`Writer`].

mod approvals;
mod begun;
mod chain;
mod claim;
mod entry;
mod error;
mod folder;
mod memory;
mod owned;
mod place;
mod signed;
mod state;
mod write;

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;

pub use approvals::{applied, recorded, rule, unchanged, used};
pub use begun::begun;
pub use chain::History;
pub use claim::{Claim, Journal};
pub use entry::{Entry, Event, Run, UsedApproval};
pub use error::{JournalError, Unended};
pub use memory::Memory;
pub use owned::{other_estates, owned};
pub use place::Place;
pub use signed::{Signer, Unsigned, signed_by, statements};
pub use state::{End, Progress, RunState};
pub use write::Writer;

use crate::cloud::Calls;
pub(crate) use chain::{Part, Text};

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
