//! The statements of the policies of roles.

use serde_json::{Value, json};

use super::grant::GRANTS;
use crate::policy::Bucket;
use crate::provider::aws::s3;

/// A statement of one of the [`GRANTS`], with a suffix to its id.
pub(super) fn allow(id: &str, more: &str, resources: Value, condition: Value) -> Value {
    let actions = GRANTS.iter().find(|grant| grant.id == id).map_or(&[][..], |grant| grant.actions);
    let mut statement = json!({
        "Sid": format!("{id}{more}"), "Effect": "Allow", "Action": actions, "Resource": resources,
    });
    if let (false, Value::Object(statement)) = (condition.is_null(), &mut statement) {
        statement.insert("Condition".to_owned(), condition);
    }
    statement
}

/// Permission to use some keys, each the ARN of a key or of an alias. A policy cannot name a key by its alias as a resource, so
/// an alias becomes a condition (KMS Developer Guide, "kms:ResourceAliases"). There is one statement for aliases and one for
/// keys, however many there are, because all inline policies of a role together are limited to 10,240 characters (IAM User Guide,
/// "IAM and AWS STS quotas"). `condition` is that of a group of `T`s.
pub(super) fn allow_keys<T: Clone>(
    id: &str,
    keys: impl IntoIterator<Item = (T, String)>,
    condition: impl Fn(&[T]) -> Value,
) -> Vec<Value> {
    let (aliased, named): (Vec<_>, Vec<_>) = keys.into_iter().partition(|(_, key)| key.contains(":alias/"));
    let statement = |more: &str, group: Vec<(T, String)>| {
        let mut aliases: Vec<String> = Vec::new();
        let mut resources: Vec<String> = Vec::new();
        let mut of: Vec<T> = Vec::new();
        for (one, key) in group {
            of.push(one);
            match key.split_once(":alias/") {
                None => resources.push(key),
                Some((prefix, alias)) => {
                    aliases.push(format!("alias/{alias}"));
                    resources.push(format!("{prefix}:key/*"));
                }
            }
        }
        aliases.sort_unstable();
        aliases.dedup();
        let mut condition = condition(&of);
        if let (false, Value::Object(condition)) = (aliases.is_empty(), &mut condition) {
            let aliases = json!({"kms:ResourceAliases": one_or_many(aliases)});
            condition.insert("ForAnyValue:StringEquals".to_owned(), aliases);
        }
        let none = condition.as_object().is_some_and(serde_json::Map::is_empty);
        allow(id, more, json!(resources), if none { Value::Null } else { condition })
    };
    let groups = [("", aliased), ("ByArn", named)];
    let groups = groups.into_iter().filter(|(_, group)| !group.is_empty());
    groups.map(|(more, group)| statement(more, group)).collect()
}

/// The condition that keys are used through S3 in the regions of some buckets.
pub(super) fn through_s3(buckets: &[&Bucket]) -> Value {
    let via = buckets.iter().map(|bucket| format!("s3.{}.amazonaws.com", bucket.site.region));
    json!({"StringEquals": {"kms:ViaService": one_or_many(via.collect())}})
}

/// The condition that keys are used through S3 and only for some buckets. The encryption context is the bucket if there is a
/// bucket key, otherwise the object (S3 User Guide, "Reducing the cost of SSE-KMS with Amazon S3 Bucket Keys").
pub(super) fn for_buckets(buckets: &[&Bucket]) -> Value {
    let arn = |bucket: &&Bucket| s3::arn(bucket.name.as_str());
    let contexts = buckets.iter().flat_map(|bucket| [arn(bucket), format!("{}/*", arn(bucket))]);
    let contexts: Vec<String> = contexts.collect();
    let mut condition = through_s3(buckets);
    if let Value::Object(condition) = &mut condition {
        let context = json!({"kms:EncryptionContext:aws:s3:arn": contexts});
        condition.insert("StringLike".to_owned(), context);
    }
    condition
}

/// IAM returns a list of one item as the item itself.
fn one_or_many(values: Vec<String>) -> Value {
    match values.as_slice() {
        [only] => json!(only),
        _ => json!(values),
    }
}
