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
pub(crate) mod chain;
mod claim;
mod entry;
pub(crate) mod error;
mod folder;
mod memory;
mod owned;
mod place;
mod signed;
mod state;
pub(crate) mod store;
mod write;

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
