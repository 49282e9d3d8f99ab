//! Assumptions of the author, each with a reason: facts that no configuration shows.

use schemars::JsonSchema;
use serde::Deserialize;

use super::text::Prose;
use crate::units::{Date, Duration, Throughput};

/// Assumptions. Each has a value and a reason, so that a reader can judge it.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Assumptions {
    /// How long clients keep using a connection to the lost site. Without it: 1 h, the default client
    /// keep-alive limit of an Application Load Balancer.
    #[serde(default)]
    pub keep_alive: Option<Assumed<Duration>>,
    /// How much longer than the TTL resolvers and clients keep an answer. Without it: 0 s, so they respect
    /// the TTL.
    #[serde(default)]
    pub resolver_slack: Option<Assumed<Duration>>,
    /// How long it takes until a failed health check changes the answers of the DNS service. Without it: 60
    /// s.
    #[serde(default)]
    pub health_propagation: Option<Assumed<Duration>>,
    /// How long it takes to detect the loss of a site without a probe.
    #[serde(default)]
    pub detection: Option<Assumed<Duration>>,
    /// How long it takes to detect deleted or corrupted data, a compromised account or a lost key.
    #[serde(default)]
    pub noticed: Option<Assumed<Duration>>,
    /// How long it takes to copy a finished backup to another site. Providers do not guarantee a time.
    #[serde(default)]
    pub backup_copy: Option<Assumed<Duration>>,
    /// How fast a restore returns data. Providers do not guarantee a rate.
    #[serde(default)]
    pub restore_throughput: Option<Assumed<Throughput>>,
}

/// An assumed value with its reason.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(rename = "Assumed{T}")]
pub struct Assumed<T> {
    /// The value.
    pub value: T,
    /// Why the value is plausible.
    #[schemars(with = "Prose", length(min = 1, max = 1000))]
    pub because: String,
    /// The day it was measured. For a year, a measurement counts more than an estimate.
    #[serde(default)]
    pub measured: Option<Date>,
}
