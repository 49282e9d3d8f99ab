//! The replication configuration of a bucket (V2 rules).
//!
//! | attribute | value |
//! | --- | --- |
//! | `bucket` | the source bucket |
//! | `region` | its region |
//! | `role` | ARN |
//! | `rules` | list of rules, highest priority first |
//!
//! A rule is a mapping: `id`, `priority`, `status`, `filter` (`{prefix}`), `delete-markers`, `destination` (ARN),
//! `replication-time` and `metrics` (minutes or null), `sse-kms-objects`, `replica-kms-key`, and whatever
//! else a configuration of others holds, so that nothing of theirs disappears unseen.

use serde_json::Value;

use super::Values;
use super::schema::{AttributeSchema, KindSchema, Lifecycle, Shape};

pub(super) static SCHEMA: KindSchema = KindSchema {
    name: "replication",
    lifecycle: Lifecycle::Managed,
    stateful: false,
    attributes: &[
        AttributeSchema::identity("bucket"),
        AttributeSchema::new("region"),
        AttributeSchema::new("role"),
        AttributeSchema::new("rules").shaped(Shape::Document).caution(rules),
    ],
    outputs: &[],
    batched_by: None,
    removal: Some("new objects are no longer copied"),
    ours: Some(ours),
    coexist: None,
};

/// Whether every rule has an id of ours.
fn ours(values: &Values) -> bool {
    let rules = values.get("rules").and_then(Value::as_array);
    let id =
        |rule: &Value| rule.get("id").and_then(Value::as_str).is_some_and(|id| id.starts_with("holdfast-"));
    rules.is_some_and(|rules| rules.iter().all(id))
}

fn rules(before: &Value, after: &Value) -> Option<&'static str> {
    let destinations = |rules: &Value| -> Vec<Value> {
        let rules = rules.as_array().into_iter().flatten();
        rules.filter_map(|rule| rule.get("destination").cloned()).collect()
    };
    let after = destinations(after);
    let lost = destinations(before).iter().any(|destination| !after.contains(destination));
    lost.then_some("a destination of today gets no further copies")
}
