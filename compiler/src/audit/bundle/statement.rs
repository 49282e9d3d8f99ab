//! The statement about the members of a bundle: in-toto Statement v1.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The type of a statement (in-toto attestation framework, `spec/v1/statement.md`).
const TYPE: &str = "https://in-toto.io/Statement/v1";
/// What the predicate of a statement of ours is.
pub const PREDICATE: &str = "https://holdfast.dev/predicates/audit-evidence/v1";

/// A statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    #[serde(rename = "_type")]
    kind: String,
    /// The members, by name.
    pub subject: Vec<Subject>,
    #[serde(rename = "predicateType")]
    predicate_type: String,
    /// What the members are about.
    pub predicate: Value,
}

/// A member with its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// Its name.
    pub name: String,
    digest: Digests,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Digests {
    sha256: String,
}

impl Subject {
    /// A member with this digest, in hex.
    pub(super) fn new(name: &str, sha256: String) -> Self {
        Self { name: name.to_owned(), digest: Digests { sha256 } }
    }

    /// Its digest in hex.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.digest.sha256
    }
}

impl Statement {
    pub(super) fn new(subject: Vec<Subject>, predicate: Value) -> Self {
        Self { kind: TYPE.to_owned(), subject, predicate_type: PREDICATE.to_owned(), predicate }
    }

    /// Its text, which is what people sign.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub fn text(&self) -> Result<String, serde_json::Error> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let statement: Self =
            serde_json::from_str(text).map_err(|error| format!("it cannot be read: {error}"))?;
        if statement.kind != TYPE || statement.predicate_type != PREDICATE {
            return Err("it is a statement of another type".to_owned());
        }
        // Another spelling of the same statement was not written by us, so somebody has changed it.
        match statement.text() {
            Ok(written) if written == text => Ok(statement),
            _ => Err("it was changed after it was written".to_owned()),
        }
    }
}
