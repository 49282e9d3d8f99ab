//! Approvals: people agree to a saved plan with their SSH keys.
//!
//! An approval is two files beside the plan, just what `ssh-keygen -Y sign` works with: a statement that says who
//! agrees to which plan and until when ([`Statement`]), and its signature. Whose keys count is in an `allowed_signers`
//! file of OpenSSH ([`Signers`]). Each kind of signature has a namespace of its own ([`Namespace`]): what is signed for
//! one purpose is worth nothing for another.
//!
//! Terms: the *principal* is the name a key stands for in the list of signers, written like an e-mail address; the
//! *author* is the principal that made the plan, the *approver* the one that agrees to it. A [`Demand`] is a rule that
//! somebody has set; [`decide`] holds what was signed against all of them.

mod agent;
mod author;
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

pub use author::Author;
pub use decision::{Approvals, Decision, Demand, decide};
pub use key::SigningKey;
pub use namespace::Namespace;
pub use sign::{SignError, public_key, sign};
pub use signature::Signature;
pub use signers::{MAX_BYTES as MAX_SIGNERS_BYTES, Signers, SignersError};
pub use statement::{Statement, signature_path, statement_paths};
pub use verify::{Accepted, Question, people, verify};

/// Who has to agree to a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Rule {
    /// How many people. 0 where a policy has dropped the rule that earlier runs had: that is said, not left out.
    pub required: u8,
    /// For how many seconds an approval holds at most.
    pub hold_seconds: u64,
    /// Whose keys count: the text of an `allowed_signers` file.
    pub signers: String,
}

/// Why an approval does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A file is missing or not in its form, or the signature is not of the statement.
    #[error("{0}")]
    Changed(String),
    /// It is of another plan.
    #[error("it is for another {0}")]
    Another(&'static str),
    /// The key may not approve under this name.
    #[error("the list of signers does not let this key ({key}) approve as `{approver}`: {because}")]
    UnknownKey {
        /// The fingerprint of the key.
        key: String,
        /// The name.
        approver: String,
        /// What stands in the way.
        because: &'static str,
    },
    /// It does not hold now.
    #[error("{0}")]
    Expired(String),
    /// The author has approved.
    #[error("`{approver}` made this plan{same_key}")]
    Own {
        /// The approver.
        approver: String,
        /// How that is known, where the names differ.
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
    /// Its code.
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

    /// As a finding.
    #[must_use]
    pub fn finding(&self) -> Diagnostic {
        Diagnostic::new(self.code(), self.to_string()).help(self.help())
    }

    /// The cure.
    fn help(&self) -> &'static str {
        match self {
            Self::Changed(_) => "approve again, and keep both files as they are",
            Self::Another(_) => "read this plan, and approve this one",
            Self::UnknownKey { .. } => "sign with a key in the list, or correct the list and plan again",
            Self::Expired(_) => "review the plan, and approve it again",
            Self::Own { .. } => "ask someone else to approve; `holdfast plan --author` sets the author",
            Self::Used { .. } => "plan again, and have the new plan approved",
        }
    }
}

/// The text of a small file.
///
/// # Errors
/// It cannot be read, is not a regular file, is larger, or is not UTF-8.
pub fn read(path: &Path, most: u64) -> std::io::Result<String> {
    Ok(files::read_text(path, most)?)
}
