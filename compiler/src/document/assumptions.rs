//! The author's assumptions, each with its reason: facts that no configuration shows.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::units::{Date, Duration, Throughput};

/// What the author takes for granted. Each has a value and a reason, so that a reader can judge it.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Assumptions {
    /// How long clients keep using a connection to the lost site. Without it: 1 h, the longest keep-alive of an
    /// Application Load Balancer's clients unless it is set.
    #[serde(default)]
    pub keep_alive: Option<Assumed<Duration>>,
    /// How much longer than the TTL resolvers and clients keep an answer. Without it: 0 s, they obey the TTL.
    #[serde(default)]
    pub resolver_slack: Option<Assumed<Duration>>,
    /// How long it takes until a failed health check changes the answers of the DNS service. Without it: 60 s.
    #[serde(default)]
    pub health_propagation: Option<Assumed<Duration>>,
    /// How long it takes until the loss of a site is noticed where no probe does it.
    #[serde(default)]
    pub detection: Option<Assumed<Duration>>,
    /// How long it takes until deleted or corrupted data, a compromised account or a lost key is noticed.
    #[serde(default)]
    pub noticed: Option<Assumed<Duration>>,
    /// How long it takes to copy a finished backup to another site. Providers promise nothing about it.
    #[serde(default)]
    pub backup_copy: Option<Assumed<Duration>>,
    /// How fast data comes back in a restore. Providers promise nothing about it.
    #[serde(default)]
    pub restore_throughput: Option<Assumed<Throughput>>,
}

/// A value with its reason.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(rename = "Assumed{T}")]
pub struct Assumed<T> {
    /// The value.
    pub value: T,
    /// Why it can be taken for granted.
    #[schemars(length(min = 1, max = 1000))]
    pub because: String,
    /// The day it was measured. A measurement counts for more than a word, for a year.
    #[serde(default)]
    pub measured: Option<Date>,
}
