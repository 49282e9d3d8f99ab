//! The part `traffic` of a service: DNS names that fail over.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;

use super::text::{DomainName, Name, UrlPath};
use crate::provider::azure::words::ProfileName;
use crate::provider::{Facts, aws, azure};
use crate::units::Duration;

/// A DNS name that fails over to the next site when the current one stops answering: a record in a zone, or a profile of Azure Traffic
/// Manager.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(extend(
    "anyOf" = [
        {"required": ["zone"], "properties": {"zone": true}},
        {"required": ["traffic-manager"], "properties": {"traffic-manager": true}}
    ],
    "dependentSchemas" = {
        "zone": {"required": ["record"]},
        "traffic-manager": {"properties": {"zone": false, "record": false}}
    }
))]
pub struct Traffic {
    /// The public hosted zone of Route 53. It must exist.
    #[serde(default)]
    #[schemars(extend("examples" = ["acme.example"]))]
    pub zone: Option<DomainName>,
    /// The name in that zone.
    #[serde(default)]
    pub record: Option<DomainName>,
    /// In place of `zone` and `record`: the profile of Azure Traffic Manager, whose name is `PROFILE.trafficmanager.net`. Holdfast makes
    /// it. The name that users know is a CNAME record to it, which you make once.
    #[serde(default)]
    pub traffic_manager: Option<ProfileName>,
    /// How long resolvers may cache an answer. For failover: at most 60 s.
    #[serde(default)]
    pub ttl: Option<Duration>,
    /// How health checkers detect that an endpoint is down.
    #[serde(default)]
    pub probe: Option<Probe>,
    /// The endpoints of the service by site: the primary's and at least one standby's.
    #[schemars(extend("minProperties" = 1))]
    pub endpoints: BTreeMap<Name, Endpoint>,
}

/// A health check. Exactly one of `https`, `http` and `tcp`; with `tcp`, no `port` and no `expect`.
///
/// The limits are those of the health check kind, which names their source.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(extend(
    "anyOf" = [
        {"required": ["https"], "properties": {"https": true}},
        {"required": ["http"], "properties": {"http": true}},
        {"required": ["tcp"], "properties": {"tcp": true}}
    ],
    "dependentSchemas" = {
        "https": {"properties": {"http": false, "tcp": false}},
        "http": {"properties": {"tcp": false}},
        "tcp": {"properties": {"port": false, "expect": false}}
    }
))]
pub struct Probe {
    /// Request this path over HTTPS.
    #[serde(default)]
    pub https: Option<UrlPath>,
    /// Request this path over HTTP.
    #[serde(default)]
    pub http: Option<UrlPath>,
    /// Open a TCP connection to this port.
    #[serde(default)]
    #[schemars(range(min = 1, max = 65535), extend("examples" = [443]))]
    pub tcp: Option<u16>,
    /// The port, if it is not 443 for HTTPS or 80 for HTTP.
    #[serde(default)]
    #[schemars(range(min = 1, max = 65535), extend("examples" = [8443]))]
    pub port: Option<u16>,
    /// How often each checker sends a request: `10s` or `30s`. Without it: 30 s.
    #[serde(default)]
    pub every: Option<Interval>,
    /// The number of consecutive failures after which an endpoint counts as down: 1 to 10. Without it: 3.
    #[serde(default)]
    #[schemars(range(min = 1, max = 10), extend("examples" = [3]))]
    pub failures: Option<u8>,
    /// How long a request of Traffic Manager may take: `5s` to `10s`, and to `9s` with `every: 10s`. Without it: the longest. Route 53 has
    /// times of its own.
    #[serde(default)]
    pub timeout: Option<Duration>,
    /// Text that must be within the first 5,120 bytes of the response. Only with `zone`.
    #[serde(default)]
    #[schemars(length(min = 1, max = 255))]
    pub expect: Option<String>,
}

impl Traffic {
    /// The facts of the provider that answers for the name, wherever its endpoints are.
    #[must_use]
    pub fn provider(&self) -> &'static Facts {
        if self.traffic_manager.is_some() { &azure::FACTS } else { &aws::facts::FACTS }
    }

    /// The domain within which its names are, the name that fails over, and the key that says so. The schema guarantees that there
    /// are these.
    #[must_use]
    pub fn name(&self) -> Option<(String, String, &'static str)> {
        if let Some(profile) = &self.traffic_manager {
            let name = profile.domain();
            return Some((name.clone(), name, "traffic-manager"));
        }
        let (zone, record) = (self.zone.as_ref()?, self.record.as_ref()?);
        Some((zone.to_string(), record.to_string(), "record"))
    }
}

/// The supported request intervals of health checkers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum Interval {
    /// Every 10 seconds ("fast").
    #[serde(rename = "10s")]
    Fast,
    /// Every 30 seconds.
    #[default]
    #[serde(rename = "30s")]
    Standard,
}

impl Interval {
    /// In seconds.
    #[must_use]
    pub fn seconds(self) -> u64 {
        match self {
            Self::Fast => 10,
            Self::Standard => 30,
        }
    }
}

/// The endpoint of a service at one site: an address, a host name, or an alias of an AWS resource.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Endpoint {
    /// An IPv4 address (record type A), an IPv6 address (AAAA) or a host name (CNAME).
    Address(EndpointText),
    /// An alias of an AWS resource, such as a load balancer.
    Alias(AliasEndpoint),
}

/// An IPv4 address, an IPv6 address or a host name.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct EndpointText(pub String);

impl JsonSchema for EndpointText {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "EndpointText".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "An IPv4 address (record type A), an IPv6 address (AAAA) or a host name (CNAME).",
            "pattern": "^([0-9]{1,3}\\.){3}[0-9]{1,3}$|^[0-9a-fA-F:.]*:[0-9a-fA-F:.]*$|^(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$",
            "examples": ["192.0.2.10", "2001:db8::10", "shop.eu.example.net"],
        })
    }
}

impl fmt::Display for EndpointText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An alias of an AWS resource. The health of the resource counts (`EvaluateTargetHealth`).
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AliasEndpoint {
    /// The DNS name of the resource, such as the load balancer's.
    pub alias: DomainName,
    /// The id of the hosted zone that the resource's DNS name belongs to; for a load balancer its canonical
    /// hosted zone id.
    #[schemars(regex(pattern = "^Z[A-Z0-9]{1,31}$"), extend("examples" = ["Z35SXDOTRQ7X7K"]))]
    pub zone_id: String,
}
