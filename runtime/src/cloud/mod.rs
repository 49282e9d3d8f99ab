//! The one trait between the executor and a cloud: observe in bulk, execute in batches.

mod clouds;
mod cost;
mod guarded;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use async_trait::async_trait;
use holdfast_compiler::import::Survey;
use holdfast_compiler::observation::{Object, Observation, Wanted};
use holdfast_compiler::plan::{Account, Accounts, Action, StepId};
use holdfast_compiler::resource::{Address, Named, Values};

pub use clouds::Clouds;
pub use cost::{Cost, cost};
pub use guarded::{GUARDED, refuse};

/// API calls, every attempt counted. Displayed as `523 (iam 40, route53 85, s3 398), 31 of them wasted: 31
/// throttled`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calls {
    /// How many went to each service.
    pub services: BTreeMap<String, u64>,
    /// How many of them were for nothing, and why. None of these changed what the command came to; they cost
    /// time and, where a service is short of capacity, make it shorter.
    pub wasted: BTreeMap<Waste, u64>,
}

/// Why an attempt was for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Waste {
    /// There were too many at once, or one before it was still being carried out.
    Throttled,
    /// It got lost on its way, there or back: reset, timed out, cut off.
    Unanswered,
    /// The server had trouble of its own (5xx).
    Refused,
    /// It was right, but what it builds on was not known everywhere yet.
    Early,
}

impl Calls {
    /// Count one.
    pub(crate) fn count(&mut self, service: impl Into<String>) {
        *self.services.entry(service.into()).or_default() += 1;
    }

    /// Add those of another cloud.
    pub(crate) fn add(&mut self, other: &Self) {
        for (service, count) in &other.services {
            *self.services.entry(service.clone()).or_default() += count;
        }
        for (why, count) in &other.wasted {
            *self.wasted.entry(*why).or_default() += count;
        }
    }

    /// Count one, of those that are counted already, as wasted.
    pub(crate) fn waste(&mut self, why: Waste) {
        *self.wasted.entry(why).or_default() += 1;
    }
}

impl fmt::Display for Calls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each: Vec<String> =
            self.services.iter().map(|(service, count)| format!("{service} {count}")).collect();
        write!(f, "{} ({})", self.services.values().sum::<u64>(), each.join(", "))?;
        if self.wasted.is_empty() {
            return Ok(());
        }
        let each: Vec<String> = self.wasted.iter().map(|(why, count)| format!("{count} {why}")).collect();
        write!(f, ", {} of them wasted: {}", self.wasted.values().sum::<u64>(), each.join(", "))
    }
}

impl fmt::Display for Waste {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Throttled => "throttled",
            Self::Unanswered => "without an answer",
            Self::Refused => "refused by the server",
            Self::Early => "too early",
        })
    }
}

/// A step, ready to be executed: everything it refers to is known.
#[derive(Debug, Clone)]
pub struct Command {
    /// The step it comes from.
    pub step: StepId,
    /// The resource.
    pub address: Address,
    /// Create, update, replace or delete.
    pub action: Action,
    /// What the thing should be like, every managed attribute; empty for a delete.
    pub values: Values,
    /// The attributes that an update has to write.
    pub changed: BTreeSet<String>,
    /// What the policy names for it of things that are not Holdfast's own.
    pub named: Named,
    /// What is there, except for a create.
    pub object: Option<Object>,
    /// Things of the same kind that have to go in the same change, before this one comes.
    pub displaces: Vec<Object>,
    /// Sixteen hexadecimal digits, the same for every repetition within one run and for no other step.
    pub token: String,
}

/// What an executed command left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// The cloud's id of the thing.
    pub id: String,
    /// Its outputs.
    pub outputs: Values,
}

/// What a cloud answered instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{operation}: {code}: {message}")]
pub struct CloudError {
    /// What it means, whichever cloud it is.
    pub class: Class,
    /// What was asked, such as `s3:CreateBucket`.
    pub operation: String,
    /// The cloud's own code, such as `AccessDenied`.
    pub code: String,
    /// The cloud's own words.
    pub message: String,
}

/// What an error means. The provider says it; nothing else reads codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// What was asked about is not there.
    NotFound,
    /// Something is there already, or is not as the call requires.
    Conflict,
    /// There were too many calls; later it would pass.
    Throttled,
    /// We may not, or it is somebody else's.
    Denied,
    /// The cloud refused a call for what is in it, so that a part of a batch may pass.
    Refused,
    /// It was right, but what it builds on is not known everywhere yet.
    Early,
    /// There was no answer, or none that can be read.
    Unanswered,
    /// The cloud has trouble of its own.
    Unavailable,
    /// There are no usable credentials.
    Credentials,
    /// Holdfast refused it, before the cloud was asked.
    Guarded,
    /// Anything else.
    Other,
}

impl CloudError {
    /// An error.
    pub fn new(
        class: Class,
        operation: impl Into<String>,
        code: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self { class, operation: operation.into(), code: code.into(), message: message.into() }
    }
}

/// Whose credentials a provider was asked with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The account that the credentials belong to.
    pub account: Account,
    /// Who it is, as the provider says it.
    pub principal: String,
}

/// Whose credentials, by the name of their provider.
pub type Callers = BTreeMap<String, Caller>;

/// The accounts of callers.
#[must_use]
pub fn accounts(callers: &Callers) -> Accounts {
    callers.iter().map(|(provider, caller)| (provider.clone(), caller.account.clone())).collect()
}

/// Who the callers are, as each provider says it.
#[must_use]
pub fn principals(callers: &Callers) -> BTreeMap<String, String> {
    callers.iter().map(|(provider, caller)| (provider.clone(), caller.principal.clone())).collect()
}

/// A cloud.
#[async_trait]
pub trait Cloud: Send + Sync {
    /// How the user selects it: the name of a provider, or `local:FILE`.
    fn name(&self) -> String;

    /// Whose credentials these are, at each provider. Asked once: later calls repeat the first answer.
    ///
    /// # Errors
    /// No credentials, no network, no permission; an answer that is not an identity.
    async fn callers(&self) -> Result<Callers, CloudError>;

    /// Find what is looked for, and whatever stands in its way: every record on a wanted record's name.
    /// A thing that does not exist is simply not in the answer.
    ///
    /// # Errors
    /// The first call that failed for any reason but absence. A partial observation is none.
    async fn observe(&self, scope: &[Wanted]) -> Result<Observation, CloudError>;

    /// Find everything that a policy could describe, whether one does or not. Nothing is changed.
    ///
    /// # Errors
    /// The first call that failed, but for things that are closed to us: those are left out, with the reason.
    async fn survey(&self) -> Result<Survey, CloudError>;

    /// Execute one command, or several of one batch together, and wait until they have taken effect. One
    /// result per command, in their order.
    async fn execute(&self, batch: &[Command]) -> Vec<Result<Done, CloudError>>;

    /// The calls that executing a batch takes if all goes well, as far as they have to be held back. Nothing
    /// unless a cloud says otherwise.
    fn cost(&self, _batch: &[Command]) -> Cost {
        Cost::new()
    }

    /// The calls so far.
    fn calls(&self) -> Calls;
}
