//! The user interface of a run: what it shows and asks. The command line implements it.

use std::io;

use futures::stream::BoxStream;
use holdfast_compiler::diagnostic::{Diagnostic, codes};
use holdfast_compiler::plan::{Plan, Shift};

use super::Approved;
use crate::apply::{Outcome, Stopped, Watcher};
use crate::cloud::Calls;
use crate::estate::Remark;
use crate::journal::Unended;

/// The user interface of a run.
pub trait Front: Sync {
    /// Shows a notice.
    fn tell(&self, notice: Notice<'_>);

    /// Shows the plan.
    fn show(&self, plan: &Plan);

    /// Asks for confirmation of the plan that was shown. Not called for a saved plan.
    ///
    /// # Errors
    /// Nobody confirms.
    fn confirm(&self) -> Result<(), NotConfirmed>;

    /// The requests to stop the run from now on: after the first, no further step starts; the second stops it at
    /// once.
    ///
    /// # Errors
    /// The signal handlers cannot be installed.
    fn requests_to_end(&self) -> io::Result<BoxStream<'static, ()>>;

    /// Called when the run is in the journal and its steps are about to start.
    fn begin<'a>(&'a self, digest: &str, steps: usize) -> Box<dyn Screen + 'a>;
}

/// Shows the steps of one run.
pub trait Screen: Watcher {
    /// Called when no further step starts; the steps in progress are awaited.
    fn stopping(&self, why: Stopped);

    /// Called when the run has ended and its journal is durable.
    fn over(&self, ending: Ending<'_>);
}

/// Something that people should know about a run.
#[derive(Debug)]
pub enum Notice<'a> {
    /// A remark about the plan.
    Remark(Remark),
    /// The last run did not record its end; this run continues from the current state.
    Died(&'a Unended),
    /// The plan is approved, or the glass is broken.
    Approved(&'a Approved),
    /// Something changed since the plan was made that the plan neither touches nor depends on.
    Moved(&'a Shift),
    /// This run continues an earlier run of the same plan.
    Resumed {
        /// How many steps are left.
        left: usize,
        /// How many steps the plan has.
        steps: usize,
    },
    /// The plan has no pending steps.
    NothingToDo {
        /// The plan, of which something may be unknown.
        plan: &'a Plan,
        /// The digest of the plan.
        digest: &'a str,
        /// The API calls so far.
        calls: Calls,
    },
}

/// How a run has ended.
#[derive(Debug)]
pub enum Ending<'a> {
    /// All steps that could start have ended, or the run was stopped and the steps in progress have ended.
    Outcome {
        /// The plan.
        plan: &'a Plan,
        /// The results of its steps.
        outcome: &'a Outcome,
        /// The API calls so far.
        calls: Calls,
    },
    /// Immediately: the steps in progress may or may not have taken effect.
    Aborted,
}

/// Why something was not confirmed. Written out, it is about a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotConfirmed {
    /// There is no terminal to ask on.
    #[error("{}", self.about("this plan"))]
    NoTerminal,
    /// The answer was not `yes`.
    #[error("{}", self.about("this plan"))]
    Declined,
}

impl NotConfirmed {
    /// The message about what was not confirmed: `this plan`, `the evacuation of oregon`.
    #[must_use]
    pub fn about(self, what: &str) -> String {
        match self {
            Self::NoTerminal => format!("nobody confirmed {what}, and there is no terminal to ask on"),
            Self::Declined => format!("you did not confirm {what}"),
        }
    }

    /// The finding about what was not confirmed, with this cure.
    #[must_use]
    pub fn finding(self, what: &str, cure: &str) -> Diagnostic {
        Diagnostic::new(codes::NOT_CONFIRMED, self.about(what)).help(cure)
    }
}
