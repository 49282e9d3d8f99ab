//! Errors on the way from an estate to a plan.

use std::io;

use holdfast_compiler::diagnostic::{Diagnostic, codes};
use holdfast_compiler::policy::{Bucket, DataSet};
use holdfast_compiler::source::{Sources, Span};

use super::Findings;
use crate::approval::SignError;
use crate::cloud::CloudError;
use crate::journal::JournalError;

/// Why an estate cannot be planned or applied.
#[derive(Debug, thiserror::Error)]
pub enum EstateError {
    /// The policies are invalid, or conflict with what exists.
    #[error(transparent)]
    Invalid(#[from] Findings),
    /// The trust anchor does not allow it. The finding holds message and cure.
    #[error("{}", .0.message)]
    NotTrusted(Box<Diagnostic>),
    /// The estate names its account, and the credentials belong to a different one.
    #[error("these credentials belong to account {account}")]
    WrongAccount {
        /// The account of the credentials.
        account: String,
        /// Where the estate names its account.
        span: Span,
        /// The policies.
        sources: Box<Sources>,
    },
    /// The selected cloud does not exist.
    #[error("there is no cloud `{0}`: use `aws`, `local` or `local:FILE`")]
    NoSuchCloud(String),
    /// A provider has something, or can do something, that Holdfast has no client for.
    #[error("Holdfast has no client for {what} yet")]
    NoClient {
        /// What it is.
        what: String,
        /// What to do instead.
        cure: &'static str,
    },
    /// Holdfast has no client for the provider that a restore reads from.
    #[error("Holdfast restores nothing on `{provider}` yet")]
    RestoresNothing {
        /// The provider.
        provider: &'static str,
        /// What to do instead.
        by_hand: String,
    },
    /// No step of the plan matches a target.
    #[error("the plan contains nothing for `{target}`: {}", cure(near.as_deref()))]
    NoTarget {
        /// The target.
        target: String,
        /// What was probably meant.
        near: Option<String>,
    },
    /// The posture that `--evacuate` or `--return` asks for is not possible, or that of the journal does not fit the policies.
    #[error("{0}")]
    Posture(String),
    /// A path cannot be made absolute.
    #[error("the current folder: {0}")]
    CurrentFolder(io::Error),
    /// The key that runs are signed with cannot be used.
    #[error("the runner's key: {0}")]
    RunnerKey(SignError),
    /// A call to the cloud failed.
    #[error(transparent)]
    Cloud(#[from] CloudError),
    /// The journal cannot be used.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

impl EstateError {
    /// Nothing is restored at the provider of a data set, so somebody does it by hand.
    #[must_use]
    pub fn restores_nothing(set: &DataSet) -> Self {
        let at = |bucket: &Bucket| format!("`{}` at `{}`", bucket.name, bucket.site.name);
        let copies: Vec<String> = set.copies.iter().map(at).collect();
        let read = match copies.is_empty() {
            true => String::new(),
            false => format!(", or read the copy {}", copies.join(" or ")),
        };
        let by_hand =
            format!("copy the versions back by hand from {}{read}; no cloud was called", at(&set.primary));
        Self::RestoresNothing { provider: set.primary.site.region.provider.name, by_hand }
    }

    /// Converts a refusal into findings with code, place and cure.
    ///
    /// # Errors
    /// The error itself if it is not a refusal: invalid policies, wrong usage, or a failed operation.
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
            Self::NoClient { what, cure } => {
                let message = format!("Holdfast has no client for {what} yet");
                let finding = Diagnostic::new(codes::NO_CLIENT, message).help(cure);
                Ok(Findings { findings: vec![finding], ..Findings::default() })
            }
            Self::RestoresNothing { provider, by_hand } => {
                let message = format!("Holdfast restores nothing on `{provider}` yet");
                let finding = Diagnostic::new(codes::RESTORE_NOT_SERVED, message).help(by_hand);
                Ok(Findings { findings: vec![finding], ..Findings::default() })
            }
            other => Err(other),
        }
    }
}

fn cure(near: Option<&str>) -> String {
    match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => "name an address, a service or a part of one, as the plan shows them".to_owned(),
    }
}

/// Only the trust anchor returns single diagnostics here.
impl From<Diagnostic> for EstateError {
    fn from(finding: Diagnostic) -> Self {
        Self::NotTrusted(Box::new(finding))
    }
}
