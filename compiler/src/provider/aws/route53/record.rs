//! One record of a failover pair in a hosted zone.

use serde_json::Value;

use crate::provider::aws::name::AWS;
use crate::provider::aws::scope::{ANY, ZONES, on};
use crate::resource::{AttributeSchema, Change, Coexist, Kind, KindSchema, Made, Shape, Values, calls};

/// The zone's name.
pub const ZONE: &str = "zone";
/// The record's name, lower case, no final dot.
pub const NAME: &str = "name";
/// `A`, `AAAA`, `CNAME`.
pub const TYPE: &str = "type";
/// Text, or null for a record without a routing policy.
pub const SET_IDENTIFIER: &str = "set-identifier";
/// [`FAILS_OVER`], [`SIMPLE`], or the name of another routing policy.
pub const ROUTING: &str = "routing";
/// `PRIMARY`, `SECONDARY` or null.
pub const FAILOVER: &str = "failover";
/// The zone's id.
pub const ZONE_ID: &str = "zone-id";
/// Seconds, null for an alias.
pub const TTL: &str = "ttl";
/// A list of texts, null for an alias.
pub const VALUES: &str = "values";
/// The name that an alias points to, or null.
pub const ALIAS_NAME: &str = "alias-name";
/// The id of the zone of that name, or null.
pub const ALIAS_ZONE_ID: &str = "alias-zone-id";
/// Boolean, or null for a record that is not an alias.
pub const EVALUATE: &str = "evaluate-target-health";
/// The id of a health check, or null.
pub const HEALTH_CHECK: &str = "health-check";

/// The routing policy of a failover pair.
pub const FAILS_OVER: &str = "failover";
/// The routing of a record without a policy.
pub const SIMPLE: &str = "simple";
/// The role of the record that answers while its target is healthy.
pub const PRIMARY: &str = "PRIMARY";
/// The role of the record that answers while the primary is unhealthy.
pub const SECONDARY: &str = "SECONDARY";

/// The kind.
pub const KIND: Kind = Kind::of(&SCHEMA);

/// The declaration.
pub static SCHEMA: KindSchema = KindSchema {
    provider: Some(AWS),
    name: "record",
    attributes: &[
        AttributeSchema::identity(ZONE),
        AttributeSchema::identity(NAME),
        AttributeSchema::identity(TYPE),
        AttributeSchema::identity(SET_IDENTIFIER),
        AttributeSchema::new(ROUTING).change(Change::Replace),
        // A pair that swaps its roles is deleted and recreated in one batch, because two updates would
        // conflict.
        AttributeSchema::new(FAILOVER).change(Change::Replace),
        AttributeSchema::new(ZONE_ID),
        AttributeSchema::new(TTL),
        AttributeSchema::new(VALUES).shaped(Shape::Set).caution(values),
        AttributeSchema::new(ALIAS_NAME),
        AttributeSchema::new(ALIAS_ZONE_ID),
        AttributeSchema::new(EVALUATE),
        AttributeSchema::new(HEALTH_CHECK),
    ],
    batched_by: Some(ZONE),
    removal: Some("the name no longer resolves, unless another record has it"),
    coexist: Some(Coexist {
        within: &[ZONE, NAME],
        rule: coexist,
        immovable,
        answers: &[VALUES, ALIAS_NAME],
    }),
    known_as: &[SET_IDENTIFIER],
    foreign_settings: Some(foreign_settings),
    calls: CALLS,
    sends_users: true,
    ..KindSchema::BASE
};

calls! {
    LIST = "route53:ListResourceRecordSets", made [Made::Observe], takes [on("route53:ListResourceRecordSets", &ZONES)];
    CHANGE = "route53:ChangeResourceRecordSets", made [Made::Change],
        takes [on("route53:ChangeResourceRecordSets", &ZONES)];
    GET_CHANGE = "route53:GetChange", made [Made::Change], takes [on("route53:GetChange", &ANY)];
}

/// A failover pair may replace records for the same query: addresses and host names of a simple record or of
/// another failover pair.
fn immovable(values: &Values) -> Option<String> {
    let text = |name: &str| values.get(name).and_then(Value::as_str).unwrap_or_default();
    let (routing, kind) = (text("routing"), text("type"));
    let answers = ["A", "AAAA", "CNAME"].contains(&kind);
    let plain = ["simple", "failover"].contains(&routing);
    (!answers || !plain).then(|| format!("a {routing} record of type {kind}"))
}

fn values(before: &Value, _: &Value) -> Option<&'static str> {
    before.as_array()?;
    Some("clients are sent to another address once their resolvers refresh the record")
}

/// A delegation below the zone: its name servers are asked for the name instead of this zone.
fn foreign_settings(values: &Values, _: &dyn Fn(&'static KindSchema) -> bool) -> Option<String> {
    let text = |name: &str| values.get(name).and_then(Value::as_str).unwrap_or_default();
    let delegates = text(TYPE) == "NS" && text(NAME) != text(ZONE);
    let to = || format!("an NS record delegates `{}` to other name servers", text(NAME));
    delegates.then(|| KindSchema::decides(&to()))
}

/// Whether two records can exist on one name of a zone. Route 53 allows a CNAME only alone on a name, one
/// routing policy per name and type, one record per failover role, and one per set identifier.
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
