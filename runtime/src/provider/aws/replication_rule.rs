//! Converting one rule of a replication configuration to a value and back.
//!
//! The value has every key that the compiler writes, and further keys only if the rule has those settings, so that
//! two values are equal exactly if the rules are.

use std::cmp::Reverse;

use aws_sdk_s3::types::{
    AccessControlTranslation, DeleteMarkerReplication, DeleteMarkerReplicationStatus, Destination,
    EncryptionConfiguration, ExistingObjectReplication, ExistingObjectReplicationStatus, Metrics,
    MetricsStatus, OwnerOverride, ReplicaModifications, ReplicaModificationsStatus, ReplicationRule,
    ReplicationRuleAndOperator, ReplicationRuleFilter, ReplicationRuleStatus, ReplicationTime,
    ReplicationTimeStatus, ReplicationTimeValue, SourceSelectionCriteria, SseKmsEncryptedObjects,
    SseKmsEncryptedObjectsStatus, StorageClass, Tag,
};
use serde_json::{Map, Value, json};

use holdfast_compiler::provider::aws::s3::replication as kind;

use super::error::Named;
use super::fields::{lacks, tag_value};
use crate::cloud::CloudError;
use holdfast_compiler::resource::Call;

const OPERATION: &Call = &kind::PUT;

/// Rules, highest priority first.
pub(super) fn to_value(rules: &[ReplicationRule]) -> Value {
    let mut rules: Vec<&ReplicationRule> = rules.iter().collect();
    rules.sort_by_key(|rule| (Reverse(rule.priority), rule.id.clone()));
    Value::Array(rules.into_iter().map(rule_value).collect())
}

fn rule_value(rule: &ReplicationRule) -> Value {
    let mut value = Map::new();
    let mut put = |key: &str, found: Option<Value>| {
        value.extend(found.map(|found| (key.to_owned(), found)));
    };
    put("id", rule.id().map(Value::from));
    put("priority", rule.priority().map(Value::from));
    put("status", Some(rule.status().as_str().into()));
    put("filter", Some(filter_value(rule)));
    put("delete-markers", Some(delete_markers(rule).into()));
    put("existing-objects", rule.existing_object_replication().map(|e| e.status().as_str().into()));
    if let Some(criteria) = rule.source_selection_criteria() {
        put("sse-kms-objects", criteria.sse_kms_encrypted_objects().map(|o| o.status().as_str().into()));
        put("replica-modifications", criteria.replica_modifications().map(|m| m.status().as_str().into()));
    }
    if let Some(to) = rule.destination() {
        put("destination", Some(to.bucket().into()));
        let time = to.replication_time().filter(|t| *t.status() == ReplicationTimeStatus::Enabled);
        put("replication-time", time.and_then(|t| t.time()?.minutes()).map(Value::from));
        let metrics = to.metrics().filter(|metrics| *metrics.status() == MetricsStatus::Enabled);
        // Without replication time control, metrics may be enabled without a threshold.
        let threshold = |metrics: &Metrics| metrics.event_threshold().and_then(ReplicationTimeValue::minutes);
        put("metrics", metrics.map(|on| threshold(on).map_or_else(|| "Enabled".into(), Value::from)));
        put("account", to.account().map(Value::from));
        put("owner", to.access_control_translation().map(|owner| owner.owner().as_str().into()));
        put("storage-class", to.storage_class().map(|class| class.as_str().into()));
        put(
            "replica-kms-key",
            to.encryption_configuration().and_then(|e| e.replica_kms_key_id()).map(Value::from),
        );
    }
    Value::Object(value)
}

/// The filter of a rule. Rules of version 1 have a prefix instead.
fn filter_value(rule: &ReplicationRule) -> Value {
    #[expect(deprecated, reason = "old configurations still have it")]
    let old = rule.prefix();
    let filter = rule.filter();
    let and = filter.and_then(ReplicationRuleFilter::and);
    let prefix = filter.and_then(ReplicationRuleFilter::prefix).or(and.and_then(|and| and.prefix())).or(old);
    let one = filter.and_then(ReplicationRuleFilter::tag);
    let tags: Vec<&Tag> = and.map(|and| and.tags()).unwrap_or_default().iter().chain(one).collect();
    let mut value = json!({"prefix": prefix.unwrap_or_default()});
    if let (Value::Object(value), false) = (&mut value, tags.is_empty()) {
        let tags = tags.into_iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned()));
        value.insert("tags".to_owned(), tag_value(tags));
    }
    value
}

/// Whether delete markers are replicated: always by rules of version 1, by default not by rules of version 2. Source:
/// Amazon S3 User Guide, "Replicating delete markers between buckets".
fn delete_markers(rule: &ReplicationRule) -> &str {
    let first_version = rule.filter().is_none();
    let stated = rule.delete_marker_replication().and_then(DeleteMarkerReplication::status);
    match stated {
        Some(status) => status.as_str(),
        None if first_version => "Enabled",
        None => "Disabled",
    }
}

/// A rule of version 2 from a value.
pub(super) fn from_value(value: &Value) -> Result<ReplicationRule, CloudError> {
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    let required = |key: &str| text(key).ok_or_else(|| lacks(OPERATION, key));
    let markers = DeleteMarkerReplicationStatus::from(required("delete-markers")?);
    let existing = text("existing-objects").map(|status| {
        let status = ExistingObjectReplicationStatus::from(status);
        ExistingObjectReplication::builder().status(status).build()
    });
    ReplicationRule::builder()
        .set_id(text("id").map(str::to_owned))
        .set_priority(number(value, "priority"))
        .status(ReplicationRuleStatus::from(required("status")?))
        .filter(filter(value.get("filter"))?)
        .delete_marker_replication(DeleteMarkerReplication::builder().status(markers).build())
        .set_existing_object_replication(existing.transpose().named(OPERATION)?)
        .set_source_selection_criteria(criteria(value)?)
        .destination(destination(value, required("destination")?)?)
        .build()
        .named(OPERATION)
}

fn number(value: &Value, key: &str) -> Option<i32> {
    value.get(key).and_then(Value::as_i64).and_then(|number| i32::try_from(number).ok())
}

/// A filter from a value. Several conditions need an `And` (Amazon S3 API Reference, `ReplicationRuleFilter`).
fn filter(value: Option<&Value>) -> Result<ReplicationRuleFilter, CloudError> {
    let prefix = value.and_then(|value| value.get("prefix")).and_then(Value::as_str).unwrap_or_default();
    let tags = value.and_then(|value| value.get("tags")).and_then(Value::as_object).into_iter().flatten();
    let tags = tags.filter_map(|(key, value)| Some(Tag::builder().key(key).value(value.as_str()?).build()));
    let tags: Vec<Tag> = tags.collect::<Result<_, _>>().named(OPERATION)?;
    let filter = ReplicationRuleFilter::builder();
    Ok(match tags.as_slice() {
        [] => filter.prefix(prefix).build(),
        [tag] if prefix.is_empty() => filter.tag(tag.clone()).build(),
        _ => {
            let prefix = (!prefix.is_empty()).then(|| prefix.to_owned());
            let and = ReplicationRuleAndOperator::builder().set_prefix(prefix).set_tags(Some(tags));
            filter.and(and.build()).build()
        }
    })
}

fn criteria(value: &Value) -> Result<Option<SourceSelectionCriteria>, CloudError> {
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    let encrypted = text("sse-kms-objects").map(|status| {
        SseKmsEncryptedObjects::builder().status(SseKmsEncryptedObjectsStatus::from(status)).build()
    });
    let modified = text("replica-modifications").map(|status| {
        ReplicaModifications::builder().status(ReplicaModificationsStatus::from(status)).build()
    });
    if encrypted.is_none() && modified.is_none() {
        return Ok(None);
    }
    let criteria = SourceSelectionCriteria::builder()
        .set_sse_kms_encrypted_objects(encrypted.transpose().named(OPERATION)?)
        .set_replica_modifications(modified.transpose().named(OPERATION)?);
    Ok(Some(criteria.build()))
}

fn destination(value: &Value, bucket: &str) -> Result<Destination, CloudError> {
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    let minutes = |minutes: i32| ReplicationTimeValue::builder().minutes(minutes).build();
    let time = number(value, "replication-time").map(|found| {
        ReplicationTime::builder().status(ReplicationTimeStatus::Enabled).time(minutes(found)).build()
    });
    let metrics = value.get("metrics").filter(|value| !value.is_null()).map(|_| {
        let threshold = number(value, "metrics").map(minutes);
        Metrics::builder().status(MetricsStatus::Enabled).set_event_threshold(threshold).build()
    });
    let owner = text("owner")
        .map(|owner| AccessControlTranslation::builder().owner(OwnerOverride::from(owner)).build());
    let key =
        text("replica-kms-key").map(|key| EncryptionConfiguration::builder().replica_kms_key_id(key).build());
    Destination::builder()
        .bucket(bucket)
        .set_account(text("account").map(str::to_owned))
        .set_storage_class(text("storage-class").map(StorageClass::from))
        .set_access_control_translation(owner.transpose().named(OPERATION)?)
        .set_encryption_configuration(key)
        .set_replication_time(time.transpose().named(OPERATION)?)
        .set_metrics(metrics.transpose().named(OPERATION)?)
        .build()
        .named(OPERATION)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(rules: &Value) {
        let sdk: Vec<ReplicationRule> =
            rules.as_array().unwrap().iter().map(|rule| from_value(rule).unwrap()).collect();
        assert_eq!(to_value(&sdk), *rules);
    }

    #[test]
    fn written_value_reads_back_unchanged() {
        round_trip(&json!([
            {
                "id": "holdfast-ireland", "priority": 2, "status": "Enabled", "filter": {"prefix": ""},
                "delete-markers": "Enabled", "destination": "arn:aws:s3:::b", "replication-time": 15,
                "metrics": 15, "sse-kms-objects": "Enabled",
                "replica-kms-key": "arn:aws:kms:eu-west-1:111122223333:alias/aws/s3",
            },
            {
                "id": "holdfast-ohio", "priority": 1, "status": "Enabled", "filter": {"prefix": ""},
                "delete-markers": "Enabled", "destination": "arn:aws:s3:::c", "replication-time": 15,
                "metrics": 15,
            },
        ]));
    }

    #[test]
    fn settings_of_others_are_kept() {
        round_trip(&json!([
            {
                "id": "theirs", "priority": 9, "status": "Disabled",
                "filter": {"prefix": "logs/", "tags": {"a": "1", "b": "2"}}, "delete-markers": "Disabled",
                "destination": "arn:aws:s3:::c", "account": "111122223333", "owner": "Destination",
                "storage-class": "STANDARD_IA", "replica-modifications": "Enabled",
                "existing-objects": "Enabled", "metrics": "Enabled",
            },
            {
                "id": "tagged", "priority": 3, "status": "Enabled", "filter": {"prefix": "", "tags": {"a": "1"}},
                "delete-markers": "Disabled", "destination": "arn:aws:s3:::c",
            },
        ]));
    }

    #[test]
    #[expect(deprecated, reason = "old configurations still have it")]
    fn version_one_rule_reads_like_version_two() {
        let to = Destination::builder().bucket("arn:aws:s3:::c").build().unwrap();
        let rule = || {
            let rule = ReplicationRule::builder().id("old").status(ReplicationRuleStatus::Enabled);
            rule.destination(to.clone())
        };
        let old = to_value(&[rule().prefix("x/").build().unwrap()]);
        assert_eq!(
            old,
            json!([{
                "id": "old", "status": "Enabled", "filter": {"prefix": "x/"}, "delete-markers": "Enabled",
                "destination": "arn:aws:s3:::c",
            }])
        );
        let empty = rule().priority(1).filter(ReplicationRuleFilter::builder().build()).build().unwrap();
        let value = to_value(&[empty]);
        assert_eq!(value.pointer("/0/filter"), Some(&json!({"prefix": ""})));
        assert_eq!(value.pointer("/0/delete-markers"), Some(&json!("Disabled")));
    }

    #[test]
    fn disabled_rule_reads_as_absent() {
        let time = ReplicationTimeValue::builder().minutes(15).build();
        let off = ReplicationTime::builder().status(ReplicationTimeStatus::Disabled).time(time.clone());
        let metrics = Metrics::builder().status(MetricsStatus::Disabled).event_threshold(time);
        let to = Destination::builder().bucket("arn:aws:s3:::c").replication_time(off.build().unwrap());
        let to = to.metrics(metrics.build().unwrap()).build().unwrap();
        let rule = ReplicationRule::builder().status(ReplicationRuleStatus::Enabled).destination(to);
        let value = to_value(&[rule.build().unwrap()]);
        assert_eq!(value.pointer("/0/replication-time"), None);
        assert_eq!(value.pointer("/0/metrics"), None);
    }
}
