//! Profiles of Traffic Manager and their endpoints, which are written with them.
//!
//! Source: Traffic Manager REST API, version 2022-04-01.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A profile. It is written as a whole.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Profile {
    /// Only answered.
    #[serde(skip_serializing)]
    pub(crate) id: String,
    /// Only answered.
    #[serde(skip_serializing)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) location: String,
    #[serde(default)]
    pub(crate) tags: Option<BTreeMap<String, String>>,
    pub(crate) properties: Properties,
}

/// The settings of a profile, with those that Holdfast does not manage.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Properties {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) profile_status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) traffic_routing_method: Option<String>,
    pub(crate) dns_config: Dns,
    pub(crate) monitor_config: Monitor,
    /// Required: an answer without them would take them away when it is written back. Where there are none, Azure answers an empty list.
    pub(crate) endpoints: Vec<Endpoint>,
    /// Everything else, as it was read.
    #[serde(flatten, serialize_with = "as_sent")]
    pub(crate) others: Map<String, Value>,
}

/// Its name and how long an answer is cached.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Dns {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) relative_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ttl: Option<u64>,
}

/// What is asked of an endpoint. Its status is only answered.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Monitor {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) protocol: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) port: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) interval_in_seconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) timeout_in_seconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tolerated_number_of_failures: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) custom_headers: Option<Vec<Header>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expected_status_code_ranges: Option<Vec<Range>>,
}

/// A header of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Header {
    pub(crate) name: String,
    pub(crate) value: String,
}

/// Status codes, the first and the last one included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Range {
    pub(crate) min: u64,
    pub(crate) max: u64,
}

/// An endpoint, of whatever type.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Endpoint {
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) sort: String,
    pub(crate) properties: Target,
}

/// Where an endpoint leads and when, with what Holdfast does not manage.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Target {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) target: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) priority: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) endpoint_status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) always_serve: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) custom_headers: Option<Vec<Header>>,
    /// Everything else, as it was read.
    #[serde(flatten, serialize_with = "as_sent")]
    pub(crate) others: Map<String, Value>,
}

/// What the probes of an endpoint find, which is only answered.
const FOUND: &str = "endpointMonitorStatus";

/// What was read as it is sent. Azure answers with null what is not set, and takes no null.
fn as_sent<S: serde::Serializer>(all: &Map<String, Value>, to: S) -> Result<S::Ok, S::Error> {
    to.collect_map(all.iter().filter(|(name, value)| !value.is_null() && *name != FOUND))
}
