//! The role that S3 replicates with, allowed exactly what one data set needs.
//!
//! Source: Amazon S3 User Guide, "Setting up permissions for live replication" and "Replicating encrypted
//! objects (SSE-S3, SSE-KMS, DSSE-KMS, SSE-C)".

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::Context;
use super::data::key_arn;
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

/// `holdfast-ESTATE-SERVICE-DATA`; where that is too long, cut and made unique by a digest of the whole.
fn name(context: &Context<'_>, data: &Name) -> String {
    let whole = format!("holdfast-{}-{}-{data}", context.policy.estate, context.service.name);
    if whole.len() <= LONGEST {
        return whole;
    }
    let digest = Sha256::digest(&whole);
    let digest: String = digest.iter().take(5).map(|byte| format!("{byte:02x}")).collect();
    let kept = whole.get(..LONGEST - digest.len() - 1).unwrap_or_default();
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
    if set.encryption == Encryption::Kms {
        statements.push(allow_key(context, "ReadKey", &["kms:Decrypt"], &set.primary));
        for (nth, copy) in set.copies.iter().enumerate() {
            let id = format!("WriteKey{}", nth + 1);
            statements.push(allow_key(context, &id, &["kms:Encrypt", "kms:GenerateDataKey"], copy));
        }
    }
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn allow(id: &str, actions: &[&str], resources: Value) -> Value {
    json!({"Sid": id, "Effect": "Allow", "Action": actions, "Resource": resources})
}

/// Use of one key through S3 in its region, for one bucket only. A policy cannot name a key by its alias
/// as a resource, so an alias becomes a condition (KMS Developer Guide, "kms:ResourceAliases"). The
/// encryption context is the bucket with a bucket key, the object without (S3 User Guide, "Reducing the
/// cost of SSE-KMS with Amazon S3 Bucket Keys").
fn allow_key(context: &Context<'_>, id: &str, actions: &[&str], bucket: &Bucket) -> Value {
    let key = key_arn(context, &bucket.site);
    let arn = bucket_arn(bucket);
    let via = format!("s3.{}.amazonaws.com", bucket.site.region);
    let mut condition = json!({
        "StringEquals": {"kms:ViaService": via},
        "StringLike": {"kms:EncryptionContext:aws:s3:arn": [arn, format!("{arn}/*")]},
    });
    let resource = match key.split_once(":alias/") {
        None => key,
        Some((prefix, alias)) => {
            if let Value::Object(map) = &mut condition {
                let aliases = json!({"kms:ResourceAliases": format!("alias/{alias}")});
                map.insert("ForAnyValue:StringEquals".to_owned(), aliases);
            }
            format!("{prefix}:key/*")
        }
    };
    let mut statement = allow(id, actions, json!([resource]));
    if let Value::Object(map) = &mut statement {
        map.insert("Condition".to_owned(), condition);
    }
    statement
}
