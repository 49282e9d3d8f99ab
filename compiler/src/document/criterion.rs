//! A condition of a drill: a sentence that somebody answers for, or a probe that the drill sends itself.
//!
//! There is no condition that runs a command: a policy is a text that others can write.

use schemars::JsonSchema;
use serde::Deserialize;

use super::text::{DomainName, ProbeUrl, Prose};

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

/// A probe: a page or the answer of DNS. Exactly one of `http` and `dns`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(extend(
    "anyOf" = [
        {"required": ["http"], "properties": {"http": true}},
        {"required": ["dns"], "properties": {"dns": true}}
    ],
    "dependentSchemas" = {
        "http": {"properties": {"dns": false, "answers": false}},
        "dns": {"properties": {"http": false, "status": false, "contains": false}, "required": ["answers"]}
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
}
