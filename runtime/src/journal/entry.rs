//! Entries and their chain.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_compiler::digest::sha256;
use holdfast_compiler::plan::{Action, Confirmed, Context, Moved, StepId};
use holdfast_compiler::resource::{Address, Identity, Values};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::JournalError;
use crate::approval::Rule;

/// The format of runs. A reader refuses others.
pub(super) const FORMAT: u32 = 3;

/// What a run is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The format of the entries of this run. The first format had no number.
    #[serde(default)]
    pub format: u32,
    /// Estate, cloud, account, partition.
    pub context: Context,
    /// The digest of the plan: of its file where it was saved, so that a plan is applied once.
    pub plan: String,
    /// How many steps it has to do.
    pub steps: usize,
    /// Who applies it and where: `alice@host, process 7`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub runner: String,
    /// Who applies it, as each provider knows the credentials: an ARN on AWS.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub callers: BTreeMap<String, String>,
    /// Who had agreed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvals: Vec<UsedApproval>,
    /// Who had to agree. The next run asks this rule too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<Rule>,
    /// Why it was applied without the approvals it needs, where somebody said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub break_glass: Option<String>,
    /// How many seconds it may be silent before others may take it over. Only in a journal that is shared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<u64>,
    /// The runner's signature (`signed.rs`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
}

impl Run {
    /// A run that nobody had to agree to.
    #[must_use]
    pub fn new(context: Context, plan: String, steps: usize, runner: String) -> Self {
        Self {
            format: FORMAT,
            context,
            plan,
            steps,
            runner,
            callers: BTreeMap::new(),
            approvals: Vec::new(),
            rule: None,
            break_glass: None,
            lease: None,
            signature: None,
        }
    }
}

/// An approval that a run relied on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsedApproval {
    /// Who agreed.
    pub approver: String,
    /// The digest of the statement.
    pub statement: String,
}

/// Something that happened, or is about to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// A run begins.
    RunStarted(Run),
    /// A thing belongs to another resource now.
    Moved(Moved),
    /// A thing of ours was found to be as it should be.
    Confirmed(Confirmed),
    /// A thing that was there before is ours from now on.
    Adopted {
        /// The resource.
        address: Address,
        /// What the cloud knows the thing by.
        identity: Identity,
        /// What it was like: every managed attribute.
        attributes: Values,
        /// What it needs.
        needs: BTreeSet<Address>,
    },
    /// A step is about to be executed. Written and synced before anything is asked of the cloud.
    StepStarted {
        /// The step.
        step: StepId,
        /// The resource.
        address: Address,
        /// What is about to happen to it.
        action: Action,
        /// What the cloud knows the thing by.
        identity: Identity,
        /// What the cloud knows the things by that go in the same change.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        displaces: Vec<Identity>,
        /// Whether another thing of the same identity stays, so that a removal ends no ownership.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        superseded: bool,
        /// What it needs.
        needs: BTreeSet<Address>,
        /// What the thing will be like: every managed attribute. Empty for a delete.
        #[serde(default, skip_serializing_if = "Values::is_empty")]
        attributes: Values,
    },
    /// A step has taken effect.
    StepDone {
        /// The step.
        step: StepId,
        /// The cloud's id of the thing.
        id: String,
    },
    /// A step has failed. Whether it took effect is for the next observation to find out.
    StepFailed {
        /// The step.
        step: StepId,
        /// What the cloud said.
        error: String,
    },
    /// The run goes on, and has had nothing to say for a while. Only in a journal that is shared.
    Alive,
    /// Somebody else has closed this run, which had not been heard of for its lease.
    TakenOver {
        /// Who.
        by: String,
    },
    /// A run ends of its own accord.
    RunFinished {
        /// Steps done.
        done: usize,
        /// Steps failed.
        failed: usize,
        /// Steps not started: what they need failed, or their turn did not come.
        not_started: usize,
        /// Whether it was stopped before its end, by a signal or for lack of time.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        interrupted: bool,
        /// The runner's signature (`signed.rs`).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signature: Option<String>,
    },
}

impl Event {
    /// The end of a run that had nothing to ask of the cloud.
    #[must_use]
    pub fn nothing_done() -> Self {
        Self::RunFinished { done: 0, failed: 0, not_started: 0, interrupted: false, signature: None }
    }

    /// Whether a runner that has a key signs it.
    pub(super) fn carries_signature(&self) -> bool {
        matches!(self, Self::RunStarted(_) | Self::RunFinished { .. })
    }

    /// The signature, if it has one.
    pub(super) fn signature(&self) -> Option<&str> {
        match self {
            Self::RunStarted(run) => run.signature.as_deref(),
            Self::RunFinished { signature, .. } => signature.as_deref(),
            _ => None,
        }
    }

    /// The same with another signature.
    pub(super) fn with_signature(mut self, new: Option<String>) -> Self {
        match &mut self {
            Self::RunStarted(run) => run.signature = new,
            Self::RunFinished { signature, .. } => *signature = new,
            _ => {}
        }
        self
    }
}

/// One line of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Number over all runs, from 1.
    pub number: u64,
    /// The hash of the entry before; empty for the first.
    pub previous: String,
    /// When it was written (RFC 3339, UTC).
    pub at: String,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

impl Entry {
    /// The line of the file, without its end: the hash of the rest, a space, the rest.
    pub(super) fn line(&self) -> Result<(String, String), JournalError> {
        let unwritable = |error: serde_json::Error| JournalError::Io {
            path: format!("entry {}", self.number),
            error: error.to_string(),
        };
        let body = serde_json::to_string(self).map_err(unwritable)?;
        let hash = sha256(&body);
        Ok((format!("{hash} {body}"), hash))
    }

    /// Read a line; gives the entry and its hash, or what is wrong.
    pub(super) fn parse(line: &[u8]) -> Result<(Self, String), String> {
        let line = str::from_utf8(line).map_err(|_| "it is not text")?;
        let (hashed, body) = line.split_once(' ').ok_or("it is not an entry")?;
        let hash = sha256(body);
        if hash != hashed {
            return Err("it was changed after it was written".to_owned());
        }
        let entry = serde_json::from_str(body).map_err(|error| format!("it cannot be read: {error}"))?;
        Ok((entry, hash))
    }
}

/// Whether a line without its end can be what a killed run has left: the beginning of an entry, and nothing that
/// an entry does not begin with.
pub(super) fn is_torn(line: &[u8]) -> bool {
    let mut parts = line.splitn(2, |byte| *byte == b' ');
    let hashed = parts.next().unwrap_or_default();
    let digits = hashed.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    digits
        && match parts.next() {
            None => hashed.len() <= 64,
            Some(body) => match serde_json::from_slice::<IgnoredAny>(body) {
                Ok(_) => sha256(body).as_bytes() == hashed,
                Err(error) => hashed.len() == 64 && error.is_eof(),
            },
        }
}
