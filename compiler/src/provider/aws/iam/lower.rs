//! The role that S3 replicates with. It has exactly the permissions that one data set needs.
//!
//! Source: Amazon S3 User Guide, "Setting up permissions for live replication" and "Replicating encrypted
//! objects (SSE-S3, SSE-KMS, DSSE-KMS, SSE-C)".

use serde_json::{Value, json};

use super::grant::{self, GRANTS, READ_LOCKS, ROLE_PREFIX};
use super::role;
use crate::digest::sha256;
use crate::document::{Encryption, Name};
use crate::lower::context::Context;
use crate::policy::{Bucket, DataSet};
use crate::provider::aws::keys::key_arn;
use crate::provider::aws::name::AWS;
use crate::provider::aws::s3;
use crate::resource::Resource;

pub(in crate::provider::aws) fn role(context: &Context<'_>, data: &Name, set: &DataSet) -> Resource {
    let address = context.address(role::KIND, &[data.as_str()]);
    Resource::new(address, format!("lets S3 copy data `{data}`"), set.backups)
        .set(role::NAME, name(context, data))
        .set(role::TRUST, grant::trust(context.target.account(AWS)))
        .set(role::POLICY, policy(context, set))
        .set(role::TAGS, context.tags("data", data))
        .phased()
}

/// `holdfast-ESTATE-SERVICE-DATA-DIGEST`, truncated if it is too long. The digest distinguishes names that
/// the hyphens would make equal.
fn name(context: &Context<'_>, data: &Name) -> String {
    let parts = [context.policy.estate.as_str(), context.service.name.as_str(), data.as_str()];
    let digest: String = sha256(parts.join("\n")).chars().take(8).collect();
    let readable: String = format!("{ROLE_PREFIX}{}", parts.join("-"));
    let kept: String = readable.chars().take(role::LONGEST_NAME - digest.len() - 1).collect();
    format!("{}-{digest}", kept.trim_end_matches('-'))
}

fn bucket_arn(bucket: &Bucket) -> String {
    s3::arn(bucket.name.as_str())
}

fn policy(context: &Context<'_>, set: &DataSet) -> Value {
    let source = bucket_arn(&set.primary);
    let objects = |bucket: &Bucket| format!("{}/*", bucket_arn(bucket));
    let copies: Vec<String> = set.copies.iter().map(objects).collect();
    let owned = || grant::owned_by(context.target.account(AWS));
    let mut statements = vec![
        allow("ReadConfiguration", "", json!([source]), owned()),
        allow("ReadObjects", "", json!([objects(&set.primary)]), owned()),
        allow(READ_LOCKS, "", json!([objects(&set.primary)]), owned()),
        allow("WriteCopies", "", json!(copies), owned()),
    ];
    if set.encryption.value == Encryption::Kms {
        statements.extend(allow_keys(context, "ReadKey", std::slice::from_ref(&set.primary)));
        statements.extend(allow_keys(context, "WriteKey", &set.copies));
    }
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// A statement of one of the [`GRANTS`], with a suffix to its id.
fn allow(id: &str, more: &str, resources: Value, condition: Value) -> Value {
    let actions = GRANTS.iter().find(|grant| grant.id == id).map_or(&[][..], |grant| grant.actions);
    json!({
        "Sid": format!("{id}{more}"), "Effect": "Allow", "Action": actions, "Resource": resources,
        "Condition": condition,
    })
}

/// Permission to use the keys of some buckets, only through S3 in their regions and only for these buckets. A
/// policy cannot name a key by its alias as a resource, so an alias becomes a condition (KMS Developer Guide,
/// "kms:ResourceAliases"). There is one statement for aliases and one for keys, however many copies there
/// are, because all inline policies of a role together are limited to 10,240 characters (IAM User Guide, "IAM
/// and AWS STS quotas"). The encryption context is the bucket if there is a bucket key, otherwise the object
/// (S3 User Guide, "Reducing the cost of SSE-KMS with Amazon S3 Bucket Keys").
fn allow_keys(context: &Context<'_>, id: &str, buckets: &[Bucket]) -> Vec<Value> {
    let (mut named, mut aliased): (Vec<&Bucket>, Vec<&Bucket>) = (Vec::new(), Vec::new());
    for bucket in buckets {
        let key = bucket.site.kms_key.as_ref().is_some_and(|key| key.as_str().starts_with("arn:"));
        if key { named.push(bucket) } else { aliased.push(bucket) }
    }
    let statement = |more: &str, buckets: Vec<&Bucket>| {
        let mut aliases: Vec<String> = Vec::new();
        let mut resources: Vec<String> = Vec::new();
        for bucket in &buckets {
            let key = key_arn(context, &bucket.site);
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
        let via: Vec<String> =
            buckets.iter().map(|bucket| format!("s3.{}.amazonaws.com", bucket.site.region)).collect();
        let contexts: Vec<String> = buckets
            .iter()
            .flat_map(|bucket| [bucket_arn(bucket), format!("{}/*", bucket_arn(bucket))])
            .collect();
        let mut condition = json!({
            "StringEquals": {"kms:ViaService": one_or_many(via)},
            "StringLike": {"kms:EncryptionContext:aws:s3:arn": contexts},
        });
        if let (false, Value::Object(condition)) = (aliases.is_empty(), &mut condition) {
            let aliases = json!({"kms:ResourceAliases": one_or_many(aliases)});
            condition.insert("ForAnyValue:StringEquals".to_owned(), aliases);
        }
        allow(id, more, json!(resources), condition)
    };
    let groups = [("", aliased), ("ByArn", named)];
    let groups = groups.into_iter().filter(|(_, buckets)| !buckets.is_empty());
    groups.map(|(more, buckets)| statement(more, buckets)).collect()
}

/// IAM returns a list of one item as the item itself.
fn one_or_many(values: Vec<String>) -> Value {
    match values.as_slice() {
        [only] => json!(only),
        _ => json!(values),
    }
}
