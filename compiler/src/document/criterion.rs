//! A condition of a drill: a sentence that somebody answers for, a probe that the drill sends itself, or a command.
//!
//! A policy is a text that others can write, so what it says is never enough for a command to run.

use schemars::JsonSchema;
use serde::Deserialize;

use super::text::{CommandWord, DomainName, ProbeUrl, Prose};
use crate::units::Duration;

/// A condition of a drill.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
pub enum Criterion {
    /// A sentence: somebody says whether it is so.
    Sentence(#[schemars(with = "Prose")] String),
    /// A probe: the drill looks itself.
    Probe(CriterionProbe),
}

/// A probe: a page, the answer of DNS, or the end of a command. Exactly one of `http`, `dns` and `command`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(extend(
    "anyOf" = [
        {"required": ["http"], "properties": {"http": true}},
        {"required": ["dns"], "properties": {"dns": true}},
        {"required": ["command"], "properties": {"command": true}}
    ],
    "dependentSchemas" = {
        "http": {"properties": {"dns": false, "answers": false, "command": false, "within": false}},
        "dns": {"properties": {"http": false, "status": false, "contains": false, "command": false, "within": false}, "required": ["answers"]},
        "command": {"properties": {"http": false, "status": false, "contains": false, "dns": false, "answers": false}}
    }
))]
pub struct CriterionProbe {
    /// Request this page, at a name of a zone of the drill's services.
    #[serde(default)]
    pub http: Option<ProbeUrl>,
    /// The status of the response. Without it: 200. Redirects are not followed.
    #[serde(default)]
    #[schemars(range(min = 200, max = 599), extend("examples" = [200]))]
    pub status: Option<u16>,
    /// Text that must be within the first 64 KiB of the response.
    #[serde(default)]
    #[schemars(length(min = 1, max = 255))]
    pub contains: Option<String>,
    /// Ask resolvers for this name.
    #[serde(default)]
    pub dns: Option<DomainName>,
    /// What each of them must answer: an IPv4 address, an IPv6 address or a host name.
    #[serde(default)]
    pub answers: Option<super::traffic::EndpointText>,
    /// Run this program, by its full path, with these arguments: without a shell, without credentials. It runs only if the drill runs from
    /// an approved plan of these policies and the trust anchor lists exactly this command. It must exit with 0.
    #[serde(default)]
    #[schemars(extend("minItems" = 1, "maxItems" = 64, "examples" = [["/usr/local/bin/check-orders", "--region", "us-west-2"]]))]
    pub command: Option<Vec<CommandWord>>,
    /// How long it may take: up to 10 min. Without it: 30 s.
    #[serde(default)]
    pub within: Option<Duration>,
}
