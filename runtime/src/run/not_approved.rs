//! Why a plan may not be applied: it lacks approvals, or cannot rely on them.

use std::io;
use std::path::PathBuf;

use holdfast_compiler::diagnostic::{Diagnostic, codes};

/// Why a plan may not be applied.
#[derive(Debug, thiserror::Error)]
pub enum NotApproved {
    /// The journal does not contain the head that the plan was made on.
    #[error("this is not the journal that the plan was made on: entries are missing")]
    OtherJournal,
    /// The trust anchor does not allow it, or a list of signers cannot be read; the finding says which.
    #[error("{}", .0.message)]
    Refused(Box<Diagnostic>),
    /// The approvals beside the plan cannot be listed.
    #[error("{}: {error}", plan.display())]
    Unlisted {
        /// The plan file.
        plan: PathBuf,
        /// The error of the operating system.
        error: io::Error,
    },
    /// A text with approvals cannot be used.
    #[error("the text with approvals `{}`: {message}", path.display())]
    Comments {
        /// Its file.
        path: PathBuf,
        /// Why.
        message: String,
    },
    /// A run has already applied the whole plan.
    #[error("this plan was already applied, in run {run} by {by} at {at}")]
    AppliedAlready {
        /// The number of the run.
        run: u64,
        /// The runner.
        by: String,
        /// When it began.
        at: String,
        /// The approvals that do not count, and why.
        not_counted: Vec<Diagnostic>,
    },
    /// A rule requires approvals, which an unsaved plan cannot have.
    #[error("{whose} requires {} before a change, but this plan has none", people(*required))]
    Unsaved {
        /// The origin of the rule.
        whose: String,
        /// How many approvals it requires.
        required: u8,
    },
    /// There are fewer approvals than a rule requires.
    #[error("{}", messages(short))]
    TooFew {
        /// The rules that are not satisfied.
        short: Vec<Diagnostic>,
        /// The approvals that do not count, and why.
        not_counted: Vec<Diagnostic>,
    },
    /// The trust anchor requires a signature for breaking the glass, and there is none that counts.
    #[error(
        "the trust anchor requires a `break-glass` signature with this reason, by somebody whom it names for that"
    )]
    GlassNotBroken {
        /// The signatures that do not count, and why.
        not_counted: Vec<Diagnostic>,
    },
}

impl NotApproved {
    /// Converts a refusal into findings with code and cure.
    ///
    /// # Errors
    /// The error itself if it is not a refusal: a failed operation.
    pub fn findings(self) -> Result<Vec<Diagnostic>, Self> {
        let message = self.to_string();
        let one = |code, help: &str| Diagnostic::new(code, message).help(help);
        Ok(match self {
            Self::OtherJournal => vec![one(
                codes::JOURNAL_DAMAGED,
                "restore the journal from a backup, or name the right one with `--journal`",
            )],
            Self::Refused(finding) => vec![*finding],
            Self::Unlisted { .. } | Self::Comments { .. } => return Err(self),
            Self::AppliedAlready { not_counted, .. } => {
                not_counted.into_iter().chain([one(codes::APPLIED_ALREADY, "plan again")]).collect()
            }
            Self::Unsaved { .. } => vec![one(
                codes::TOO_FEW_APPROVALS,
                "save the plan, have it approved, and apply it: `plan --out FILE`, `approve FILE`, `apply FILE`",
            )],
            Self::TooFew { short, not_counted } => not_counted.into_iter().chain(short).collect(),
            Self::GlassNotBroken { not_counted } => {
                let help =
                    "ask one of them to run `holdfast approve PLANFILE --break-glass --because REASON`";
                std::iter::once(one(codes::GLASS_NOT_BROKEN, help)).chain(not_counted).collect()
            }
        })
    }
}

/// The trust anchor and the lists of signers refuse with a diagnostic.
impl From<Diagnostic> for NotApproved {
    fn from(finding: Diagnostic) -> Self {
        Self::Refused(Box::new(finding))
    }
}

fn people(required: u8) -> String {
    if required == 1 { "1 approval".to_owned() } else { format!("{required} approvals") }
}

fn messages(findings: &[Diagnostic]) -> String {
    let messages: Vec<&str> = findings.iter().map(|finding| finding.message.as_str()).collect();
    messages.join("; ")
}
