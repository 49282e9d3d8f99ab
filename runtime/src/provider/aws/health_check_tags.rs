//! Tags of health checks.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use aws_sdk_route53::types::{ResourceTagSet, Tag, TagResourceType};
use futures::{StreamExt, TryStreamExt, stream};

use holdfast_compiler::provider::aws::route53::health_check as kind;

use super::clients::Clients;
use super::error::{Named, fault, status, translate, unless};
use super::retry::{ROUTE53, Transient, retry, throttled};
use super::zone::AT_A_TIME;
use crate::cloud::CloudError;
use holdfast_compiler::resource::Call;

/// Resources per read and tags per change: the maximum of Route 53 (API Reference, `ListTagsForResources`,
/// `ChangeTagsForResource`).
const TOGETHER: usize = 10;

/// The tags of one health check.
type Tags = BTreeMap<String, String>;

/// The tags of health checks, by id.
pub(super) async fn read(clients: &Clients, ids: &[String]) -> Result<BTreeMap<String, Tags>, CloudError> {
    let mut found = BTreeMap::new();
    let mut groups = ids.chunks(TOGETHER);
    if !clients.single_tags.load(Ordering::Relaxed) {
        // The first group shows whether the endpoint supports the operation.
        let Some(first) = groups.next() else { return Ok(found) };
        match read_group(clients, first).await? {
            Some(sets) => found.extend(sets),
            None => {
                clients.single_tags.store(true, Ordering::Relaxed);
                groups = ids.chunks(TOGETHER);
            }
        }
    }
    if clients.single_tags.load(Ordering::Relaxed) {
        let reads: Vec<_> = ids.iter().map(|id| read_one(clients, id)).collect();
        return stream::iter(reads).buffer_unordered(AT_A_TIME).try_collect().await;
    }
    let reads: Vec<_> = groups.map(|group| read_group(clients, group)).collect();
    let rest: Vec<_> = stream::iter(reads).buffer_unordered(AT_A_TIME).try_collect().await?;
    found.extend(rest.into_iter().flatten().flatten());
    Ok(found)
}

/// The tags of a group, or `None` if the endpoint does not support the operation: other implementations of Route 53's
/// API may lack it.
async fn read_group(clients: &Clients, ids: &[String]) -> Result<Option<Vec<(String, Tags)>>, CloudError> {
    const OPERATION: &Call = &kind::GET_TAGS_OF_MANY;
    let unknown = fault(OPERATION, "UnknownOperation", "");
    let answer = retry(ROUTE53, || async {
        let request = clients.route53.list_tags_for_resources().resource_type(TagResourceType::Healthcheck);
        request.set_resource_ids(Some(ids.to_vec())).send().await.map_err(|error| {
            let told = translate(OPERATION, &error);
            let strange = told.code == "BadAnswer" || matches!(status(&error), Some(400 | 404 | 405 | 501));
            if strange && !throttled(&told) { unknown.clone() } else { told }
        })
    });
    let answer = unless(answer.await, &["UnknownOperation"])?;
    Ok(answer.map(|answer| answer.resource_tag_sets.into_iter().filter_map(tag_set).collect()))
}

async fn read_one(clients: &Clients, id: &str) -> Result<(String, Tags), CloudError> {
    let answer = retry(ROUTE53, || async {
        let request = clients.route53.list_tags_for_resource().resource_type(TagResourceType::Healthcheck);
        request.resource_id(id).send().await.named(&kind::GET_TAGS)
    });
    let answer = unless(answer.await, &["NoSuchHealthCheck"])?;
    let tags = answer.and_then(|answer| answer.resource_tag_set).and_then(tag_set);
    Ok((id.to_owned(), tags.map(|(_, tags)| tags).unwrap_or_default()))
}

fn tag_set(set: ResourceTagSet) -> Option<(String, Tags)> {
    let tags = set.tags.unwrap_or_default().into_iter();
    let tags = tags.filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default())));
    Some((set.resource_id?, tags.collect()))
}

/// Add or change tags. Other tags stay.
pub(super) async fn write(
    clients: &Clients,
    id: &str,
    tags: Tags,
    table: &[Transient],
) -> Result<(), CloudError> {
    let tags: Vec<Tag> =
        tags.into_iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect();
    for some in tags.chunks(TOGETHER) {
        retry(table, || async {
            let request = clients.route53.change_tags_for_resource().resource_id(id);
            let request =
                request.resource_type(TagResourceType::Healthcheck).set_add_tags(Some(some.to_vec()));
            request.send().await.named(&kind::PUT_TAGS)
        })
        .await?;
    }
    Ok(())
}
