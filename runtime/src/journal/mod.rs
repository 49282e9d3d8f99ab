//! The journal records the intent of every step before it is executed, and its result. It is the only state that
//! Holdfast stores.
//!
//! Every entry is a line and carries the hash of the previous one, over all runs, so an entry that is changed, lost
//! or moved breaks the chain (`chain.rs`). The intent of a step is durable before the step begins. The state of the
//! runs is a fold over the entries (`state.rs`), and so is ownership ([`owned`]).
//!
//! A `Store` holds it: a folder of this machine, with one file per run and a lock (`folder.rs`), or a prefix in a
//! bucket, which teams share, with copies in other buckets (`replicated.rs`; each bucket is a `Replica`, in the provider). A runner first makes a [`Claim`], then a [`Writer`].

mod approvals;
mod begun;
pub(crate) mod chain;
mod claim;
mod commit;
mod copies;
mod drills;
mod entry;
pub(crate) mod error;
mod folder;
mod memory;
pub(crate) mod merge;
mod owned;
mod place;
pub(crate) mod policies;
mod posture;
mod reconcile;
pub(crate) mod replica;
pub(crate) mod replicated;
mod restores;
mod signed;
mod state;
pub(crate) mod store;
mod write;

pub use approvals::{applied, recorded, rule, unchanged, used};
pub use begun::begun;
pub use chain::History;
pub use claim::{Claim, Journal};
pub use commit::Commit;
pub use copies::copies;
pub use drills::{DrillBegan, DrillMade, HeldDrill, OpenDrill, drills_in, held, held_in, open_drill};
pub use entry::{Entry, Event, Run, UsedApproval};
pub use error::{JournalError, Unended};
pub use memory::Memory;
pub use owned::{other_estates, owned};
pub use place::Place;
pub use policies::{AppliedPolicy, StoredText, applies, are_applied, last_applied};
pub use posture::{changed_since, posture};
pub use reconcile::Diverged;
pub use restores::{RestoreOf, RestoreResult, Sum};
pub use signed::{Signer, Unsigned, signed_by, statements};
pub use state::{End, Progress, RunState};
pub use write::Writer;
