//! One record of a failover pair in a hosted zone.
//!
//! | attribute | value |
//! | --- | --- |
//! | `zone` | the zone's name |
//! | `name` | the record's name, lower case, no final dot |
//! | `type` | `A`, `AAAA`, `CNAME` |
//! | `set-identifier` | text, or null for a record without routing policy |
//! | `routing` | `failover`, `simple`, or the name of another routing policy |
//! | `failover` | `PRIMARY`, `SECONDARY` or null |
//! | `zone-id` | the zone's id |
//! | `ttl` | seconds, null for an alias |
//! | `values` | list of texts, null for an alias |
//! | `alias-name`, `alias-zone-id` | the target of an alias, or null |
//! | `evaluate-target-health` | boolean, null where there is no alias |
//! | `health-check` | id or null |

use serde_json::Value;

use super::Values;
use super::schema::{AttributeSchema, Change, Coexist, KindSchema, Lifecycle, Shape};

pub(super) static SCHEMA: KindSchema = KindSchema {
    name: "record",
    lifecycle: Lifecycle::Managed,
    stateful: false,
    attributes: &[
        AttributeSchema::identity("zone"),
        AttributeSchema::identity("name"),
        AttributeSchema::identity("type"),
        AttributeSchema::identity("set-identifier"),
        AttributeSchema::new("routing").change(Change::Replace),
        // A pair that swaps its roles is removed and made anew within one batch: two updates would meet.
        AttributeSchema::new("failover").change(Change::Replace),
        AttributeSchema::new("zone-id"),
        AttributeSchema::new("ttl"),
        AttributeSchema::new("values").shaped(Shape::Set).caution(values),
        AttributeSchema::new("alias-name"),
        AttributeSchema::new("alias-zone-id"),
        AttributeSchema::new("evaluate-target-health"),
        AttributeSchema::new("health-check"),
    ],
    outputs: &[],
    batched_by: Some("zone"),
    removal: Some("the name stops answering, unless another record holds it"),
    ours: None,
    coexist: Some(Coexist { within: &["zone", "name"], rule: coexist, immovable }),
};

/// Records that a failover pair may take the place of are those that answer the same question: addresses
/// and host names, answered plainly or by another failover pair.
fn immovable(values: &Values) -> Option<String> {
    let text = |name: &str| values.get(name).and_then(Value::as_str).unwrap_or_default();
    let (routing, kind) = (text("routing"), text("type"));
    let answers = ["A", "AAAA", "CNAME"].contains(&kind);
    let plain = ["simple", "failover"].contains(&routing);
    (!answers || !plain).then(|| format!("a {routing} record of type {kind}"))
}

fn values(before: &Value, _: &Value) -> Option<&'static str> {
    before.as_array()?;
    Some("users are sent to another address as soon as their resolvers ask again")
}

/// Whether two records can stand on one name of a zone: Route 53 allows one CNAME alone on a name, one routing
/// policy per name and type, one record per failover role, one per set identifier.
///
/// Source: Amazon Route 53 API Reference, `ResourceRecordSet`; Developer Guide, "Supported DNS record types".
fn coexist(one: &Values, other: &Values) -> bool {
    let same = |name: &str| one.get(name) == other.get(name);
    if !same("type") {
        return ![one, other].iter().any(|record| record.get("type").is_some_and(|t| t == "CNAME"));
    }
    let simple = |record: &Values| record.get("routing").is_some_and(|r| r == "simple");
    same("routing") && !simple(one) && !same("set-identifier") && !same("failover")
}
