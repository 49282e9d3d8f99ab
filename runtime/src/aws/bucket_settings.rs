//! The settings of one bucket: read together, written one by one.

use std::collections::BTreeMap;

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{
    BucketVersioningStatus, ObjectOwnership, OwnershipControls, OwnershipControlsRule,
    PublicAccessBlockConfiguration, ServerSideEncryption, ServerSideEncryptionByDefault,
    ServerSideEncryptionConfiguration, ServerSideEncryptionRule, Tag, Tagging, VersioningConfiguration,
};
use futures::try_join;
use holdfast_compiler::resource::{Kind, Values};
use serde_json::{Value, json};

use super::error::{Named, unless};
use super::fields::{flag, lacks, required, tag_value, tags, text, texts};
use super::retry::{Passing, retry};
use crate::cloud::CloudError;

/// The four settings of S3 Block Public Access, sorted.
const PUBLIC_ACCESS: [&str; 4] =
    ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"];

/// Every setting, as attributes.
pub(super) async fn read(client: &Client, bucket: &str) -> Result<Values, CloudError> {
    let (versioning, encryption, public_access, ownership, tags) = try_join!(
        read_versioning(client, bucket),
        read_encryption(client, bucket),
        read_public_access(client, bucket),
        read_ownership(client, bucket),
        read_tags(client, bucket),
    )?;
    let default = encryption.as_ref().and_then(|rule| rule.apply_server_side_encryption_by_default());
    let attributes = [
        ("versioning", versioning),
        ("encryption", json!(default.map(|default| default.sse_algorithm().as_str()))),
        ("kms-key", json!(default.and_then(ServerSideEncryptionByDefault::kms_master_key_id))),
        ("bucket-key", json!(encryption.as_ref().and_then(|rule| rule.bucket_key_enabled()) == Some(true))),
        ("public-access-block", public_access),
        ("ownership", ownership),
        ("tags", tag_value(tags)),
    ];
    Ok(attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

async fn read_versioning(client: &Client, bucket: &str) -> Result<Value, CloudError> {
    let answer = client.get_bucket_versioning().bucket(bucket).send().await;
    let answer = answer.named("s3:GetBucketVersioning")?;
    Ok(json!(answer.status().map(BucketVersioningStatus::as_str)))
}

/// S3 allows one rule.
async fn read_encryption(
    client: &Client,
    bucket: &str,
) -> Result<Option<ServerSideEncryptionRule>, CloudError> {
    let answer = client.get_bucket_encryption().bucket(bucket).send().await;
    let answer = answer.named("s3:GetBucketEncryption");
    let answer = unless(answer, &["ServerSideEncryptionConfigurationNotFoundError"])?;
    let configuration = answer.and_then(|answer| answer.server_side_encryption_configuration);
    Ok(configuration.and_then(|configuration| configuration.rules.into_iter().next()))
}

async fn read_public_access(client: &Client, bucket: &str) -> Result<Value, CloudError> {
    let answer = client.get_public_access_block().bucket(bucket).send().await;
    let answer = answer.named("s3:GetPublicAccessBlock");
    let answer = unless(answer, &["NoSuchPublicAccessBlockConfiguration"])?;
    let Some(found) = answer.and_then(|answer| answer.public_access_block_configuration) else {
        return Ok(Value::Null);
    };
    let on = [
        found.block_public_acls,
        found.block_public_policy,
        found.ignore_public_acls,
        found.restrict_public_buckets,
    ];
    let names = PUBLIC_ACCESS.iter().zip(on).filter(|(_, on)| *on == Some(true)).map(|(name, _)| *name);
    Ok(json!(names.collect::<Vec<_>>()))
}

async fn read_ownership(client: &Client, bucket: &str) -> Result<Value, CloudError> {
    let answer = client.get_bucket_ownership_controls().bucket(bucket).send().await;
    let answer = answer.named("s3:GetBucketOwnershipControls");
    let answer = unless(answer, &["OwnershipControlsNotFoundError"])?;
    let controls = answer.and_then(|answer| answer.ownership_controls);
    let rule = controls.and_then(|controls| controls.rules.into_iter().next());
    Ok(json!(rule.map(|rule| rule.object_ownership.as_str().to_owned())))
}

async fn read_tags(client: &Client, bucket: &str) -> Result<BTreeMap<String, String>, CloudError> {
    let answer = client.get_bucket_tagging().bucket(bucket).send().await;
    let answer = unless(answer.named("s3:GetBucketTagging"), &["NoSuchTagSet"])?;
    let tags = answer.into_iter().flat_map(|answer| answer.tag_set);
    Ok(tags.map(|tag| (tag.key, tag.value)).collect())
}

/// The settings that have to be written, so that what was found becomes what is wanted.
pub(super) fn different(found: &Values, wanted: &Values) -> Vec<&'static str> {
    let same = |name: &&str| {
        let attribute = Kind::Bucket.schema().attribute(name);
        let Some((attribute, wanted)) = attribute.zip(wanted.get(*name)) else { return true };
        found.get(*name).is_some_and(|found| attribute.shape.same(found, wanted))
    };
    let written: [(&str, &[&str]); 5] = [
        ("versioning", &["versioning"]),
        ("public-access-block", &["public-access-block"]),
        ("ownership", &["ownership"]),
        ("encryption", &["encryption", "kms-key", "bucket-key"]),
        ("tags", &["tags"]),
    ];
    let different = written.into_iter().filter(|(_, attributes)| !attributes.iter().all(same));
    different.map(|(setting, _)| setting).collect()
}

/// Write one setting, named by its attribute; `encryption` stands for all three of its attributes.
pub(super) async fn write(
    client: &Client,
    bucket: &str,
    values: &Values,
    setting: &str,
    table: &[Passing],
) -> Result<(), CloudError> {
    match setting {
        "versioning" => write_versioning(client, bucket, values, table).await,
        "encryption" => write_encryption(client, bucket, values, table).await,
        "public-access-block" => write_public_access(client, bucket, values, table).await,
        "ownership" => write_ownership(client, bucket, values, table).await,
        "tags" => write_tags(client, bucket, values, table).await,
        other => Err(lacks("s3:PutBucket", other)),
    }
}

async fn write_versioning(
    client: &Client,
    bucket: &str,
    values: &Values,
    table: &[Passing],
) -> Result<(), CloudError> {
    const OPERATION: &str = "s3:PutBucketVersioning";
    let status = BucketVersioningStatus::from(required(values, "versioning", OPERATION)?);
    let versioning = VersioningConfiguration::builder().status(status).build();
    retry(table, || async {
        let request = client.put_bucket_versioning().bucket(bucket);
        request.versioning_configuration(versioning.clone()).send().await.named(OPERATION)
    })
    .await
    .map(drop)
}

/// What somebody else decided about encryption types (such as blocking SSE-C) is in the same document, and
/// stays as it is.
async fn write_encryption(
    client: &Client,
    bucket: &str,
    values: &Values,
    table: &[Passing],
) -> Result<(), CloudError> {
    const OPERATION: &str = "s3:PutBucketEncryption";
    let algorithm = ServerSideEncryption::from(required(values, "encryption", OPERATION)?);
    let default = ServerSideEncryptionByDefault::builder().sse_algorithm(algorithm);
    let default = default.set_kms_master_key_id(text(values, "kms-key").map(str::to_owned)).build();
    let found = retry(table, || read_encryption(client, bucket)).await?;
    let rule = ServerSideEncryptionRule::builder()
        .apply_server_side_encryption_by_default(default.named(OPERATION)?)
        .set_bucket_key_enabled(flag(values, "bucket-key"))
        .set_blocked_encryption_types(found.and_then(|found| found.blocked_encryption_types));
    let encryption = ServerSideEncryptionConfiguration::builder().rules(rule.build()).build();
    let encryption = encryption.named(OPERATION)?;
    retry(table, || async {
        let request = client.put_bucket_encryption().bucket(bucket);
        request.server_side_encryption_configuration(encryption.clone()).send().await.named(OPERATION)
    })
    .await
    .map(drop)
}

async fn write_public_access(
    client: &Client,
    bucket: &str,
    values: &Values,
    table: &[Passing],
) -> Result<(), CloudError> {
    const OPERATION: &str = "s3:PutPublicAccessBlock";
    let wanted = texts(values, "public-access-block");
    let on = |name: &str| wanted.iter().any(|wanted| wanted == name);
    let [acls, policy, ignore, restrict] = PUBLIC_ACCESS.map(on);
    let block = PublicAccessBlockConfiguration::builder()
        .block_public_acls(acls)
        .block_public_policy(policy)
        .ignore_public_acls(ignore)
        .restrict_public_buckets(restrict)
        .build();
    retry(table, || async {
        let request = client.put_public_access_block().bucket(bucket);
        request.public_access_block_configuration(block.clone()).send().await.named(OPERATION)
    })
    .await
    .map(drop)
}

async fn write_ownership(
    client: &Client,
    bucket: &str,
    values: &Values,
    table: &[Passing],
) -> Result<(), CloudError> {
    const OPERATION: &str = "s3:PutBucketOwnershipControls";
    let ownership = ObjectOwnership::from(required(values, "ownership", OPERATION)?);
    let rule = OwnershipControlsRule::builder().object_ownership(ownership).build().named(OPERATION)?;
    let controls = OwnershipControls::builder().rules(rule).build().named(OPERATION)?;
    retry(table, || async {
        let request = client.put_bucket_ownership_controls().bucket(bucket);
        request.ownership_controls(controls.clone()).send().await.named(OPERATION)
    })
    .await
    .map(drop)
}

/// All tags, for what is not sent is removed.
async fn write_tags(
    client: &Client,
    bucket: &str,
    values: &Values,
    table: &[Passing],
) -> Result<(), CloudError> {
    const OPERATION: &str = "s3:PutBucketTagging";
    let tags = tags(values).into_iter().map(|(key, value)| Tag::builder().key(key).value(value).build());
    let tags = tags.collect::<Result<Vec<_>, _>>().named(OPERATION)?;
    let tagging = Tagging::builder().set_tag_set(Some(tags)).build().named(OPERATION)?;
    retry(table, || async {
        client.put_bucket_tagging().bucket(bucket).tagging(tagging.clone()).send().await.named(OPERATION)
    })
    .await
    .map(drop)
}
