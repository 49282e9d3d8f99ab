//! A run, from what was asked for to what came of it. The command line gives the flags and a [`Front`] that shows what
//! happens; everything that is decided is decided here.
//!
//! ```text
//! workspace → journal (read) → may it be applied? → claim → plan now, held against what was approved
//!   → consents, confirmation → steps (crate::apply) → summary
//! ```
//!
//! [`apply_policies`] makes its plan itself; [`apply_saved`] executes the part of a saved plan that still holds.

mod agreement;
mod error;
mod execute;
mod front;
mod not_agreed;
mod policies;
pub mod runner;
#[cfg(test)]
pub(crate) mod sample;
mod saved;
mod start;
mod summary;

use holdfast_compiler::units::Duration;

pub use agreement::{Agreed, Candidate, Evidence, may_apply, may_ask};
pub use error::RunError;
pub use front::{Ending, Front, NotConfirmed, Notice, Screen};
pub use not_agreed::NotAgreed;
pub use policies::{apply_policies, require_consent};
pub use saved::apply_saved;
pub use summary::Summary;

use crate::apply::Settings;

/// How a run is to go.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// How its steps are executed.
    pub settings: Settings,
    /// How long it may go on starting steps. What is under way then is waited for.
    pub timeout: Option<Duration>,
    /// The number of an abandoned run to be closed first.
    pub take_over: Option<u64>,
    /// What there is beside the approvals that lie next to a plan.
    pub evidence: Evidence,
}

/// How a run has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// All of it was done.
    Whole,
    /// Steps failed or were not started.
    InPart,
    /// At once, by a second request.
    AtOnce,
}
