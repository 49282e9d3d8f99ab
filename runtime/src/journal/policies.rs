//! The policies that runs applied. Their texts are stored beside the entries, each once, under its digest; the entry that
//! begins a run names them. They are for people who compare: nothing is decided by them, so a text that is missing or was
//! changed is unknown and no error.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt as _, TryStreamExt as _, stream};
use holdfast_compiler::digest::sha256;
use holdfast_compiler::document::MAX_FILE_BYTES;
use holdfast_compiler::plan::Context;
use holdfast_compiler::source::{Source, Sources};
use serde::{Deserialize, Serialize};

use super::store::Store;
use super::{Claim, History, Journal, JournalError, RunState};

/// How many texts are written or read concurrently.
const AT_A_TIME: usize = 16;
/// The most bytes of a text: a larger one is not a policy.
pub(crate) const MAX_TEXT_BYTES: u64 = MAX_FILE_BYTES;

/// A policy file that a run applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppliedPolicy {
    /// Its path, as the user gave it.
    pub path: String,
    /// The SHA-256 of its text, in hex.
    pub digest: String,
}

/// What a journal has of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoredText {
    /// The text.
    Whole(String),
    /// None.
    Missing,
    /// Another text.
    Changed,
    /// It cannot be read, for this reason.
    Unread(String),
}

/// The names of these policies in a run.
fn policies_of(sources: &Sources) -> Vec<AppliedPolicy> {
    let of =
        |source: &Source| AppliedPolicy { path: source.path.clone(), digest: sha256(source.text.as_bytes()) };
    sources.iter().map(|(_, source)| of(source)).collect()
}

/// The last run that applied all of its policies to this estate, cloud and account, and named them.
#[must_use]
pub fn last_applied<'h>(runs: &'h [RunState], context: &Context) -> Option<&'h RunState> {
    let named = |run: &&RunState| run.is_complete() && !run.run.policies.is_empty();
    runs.iter().rev().filter(|run| run.run.context == *context).find(named)
}

/// Whether these policies are the last applied ones: the same texts, wherever they are. `None` if no run has named any.
#[must_use]
pub fn are_applied(runs: &[RunState], context: &Context, sources: &Sources) -> Option<bool> {
    applies(last_applied(runs, context)?, sources)
}

/// Whether a run applied these policies: the same texts, wherever they are. `None` if it names none.
#[must_use]
pub fn applies(run: &RunState, sources: &Sources) -> Option<bool> {
    let applied = &run.run.policies;
    (!applied.is_empty()).then(|| digests(applied) == digests(&policies_of(sources)))
}

fn digests(policies: &[AppliedPolicy]) -> Vec<&str> {
    let mut digests: Vec<&str> = policies.iter().map(|policy| policy.digest.as_str()).collect();
    digests.sort_unstable();
    digests
}

impl Claim {
    /// Store the texts of policies, so that a run may name them.
    ///
    /// # Errors
    /// They cannot be written.
    pub async fn keep(&self, sources: &Sources) -> Result<Vec<AppliedPolicy>, JournalError> {
        let policies = policies_of(sources);
        // In a bucket each question costs a call, and what an earlier run has named is there.
        let earlier = self.history.runs.iter().flat_map(|run| &run.run.policies);
        let known: BTreeSet<&str> = match self.store.lease() {
            Some(_) => earlier.map(|policy| policy.digest.as_str()).collect(),
            None => BTreeSet::new(),
        };
        let texts: BTreeMap<&str, &str> = policies
            .iter()
            .zip(sources.iter())
            .map(|(policy, (_, source))| (policy.digest.as_str(), source.text.as_ref()))
            .filter(|(digest, _)| !known.contains(digest))
            .collect();
        stream::iter(texts)
            .map(|(digest, text)| self.store.keep(digest, text.as_bytes()))
            .buffer_unordered(AT_A_TIME)
            .try_collect::<Vec<()>>()
            .await?;
        Ok(policies)
    }
}

impl Journal {
    /// The stored text of a policy.
    pub async fn text(&self, digest: &str) -> StoredText {
        text(self.store.as_ref(), digest).await
    }

    /// Compare every stored text with its digest. Returns how many there are, and the paths of those that are missing or
    /// changed, each with what is wrong.
    pub async fn verify_policies(&self, history: &History) -> (usize, Vec<String>) {
        let named = history.runs.iter().flat_map(|run| &run.run.policies);
        let paths: BTreeMap<&str, &str> =
            named.map(|policy| (policy.digest.as_str(), policy.path.as_str())).collect();
        let count = paths.len();
        let wrong = stream::iter(paths).map(|(digest, path)| async move {
            let wrong = match self.text(digest).await {
                StoredText::Whole(_) => return None,
                StoredText::Missing => "is missing".to_owned(),
                StoredText::Changed => "was changed".to_owned(),
                StoredText::Unread(why) => format!("cannot be read: {why}"),
            };
            Some(format!("the text of `{path}` ({}) {wrong}", digest.get(..12).unwrap_or(digest)))
        });
        let wrong: Vec<Option<String>> = wrong.buffered(AT_A_TIME).collect().await;
        (count, wrong.into_iter().flatten().collect())
    }
}

async fn text(store: &dyn Store, digest: &str) -> StoredText {
    // The digest is the name of a file, and comes from an entry.
    if digest.len() != 64 || !digest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return StoredText::Missing;
    }
    let bytes = match store.kept(digest).await {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return StoredText::Missing,
        Err(error) => return StoredText::Unread(error.reason()),
    };
    match String::from_utf8(bytes) {
        Ok(text) if sha256(&text) == digest => StoredText::Whole(text),
        _ => StoredText::Changed,
    }
}
