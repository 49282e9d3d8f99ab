//! Why an estate cannot be worked on.

use std::io;

use holdfast_compiler::diagnostic::{Diagnostic, codes};
use holdfast_compiler::source::{Sources, Span};

use super::Findings;
use crate::approval::SignError;
use crate::cloud::CloudError;
use crate::journal::JournalError;

/// Why an estate cannot be worked on.
#[derive(Debug, thiserror::Error)]
pub enum EstateError {
    /// The policies are wrong, or what exists stands in their way.
    #[error(transparent)]
    Invalid(#[from] Findings),
    /// The trust anchor does not allow it. What is wrong and the cure are in the finding.
    #[error("{}", .0.message)]
    NotTrusted(Box<Diagnostic>),
    /// The estate names its account, and the credentials are of another one.
    #[error("these credentials belong to account {account}")]
    WrongAccount {
        /// The account of the credentials.
        account: String,
        /// Where the estate names its own.
        span: Span,
        /// The policies.
        sources: Box<Sources>,
    },
    /// What was selected is not a cloud.
    #[error("there is no cloud `{0}`: it can be `aws`, `local` or `local:FILE`")]
    NoSuchCloud(String),
    /// The plan has nothing of a target.
    #[error(
        "the plan contains nothing for `{0}`: name an address, a service or a part of one, as the plan shows them"
    )]
    NoTarget(String),
    /// A path cannot be completed.
    #[error("the current folder: {0}")]
    CurrentFolder(io::Error),
    /// The key that runs are signed with cannot be used.
    #[error("the runner's key: {0}")]
    RunnerKey(SignError),
    /// The cloud did not answer.
    #[error(transparent)]
    Cloud(#[from] CloudError),
    /// The journal cannot be used.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

impl EstateError {
    /// What is refused, with its code, the place and the cure.
    ///
    /// # Errors
    /// Itself, where it is no refusal: invalid policies, wrong usage, or something that failed.
    pub fn refusal(self) -> Result<Findings, Self> {
        match self {
            Self::NotTrusted(finding) => Ok(Findings { findings: vec![*finding], ..Findings::default() }),
            Self::WrongAccount { span, ref account, sources } => {
                let message = format!("these credentials belong to account {account}");
                let finding = Diagnostic::new(codes::WRONG_ACCOUNT, message)
                    .at(span, "the estate is in this account")
                    .help("use credentials of the estate's account (`AWS_PROFILE`), or correct the estate");
                Ok(Findings { findings: vec![finding], sources: *sources })
            }
            other => Err(other),
        }
    }
}

/// A finding of the trust anchor is a refusal.
impl From<Diagnostic> for EstateError {
    fn from(finding: Diagnostic) -> Self {
        Self::NotTrusted(Box::new(finding))
    }
}
