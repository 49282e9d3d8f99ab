//! Errors of a run as a whole.

use std::io;

use holdfast_compiler::diagnostic::{Diagnostic, codes};
use holdfast_compiler::plan::{Departure, Shift};
use holdfast_compiler::posture::Posture;

use super::{NotApproved, NotConfirmed};
use crate::cloud::CloudError;
use crate::estate::{EstateError, Findings};
use crate::journal::{self, JournalError};
use crate::planfile;

/// Why a run did not begin, or could not be recorded. Failed steps are not errors here: see [`Ended`](super::Ended).
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The estate cannot be planned.
    #[error(transparent)]
    Estate(#[from] EstateError),
    /// The plan is not approved.
    #[error(transparent)]
    NotApproved(#[from] NotApproved),
    /// Nobody has confirmed.
    #[error(transparent)]
    NotConfirmed(#[from] NotConfirmed),
    /// The plan file cannot be used.
    #[error(transparent)]
    PlanFile(Findings),
    /// The plan was made from other policies than those that are there now.
    #[error("the plan was made from other policies")]
    OtherSources(Findings),
    /// The plan file cannot be read.
    #[error("{0}")]
    Unread(String),
    /// The selected cloud differs from the plan's.
    #[error("the plan is for `{planned}`, not for `{selected}`")]
    OtherCloud {
        /// The cloud of the plan.
        planned: String,
        /// The selected cloud.
        selected: String,
    },
    /// The account of the credentials differs from the plan's.
    #[error("the plan is for account {planned}, not {account}")]
    OtherAccount {
        /// The account of the plan.
        planned: String,
        /// The account of the credentials.
        account: String,
    },
    /// The selected journal differs from the plan's and cannot tell whether the plan was applied.
    #[error("the plan was made on an empty journal, so {0} cannot tell whether it was already applied")]
    OtherJournal(journal::Place),
    /// The plan lacks consents; the findings name the flags.
    #[error("the plan needs explicit consent")]
    NoConsent(Vec<Diagnostic>),
    /// Another run began while this plan was being made.
    #[error("another run wrote to the journal while this plan was being made")]
    Overtaken,
    /// What the plan touches or depends on has changed since it was saved.
    #[error("the cloud has changed since this plan was made")]
    Stale(Vec<Shift>),
    /// A plan made now differs from the approved one.
    #[error("a plan made now differs from the approved plan in {}", points(.0.len()))]
    NotAsApproved(Vec<Departure>),
    /// The plan was made while other sites were evacuated than now.
    #[error("{}", other_posture(planned, now))]
    OtherPosture {
        /// The posture of the journal when the plan was made.
        planned: Posture,
        /// The posture of the journal now.
        now: Posture,
    },
    /// The signal handlers cannot be installed.
    #[error("cannot listen to signals: {0}")]
    Signals(io::Error),
    /// A plan cannot be serialised.
    #[error("cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl RunError {
    /// The error for a plan file that cannot be used.
    pub(super) fn plan_file(refusal: planfile::Refusal, name: &str) -> Self {
        refusal.findings(name).map_or_else(Self::Unread, Self::PlanFile)
    }

    /// Converts a refusal into findings with code and cure.
    ///
    /// # Errors
    /// The error itself if it is not a refusal: invalid policies, wrong usage, or a failed operation.
    pub fn refusal(self) -> Result<Findings, Self> {
        let message = self.to_string();
        let one = |code, help: &str| {
            let finding = Diagnostic::new(code, message).help(help);
            Ok(Findings { findings: vec![finding], ..Findings::default() })
        };
        match self {
            Self::Estate(error) => error.refusal().map_err(Self::Estate),
            Self::NotApproved(error) => {
                let findings = error.findings().map_err(Self::NotApproved)?;
                Ok(Findings { findings, ..Findings::default() })
            }
            Self::NotConfirmed(error) => {
                let finding = error.finding("this plan", "add `--yes`, or save the plan and apply the file");
                Ok(Findings { findings: vec![finding], ..Findings::default() })
            }
            Self::PlanFile(findings) | Self::OtherSources(findings) => Ok(findings),
            Self::NoConsent(findings) => Ok(Findings { findings, ..Findings::default() }),
            Self::OtherCloud { .. } => {
                let help = "leave out `--cloud`, because the plan names its cloud. In a job that applies merged plans, plan for the \
                            cloud of that job, or set its HOLDFAST_CLOUD to that of the plan";
                one(codes::BAD_PLAN_FILE, help)
            }
            Self::OtherAccount { .. } => one(codes::WRONG_ACCOUNT, "use credentials of the plan's account"),
            Self::OtherJournal(_) => {
                one(codes::BAD_PLAN_FILE, "leave out `--journal`, or plan again with it")
            }
            Self::Overtaken => one(codes::STALE_PLAN, "apply again"),
            Self::Stale(_) => one(codes::STALE_PLAN, "plan again, and review the differences"),
            Self::NotAsApproved(_) => one(codes::NOT_AS_APPROVED, "plan again, and review the new plan"),
            Self::OtherPosture { .. } => one(codes::OTHER_POSTURE, "plan again, and review the new plan"),
            Self::Unread(_) | Self::Signals(_) | Self::Json(_) => Err(self),
        }
    }
}

impl From<CloudError> for RunError {
    fn from(error: CloudError) -> Self {
        Self::Estate(error.into())
    }
}

impl From<planfile::NotMerged> for RunError {
    fn from(error: planfile::NotMerged) -> Self {
        match error {
            planfile::NotMerged::Unread(findings) => Self::Estate(EstateError::Invalid(findings)),
            planfile::NotMerged::Differs(findings) => Self::OtherSources(findings),
        }
    }
}

impl From<JournalError> for RunError {
    fn from(error: JournalError) -> Self {
        Self::Estate(error.into())
    }
}

fn other_posture(planned: &Posture, now: &Posture) -> String {
    match planned == now {
        true => "which sites are evacuated has changed since it was made, and changed back".to_owned(),
        false => format!("evacuated when it was made: {}; now: {}", names(planned), names(now)),
    }
}

fn names(posture: &Posture) -> String {
    let prepared: Vec<&str> = posture.prepared().collect();
    let one = |site: &str| match prepared.contains(&site) {
        true => format!("`{site}` (return prepared)"),
        false => format!("`{site}`"),
    };
    let sites: Vec<String> = posture.sites().map(one).collect();
    if sites.is_empty() { "none".to_owned() } else { sites.join(", ") }
}

fn points(count: usize) -> String {
    if count == 1 { "one point".to_owned() } else { format!("{count} points") }
}
