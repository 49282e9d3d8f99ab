//! The trait between the executor and a cloud: observe in bulk, execute in batches.

mod clouds;
mod cost;
mod guarded;
mod objects;
mod recovery;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use async_trait::async_trait;
use holdfast_compiler::backups::{BackupPlace, SeenBackups};
use holdfast_compiler::import::Survey;
use holdfast_compiler::observation::{Object, Observation, Wanted};
use holdfast_compiler::plan::{Account, Accounts, Action, StepId};
use holdfast_compiler::resource::{Address, Kind, Named, Values};
use holdfast_compiler::signals::{SeenSignals, Signal};

pub use clouds::Clouds;
pub use cost::{Cost, cost};
pub use guarded::{GUARDED, refuse};
pub use objects::{BucketPlace, Current, Cursor, Guard, Head, Objects, Page};
pub use recovery::{RecoveryPoints, RestoreOrder};

/// API calls, every attempt counted. Displayed as `523 (iam 40, route53 85, s3 398), 31 of them wasted: 31
/// throttled`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calls {
    /// How many calls went to each service.
    pub services: BTreeMap<String, u64>,
    /// How many of them were wasted, and why. They did not change the result; they cost time and add load to a
    /// service that may be short of capacity.
    pub wasted: BTreeMap<Waste, u64>,
}

/// Why an attempt was wasted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Waste {
    /// There were too many calls at once, or an earlier change was still in progress.
    Throttled,
    /// The request or the response was lost: reset, timed out, truncated.
    Unanswered,
    /// The service had an internal error (5xx).
    Refused,
    /// The call was valid, but something it depends on had not propagated yet.
    Early,
    /// Nobody waited for the response any more: another region had answered first, or time was up.
    GivenUp,
}

impl Calls {
    /// Count one call to a service.
    pub(crate) fn count(&mut self, service: impl Into<String>) {
        *self.services.entry(service.into()).or_default() += 1;
    }

    /// Add the calls of another cloud.
    pub(crate) fn add(&mut self, other: &Self) {
        for (service, count) in &other.services {
            *self.services.entry(service.clone()).or_default() += count;
        }
        for (why, count) in &other.wasted {
            *self.wasted.entry(*why).or_default() += count;
        }
    }

    /// Count one of the calls that are already counted as wasted.
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
            Self::Unanswered => "without a response",
            Self::Refused => "refused by the server",
            Self::Early => "too early",
            Self::GivenUp => "given up before the response",
        })
    }
}

/// A step that is ready to be executed: all outputs it refers to are known.
#[derive(Debug, Clone)]
pub struct Command {
    /// The step it comes from.
    pub step: StepId,
    /// The resource.
    pub address: Address,
    /// Create, update, replace or delete.
    pub action: Action,
    /// The desired state, every managed attribute; empty for a delete.
    pub values: Values,
    /// The attributes that an update must write.
    pub changed: BTreeSet<String>,
    /// The foreign objects that the policy names for it, such as hosted zones and keys.
    pub named: Named,
    /// The observed object; `None` for a create.
    pub object: Option<Object>,
    /// Objects of the same kind that the same change must delete first.
    pub displaces: Vec<Object>,
    /// The idempotency token, sixteen hexadecimal digits: the same for every attempt of this step in this run, and
    /// different from that of every other step.
    pub token: String,
}

/// The result of a successful command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// The cloud's id of the object.
    pub id: String,
    /// Its outputs.
    pub outputs: Values,
}

/// An error of a cloud.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{operation}: {code}: {message}")]
pub struct CloudError {
    /// What it means, independent of the cloud.
    pub class: Class,
    /// The API operation, such as `s3:CreateBucket`.
    pub operation: String,
    /// The cloud's own code, such as `AccessDenied`.
    pub code: String,
    /// The cloud's own message.
    pub message: String,
}

/// What an error means. The provider decides it from the code; nothing else reads codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// The object does not exist.
    NotFound,
    /// The object already exists, or is not in the state that the call requires.
    Conflict,
    /// There were too many calls; a later attempt may succeed.
    Throttled,
    /// The credentials lack the permission, or somebody else owns the object.
    Denied,
    /// The cloud refused the content of a call, so a part of the batch may succeed.
    Refused,
    /// The call was valid, but something it depends on has not propagated yet.
    Early,
    /// There was no response, or none that can be read.
    Unanswered,
    /// The cloud has an internal error.
    Unavailable,
    /// There are no usable credentials.
    Credentials,
    /// Holdfast refused the command before calling the cloud.
    Guarded,
    /// Anything else.
    Other,
}

impl CloudError {
    /// Whether it says that nobody answers who could.
    #[must_use]
    pub fn is_silence(&self) -> bool {
        matches!(self.class, Class::Unanswered | Class::Unavailable)
    }

    /// An error from its parts.
    pub fn new(
        class: Class,
        operation: impl Into<String>,
        code: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self { class, operation: operation.into(), code: code.into(), message: message.into() }
    }
}

/// The identity of the credentials at one provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The account that the credentials belong to.
    pub account: Account,
    /// The principal, as the provider names it: an ARN on AWS.
    pub principal: String,
}

/// The identities of the credentials, by the name of the provider.
pub type Callers = BTreeMap<String, Caller>;

/// The accounts of the callers, by provider.
#[must_use]
pub fn accounts(callers: &Callers) -> Accounts {
    callers.iter().map(|(provider, caller)| (provider.clone(), caller.account.clone())).collect()
}

/// The principals of the callers, by provider.
#[must_use]
pub fn principals(callers: &Callers) -> BTreeMap<String, String> {
    callers.iter().map(|(provider, caller)| (provider.clone(), caller.principal.clone())).collect()
}

/// A cloud that can be observed and changed.
#[async_trait]
pub trait Cloud: Send + Sync {
    /// The name by which the user selects it: the name of a provider, or `local:FILE`.
    fn name(&self) -> String;

    /// Whether it can look at objects of a kind, and change them. By default it can.
    fn serves(&self, _kind: Kind) -> bool {
        true
    }

    /// The identity of the credentials, at each provider. Cached after the first call.
    ///
    /// # Errors
    /// No credentials, no network, no permission, or a response that is not an identity.
    async fn callers(&self) -> Result<Callers, CloudError>;

    /// Find the wanted objects, and those that share their place: every record on a wanted record's name. An object
    /// that does not exist is absent from the result.
    ///
    /// # Errors
    /// The first call that failed for any reason but absence. There are no partial observations.
    async fn observe(&self, scope: &[Wanted]) -> Result<Observation, CloudError>;

    /// The newest complete scheduled backup at each place, or why it cannot be seen. By default nothing is seen.
    async fn backups(&self, _places: &BTreeSet<BackupPlace>) -> SeenBackups {
        SeenBackups::new()
    }

    /// What each signal measures, or why it cannot be asked. By default nothing is measured.
    async fn signals(&self, _signals: &BTreeSet<Signal>) -> SeenSignals {
        SeenSignals::new()
    }

    /// Find everything that a policy could describe, whether one does or not. Nothing is changed.
    ///
    /// # Errors
    /// The first call that failed. Objects that the credentials may not read are left out of the result, with the
    /// reason.
    async fn survey(&self) -> Result<Survey, CloudError>;

    /// A run begins: who looks at what the cloud has recorded can tell from here on which run asked. By default nothing says it.
    async fn run_begins(&self, _run: u64) {}

    /// Execute one command, or all commands of a batch together, and wait until they have taken effect. Returns one
    /// result per command, in the same order.
    async fn execute(&self, batch: &[Command]) -> Vec<Result<Done, CloudError>>;

    /// The rate-limited calls that a batch takes if everything succeeds. By default none.
    fn cost(&self, _batch: &[Command]) -> Cost {
        Cost::new()
    }

    /// The buckets of a provider with their objects, if this cloud has some.
    fn objects(&self, _provider: &str) -> Option<&dyn Objects> {
        None
    }

    /// The vaults of a provider with recovery points, if this cloud has some.
    fn recovery_points(&self, _provider: &str) -> Option<&dyn RecoveryPoints> {
        None
    }

    /// The API calls so far.
    fn calls(&self) -> Calls;
}
