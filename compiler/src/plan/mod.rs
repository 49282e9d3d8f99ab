//! The plan: what to do, in which order, why, and how dangerous it is.
//!
//! A plan is data. It holds everything an apply needs and leaves it no choices: it can be saved, compared,
//! shown offline, and it has a digest. It holds no times and no random ids.

mod batch;
pub(crate) mod bind;
mod cause;
mod caution;
mod confirm;
mod consent;
mod context;
mod diff;
mod drift;
mod effect;
mod inputs;
mod json;
mod obstacle;
mod pretty;
mod redact;
mod removal;
mod resume;
mod stale;
mod target;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use crate::digest::{Purpose, digest};
use crate::observation::{Object, Wanted};
use crate::resource::{Address, Attributes, Identity, Named, Values};
use crate::source::Place;
pub use cause::Cause;
pub use confirm::{Departure, confirm};
pub use consent::{Consent, Consents, Share};
pub use context::{Account, Accounts, Context};
pub use diff::diff;
pub use drift::drift;
pub use effect::{Achievable, Effect, Measure};
pub use inputs::Inputs;
pub use json::{FORMAT_VERSION, json};
pub use resume::resume;
pub use stale::{Shift, shifts};
pub use text::text;

/// What happens to one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// It is as the policy declares it.
    Keep,
    /// It is made.
    Create,
    /// It is changed.
    Update,
    /// Another one takes its place.
    Replace,
    /// It is removed.
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

/// The id of a step: the address, and the old thing's id where a step removes what another replaced.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepId(String);

impl StepId {
    /// The step of an address.
    #[must_use]
    pub fn of(address: &Address) -> Self {
        Self(address.to_string())
    }

    /// The removal of a thing whose place another one takes.
    #[must_use]
    pub fn superseded(address: &Address, object: &str) -> Self {
        Self(format!("{address} ({object})"))
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

/// The value an attribute will have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum After {
    /// This one.
    Known(Value),
    /// One the cloud tells during the apply.
    Unknown,
}

/// One attribute that changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The attribute.
    pub name: String,
    /// What it is.
    pub before: Value,
    /// What it will be.
    pub after: After,
    /// Why: the policy or somebody else.
    pub cause: Cause,
    /// What it was when it was last applied, where somebody has changed it since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applied: Option<Value>,
    /// Whether this is what makes a replacement necessary.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub replaces: bool,
}

/// One thing to do, or to leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Unique in the plan.
    pub id: StepId,
    /// The resource.
    pub address: Address,
    /// What happens.
    pub action: Action,
    /// What the thing is for.
    pub purpose: String,
    /// Why it happens.
    pub reason: String,
    /// Whether Holdfast began the thing and is not known to have finished it: an apply was broken off.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unfinished: bool,
    /// Whose doing that is; nobody's where it is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// The place in the policy that asks for it; none for what no policy asks for. Never part of the digest: the same
    /// policy written differently is the same plan.
    #[serde(serialize_with = "no_place")]
    pub place: Option<Place>,
    /// What changes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
    /// What a reviewer has to be told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cautions: Vec<String>,
    /// What the thing should be like; empty where it is kept or removed.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: Attributes,
    /// What the policy names for it of things that are not Holdfast's own.
    #[serde(skip_serializing_if = "Named::is_empty")]
    pub named: Named,
    /// What is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<Object>,
    /// What has to go, in the same change, for the thing to have its place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub displaces: Vec<Object>,
    /// Whether another thing of the same identity stays, so that a removal ends no ownership.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub superseded: bool,
    /// Steps that come first.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub needs: BTreeSet<StepId>,
    /// Steps of one batch travel together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<String>,
}

/// The whole plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// What it is about.
    pub context: Context,
    /// Digest of what the policy wants, independent of the order of files and keys.
    pub policy: String,
    /// What was observed: everything the plan rests on.
    pub observed: Vec<Object>,
    /// What was looked for, so that an apply can look again.
    pub scope: Vec<Wanted>,
    /// What it does to the objectives.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub objectives: Vec<Effect>,
    /// Findings that somebody has decided to live with: in every report.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waived: Vec<String>,
    /// Backups that the policy asks for and that Holdfast does not make.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unmade: Vec<String>,
    /// The steps, each after what it needs.
    pub steps: Vec<Step>,
    /// Things that Holdfast made, that no policy asks for any more, and that stay all the same.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<Left>,
    /// Things that belong to another resource now: their service, data set or traffic was renamed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub moved: Vec<Moved>,
    /// Things of ours that are as they should be, of which the journal did not know that.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub confirmed: Vec<Confirmed>,
    /// Services that Holdfast set up and that no policy mentions any more.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub leaving: BTreeSet<String>,
    /// What the operator has agreed to beside the plan itself.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub consents: Consents,
    /// The only things that were asked for, where not all were.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<String>,
    /// How many steps were left out for that.
    #[serde(skip_serializing_if = "is_zero")]
    pub left_out: usize,
}

#[expect(clippy::ref_option, reason = "serde passes a reference to the field")]
fn no_place<S: Serializer>(_: &Option<Place>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_none()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands in a reference")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// A thing of ours that belongs to another resource now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// The resource it was made for.
    pub from: Address,
    /// The resource it belongs to.
    pub to: Address,
    /// What the cloud knows it by.
    pub identity: Identity,
}

/// A thing of ours that is as it should be: a step took effect whose end was never heard of, or somebody did by hand
/// what the policy came to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmed {
    /// The resource.
    pub address: Address,
    /// What the cloud knows it by.
    pub identity: Identity,
    /// Its managed attributes.
    pub attributes: Values,
}

/// A thing that stays although no policy asks for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Left {
    /// The resource it was made for.
    pub address: Address,
    /// Why it stays.
    pub reason: String,
}

/// How many steps of each action.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Things made.
    pub create: usize,
    /// Things changed.
    pub update: usize,
    /// Things replaced.
    pub replace: usize,
    /// Things removed.
    pub delete: usize,
    /// Things left as they are.
    pub keep: usize,
}

impl Plan {
    /// The steps that do something.
    pub fn pending(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.action != Action::Keep)
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pending().next().is_none()
    }

    /// How many steps of each action. The removal of what a replacement leaves belongs to the replacement; what
    /// is displaced is deleted; milestones are nothing.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        let second = self.second_halves();
        for step in &self.steps {
            let own = step.object.as_ref().map(|object| object.id.as_str());
            counts.delete += step.displaces.iter().filter(|object| own != Some(object.id.as_str())).count();
            match step.action {
                Action::Create => counts.create += 1,
                Action::Update => counts.update += 1,
                Action::Replace => counts.replace += 1,
                Action::Delete if second.contains(&step.id) => {}
                Action::Delete => counts.delete += 1,
                Action::Keep if step.object.is_some() => counts.keep += 1,
                Action::Keep => {}
            }
        }
        counts
    }

    /// The steps that remove what a replacement in this plan leaves behind.
    #[must_use]
    pub fn second_halves(&self) -> BTreeSet<&StepId> {
        let replaced = self.steps.iter().filter(|step| step.action == Action::Replace);
        let replaced: BTreeSet<&Address> = replaced.map(|step| &step.address).collect();
        let second = self.steps.iter().filter(|step| step.superseded && replaced.contains(&step.address));
        second.map(|step| &step.id).collect()
    }

    /// The digest of what was observed.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub fn observed_digest(&self) -> Result<String, serde_json::Error> {
        digest(Purpose::Observation, &self.observed)
    }

    /// The plan's digest: of all that would be done, and not of the places in the text that ask for it.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub fn digest(&self) -> Result<String, serde_json::Error> {
        digest(Purpose::Plan, self)
    }
}

impl Step {
    /// The attributes the thing has today.
    #[must_use]
    pub fn before(&self) -> Option<&Values> {
        self.object.as_ref().map(|object| &object.attributes)
    }
}
