//! The author of a plan, and how to recognise them among the approvers.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use ssh_key::public::KeyData;

use super::{Namespace, Signature, Signers};

/// Who made a plan.
#[derive(Debug, Clone)]
pub struct Author {
    /// The principal that the plan names.
    pub name: String,
    /// The author's signature of the plan file, if there is one.
    pub signature: Option<Signature>,
}

/// Who made a saved plan, for the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PlanAuthor {
    /// The principal that the plan names.
    pub name: String,
    /// The fingerprint of the key that signed it: `SHA256:…`. `None` if nobody did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

impl Author {
    /// The author that a plan file with the bytes `file` names. `signature` is the text of the signature beside it.
    ///
    /// # Errors
    /// The signature is not valid for this file.
    pub fn of(name: &str, file: &[u8], signature: Option<&str>) -> Result<Self, &'static str> {
        let verified = signature.map(|text| Signature::verify(Namespace::Plan, file, text)).transpose()?;
        Ok(Self { name: name.to_owned(), signature: verified })
    }

    /// The author as a journal records it.
    #[must_use]
    pub fn recorded(&self) -> PlanAuthor {
        let key = self.signature.as_ref().map(|signature| signature.fingerprint().to_string());
        PlanAuthor { name: self.name.clone(), key }
    }

    /// If the approver is the author, the evidence for a message. The author is recognised by name, ignoring case, by
    /// the key that signed the plan, and by every key and name that the list has for either.
    pub(super) fn is(
        &self,
        approver: &str,
        key: &KeyData,
        signers: Option<&Signers>,
    ) -> Option<&'static str> {
        if approver.to_lowercase() == self.name.to_lowercase() {
            return Some("");
        }
        let own = self.signature.as_ref().map(Signature::key);
        if own == Some(key) {
            return Some(": the plan is signed with the same key");
        }
        let signers = signers?;
        let mut names: BTreeSet<String> = own.map(|own| signers.names_of(own)).unwrap_or_default();
        if names.contains(&approver.to_lowercase()) {
            return Some(": under this name, the list of signers has the key that signed the plan");
        }
        names.insert(self.name.to_lowercase());
        let theirs = names.iter().chain([&self.name]).any(|name| signers.has(key, name));
        theirs.then_some(": the list of signers also has the key under the author's name")
    }
}
