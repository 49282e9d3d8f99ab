//! Converting one record set to values and back.

use aws_sdk_route53::types::{
    AliasTarget, ResourceRecord, ResourceRecordSet, ResourceRecordSetFailover, RrType,
};
use holdfast_compiler::provider::aws::route53::record as kind;
use holdfast_compiler::resource::{Call, Values};
use serde_json::{Value, json};

use super::error::{Named, fault};
use super::fields::{flag, lacks, required, text, texts};
use super::record_name::plain;
use super::zone::Zone;
use crate::cloud::CloudError;

const OPERATION: &Call = &kind::CHANGE;

/// A record set as attributes.
pub(super) fn to_values(zone: &Zone, set: &ResourceRecordSet) -> Values {
    let alias = set.alias_target();
    let values = set.resource_records.as_ref().filter(|_| alias.is_none());
    let values = values.map(|records| records.iter().map(ResourceRecord::value).collect::<Vec<_>>());
    let attributes = [
        (kind::ZONE, json!(zone.name)),
        (kind::NAME, json!(plain(set.name()))),
        (kind::TYPE, json!(set.r#type().as_str())),
        (kind::SET_IDENTIFIER, json!(set.set_identifier())),
        (kind::ROUTING, json!(routing(set))),
        ("failover", json!(set.failover().map(ResourceRecordSetFailover::as_str))),
        (kind::ZONE_ID, json!(zone.id)),
        (kind::TTL, json!(set.ttl().filter(|_| alias.is_none()))),
        (kind::VALUES, json!(values)),
        (kind::ALIAS_NAME, json!(alias.map(|alias| plain(alias.dns_name())))),
        (kind::ALIAS_ZONE_ID, json!(alias.map(AliasTarget::hosted_zone_id))),
        (kind::EVALUATE, json!(alias.map(AliasTarget::evaluate_target_health))),
        (kind::HEALTH_CHECK, json!(set.health_check_id())),
    ];
    attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The routing policy. Each policy has its own element, and a record without any of them is simple. Source: Amazon
/// Route 53 API Reference, `ResourceRecordSet`.
fn routing(set: &ResourceRecordSet) -> &'static str {
    if set.failover().is_some() {
        "failover"
    } else if set.weight().is_some() {
        "weighted"
    } else if set.region().is_some() {
        "latency"
    } else if set.geo_location().is_some() {
        "geolocation"
    } else if set.geo_proximity_location().is_some() {
        "geoproximity"
    } else if set.cidr_routing_config().is_some() {
        "cidr"
    } else if set.multi_value_answer() == Some(true) {
        "multivalue"
    } else {
        kind::SIMPLE
    }
}

/// Holdfast's id of a record set, which has none on Route 53: unique in the account, and stable.
pub(super) fn id(values: &Values) -> String {
    let part = |name: &str| text(values, name).unwrap_or_default();
    format!(
        "{}/{}/{}/{}",
        part(kind::ZONE_ID),
        part(kind::NAME),
        part(kind::TYPE),
        part(kind::SET_IDENTIFIER)
    )
}

/// A record set from attributes. Only simple and failover records are supported: Holdfast neither writes nor
/// displaces others.
pub(super) fn from_values(values: &Values) -> Result<ResourceRecordSet, CloudError> {
    let routing = text(values, kind::ROUTING).unwrap_or_default();
    if !matches!(routing, kind::SIMPLE | "failover") {
        let message = format!("Holdfast does not change a record with routing policy `{routing}`");
        return Err(fault(OPERATION, "Refused", message));
    }
    let set = ResourceRecordSet::builder()
        .name(required(values, kind::NAME, OPERATION)?)
        .r#type(RrType::from(required(values, kind::TYPE, OPERATION)?))
        .set_set_identifier(text(values, kind::SET_IDENTIFIER).map(str::to_owned))
        .set_failover(text(values, "failover").map(ResourceRecordSetFailover::from))
        .set_health_check_id(text(values, kind::HEALTH_CHECK).map(str::to_owned));
    let set = match text(values, kind::ALIAS_NAME) {
        Some(target) => set.alias_target(
            AliasTarget::builder()
                .dns_name(target)
                .hosted_zone_id(required(values, kind::ALIAS_ZONE_ID, OPERATION)?)
                .evaluate_target_health(flag(values, kind::EVALUATE).unwrap_or(false))
                .build()
                .named(OPERATION)?,
        ),
        None => {
            let ttl =
                values.get(kind::TTL).and_then(Value::as_i64).ok_or_else(|| lacks(OPERATION, kind::TTL))?;
            let records = texts(values, kind::VALUES).into_iter();
            let records = records.map(|value| ResourceRecord::builder().value(value).build());
            let records = records.collect::<Result<Vec<_>, _>>().named(OPERATION)?;
            set.ttl(ttl).set_resource_records(Some(records))
        }
    };
    set.build().named(OPERATION)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone() -> Zone {
        Zone { name: "example.com".to_owned(), id: "Z1".to_owned(), records: None }
    }

    fn values(value: Value) -> Values {
        serde_json::from_value(value).unwrap()
    }

    fn round_trip(wanted: Value) {
        let wanted = values(wanted);
        let set = from_values(&wanted).unwrap();
        assert_eq!(to_values(&zone(), &set), wanted);
    }

    #[test]
    fn written_value_reads_back_unchanged() {
        round_trip(json!({
            "zone": "example.com", "zone-id": "Z1", "name": "app.example.com", "type": "A",
            "set-identifier": "ireland", "routing": "failover", "failover": "PRIMARY", "ttl": 60,
            "values": ["192.0.2.1"], "alias-name": null, "alias-zone-id": null,
            "evaluate-target-health": null, "health-check": "check",
        }));
        round_trip(json!({
            "zone": "example.com", "zone-id": "Z1", "name": "app.example.com", "type": "A",
            "set-identifier": "ireland-standbys", "routing": "failover", "failover": "SECONDARY", "ttl": null,
            "values": null, "alias-name": "_standby1.app.example.com", "alias-zone-id": "Z1",
            "evaluate-target-health": true, "health-check": null,
        }));
        round_trip(json!({
            "zone": "example.com", "zone-id": "Z1", "name": "*.example.com", "type": "CNAME",
            "set-identifier": null, "routing": "simple", "failover": null, "ttl": 300,
            "values": ["elsewhere.example.net"], "alias-name": null, "alias-zone-id": null,
            "evaluate-target-health": null, "health-check": null,
        }));
    }

    #[test]
    fn records_with_other_routing_policies_are_read_but_never_written() {
        let set = ResourceRecordSet::builder().name("App.example.com.").r#type(RrType::A).weight(0);
        let found = to_values(&zone(), &set.set_identifier("half").build().unwrap());
        assert_eq!(found.get("routing"), Some(&json!("weighted")));
        assert_eq!(id(&found), "Z1/app.example.com/A/half");
        assert_eq!(from_values(&found).map_err(|error| error.code), Err("Refused".to_owned()));
    }
}
