//! The replication configuration of a bucket (V2 rules).

use serde_json::Value;

use super::{arn, bucket};
use crate::document::Name;
use crate::policy::Bucket;
use crate::provider::aws::iam::is_role;
use crate::provider::aws::name::AWS;
use crate::provider::aws::scope::{BUCKETS, PASSED_ROLES, on};
use crate::resource::{
    ActsWith, Address, AttributeSchema, Kind, KindSchema, Made, Rest, Shape, Values, Without, calls,
};

/// The source bucket.
pub const BUCKET: &str = "bucket";
/// Its region.
pub const REGION: &str = "region";
/// The ARN of the role.
pub const ROLE: &str = "role";
/// The rules, highest priority first. A rule is a mapping: `id`, `priority`, `status`, `filter` (`{prefix}`),
/// `delete-markers`, `destination` (ARN), `account`, `replication-time` and `metrics` (minutes or null),
/// `sse-kms-objects`, `replica-kms-key`, and any other key that a configuration made by others has, so that
/// its removal is visible.
pub const RULES: &str = "rules";

/// The keys of a rule.
pub mod rule {
    /// Text, unique in the configuration.
    pub const ID: &str = "id";
    /// A number, unique in the configuration; the highest wins.
    pub const PRIORITY: &str = "priority";
    /// `Enabled` or `Disabled`.
    pub const STATUS: &str = "status";
    /// The filter of objects: `{prefix}`, and other keys of rules made by others.
    pub const FILTER: &str = "filter";
    /// `Enabled` or `Disabled`.
    pub const DELETE_MARKERS: &str = "delete-markers";
    /// The ARN of the destination bucket.
    pub const DESTINATION: &str = "destination";
    /// The account that owns the destination bucket.
    pub const ACCOUNT: &str = "account";
    /// Who owns the copies: [`OF_DESTINATION`], if it is not who owns the source.
    pub const OWNER: &str = "owner";
    /// The owner of the destination bucket owns the copies.
    pub const OF_DESTINATION: &str = "Destination";
    /// Minutes of replication time control, or null.
    pub const TIME: &str = "replication-time";
    /// Minutes of the metrics' threshold, or null.
    pub const METRICS: &str = "metrics";
    /// `Enabled` if objects under SSE-KMS are copied.
    pub const SSE_KMS: &str = "sse-kms-objects";
    /// `Enabled` if changes of the metadata of replicas are copied.
    pub const REPLICA_CHANGES: &str = "replica-modifications";
    /// The key that the copies are encrypted with.
    pub const REPLICA_KEY: &str = "replica-kms-key";
    /// The value of an enabled setting.
    pub const ON: &str = "Enabled";
}

/// The prefix of the ids of Holdfast's rules.
pub const RULE_PREFIX: &str = "holdfast-";
/// The id of the rule that copies to a site.
#[must_use]
pub fn rule_id(site: &Name) -> String {
    format!("{RULE_PREFIX}{site}")
}

/// The address of the replication that copies back what is written to a copy of a data set.
#[must_use]
pub fn back(service: &Name, data: &Name, from: &Bucket) -> Address {
    Address::new(KIND, &[service.as_str(), data.as_str(), from.site.name.as_str()])
}

/// Minutes of replication time control; the only value S3 accepts (S3 API Reference, `ReplicationTimeValue`).
pub const MINUTES: u64 = 15;

/// The kind.
pub const KIND: Kind = Kind::of(&SCHEMA);

/// The declaration.
pub static SCHEMA: KindSchema = KindSchema {
    provider: Some(AWS),
    name: "replication",
    attributes: &[
        AttributeSchema::identity(BUCKET),
        AttributeSchema::new(REGION),
        AttributeSchema::new(ROLE),
        AttributeSchema::new(RULES).shaped(Shape::Document).caution(rules).leavable(),
    ],
    removal: Some("new objects are no longer copied"),
    ours: Some(ours),
    acts_with: Some(ActsWith { attribute: ROLE, names: is_role }),
    without: Some(Without { attribute: RULES, rest: without }),
    calls: CALLS,
    ..KindSchema::BASE
};

calls! {
    GET = "s3:GetBucketReplication", made [Made::Observe], takes [on("s3:GetReplicationConfiguration", &BUCKETS)];
    PUT = "s3:PutBucketReplication", made [Made::Create, Made::Update(&[REGION, ROLE, RULES])],
        takes [on("s3:PutReplicationConfiguration", &BUCKETS), on("iam:PassRole", &PASSED_ROLES)];
    DELETE = "s3:DeleteBucketReplication", made [Made::Delete],
        takes [on("s3:PutReplicationConfiguration", &BUCKETS)];
}

/// Whether every rule has an id of Holdfast.
fn ours(values: &Values) -> bool {
    let rules = values.get(RULES).and_then(Value::as_array);
    let id =
        |one: &Value| one.get(rule::ID).and_then(Value::as_str).is_some_and(|id| id.starts_with(RULE_PREFIX));
    rules.is_some_and(|rules| rules.iter().all(id))
}

fn destinations(rules: &Value) -> Vec<Value> {
    let rules = rules.as_array().into_iter().flatten();
    rules.filter_map(|one| one.get(rule::DESTINATION).cloned()).collect()
}

/// The rules without those that copy to a bucket of somebody else. No copy to a bucket of ours ends for that: as long as the
/// desired rules would end one, such as that to a bucket which gets the taken name, the present ones stay.
fn without(wanted: &Value, found: &Value, taken: &[Values]) -> Rest {
    let names = taken.iter().filter_map(|values| values.get(bucket::NAME)?.as_str());
    let taken: Vec<Value> = names.map(|name| arn(name).into()).collect();
    let ours = |rules: &Value| -> Vec<Value> {
        let is_taken = |one: &Value| one.get(rule::DESTINATION).is_some_and(|to| taken.contains(to));
        rules.as_array().into_iter().flatten().filter(|one| !is_taken(one)).cloned().collect()
    };
    let (ours_wanted, ours_found) = (Value::Array(ours(wanted)), ours(found));
    let stops = destinations(found).len() > ours_found.len();
    let ours_found = Value::Array(ours_found);
    let kept = destinations(&ours_wanted);
    let rest = match destinations(&ours_found).iter().all(|to| kept.contains(to)) {
        true => ours_wanted,
        false if stops => ours_found,
        false => return Rest::Waits,
    };
    match rest.as_array().is_some_and(Vec::is_empty) {
        true if stops => Rest::Nothing,
        true => Rest::Waits,
        false => Rest::Value(rest),
    }
}

fn rules(before: &Value, after: &Value) -> Option<&'static str> {
    let after = destinations(after);
    let lost = destinations(before).iter().any(|destination| !after.contains(destination));
    lost.then_some("an existing destination receives no further copies")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn to(buckets: &[&str]) -> Value {
        json!(buckets.iter().map(|name| json!({rule::DESTINATION: arn(name)})).collect::<Vec<_>>())
    }

    #[test]
    fn copies_to_a_taken_name_stop_and_no_other_does() {
        let taken = [Values::from([(bucket::NAME.to_owned(), json!("taken"))])];
        let rest = |wanted: &[&str], found: &[&str]| without(&to(wanted), &to(found), &taken);
        // The only copy, and one of two.
        assert_eq!(rest(&["taken"], &["taken"]), Rest::Nothing);
        assert_eq!(rest(&["taken", "a"], &["taken", "a"]), Rest::Value(to(&["a"])));
        // It has stopped, and the rest is kept up.
        assert_eq!(rest(&["taken", "a"], &["a"]), Rest::Value(to(&["a"])));
        assert_eq!(rest(&["taken", "a", "b"], &["a"]), Rest::Value(to(&["a", "b"])));
        // Nothing is there yet.
        assert_eq!(without(&to(&["taken"]), &Value::Null, &taken), Rest::Waits);
        assert_eq!(without(&to(&["taken", "a"]), &Value::Null, &taken), Rest::Value(to(&["a"])));
        // The bucket of a copy gets a name that is taken: the copy under the old name goes on.
        assert_eq!(rest(&["taken"], &["old"]), Rest::Waits);
        assert_eq!(rest(&["taken", "a"], &["old", "a"]), Rest::Waits);
        assert_eq!(rest(&["taken", "a"], &["old", "taken"]), Rest::Value(to(&["old"])));
    }
}
