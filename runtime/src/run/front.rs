//! Where a run meets people: what it tells and asks while it goes on. The command line implements it.

use std::io;

use futures::stream::BoxStream;
use holdfast_compiler::diagnostic::{Diagnostic, codes};
use holdfast_compiler::plan::{Plan, Shift};

use super::Agreed;
use crate::apply::{Outcome, Stopped, Watcher};
use crate::cloud::Calls;
use crate::estate::Remark;
use crate::journal::Unended;

/// Whoever asked for a run.
pub trait Front: Sync {
    /// Something happened that people should know.
    fn tell(&self, notice: Notice<'_>);

    /// This is the plan.
    fn show(&self, plan: &Plan);

    /// Whether somebody agrees to the plan that was shown. Asked only where no plan was approved beforehand.
    ///
    /// # Errors
    /// Nobody does.
    fn confirm(&self) -> Result<(), NotConfirmed>;

    /// The requests to end the run from now on: after the first no further step starts, the second ends it at once.
    ///
    /// # Errors
    /// The system does not let them be listened to.
    fn requests_to_end(&self) -> io::Result<BoxStream<'static, ()>>;

    /// The run of a plan is in the journal, and its steps are about to start.
    fn begin<'a>(&'a self, digest: &str, steps: usize) -> Box<dyn Screen + 'a>;
}

/// What shows the steps of one run.
pub trait Screen: Watcher {
    /// No further step starts, and why; what is under way is waited for.
    fn stopping(&self, why: Stopped);

    /// The run has ended, and all of it is in the journal.
    fn over(&self, ending: Ending<'_>);
}

/// What people should know.
#[derive(Debug)]
pub enum Notice<'a> {
    /// Something about the plan.
    Remark(Remark),
    /// The run before did not end; this one goes on from what is there.
    Died(&'a Unended),
    /// People have agreed, or the glass is broken.
    Agreed(&'a Agreed),
    /// Something moved since the plan was made, where the plan neither touches nor depends.
    Moved(&'a Shift),
    /// An earlier run of this plan was broken off.
    Resumed {
        /// How many steps are left.
        left: usize,
        /// How many there were.
        steps: usize,
    },
    /// No step has to be done.
    NothingToDo {
        /// The digest of the plan.
        digest: &'a str,
        /// The calls so far.
        calls: Calls,
    },
}

/// How a run has ended.
#[derive(Debug)]
pub enum Ending<'a> {
    /// Everything that could be done was done, or what was under way was waited for.
    Outcome {
        /// The plan.
        plan: &'a Plan,
        /// What became of it.
        outcome: &'a Outcome,
        /// The calls so far.
        calls: Calls,
    },
    /// At once: what was under way may or may not have taken effect.
    AtOnce,
}

/// Why a plan was not confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotConfirmed {
    /// There is no terminal.
    #[error("this plan was not confirmed, and there is no terminal to ask on")]
    NobodyHere,
    /// The answer was not `yes`.
    #[error("you did not confirm this plan")]
    Declined,
}

impl NotConfirmed {
    /// As a finding, with the cure.
    #[must_use]
    pub fn finding(self, cure: &str) -> Diagnostic {
        Diagnostic::new(codes::NOT_CONFIRMED, self.to_string()).help(cure)
    }
}
