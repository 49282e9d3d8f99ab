//! Why a run was not begun, or could not be recorded.

use std::io;

use holdfast_compiler::diagnostic::{Diagnostic, codes};
use holdfast_compiler::plan::{Departure, Shift};

use super::{NotAgreed, NotConfirmed};
use crate::cloud::CloudError;
use crate::estate::{EstateError, Findings};
use crate::journal::{self, JournalError};
use crate::planfile;

/// Why a run was not begun, or could not be recorded. What became of its steps is no error: see
/// [`Ended`](super::Ended).
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The estate cannot be worked on.
    #[error(transparent)]
    Estate(#[from] EstateError),
    /// The plan is not what people have agreed to, or too few have.
    #[error(transparent)]
    NotAgreed(#[from] NotAgreed),
    /// Nobody has said yes.
    #[error(transparent)]
    NotConfirmed(#[from] NotConfirmed),
    /// The plan file cannot be used.
    #[error(transparent)]
    PlanFile(Findings),
    /// The plan file cannot be read.
    #[error("{0}")]
    Unread(String),
    /// Another cloud was selected than the plan is for.
    #[error("the plan is for `{planned}`, not for `{selected}`")]
    OtherCloud {
        /// The cloud of the plan.
        planned: String,
        /// The one that was selected.
        selected: String,
    },
    /// The credentials are of another account than the plan is for.
    #[error("the plan is for account {planned}, not {account}")]
    OtherAccount {
        /// The account of the plan.
        planned: String,
        /// The one of the credentials.
        account: String,
    },
    /// Another journal was selected, which cannot know the plan.
    #[error(
        "the plan was made before the first entry of its journal: {0} cannot tell whether it was applied"
    )]
    OtherJournal(journal::Place),
    /// The plan lacks consents: what to allow is in the findings.
    #[error("the plan needs explicit consent")]
    NoConsent(Vec<Diagnostic>),
    /// Another run came in between.
    #[error("another run wrote to the journal while this plan was being made")]
    Overtaken,
    /// What the plan touches or depends on has changed since it was saved.
    #[error("the cloud is not what it was when this plan was made")]
    Stale(Vec<Shift>),
    /// A plan made now is not the one that was approved.
    #[error("the changes needed now differ from the approved plan in {}", points(.0.len()))]
    NotAsApproved(Vec<Departure>),
    /// Requests to end the run cannot be listened to.
    #[error("cannot listen to signals: {0}")]
    Signals(io::Error),
    /// A plan cannot be written down.
    #[error("cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl RunError {
    /// A plan file of some name that cannot be used.
    pub(super) fn plan_file(refusal: planfile::Refusal, name: &str) -> Self {
        refusal.findings(name).map_or_else(Self::Unread, Self::PlanFile)
    }

    /// What is refused, each with its code and its cure.
    ///
    /// # Errors
    /// Itself, where it is no refusal: invalid policies, wrong usage, or something that failed.
    pub fn refusal(self) -> Result<Findings, Self> {
        let message = self.to_string();
        let one = |code, help: &str| {
            let finding = Diagnostic::new(code, message).help(help);
            Ok(Findings { findings: vec![finding], ..Findings::default() })
        };
        match self {
            Self::Estate(error) => error.refusal().map_err(Self::Estate),
            Self::NotAgreed(error) => {
                let findings = error.findings().map_err(Self::NotAgreed)?;
                Ok(Findings { findings, ..Findings::default() })
            }
            Self::NotConfirmed(error) => {
                let finding = error.finding("add `--yes`, or save a plan and apply that");
                Ok(Findings { findings: vec![finding], ..Findings::default() })
            }
            Self::PlanFile(findings) => Ok(findings),
            Self::NoConsent(findings) => Ok(Findings { findings, ..Findings::default() }),
            Self::OtherCloud { .. } => one(codes::BAD_PLAN_FILE, "leave out `--cloud`: the plan says it"),
            Self::OtherAccount { .. } => one(codes::WRONG_ACCOUNT, "use the credentials it was made with"),
            Self::OtherJournal(_) => {
                one(codes::BAD_PLAN_FILE, "leave out `--journal`, or plan again with it")
            }
            Self::Overtaken => one(codes::STALE_PLAN, "apply again"),
            Self::Stale(_) => one(codes::STALE_PLAN, "plan again, and review what is different"),
            Self::NotAsApproved(_) => one(codes::NOT_AS_APPROVED, "plan again, and review the new plan"),
            Self::Unread(_) | Self::Signals(_) | Self::Json(_) => Err(self),
        }
    }
}

impl From<CloudError> for RunError {
    fn from(error: CloudError) -> Self {
        Self::Estate(error.into())
    }
}

impl From<JournalError> for RunError {
    fn from(error: JournalError) -> Self {
        Self::Estate(error.into())
    }
}

fn points(count: usize) -> String {
    if count == 1 { "one point".to_owned() } else { format!("{count} points") }
}
