//! What a business continuity plan is made from: the policies, and what the journal and git know about them.
//!
//! The plan must be readable when much else is broken. So only invalid policies are an error here: policies that miss an
//! objective, a journal that does not answer and a missing git are said in the document.

mod acknowledge;
mod browser;
mod history;

use std::path::PathBuf;

use holdfast_compiler::bcp::{Acknowledgements, Commit, History, Inputs, Run, report};
use holdfast_compiler::compile::{Compiled, Options, Waived, check};
use holdfast_compiler::diagnostic::{Diagnostic, Severity};
use holdfast_compiler::drill::Held;
use holdfast_compiler::policy::Policy;
use holdfast_compiler::report::Report;
use holdfast_compiler::source::Sources;
use holdfast_compiler::units::Date;

pub use acknowledge::{AcknowledgeError, Acknowledgement, acknowledge};
pub use browser::{PdfError, pdf};
pub use history::Extent;

use crate::estate::{EstateError, Findings, Policies, Remark, Selection, load};

/// Everything that a plan is made from.
#[derive(Debug)]
pub struct Continuity {
    /// The text of the policies.
    pub sources: Sources,
    /// What the check of the policies found.
    pub findings: Vec<Diagnostic>,
    /// The findings that somebody has accepted.
    pub(crate) waived: Vec<Waived>,
    pub(crate) policy: Policy,
    pub(crate) as_of: Date,
    runs: History<Run>,
    commits: History<Commit>,
    held: Held,
    acknowledged: Acknowledgements,
}

impl Continuity {
    /// Read the policies, the journal and git.
    ///
    /// # Errors
    /// The policies cannot be read, or their text or names are invalid; the trust anchor or a flag is wrong.
    pub async fn read(
        paths: &[PathBuf],
        as_of: Date,
        selection: &Selection,
        extent: Extent,
        tell: &dyn Fn(Remark),
    ) -> Result<Self, EstateError> {
        let sources = load::load(paths)?;
        let commits = history::commits(paths, &sources);
        let policies = readable(sources, as_of)?;
        let (runs, held) = history::runs(selection, &policies, extent, tell).await?;
        let acknowledged = acknowledge::read(&policies, as_of);
        let Policies { sources, compiled, .. } = policies;
        let (policy, findings, waived) = (compiled.policy, compiled.warnings, compiled.waived);
        Ok(Self { sources, findings, waived, policy, as_of, runs, commits, held, acknowledged })
    }

    /// The plan as a document.
    #[must_use]
    pub fn report(&self, with_contacts: bool) -> Report {
        report(&self.inputs(with_contacts))
    }

    /// What documents are made from.
    pub(crate) fn inputs(&self, with_contacts: bool) -> Inputs<'_> {
        Inputs {
            policy: &self.policy,
            sources: &self.sources,
            findings: &self.findings,
            as_of: self.as_of,
            with_contacts,
            runs: &self.runs,
            commits: &self.commits,
            held: &self.held,
            acknowledged: &self.acknowledged,
        }
    }

    /// Why the journal could not be read, if that is so.
    #[must_use]
    pub fn unread_journal(&self) -> Option<&str> {
        match &self.runs {
            History::Unread(reason) => Some(reason),
            History::Read { .. } => None,
        }
    }

    /// The errors among the findings, such as a missed objective.
    #[must_use]
    pub fn errors(&self) -> Vec<Diagnostic> {
        let errors = self.findings.iter().filter(|finding| finding.severity() == Severity::Error);
        errors.cloned().collect()
    }
}

/// The policies, also if they miss an objective: the errors are among the warnings then.
///
/// # Errors
/// Their text or their names are invalid.
pub(crate) fn readable(sources: Sources, as_of: Date) -> Result<Policies, EstateError> {
    let options = Options { as_of: Some(as_of) };
    match Policies::read(sources, Some(as_of)) {
        Ok(policies) => Ok(policies),
        Err(Findings { findings, sources }) => {
            let checked = check(&sources, options);
            let Some(policy) = checked.policy else { return Err(Findings { findings, sources }.into()) };
            let compiled = Compiled { policy, warnings: findings, waived: checked.waived, options };
            Ok(Policies::of_checked(sources, compiled))
        }
    }
}
