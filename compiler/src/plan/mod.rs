//! The plan: what to do, in which order, why, and what is dangerous about it.
//!
//! A plan is data. It contains everything an apply needs and leaves it no choices: it can be saved, compared,
//! shown offline and approved by its digest. It contains no times and no random ids.

mod alike;
mod assumed;
mod batch;
mod behind;
mod besides;
mod billed;
pub(crate) mod bind;
mod cause;
mod caution;
mod confirm;
mod consent;
mod context;
mod counts;
mod dependents;
mod diff;
mod differ;
mod document;
mod drift;
mod effect;
mod effect_text;
mod existing;
mod inputs;
mod irreversible;
mod json;
mod left;
mod lost;
mod obstacle;
mod order;
mod others;
mod owner;
mod part;
mod people;
mod pretty;
mod redact;
mod removal;
mod resume;
mod same;
mod same_text;
mod stale;
mod stops;
mod target;
mod text;
mod turn;
mod unknown;
mod unseen_backups;
mod verdict;
mod way_home;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use crate::backups::KeptBackups;
use crate::copies::SeenCopy;
use crate::digest::{Purpose, digest};
use crate::observation::{Object, Wanted};
use crate::policy::PolicyChanges;
use crate::posture::Posture;
use crate::resource::{Address, Attributes, Identity, Named, Values};
use crate::signals::{CheckHealth, CopyLag};
use crate::source::Place;
pub use assumed::Assumed;
pub use behind::{Behind, HeldBy};
pub use billed::{Billed, Created, Per, Unit};
pub use cause::Cause;
pub use confirm::{Departure, confirm};
pub use consent::{Consent, Consents, Share};
pub use context::{Account, Accounts, Context};
pub use counts::Counts;
pub use diff::{diff, look};
pub use document::{Around, Extent, Given, Next, comment, summary};
pub use drift::drift;
pub use effect::{Achievable, BackupFault, Effect, Measure};
pub use effect_text::objectives;
pub use inputs::Inputs;
pub use json::{FORMAT_VERSION, json};
pub use left::Left;
pub use lost::{Lost, LostCopy};
pub use part::{Part, looked_up};
pub use people::{Asked, Awaited, in_words as awaited_in_words, in_words_since as awaited_since};
pub use pretty::brief;
pub use redact::recorded;
pub use resume::resume;
pub use same::{Half, SameAttribute, SameChange};
pub use stale::{Shift, shifts};
pub use text::{Listing, policy_changes, text};
pub(crate) use turn::text as posture_text;
pub use turn::{Turn, TurnedData, TurnedTraffic};
pub use unknown::{Unknown, Waiting};
pub use verdict::Verdict;
pub use way_home::{Older, WayHome, signals_home, ways_home};

/// What happens to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// It already matches the policy.
    Keep,
    /// It is created.
    Create,
    /// It is updated.
    Update,
    /// It is replaced by a new one.
    Replace,
    /// It is deleted.
    Delete,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Keep => "keep",
            Self::Create => "create",
            Self::Update => "update",
            Self::Replace => "replace",
            Self::Delete => "delete",
        })
    }
}

/// The id of a step: the address, and the id of the old object if the step removes a replaced one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepId(String);

impl StepId {
    /// The step of an address.
    #[must_use]
    pub fn of(address: &Address) -> Self {
        Self(address.to_string())
    }

    /// The removal of an object that was replaced.
    #[must_use]
    pub fn superseded(address: &Address, object: &str) -> Self {
        Self(format!("{address} ({object})"))
    }

    /// The second half of an update that is split (`order`).
    #[must_use]
    pub fn late(address: &Address) -> Self {
        Self(format!("{address} (last)"))
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The value that an attribute will have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum After {
    /// A known value.
    Known(Value),
    /// A value that is known only during the apply.
    Unknown,
}

/// A change of one attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The attribute.
    pub name: String,
    /// The current value.
    pub before: Value,
    /// The new value.
    pub after: After,
    /// Why it differs: the policy, or a change by somebody else.
    pub cause: Cause,
    /// The last applied value, if somebody has changed it since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applied: Option<Value>,
    /// Whether this change requires a replacement.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub replaces: bool,
}

/// One object to change or to keep.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Unique in the plan.
    pub id: StepId,
    /// The resource.
    pub address: Address,
    /// What happens.
    pub action: Action,
    /// What the resource is for.
    pub purpose: String,
    /// Why it happens.
    pub reason: String,
    /// Whether an interrupted apply started this step and did not finish it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unfinished: bool,
    /// Who caused the difference. `None` if the object is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// The place in the policy that declares it. `None` if no policy does. Never part of the digest: the same policy
    /// written differently is the same plan.
    #[serde(serialize_with = "no_place")]
    pub place: Option<Place>,
    /// The changes of attributes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
    /// What a reviewer must know.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cautions: Vec<String>,
    /// The desired attributes. Empty if the object is kept or removed.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: Attributes,
    /// What the policy names explicitly for it, outside of Holdfast's ownership.
    #[serde(skip_serializing_if = "Named::is_empty")]
    pub named: Named,
    /// The existing object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<Object>,
    /// Objects that must be deleted in the same change because they occupy its place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub displaces: Vec<Object>,
    /// Whether another object with the same identity stays, so that this removal does not end the ownership.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub superseded: bool,
    /// The steps that must run first.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub needs: BTreeSet<StepId>,
    /// Steps that run first, although this one does not depend on them, so that nothing is seen half done.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub follows: BTreeSet<StepId>,
    /// The batch. Steps of one batch are sent together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<String>,
}

/// The whole plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// The scope of the plan.
    pub context: Context,
    /// Digest of the desired resources, independent of the order of files and keys.
    pub policy: String,
    /// Which sites were evacuated before, according to the journal.
    #[serde(skip_serializing_if = "Posture::is_normal")]
    pub was: Posture,
    /// Which sites are evacuated once it is applied.
    #[serde(skip_serializing_if = "Posture::is_normal")]
    pub posture: Posture,
    /// What a change of the posture means for each service.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub turns: Vec<Turn>,
    /// The observed objects that the plan is computed from.
    pub observed: Vec<Object>,
    /// What was looked up, so that an apply can look it up again.
    pub scope: Vec<Wanted>,
    /// What changed in the policies. `None` if they were not compared with others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_changes: Option<PolicyChanges>,
    /// Primary buckets that are gone with their data.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<Lost>,
    /// Buckets with data that are primaries no longer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub behind: Vec<Behind>,
    /// What is seen of the real-time copies. A run records it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub copies: Vec<SeenCopy>,
    /// The copies that work and are assumed to have had no gap since they were last seen whole.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub assumed: Vec<Assumed>,
    /// The scheduled backups that somebody has looked at. A plan does not look; a status does.
    #[serde(skip)]
    pub backups: Vec<KeptBackups>,
    /// How far real-time copies are behind. Only a status looks.
    #[serde(skip)]
    pub lags: Vec<CopyLag>,
    /// How far primary buckets are behind what is written to their copies. Only a status looks.
    #[serde(skip)]
    pub ways_home: Vec<WayHome>,
    /// Whether health checks pass. Only a status looks.
    #[serde(skip)]
    pub checks: Vec<CheckHealth>,
    /// What is there and managed by no policy, and a reviewer must know, each without its last full stop.
    #[serde(skip)]
    pub foreign: Vec<String>,
    /// What waits for a person. It is no difference.
    #[serde(skip)]
    pub awaited: Vec<Awaited>,
    /// The effects on objectives.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub objectives: Vec<Effect>,
    /// The commands that drills of the policies run, each with its drill. Whoever approves the plan approves them too.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<String>,
    /// Accepted findings, which every report shows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waived: Vec<String>,
    /// Copies of backups that the policy declares and that Holdfast does not make.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unmade: Vec<String>,
    /// What it makes that is billed anew.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub billed: Vec<Billed>,
    /// The steps, each after those it needs.
    pub steps: Vec<Step>,
    /// Objects that Holdfast made, that no policy declares, and that stay.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<Left>,
    /// Resources that could not be seen. Whether they exist is unknown, and no step changes them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<Unknown>,
    /// Steps that are left out because they need something unknown.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<Waiting>,
    /// Objects that now belong to another resource, because their service, data set or traffic was renamed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub moved: Vec<Moved>,
    /// Owned objects that match the policy, which the journal does not record yet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub confirmed: Vec<Confirmed>,
    /// Services that Holdfast set up and that no policy declares any more.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub leaving: BTreeSet<String>,
    /// What the operator allows in addition to the plan itself.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub consents: Consents,
    /// The targets of a partial plan. Empty for a full plan.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<String>,
}

#[expect(clippy::ref_option, reason = "serde passes a reference to the field")]
fn no_place<S: Serializer>(_: &Option<Place>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_none()
}

/// An owned object that now belongs to another resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// The resource it was made for.
    pub from: Address,
    /// The resource it belongs to.
    pub to: Address,
    /// What the cloud identifies it by.
    pub identity: Identity,
}

/// An owned object that matches the policy: the result of a step that changed it was never recorded, or
/// somebody made the change by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmed {
    /// The resource.
    pub address: Address,
    /// What the cloud identifies it by.
    pub identity: Identity,
    /// Its managed attributes.
    pub attributes: Values,
}

impl Plan {
    /// The steps that change something.
    pub fn pending(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.action != Action::Keep)
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pending().next().is_none()
    }

    /// The digest of the observed objects.
    ///
    /// # Errors
    /// They cannot be serialized.
    pub fn observed_digest(&self) -> Result<String, serde_json::Error> {
        digest(Purpose::Observation, &self.observed)
    }

    /// The digest of the plan: of everything that would be done, without the places in the policy text.
    ///
    /// # Errors
    /// The plan cannot be serialized.
    pub fn digest(&self) -> Result<String, serde_json::Error> {
        digest(Purpose::Plan, self)
    }
}

impl Step {
    /// The steps that run before this one.
    pub fn waits_for(&self) -> impl Iterator<Item = &StepId> {
        self.needs.iter().chain(&self.follows)
    }

    /// Whether it is the second half of an update that is split.
    #[must_use]
    pub fn is_late(&self) -> bool {
        self.action == Action::Update && self.id == StepId::late(&self.address)
    }

    /// The current attributes of the object.
    #[must_use]
    pub fn before(&self) -> Option<&Values> {
        self.object.as_ref().map(|object| &object.attributes)
    }
}
