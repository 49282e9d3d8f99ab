//! Why a drill was not held.

use holdfast_compiler::diagnostic::{Diagnostic, codes};

use crate::cloud::CloudError;
use crate::estate::{EstateError, Findings};
use crate::files::FileError;
use crate::journal::JournalError;
use crate::run::NotConfirmed;

/// What somebody signs with `drill confirm`.
const WORD: &str = "your answer";

/// Why a drill was not held, or could not be recorded.
#[derive(Debug, thiserror::Error)]
pub enum DrillError {
    /// The estate cannot be read.
    #[error(transparent)]
    Estate(#[from] EstateError),
    /// The call is wrong: there is no such drill, or a file of answers cannot be read.
    #[error("{0}")]
    Usage(String),
    /// It does not begin, for these reasons.
    #[error("the drill does not begin")]
    NotReady(Vec<Diagnostic>),
    /// Another process of this machine is at a drill.
    #[error("another process is at a drill of this estate; wait for it")]
    Busy,
    /// Nobody has confirmed where users go.
    #[error("{}", why.about(what))]
    NotConfirmed {
        /// Why not.
        why: NotConfirmed,
        /// What: `the evacuation of oregon`.
        what: String,
    },
    /// Whoever was to give their word did not agree to sign it.
    #[error("{}", .0.about(WORD))]
    NotSigned(NotConfirmed),
    /// It was held, and could not be recorded.
    #[error("{0}")]
    NotRecorded(String),
    /// A file cannot be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// It cannot be written as JSON.
    #[error("cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl DrillError {
    /// Whether others use the journal just now.
    pub(super) fn is_busy(&self) -> bool {
        matches!(self, Self::Estate(EstateError::Journal(JournalError::Locked { .. })))
    }

    /// Converts a refusal into findings with code and cure.
    ///
    /// # Errors
    /// The error itself if it is not a refusal.
    pub fn refusal(self) -> Result<Findings, Self> {
        match self {
            Self::NotReady(findings) => Ok(Findings { findings, ..Findings::default() }),
            Self::Estate(error) => error.refusal().map_err(Self::Estate),
            Self::NotConfirmed { why, what } => {
                let cure = "answer `yes`, or add `--yes`: nobody was moved";
                Ok(Findings { findings: vec![why.finding(&what, cure)], ..Findings::default() })
            }
            Self::NotSigned(why) => {
                let cure = "answer `yes`, or add `--yes`: nothing was signed";
                Ok(Findings { findings: vec![why.finding(WORD, cure)], ..Findings::default() })
            }
            other => Err(other),
        }
    }
}

/// A precondition that is not met.
pub(super) fn not_ready(message: impl Into<String>, cure: impl Into<String>) -> Diagnostic {
    Diagnostic::new(codes::DRILL_NOT_READY, message).help(cure)
}

/// Something that Holdfast cannot exercise.
pub(super) fn not_served(message: impl Into<String>, cure: impl Into<String>) -> DrillError {
    DrillError::NotReady(vec![Diagnostic::new(codes::DRILL_NOT_SERVED, message).help(cure)])
}

impl From<CloudError> for DrillError {
    fn from(error: CloudError) -> Self {
        Self::Estate(error.into())
    }
}

impl From<JournalError> for DrillError {
    fn from(error: JournalError) -> Self {
        Self::Estate(error.into())
    }
}
