//! Buckets: one listing for all, five reads for each (S3 has no bulk reads), one call for each changed setting.

use std::collections::BTreeSet;

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration, ObjectOwnership, Tag};
use futures::{StreamExt, stream};
use holdfast_compiler::observation::{Object, Observation};
use holdfast_compiler::plan::Action;
use holdfast_compiler::provider::aws::s3::bucket as kind;
use holdfast_compiler::resource::{Call, Values};
use serde_json::json;

use super::bucket_regions::{self, AT_A_TIME};
use super::clients::{Clients, HOME};
use super::driver::{Look, driver};
use super::error::{Named, fault, unless};
use super::fields::{required, tag_value, tags, text, with_found};
use super::guard;
use super::retry::{BUCKET, NEW_BUCKET, retry};
use super::{bucket_settings as settings, done};
use crate::cloud::{CloudError, Command, Done, GUARDED};

/// All settings of the wanted buckets. What a region does not let us read is unseen.
async fn observe(look: &Look<'_>) -> Result<Observation, CloudError> {
    let (clients, there) = (look.clients, look.buckets_of(kind::KIND, kind::NAME).await?);
    let reads: Vec<_> = there
        .into_iter()
        .map(|(name, region)| async move {
            let read = read(clients.s3(region), name, region);
            (name, region, clients.reach.ask(&kind::GET_VERSIONING, region, read).await)
        })
        .collect();
    look.seen(kind::KIND, kind::NAME, stream::iter(reads).buffer_unordered(AT_A_TIME).collect().await)
}

pub(super) async fn read(client: Client, name: &str, region: &str) -> Result<Option<Object>, CloudError> {
    // A bucket that was deleted since it was listed does not exist.
    unless(settings::read(&client, name).await, &["NoSuchBucket"]).map(|settings| {
        settings.map(|mut attributes| {
            attributes.insert(kind::NAME.to_owned(), name.into());
            attributes.insert(kind::REGION.to_owned(), region.into());
            Object { kind: kind::KIND, id: name.to_owned(), attributes, outputs: outputs(name) }
        })
    })
}

fn outputs(name: &str) -> Values {
    Values::from([("arn".to_owned(), json!(format!("arn:aws:s3:::{name}")))])
}

/// Create, update or delete a bucket.
pub(super) async fn execute(clients: &Clients, command: &Command) -> Result<Done, CloudError> {
    let values = &command.values;
    match command.action {
        Action::Create => create(clients, values).await,
        Action::Update => {
            let name = required(values, kind::NAME, &kind::CREATE)?;
            let client = clients.s3(required(values, kind::REGION, &kind::CREATE)?);
            let mut changed: BTreeSet<&str> = command.changed.iter().map(String::as_str).collect();
            // One call writes all three encryption attributes.
            if changed.remove(kind::KMS_KEY) | changed.remove(kind::BUCKET_KEY) {
                changed.insert(kind::ENCRYPTION);
            }
            let values = with_found(command);
            for setting in changed {
                settings::write(&client, name, &values, setting, BUCKET).await?;
            }
            Ok(done(name, outputs(name)))
        }
        Action::Delete => delete(clients, command).await,
        Action::Keep | Action::Replace => {
            let message = "a bucket holds data: Holdfast never replaces it";
            Err(fault(&kind::DELETE, "Refused", message))
        }
    }
}

/// Delete a bucket. S3 deletes it only if it is empty, including versions and delete markers; Holdfast never empties
/// one. Source: Amazon S3 API Reference, `DeleteBucket`.
async fn delete(clients: &Clients, command: &Command) -> Result<Done, CloudError> {
    const OPERATION: &Call = &kind::DELETE;
    let missing = || fault(OPERATION, "BadRequest", "no bucket to delete");
    let object = command.object.as_ref().ok_or_else(missing)?;
    let client = clients.s3(required(&object.attributes, kind::REGION, OPERATION)?);
    let answer =
        retry(BUCKET, || async { client.delete_bucket().bucket(&object.id).send().await.named(OPERATION) });
    unless(answer.await, &["NoSuchBucket"])?;
    Ok(done(&object.id, Values::new()))
}

async fn create(clients: &Clients, values: &Values) -> Result<Done, CloudError> {
    const OPERATION: &Call = &kind::CREATE;
    let name = required(values, kind::NAME, OPERATION)?;
    let region = required(values, kind::REGION, OPERATION)?;
    let client = clients.s3(region);
    let ownership = text(values, kind::OWNERSHIP).map(ObjectOwnership::from);
    let configuration = configuration(region, values)?;
    let answer = retry(BUCKET, || async {
        let request = client.create_bucket().bucket(name).set_object_ownership(ownership.clone());
        request.set_create_bucket_configuration(configuration.clone()).send().await.named(OPERATION)
    });
    let mut todo = vec![kind::VERSIONING, kind::PUBLIC_ACCESS_BLOCK];
    let mut values = values.clone();
    match answer.await {
        Ok(_) => {
            clients.made_bucket(name);
            // Every new bucket has SSE-S3 (Amazon S3 User Guide, "Setting default server-side encryption
            // behavior for Amazon S3 buckets": since January 5, 2023). `CreateBucket` sets ownership and tags.
            if text(&values, kind::ENCRYPTION) != Some(kind::SSE_S3) {
                todo.push(kind::ENCRYPTION);
            }
        }
        Err(error) if error.code == "BucketAlreadyOwnedByYou" => {
            // An earlier attempt whose response was lost, or a bucket created since the plan. Its tags stay.
            let found = adopt(clients, name, region).await?;
            let mut all = tags(&found);
            guard::owner(name, &all, &tags(&values)).map_err(|why| fault(OPERATION, GUARDED, why))?;
            all.extend(tags(&values));
            values.insert(kind::TAGS.to_owned(), tag_value(all));
            todo = settings::different(&found, &values);
        }
        Err(error) if error.code == "BucketAlreadyExists" => {
            let message = format!("another AWS account has a bucket `{name}`: choose a different name");
            return Err(CloudError { message, ..error });
        }
        Err(error) => return Err(error),
    }
    // `CreateBucket` cannot name the expected owner, but the settings can, and a new bucket always has two settings
    // to write. So the owner is checked before the bucket is used.
    for setting in todo {
        settings::write(&client, name, &values, setting, NEW_BUCKET).await?;
    }
    Ok(done(name, outputs(name)))
}

/// The configuration with region and tags. A bucket without constraint is in us-east-1, which is not a valid
/// constraint.
fn configuration(region: &str, values: &Values) -> Result<Option<CreateBucketConfiguration>, CloudError> {
    let constraint = (region != HOME).then(|| BucketLocationConstraint::from(region));
    let tags = tags(values).into_iter().map(|(key, value)| Tag::builder().key(key).value(value).build());
    let tags: Vec<Tag> = tags.collect::<Result<_, _>>().named(&kind::CREATE)?;
    if constraint.is_none() && tags.is_empty() {
        return Ok(None);
    }
    let configuration = CreateBucketConfiguration::builder().set_location_constraint(constraint);
    Ok(Some(configuration.set_tags((!tags.is_empty()).then_some(tags)).build()))
}

/// Adopt a bucket of this account if it is in the right region. Returns its settings.
async fn adopt(clients: &Clients, name: &str, region: &str) -> Result<Values, CloudError> {
    let found = retry(NEW_BUCKET, || bucket_regions::location(clients, region, name)).await?;
    if found != region {
        let message = format!("the bucket `{name}` already exists in {found}, not in {region}");
        return Err(fault(&kind::CREATE, "BucketAlreadyOwnedByYou", message));
    }
    let client = clients.s3(region);
    retry(NEW_BUCKET, || settings::read(&client, name)).await
}

driver!(kind::KIND, observe, guard::bucket, execute);
