//! What a business continuity plan is made from: the policies, and what the journal and git know about them.
//!
//! The plan must be readable when much else is broken. So only invalid policies are an error here: policies that miss an
//! objective, a journal that does not answer and a missing git are said in the document.

mod browser;
mod history;

use std::path::PathBuf;

use holdfast_compiler::bcp::{Commit, History, Inputs, Run, report};
use holdfast_compiler::compile::{Compiled, Options, check};
use holdfast_compiler::diagnostic::{Diagnostic, Severity};
use holdfast_compiler::policy::Policy;
use holdfast_compiler::report::Report;
use holdfast_compiler::source::Sources;
use holdfast_compiler::units::Date;

pub use browser::{PdfError, pdf};

use crate::estate::{EstateError, Findings, Policies, Remark, Selection, load};

/// Everything that a plan is made from.
#[derive(Debug)]
pub struct Continuity {
    /// The text of the policies.
    pub sources: Sources,
    /// What the check of the policies found.
    pub findings: Vec<Diagnostic>,
    policy: Policy,
    as_of: Date,
    runs: History<Run>,
    commits: History<Commit>,
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
        tell: &dyn Fn(Remark),
    ) -> Result<Self, EstateError> {
        let sources = load::load(paths)?;
        let commits = history::commits(paths, &sources);
        match Policies::read(sources, Some(as_of)) {
            Ok(policies) => {
                let runs = history::runs(selection, &policies, tell).await?;
                let Policies { sources, compiled, .. } = policies;
                let (policy, findings) = (compiled.policy, compiled.warnings);
                Ok(Self { sources, findings, policy, as_of, runs, commits })
            }
            Err(Findings { findings, sources }) => {
                let Some(policy) = check(&sources, Options { as_of: Some(as_of) }).policy else {
                    return Err(Findings { findings, sources }.into());
                };
                // The journal does not depend on what the policies miss.
                let options = Options { as_of: Some(as_of) };
                let compiled = Compiled { policy, warnings: findings, waived: Vec::new(), options };
                let policies = Policies { sources, compiled, rule: None };
                let runs = history::runs(selection, &policies, tell).await?;
                let Policies { sources, compiled, .. } = policies;
                let (policy, findings) = (compiled.policy, compiled.warnings);
                Ok(Self { sources, findings, policy, as_of, runs, commits })
            }
        }
    }

    /// The plan as a document.
    #[must_use]
    pub fn report(&self, with_contacts: bool) -> Report {
        report(&Inputs {
            policy: &self.policy,
            sources: &self.sources,
            findings: &self.findings,
            as_of: self.as_of,
            with_contacts,
            runs: &self.runs,
            commits: &self.commits,
        })
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
