//! The entries of a journal, and the line that each is stored as.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_compiler::copies::SeenCopy;
use holdfast_compiler::digest::sha256;
use holdfast_compiler::drill::Record;
use holdfast_compiler::plan::{Action, Confirmed, Context, Moved, StepId};
use holdfast_compiler::posture::Posture;
use holdfast_compiler::resource::{Address, Identity, Values};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::{AppliedPolicy, Commit, DrillBegan, DrillMade, JournalError, RestoreOf, RestoreResult};
use crate::approval::{PlanAuthor, Rule};

/// The format of new runs. Format 7 adds drills, format 8 restores and how long approvals of evacuations are valid,
/// format 9 the sites to which a return is prepared.
pub(super) const FORMAT: u32 = 9;
/// The oldest format that is read: since then, entries were only added. A reader refuses every other format.
pub(super) const OLDEST: u32 = 6;

/// What is known about a run when it begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The format of the entries of this run. The first format wrote no number and is read as 0.
    #[serde(default)]
    pub format: u32,
    /// Estate, cloud, account, partition.
    pub context: Context,
    /// The digest of the plan. For a saved plan, the digest of its file, so that a plan is applied only once.
    pub plan: String,
    /// How many steps the plan has.
    pub steps: usize,
    /// Which sites are evacuated from this run on.
    #[serde(default, skip_serializing_if = "Posture::is_normal")]
    pub posture: Posture,
    /// Who applies it and where: `alice@host, process 7`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub runner: String,
    /// Who made the plan, if it was saved. Only a signed plan proves it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<PlanAuthor>,
    /// The git commit of the policies, as the clone had it in which the plan was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<Commit>,
    /// The identity of the credentials, by provider: an ARN on AWS.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub callers: BTreeMap<String, String>,
    /// The approvals it relied on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvals: Vec<UsedApproval>,
    /// Who had to approve. The next run must satisfy this rule too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<Rule>,
    /// The policies it applies. Their texts are stored beside the entries (`policies.rs`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<AppliedPolicy>,
    /// The reason given with `--break-glass`, if it was applied without the approvals it needs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub break_glass: Option<String>,
    /// After how many seconds without an entry others may take it over. Only in a shared journal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<u64>,
    /// The runner's signature (`signed.rs`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
}

impl Run {
    /// A run that needs no approvals.
    #[must_use]
    pub fn new(context: Context, posture: Posture, plan: String, steps: usize, runner: String) -> Self {
        Self {
            format: FORMAT,
            context,
            plan,
            steps,
            posture,
            runner,
            author: None,
            commit: None,
            callers: BTreeMap::new(),
            approvals: Vec::new(),
            rule: None,
            policies: Vec::new(),
            break_glass: None,
            lease: None,
            signature: None,
        }
    }
}

/// An approval that a run relied on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsedApproval {
    /// Who approved.
    pub approver: String,
    /// The digest of the signed statement.
    pub statement: String,
}

/// Something that happened, or is about to happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// A run begins.
    RunStarted(Box<Run>),
    /// An owned object now belongs to another address.
    Moved(Moved),
    /// An owned object was observed in its desired state.
    Confirmed(Confirmed),
    /// What a run saw of the real-time copies before its first step.
    Copies {
        /// The copies.
        copies: Vec<SeenCopy>,
    },
    /// Holdfast now owns an object that existed before.
    Adopted {
        /// The resource.
        address: Address,
        /// The identity of the object in the cloud.
        identity: Identity,
        /// Its observed state: every managed attribute.
        attributes: Values,
        /// The resources it needs.
        needs: BTreeSet<Address>,
        /// The account that it is in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account: Option<String>,
    },
    /// A step is about to be executed. Written and synced before the cloud is called.
    StepStarted {
        /// The step.
        step: StepId,
        /// The resource.
        address: Address,
        /// What is about to happen to it.
        action: Action,
        /// The identity of the object in the cloud.
        identity: Identity,
        /// The identities of the objects that the same change removes.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        displaces: Vec<Identity>,
        /// Whether another object with the same identity stays, so that the delete does not end ownership.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        superseded: bool,
        /// The resources it needs.
        needs: BTreeSet<Address>,
        /// The desired state: every managed attribute. Empty for a delete.
        #[serde(default, skip_serializing_if = "Values::is_empty")]
        attributes: Values,
        /// What the object has today of what changes: the old values of an update, all values of a delete.
        #[serde(default, skip_serializing_if = "Values::is_empty")]
        before: Values,
        /// What the displaced objects have.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        displaced: Vec<Values>,
        /// The account that the object is in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account: Option<String>,
    },
    /// A step has taken effect.
    StepDone {
        /// The step.
        step: StepId,
        /// The cloud's id of the object.
        id: String,
    },
    /// A step has failed. It may have taken effect all the same; the next observation shows it.
    StepFailed {
        /// The step.
        step: StepId,
        /// The cloud's error.
        error: String,
    },
    /// A drill begins.
    DrillBegan(Box<DrillBegan>),
    /// A drill is about to make something. Written and synced before it is made.
    DrillMakes(DrillMade),
    /// What a drill had made is gone.
    DrillRemoved(DrillMade),
    /// A drill has ended, in whatever way.
    DrillEnded {
        /// What is recorded of it.
        record: Box<Record>,
    },
    /// A restore over live data is about to begin. Written and synced before anything is written over.
    RestoreBegan(Box<RestoreOf>),
    /// A restore has ended, in whatever way.
    RestoreEnded {
        /// What was restored.
        of: Box<RestoreOf>,
        /// What came of it.
        result: Box<RestoreResult>,
    },
    /// A heartbeat: the run is alive and had nothing else to record for a while. Only in a shared journal.
    Alive,
    /// From here on pages are written without these replicas of the journal, which do not answer. Only in a shared journal.
    Continued {
        /// The epoch.
        epoch: u64,
        /// The replica that decides which runner writes a page.
        place: String,
        /// The silent replicas, with the reason.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        without: BTreeMap<String, String>,
    },
    /// Somebody has accepted what an earlier epoch holds beyond the entry after which the next one began. What those runs
    /// made follows as adopted.
    Reconciled {
        /// The earlier epoch.
        epoch: u64,
        /// The hash of its last entry.
        head: String,
        /// How many entries it holds beyond that one.
        entries: u64,
    },
    /// Somebody else has closed this run, which wrote nothing for its lease.
    TakenOver {
        /// The runner that took over.
        by: String,
    },
    /// A run ends regularly, even if steps failed.
    RunFinished {
        /// Steps done.
        done: usize,
        /// Steps failed.
        failed: usize,
        /// Steps not started: a step they need failed, or the run was stopped.
        not_started: usize,
        /// Whether it was stopped before its end, by a signal or by `--timeout`.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        interrupted: bool,
        /// The runner's signature (`signed.rs`).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signature: Option<String>,
    },
}

impl Event {
    /// The end of a run that changed nothing in the cloud.
    #[must_use]
    pub fn nothing_done() -> Self {
        Self::RunFinished { done: 0, failed: 0, not_started: 0, interrupted: false, signature: None }
    }

    /// Whether a runner with a key signs this event.
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

    /// The event with this signature, or without one.
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
    /// The hash of the previous entry; empty for the first.
    pub previous: String,
    /// When it was written (RFC 3339, UTC).
    pub at: String,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

impl Entry {
    /// The stored line without its line break, and its hash. The line is the hash of the body, a space, the body.
    pub(super) fn line(&self) -> Result<(String, String), JournalError> {
        let unwritable = |error: serde_json::Error| JournalError::Io {
            path: format!("entry {}", self.number),
            error: error.to_string(),
        };
        let body = serde_json::to_string(self).map_err(unwritable)?;
        let hash = sha256(&body);
        Ok((format!("{hash} {body}"), hash))
    }

    /// Parse a line into the entry and its hash.
    ///
    /// # Errors
    /// What is wrong with the line, as a clause about "it".
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

/// Whether a line without its line break can be what a killed run left: a proper prefix of an entry.
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
