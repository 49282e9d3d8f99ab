//! Why a plan may not be applied: it is not what people have agreed to, or too few of them have.

use std::io;
use std::path::PathBuf;

use holdfast_compiler::diagnostic::{Diagnostic, codes};

/// Why a plan may not be applied.
#[derive(Debug, thiserror::Error)]
pub enum NotAgreed {
    /// The journal lacks the entry that the plan was made on.
    #[error("this is not the journal that the plan was made on: entries are missing")]
    OtherJournal,
    /// The trust anchor does not allow it, or a list of signers cannot be read. The finding says which.
    #[error("{}", .0.message)]
    Refused(Box<Diagnostic>),
    /// The approvals beside the plan cannot be listed.
    #[error("{}: {error}", plan.display())]
    Unlisted {
        /// The plan file.
        plan: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// A run has applied all of it.
    #[error("this plan was already applied, in run {run} by {by} at {at}")]
    AppliedAlready {
        /// The number of the run.
        run: u64,
        /// Who ran it.
        by: String,
        /// When it began.
        at: String,
        /// The approvals that do not count, and why.
        not_counted: Vec<Diagnostic>,
    },
    /// Somebody has to agree to a plan that nobody was shown.
    #[error("{whose} requires {} before a change, and this plan has none", people(*required))]
    NobodyAsked {
        /// Whose rule it is.
        whose: String,
        /// How many people it asks for.
        required: u8,
    },
    /// Fewer people have agreed than some rule asks for.
    #[error("{}", messages(short))]
    TooFew {
        /// The rules that are not satisfied.
        short: Vec<Diagnostic>,
        /// The approvals that do not count, and why.
        not_counted: Vec<Diagnostic>,
    },
    /// The trust anchor asks who breaks the glass, and nobody who may has signed.
    #[error(
        "the trust anchor requires a `break-glass` signature with this reason, from someone it names for that"
    )]
    GlassNotBroken {
        /// The signatures that do not count, and why.
        not_counted: Vec<Diagnostic>,
    },
}

impl NotAgreed {
    /// What is refused, each with its code and its cure.
    ///
    /// # Errors
    /// Itself, where it is no refusal: something failed.
    pub fn findings(self) -> Result<Vec<Diagnostic>, Self> {
        let message = self.to_string();
        let one = |code, help: &str| Diagnostic::new(code, message).help(help);
        Ok(match self {
            Self::OtherJournal => vec![one(
                codes::JOURNAL_DAMAGED,
                "restore the journal from a backup, or name the right one with `--journal`",
            )],
            Self::Refused(finding) => vec![*finding],
            Self::Unlisted { .. } => return Err(self),
            Self::AppliedAlready { not_counted, .. } => {
                not_counted.into_iter().chain([one(codes::APPLIED_ALREADY, "plan again")]).collect()
            }
            Self::NobodyAsked { .. } => vec![one(
                codes::TOO_FEW_APPROVALS,
                "save the plan, have it approved, apply it: `plan --out FILE`, `approve FILE`, `apply FILE`",
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

/// What the trust anchor and the lists of signers refuse.
impl From<Diagnostic> for NotAgreed {
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
