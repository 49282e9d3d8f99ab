//! The role that S3 replicates with, allowed exactly what one data set needs.
//!
//! Source: Amazon S3 User Guide, "Setting up permissions for live replication" and "Replicating encrypted
//! objects (SSE-S3, SSE-KMS, DSSE-KMS, SSE-C)".

use serde_json::{Value, json};

use super::Context;
use super::data::key_arn;
use crate::digest::sha256;
use crate::document::{Encryption, Name};
use crate::policy::{Bucket, DataSet};
use crate::resource::{Kind, Resource};

/// The longest name of a role (IAM API Reference, `CreateRole`).
const LONGEST: usize = 64;

pub(super) fn lower(context: &Context<'_>, data: &Name, set: &DataSet) -> Resource {
    let address = context.address(Kind::Role, &[data.as_str()]);
    Resource::new(address, format!("lets S3 copy data `{data}`"), set.backups)
        .set("name", name(context, data))
        .set("trust", trust())
        .set("policy", policy(context, set))
        .set("tags", context.tags("data", data))
}

/// `holdfast-ESTATE-SERVICE-DATA-DIGEST`, cut where it is too long. The digest tells apart what the hyphens
/// of names would make alike.
fn name(context: &Context<'_>, data: &Name) -> String {
    let parts = [context.policy.estate.as_str(), context.service.name.as_str(), data.as_str()];
    let digest: String = sha256(parts.join("\n")).chars().take(8).collect();
    let readable: String = format!("holdfast-{}", parts.join("-"));
    let kept: String = readable.chars().take(LONGEST - digest.len() - 1).collect();
    format!("{}-{digest}", kept.trim_end_matches('-'))
}

fn trust() -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"Service": "s3.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }],
    })
}

pub(super) fn bucket_arn(bucket: &Bucket) -> String {
    format!("arn:aws:s3:::{}", bucket.name)
}

fn policy(context: &Context<'_>, set: &DataSet) -> Value {
    let source = bucket_arn(&set.primary);
    let objects = |bucket: &Bucket| format!("{}/*", bucket_arn(bucket));
    let copies: Vec<String> = set.copies.iter().map(objects).collect();
    let mut statements = vec![
        allow("ReadConfiguration", &["s3:GetReplicationConfiguration", "s3:ListBucket"], json!([source])),
        allow(
            "ReadObjects",
            &["s3:GetObjectVersionAcl", "s3:GetObjectVersionForReplication", "s3:GetObjectVersionTagging"],
            json!([objects(&set.primary)]),
        ),
        allow(
            "WriteCopies",
            &["s3:ReplicateDelete", "s3:ReplicateObject", "s3:ReplicateTags"],
            json!(copies),
        ),
    ];
    if set.encryption.value == Encryption::Kms {
        statements.extend(allow_keys(
            context,
            "ReadKey",
            &["kms:Decrypt"],
            std::slice::from_ref(&set.primary),
        ));
        statements.extend(allow_keys(
            context,
            "WriteKey",
            &["kms:Encrypt", "kms:GenerateDataKey"],
            &set.copies,
        ));
    }
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn allow(id: &str, actions: &[&str], resources: Value) -> Value {
    json!({"Sid": id, "Effect": "Allow", "Action": actions, "Resource": resources})
}

/// Use of the keys of some buckets, through S3 in their regions and for these buckets only. A policy cannot
/// name a key by its alias as a resource, so an alias becomes a condition (KMS Developer Guide,
/// "kms:ResourceAliases"): one statement for the aliases and one for the keys, however many copies there are,
/// since all inline policies of a role have 10,240 characters together (IAM User Guide, "IAM and AWS STS
/// quotas"). The encryption context is the bucket with a bucket key, the object without (S3 User Guide,
/// "Reducing the cost of SSE-KMS with Amazon S3 Bucket Keys").
fn allow_keys(context: &Context<'_>, id: &str, actions: &[&str], buckets: &[Bucket]) -> Vec<Value> {
    let (mut named, mut aliased): (Vec<&Bucket>, Vec<&Bucket>) = (Vec::new(), Vec::new());
    for bucket in buckets {
        let key = bucket.site.kms_key.as_ref().is_some_and(|key| key.as_str().starts_with("arn:"));
        if key { named.push(bucket) } else { aliased.push(bucket) }
    }
    let statement = |id: String, buckets: Vec<&Bucket>| {
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
        let mut statement = allow(&id, actions, json!(resources));
        if let Value::Object(statement) = &mut statement {
            statement.insert("Condition".to_owned(), condition);
        }
        statement
    };
    let groups = [(id.to_owned(), aliased), (format!("{id}ByArn"), named)];
    let groups = groups.into_iter().filter(|(_, buckets)| !buckets.is_empty());
    groups.map(|(id, buckets)| statement(id, buckets)).collect()
}

/// IAM gives a list of one back as the value itself.
fn one_or_many(values: Vec<String>) -> Value {
    match values.as_slice() {
        [only] => json!(only),
        _ => json!(values),
    }
}
