//! What a person said in a drill, and how much that is worth.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The answer to a question, or that nobody gave one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Word {
    /// The id of the question: `payments.declare`, `criterion.1`.
    pub question: String,
    /// What was asked.
    pub asks: String,
    /// Who should answer: a contact of the policies. `None`: whoever leads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
    /// When it was asked (RFC 3339, UTC). `None`: it was not, because what it comes after was not answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<String>,
    /// Whether the answer is yes. `None`: nobody answered.
    pub yes: Option<bool>,
    /// What was said besides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Seconds from the question until its answer was there. `None`: no answer, or one that was written down at another time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u64>,
    /// How much the answer is worth.
    #[serde(flatten)]
    pub assurance: Assurance,
}

/// How much an answer is worth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "assurance", rename_all = "kebab-case")]
pub enum Assurance {
    /// A key signed it for this run of the drill.
    Signed {
        /// The name that the list has for the key.
        signer: String,
        /// The fingerprint of the key, as `ssh-keygen -l` shows it.
        key: String,
        /// Whose list has the key.
        list: SignerList,
        /// The text that was signed.
        statement: String,
        /// Its signature, as `ssh-keygen -Y sign -n drill@holdfast` makes it.
        signature: String,
    },
    /// Whoever held the drill wrote it down; nobody signed it.
    Witnessed {
        /// Who held the drill: `alice@host`.
        by: String,
    },
    /// Nobody answered.
    Nobody,
}

/// Whose list of signers has a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignerList {
    /// That of the trust anchor: the owner of the runner wrote it.
    Anchor,
    /// That of the policies: whoever can change them can add a key.
    Policies,
}

impl fmt::Display for SignerList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Anchor => "the trust anchor",
            Self::Policies => "the policies",
        })
    }
}

impl fmt::Display for Assurance {
    /// `signed by alice@acme.example, a key of the trust anchor`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signed { signer, list, .. } => write!(f, "signed by {signer}, a key of {list}"),
            Self::Witnessed { by } => write!(f, "witnessed by {by}, not signed"),
            Self::Nobody => f.write_str("nobody"),
        }
    }
}
