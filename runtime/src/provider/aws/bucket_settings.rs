//! The settings of one bucket: read together, written one by one.

use std::collections::BTreeMap;

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{
    BucketVersioningStatus, ObjectOwnership, OwnershipControls, OwnershipControlsRule,
    PublicAccessBlockConfiguration, ServerSideEncryption, ServerSideEncryptionByDefault,
    ServerSideEncryptionConfiguration, ServerSideEncryptionRule, Tag, Tagging, VersioningConfiguration,
};
use futures::try_join;
use holdfast_compiler::provider::aws::s3::bucket as kind;
use holdfast_compiler::resource::{Call, Values};
use serde_json::{Value, json};

use super::error::{Named, unless};
use super::fields::{flag, lacks, required, tag_value, tags, text, texts};
use super::retry::{Transient, retry};
use crate::cloud::CloudError;

/// The four settings of S3 Block Public Access, sorted.
const PUBLIC_ACCESS: [&str; 4] =
    ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"];

/// All settings of a bucket, as attributes.
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
        (kind::VERSIONING, versioning),
        (kind::ENCRYPTION, json!(default.map(|default| default.sse_algorithm().as_str()))),
        (kind::KMS_KEY, json!(default.and_then(ServerSideEncryptionByDefault::kms_master_key_id))),
        (
            kind::BUCKET_KEY,
            json!(encryption.as_ref().and_then(|rule| rule.bucket_key_enabled()) == Some(true)),
        ),
        (kind::PUBLIC_ACCESS_BLOCK, public_access),
        (kind::OWNERSHIP, ownership),
        (kind::TAGS, tag_value(tags)),
    ];
    Ok(attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

async fn read_versioning(client: &Client, bucket: &str) -> Result<Value, CloudError> {
    let answer = client.get_bucket_versioning().bucket(bucket).send().await;
    let answer = answer.named(&kind::GET_VERSIONING)?;
    Ok(json!(answer.status().map(BucketVersioningStatus::as_str)))
}

/// The encryption rule; S3 allows only one.
async fn read_encryption(
    client: &Client,
    bucket: &str,
) -> Result<Option<ServerSideEncryptionRule>, CloudError> {
    let answer = client.get_bucket_encryption().bucket(bucket).send().await;
    let answer = answer.named(&kind::GET_ENCRYPTION);
    let answer = unless(answer, &["ServerSideEncryptionConfigurationNotFoundError"])?;
    let configuration = answer.and_then(|answer| answer.server_side_encryption_configuration);
    Ok(configuration.and_then(|configuration| configuration.rules.into_iter().next()))
}

async fn read_public_access(client: &Client, bucket: &str) -> Result<Value, CloudError> {
    let answer = client.get_public_access_block().bucket(bucket).send().await;
    let answer = answer.named(&kind::GET_PUBLIC_ACCESS);
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
    let answer = answer.named(&kind::GET_OWNERSHIP);
    let answer = unless(answer, &["OwnershipControlsNotFoundError"])?;
    let controls = answer.and_then(|answer| answer.ownership_controls);
    let rule = controls.and_then(|controls| controls.rules.into_iter().next());
    Ok(json!(rule.map(|rule| rule.object_ownership.as_str().to_owned())))
}

async fn read_tags(client: &Client, bucket: &str) -> Result<BTreeMap<String, String>, CloudError> {
    let answer = client.get_bucket_tagging().bucket(bucket).send().await;
    let answer = unless(answer.named(&kind::GET_TAGS), &["NoSuchTagSet"])?;
    let tags = answer.into_iter().flat_map(|answer| answer.tag_set);
    Ok(tags.map(|tag| (tag.key, tag.value)).collect())
}

/// The settings that differ and must be written.
pub(super) fn different(found: &Values, wanted: &Values) -> Vec<&'static str> {
    let same = |name: &&str| {
        let attribute = kind::KIND.schema().attribute(name);
        let Some((attribute, wanted)) = attribute.zip(wanted.get(*name)) else { return true };
        found.get(*name).is_some_and(|found| attribute.shape.same(found, wanted))
    };
    let written: [(&str, &[&str]); 5] = [
        (kind::VERSIONING, &[kind::VERSIONING]),
        (kind::PUBLIC_ACCESS_BLOCK, &[kind::PUBLIC_ACCESS_BLOCK]),
        (kind::OWNERSHIP, &[kind::OWNERSHIP]),
        (kind::ENCRYPTION, &[kind::ENCRYPTION, kind::KMS_KEY, kind::BUCKET_KEY]),
        (kind::TAGS, &[kind::TAGS]),
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
    table: &[Transient],
) -> Result<(), CloudError> {
    match setting {
        kind::VERSIONING => write_versioning(client, bucket, values, table).await,
        kind::ENCRYPTION => write_encryption(client, bucket, values, table).await,
        kind::PUBLIC_ACCESS_BLOCK => write_public_access(client, bucket, values, table).await,
        kind::OWNERSHIP => write_ownership(client, bucket, values, table).await,
        kind::TAGS => write_tags(client, bucket, values, table).await,
        other => Err(lacks(&kind::CREATE, other)),
    }
}

async fn write_versioning(
    client: &Client,
    bucket: &str,
    values: &Values,
    table: &[Transient],
) -> Result<(), CloudError> {
    const OPERATION: &Call = &kind::PUT_VERSIONING;
    let status = BucketVersioningStatus::from(required(values, kind::VERSIONING, OPERATION)?);
    let versioning = VersioningConfiguration::builder().status(status).build();
    retry(table, || async {
        let request = client.put_bucket_versioning().bucket(bucket);
        request.versioning_configuration(versioning.clone()).send().await.named(OPERATION)
    })
    .await
    .map(drop)
}

/// Write the encryption. Blocked encryption types (such as SSE-C), which others may have set, are in the same
/// document and are preserved.
async fn write_encryption(
    client: &Client,
    bucket: &str,
    values: &Values,
    table: &[Transient],
) -> Result<(), CloudError> {
    const OPERATION: &Call = &kind::PUT_ENCRYPTION;
    let algorithm = ServerSideEncryption::from(required(values, kind::ENCRYPTION, OPERATION)?);
    let default = ServerSideEncryptionByDefault::builder().sse_algorithm(algorithm);
    let default = default.set_kms_master_key_id(text(values, kind::KMS_KEY).map(str::to_owned)).build();
    let found = retry(table, || read_encryption(client, bucket)).await?;
    let rule = ServerSideEncryptionRule::builder()
        .apply_server_side_encryption_by_default(default.named(OPERATION)?)
        .set_bucket_key_enabled(flag(values, kind::BUCKET_KEY))
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
    table: &[Transient],
) -> Result<(), CloudError> {
    const OPERATION: &Call = &kind::PUT_PUBLIC_ACCESS;
    let wanted = texts(values, kind::PUBLIC_ACCESS_BLOCK);
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
    table: &[Transient],
) -> Result<(), CloudError> {
    const OPERATION: &Call = &kind::PUT_OWNERSHIP;
    let ownership = ObjectOwnership::from(required(values, kind::OWNERSHIP, OPERATION)?);
    let rule = OwnershipControlsRule::builder().object_ownership(ownership).build().named(OPERATION)?;
    let controls = OwnershipControls::builder().rules(rule).build().named(OPERATION)?;
    retry(table, || async {
        let request = client.put_bucket_ownership_controls().bucket(bucket);
        request.ownership_controls(controls.clone()).send().await.named(OPERATION)
    })
    .await
    .map(drop)
}

/// Write all tags, because S3 removes tags that are not sent.
async fn write_tags(
    client: &Client,
    bucket: &str,
    values: &Values,
    table: &[Transient],
) -> Result<(), CloudError> {
    const OPERATION: &Call = &kind::PUT_TAGS;
    let tags = tags(values).into_iter().map(|(key, value)| Tag::builder().key(key).value(value).build());
    let tags = tags.collect::<Result<Vec<_>, _>>().named(OPERATION)?;
    let tagging = Tagging::builder().set_tag_set(Some(tags)).build().named(OPERATION)?;
    retry(table, || async {
        client.put_bucket_tagging().bucket(bucket).tagging(tagging.clone()).send().await.named(OPERATION)
    })
    .await
    .map(drop)
}
