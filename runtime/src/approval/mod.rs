//! Approvals: people approve a saved plan with their SSH keys.
//!
//! An approval consists of two files beside the plan (or of the same texts in a [`comment`]), compatible with `ssh-keygen -Y sign`: a statement that says who
//! approves which plan and until when ([`Statement`]), and its signature. An `allowed_signers` file of OpenSSH lists
//! the accepted keys ([`Signers`]). Each kind of signature has its own namespace ([`Namespace`]), so that a signature
//! for one purpose is not valid for another.
//!
//! Terms: the *principal* is the name of a key in the list of signers, written like an e-mail address; the *author*
//! is the principal who made the plan, the *approver* the one who approves it. A [`Demand`] is a rule and its origin;
//! [`decide`] checks the approvals against all demands.

mod agent;
mod author;
pub mod comment;
mod decision;
mod key;
mod namespace;
mod sign;
mod signature;
mod signers;
mod statement;
mod verify;

use std::path::Path;

use holdfast_compiler::diagnostic::{Code, Diagnostic, codes};
use serde::{Deserialize, Serialize};

use crate::files;

pub use author::{Author, PlanAuthor};
pub use decision::{Approvals, Decision, Demand, Presented, decide};
pub use key::SigningKey;
pub use namespace::Namespace;
pub use sign::{SignError, public_key, sign};
pub use signature::Signature;
pub use signers::{MAX_BYTES as MAX_SIGNERS_BYTES, Signers, SignersError};
pub use statement::{Statement, signature_path, statement_paths};
pub use verify::{Accepted, Question, people, verify};

/// Who must approve a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Rule {
    /// How many people must approve. 0 records that a policy has dropped the rule that earlier runs had.
    pub required: u8,
    /// The longest validity of an approval, in seconds.
    pub hold_seconds: u64,
    /// The same of a plan that only sends users away from evacuated sites. `None`: as long as any other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evacuation_seconds: Option<u64>,
    /// The accepted keys: the text of an `allowed_signers` file.
    pub signers: String,
}

impl Rule {
    /// The longest validity of an approval, in seconds. `evacuates`: whether the plan only sends users away from evacuated sites.
    #[must_use]
    pub fn hold_of(&self, evacuates: bool) -> u64 {
        self.evacuation_seconds.filter(|_| evacuates).unwrap_or(self.hold_seconds)
    }
}

/// Why an approval does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A file is missing or malformed, or the signature is not valid for the statement.
    #[error("{0}")]
    Changed(String),
    /// It is for a different plan, estate, cloud or account.
    #[error("it is for a different {0}")]
    Another(&'static str),
    /// The key may not approve under this name.
    #[error("the list of signers does not let this key ({key}) approve as `{approver}`: {because}")]
    UnknownKey {
        /// The fingerprint of the key.
        key: String,
        /// The name.
        approver: String,
        /// The reason.
        because: &'static str,
    },
    /// It is not valid at this time.
    #[error("{0}")]
    Expired(String),
    /// The author has approved.
    #[error("`{approver}` made this plan{same_key}")]
    Own {
        /// The approver.
        approver: String,
        /// The evidence, if the names differ.
        same_key: &'static str,
    },
    /// A run has used it.
    #[error("it was used in run {run}, at {at}")]
    Used {
        /// The number of the run.
        run: u64,
        /// When.
        at: String,
    },
}

impl Refusal {
    /// The code of the finding.
    fn code(&self) -> Code {
        match self {
            Self::Changed(_) => codes::APPROVAL_CHANGED,
            Self::Another(_) => codes::APPROVAL_OF_ANOTHER,
            Self::UnknownKey { .. } => codes::APPROVAL_UNKNOWN_KEY,
            Self::Expired(_) => codes::APPROVAL_EXPIRED,
            Self::Own { .. } => codes::APPROVAL_OWN,
            Self::Used { .. } => codes::APPROVAL_USED,
        }
    }

    /// The finding, with code and cure.
    #[must_use]
    pub fn finding(&self) -> Diagnostic {
        Diagnostic::new(self.code(), self.to_string()).help(self.help())
    }

    /// How to fix it.
    fn help(&self) -> &'static str {
        match self {
            Self::Changed(_) => "approve again, and do not change either file",
            Self::Another(_) => "review this plan, and approve it",
            Self::UnknownKey { .. } => "sign with a key in the list, or fix the list and plan again",
            Self::Expired(_) => "review the plan, and approve it again",
            Self::Own { .. } => "ask someone else to approve; `holdfast plan --author` sets the author",
            Self::Used { .. } => "plan again, and have the new plan approved",
        }
    }
}

/// The text of a small file.
///
/// # Errors
/// It cannot be read, is not a regular file, is larger than `most` bytes, or is not UTF-8.
pub fn read(path: &Path, most: u64) -> std::io::Result<String> {
    Ok(files::read_text(path, most)?)
}
