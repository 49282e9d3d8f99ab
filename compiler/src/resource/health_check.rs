//! A Route 53 health check of one endpoint.
//!
//! | attribute | value |
//! | --- | --- |
//! | `reference` | the part of `CallerReference` that says whose it is: see [`reference`] |
//! | `type` | `HTTP`, `HTTPS`, `HTTP_STR_MATCH`, `HTTPS_STR_MATCH` or `TCP` |
//! | `interval` | seconds: 10 or 30 |
//! | `failures` | 1 to 10 |
//! | `ip` | address or null |
//! | `domain` | text or null |
//! | `port` | number |
//! | `path` | text or null |
//! | `search` | text or null |
//! | `sni` | boolean or null |
//! | `inverted`, `disabled` | boolean |
//! | `tags` | mapping; `Name` is what the console shows |
//!
//! Source: Route 53 API Reference, `HealthCheckConfig` and `UpdateHealthCheck`: type and interval cannot
//! change, and an IP address cannot be added or removed, only changed.

use serde_json::Value;

use super::Address;
use super::schema::{AttributeSchema, Change, KindSchema, Lifecycle, Shape};
use crate::digest::sha256;

pub(super) static SCHEMA: KindSchema = KindSchema {
    name: "health-check",
    lifecycle: Lifecycle::Managed,
    stateful: false,
    attributes: &[
        AttributeSchema::identity("reference"),
        AttributeSchema::new("type").change(Change::Replace),
        AttributeSchema::new("interval").change(Change::Replace),
        AttributeSchema::new("failures"),
        AttributeSchema::new("ip").change(Change::ReplaceIfNull),
        AttributeSchema::new("domain"),
        AttributeSchema::new("port"),
        AttributeSchema::new("path"),
        AttributeSchema::new("search").change(Change::ReplaceIfNull),
        AttributeSchema::new("sni"),
        AttributeSchema::new("inverted").caution(inverted),
        AttributeSchema::new("disabled").caution(disabled),
        AttributeSchema::new("tags").shaped(Shape::Tags),
    ],
    outputs: &["id"],
    batched_by: None,
    removal: None,
    ours: None,
    coexist: None,
};

fn inverted(before: &Value, _: &Value) -> Option<&'static str> {
    (before == true).then_some("traffic may move: what counted as down counts as healthy")
}

fn disabled(before: &Value, _: &Value) -> Option<&'static str> {
    (before == true).then_some("traffic may move: a disabled check always counts as healthy")
}

/// What tells whose a health check is: the beginning of its caller reference, a digest of estate and
/// address. A health check has no name and gets its tags in a second call, so a run that dies between
/// the two leaves one that only its caller reference can identify.
#[must_use]
pub fn reference(estate: &str, address: &Address) -> String {
    let digest: String = sha256(format!("{estate}\n{address}")).chars().take(20).collect();
    format!("holdfast-{digest}")
}
