//! Whose signed word counts in a drill.

use holdfast_compiler::diagnostic::Diagnostic;
use holdfast_compiler::drill::SignerList;
use jiff::Timestamp;

use super::refused;
use super::statement::Statement;
use crate::approval::{Namespace, Signature, Signers};
use crate::estate::Policies;
use crate::trust::Trust;

/// A list of signers, and whose it is.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) signers: Signers,
    pub(super) list: SignerList,
}

impl Known {
    /// The list of the trust anchor; only without an anchor that of the policies, which whoever can change them can extend.
    ///
    /// # Errors
    /// There is none, or it cannot be read.
    pub(super) fn of(trust: Option<&Trust>, policies: &Policies) -> Result<Self, Diagnostic> {
        if let Some(trust) = trust {
            let anchor = trust.anchor(policies.compiled.policy.estate.as_str())?;
            let signers = anchor.confirmers()?.ok_or_else(|| {
                refused(
                    "the trust anchor names nobody whose signed word counts in a drill",
                    "ask the owner of the runner to name a list of signers under `confirmers`, or have answers witnessed: `--answers FILE`",
                )
            })?;
            return Ok(Self { signers, list: SignerList::Anchor });
        }
        let rule = policies.rule.as_ref().ok_or_else(|| {
            refused(
                "neither a trust anchor nor the estate has a list of signers, so nobody could tell whose word it is",
                "name an anchor with `confirmers` (`--trust FILE`), or have answers witnessed: `--answers FILE`",
            )
        })?;
        let signers = Signers::parse(&rule.signers).map_err(|error| {
            refused(format!("the list of signers of the estate, {error}"), "fix the list")
        })?;
        Ok(Self { signers, list: SignerList::Policies })
    }

    /// Verify the signature of a statement: its key must be valid at the time that the statement names, and now. Returns the
    /// fingerprint of the key.
    ///
    /// # Errors
    /// It is not valid, or the list does not let the key sign.
    pub(super) fn verify(
        &self,
        said: &Statement,
        signature: &str,
        now: Timestamp,
    ) -> Result<String, Diagnostic> {
        let signature =
            Signature::verify(Namespace::Word, said.text().as_bytes(), signature).map_err(|what| {
                refused(what, "sign it again with `holdfast drill confirm`, and change neither file")
            })?;
        let may_sign = |at| self.signers.may_sign(signature.key(), &said.signer, Namespace::Word, at);
        may_sign(said.at).and_then(|()| may_sign(now)).map_err(|because| {
            let (key, who, list) = (signature.fingerprint(), &said.signer, self.list);
            refused(
                format!("the list of {list} does not let the key {key} sign as `{who}`: {because}"),
                "sign with a key in the list; somebody who does not approve plans is listed with `namespaces=\"drill@holdfast\"`",
            )
        })?;
        Ok(signature.fingerprint())
    }
}
