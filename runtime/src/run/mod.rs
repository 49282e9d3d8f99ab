//! A run: an apply from start to end. The command line passes the flags and a [`Front`] that shows what happens; all
//! decisions are made here.
//!
//! ```text
//! workspace → read the journal → check approvals → claim → plan now, compare with the approved plan
//!   → consents, confirmation → steps (crate::apply) → summary
//! ```
//!
//! [`apply_policies`] makes its own plan; [`apply_saved`] executes the part of a saved plan that is still valid.

mod approved;
mod error;
mod execute;
mod front;
mod not_approved;
mod policies;
mod reconcile;
pub mod runner;
#[cfg(test)]
pub(crate) mod sample;
mod saved;
mod start;
mod summary;

use holdfast_compiler::units::Duration;

use holdfast_compiler::plan::Plan;

pub use approved::{Approved, Candidate, Evidence, is_approved, may_apply, may_need_approvals};
pub use error::RunError;
pub use front::{Ending, Front, NotConfirmed, Notice, Screen};
pub use not_approved::NotApproved;
pub use policies::{apply_policies, require_consent};
pub use reconcile::reconcile;
pub use saved::{apply_saved, check_saved};
pub use summary::Summary;

use crate::apply::Settings;

/// The flags of a run.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// How its steps are executed.
    pub settings: Settings,
    /// How long it may start steps. Steps in progress are then awaited.
    pub timeout: Option<Duration>,
    /// The number of an abandoned run to close first.
    pub take_over: Option<u64>,
    /// What the flags add to the approvals beside a plan.
    pub evidence: Evidence,
}

/// How a run has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// All steps succeeded.
    Complete,
    /// Steps failed or were not started, or something could not be seen.
    Partial,
    /// Immediately, by a second request to stop.
    Aborted,
}

impl Ended {
    /// A run of a plan without steps: what could not be seen is left.
    #[must_use]
    pub fn without_steps(plan: &Plan) -> Self {
        if plan.is_partial() { Self::Partial } else { Self::Complete }
    }
}
