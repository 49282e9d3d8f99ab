//! Signed runs: a key proves who wrote them, not the name that they record.
//!
//! The first and the last entry of a run each carry a signature of the runner over the entry, its time and its
//! position in the chain. Since each entry holds the hash of the previous one, the last signature covers the whole
//! run, and the first one everything before it.

use std::sync::Arc;

use holdfast_compiler::digest::{Purpose, digest};
use ssh_key::public::KeyData;

use super::{Entry, Event, History, JournalError};
use crate::approval::{self, Namespace, SignError, Signature, Signers, SigningKey};

/// The exact text that a runner signs for an entry.
fn statement(entry: &Entry, plan: &str) -> Result<String, serde_json::Error> {
    let bare = Entry { event: entry.event.clone().with_signature(None), ..entry.clone() };
    let digest = digest(Purpose::Run, &bare)?;
    let head = if entry.previous.is_empty() { "none" } else { &entry.previous };
    Ok(format!("holdfast run 1\nhead {head}\nplan sha256:{plan}\nentry sha256:{digest}\n"))
}

/// The key that a runner signs its runs with.
#[derive(Debug, Clone)]
pub struct Signer(Arc<(SigningKey, KeyData)>);

impl Signer {
    /// A signer with this key.
    ///
    /// # Errors
    /// The key cannot be used.
    pub fn new(key: SigningKey) -> Result<Self, SignError> {
        let public = approval::public_key(Some(&key), None)?;
        Ok(Self(Arc::new((key, public))))
    }

    /// The public half of the key.
    #[must_use]
    pub fn key(&self) -> &KeyData {
        &self.0.1
    }

    /// Sign an entry if it is one that carries a signature; others are returned unchanged.
    pub(super) fn sign(&self, entry: Entry, plan: &str) -> Result<Entry, JournalError> {
        if !entry.event.carries_signature() {
            return Ok(entry);
        }
        let failed = |error: &dyn std::fmt::Display| JournalError::Signature(error.to_string());
        let text = statement(&entry, plan).map_err(|error| failed(&error))?;
        let (key, public) = &*self.0;
        let signature = approval::sign(Namespace::Run, text.as_bytes(), Some(key), public);
        let signature = signature.map_err(|error| failed(&error))?;
        Ok(Entry { event: entry.event.with_signature(Some(signature)), ..entry })
    }
}

/// A run that no trusted runner has signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("run {run} {what}")]
pub struct Unsigned {
    /// The number of the run.
    pub run: usize,
    /// What is wrong.
    pub what: String,
}

/// Check that one of `runners` has signed the beginning and the end of every run after the first `known` entries.
///
/// # Errors
/// The first run that is not.
pub fn signed_by(history: &History, known: usize, runners: &Signers) -> Result<(), Unsigned> {
    for (run, entry, plan) in signed_entries(history).filter(|(_, entry, _)| entry.number > known as u64) {
        let unsigned = |what: &str| Unsigned { run, what: what.to_owned() };
        let end = if matches!(entry.event, Event::RunStarted(_)) { "begins" } else { "ends" };
        let Some(signature) = entry.event.signature() else {
            return Err(unsigned(&format!("{end} without a runner's signature")));
        };
        let text = statement(entry, plan).map_err(|error| unsigned(&error.to_string()))?;
        let at = entry.at.parse().map_err(|_| unsigned("has an entry without a valid time"))?;
        let verified = Signature::verify(Namespace::Run, text.as_bytes(), signature);
        let verified =
            verified.map_err(|what| unsigned(&format!("{end} with an invalid signature: {what}")))?;
        runners
            .lets(verified.key(), Namespace::Run, at)
            .map_err(|what| unsigned(&format!("{end} with a signature of an unknown runner: {what}")))?;
    }
    Ok(())
}

/// The signed statements of a run, with their signatures, for `ssh-keygen -Y verify`.
#[must_use]
pub fn statements(history: &History, run: u64) -> Vec<(String, String)> {
    let own = signed_entries(history).filter(|(number, ..)| *number as u64 == run);
    own.filter_map(|(_, entry, plan)| {
        Some((statement(entry, plan).ok()?, entry.event.signature()?.to_owned()))
    })
    .collect()
}

/// The entries that carry signatures, with the number and the plan of their run.
fn signed_entries(history: &History) -> impl Iterator<Item = (usize, &Entry, &str)> {
    let (mut run, mut plan) = (0, "");
    history.entries.iter().filter_map(move |entry| {
        if let Event::RunStarted(started) = &entry.event {
            (run, plan) = (run + 1, started.plan.as_str());
        }
        entry.event.carries_signature().then_some((run, entry, plan))
    })
}
