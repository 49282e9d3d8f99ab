//! Listings of KMS: keys, aliases and tags, page by page.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_compiler::provider::aws::kms::made as kind;
use serde_json::Value;

use super::clients::Clients;
use super::error::Named;
use super::fields::tag_value;
use crate::cloud::CloudError;

/// The tags of a key, by its id or its ARN.
pub(super) async fn tags_of(clients: &Clients, region: &str, arn: &str) -> Result<Value, CloudError> {
    let client = clients.kms(region);
    let mut all = BTreeMap::new();
    let mut next: Option<String> = None;
    loop {
        let request = client.list_resource_tags().key_id(arn).set_marker(next.clone());
        let page = request.send().await.named(&kind::GET_TAGS)?;
        all.extend(page.tags().iter().map(|tag| (tag.tag_key().to_owned(), tag.tag_value().to_owned())));
        next = page.next_marker.filter(|_| page.truncated);
        if next.is_none() {
            return Ok(tag_value(all));
        }
    }
}

/// The ids of all keys of a region.
pub(super) async fn keys(clients: &Clients, region: &str) -> Result<BTreeSet<String>, CloudError> {
    let client = clients.kms(region);
    let (mut all, mut next) = (BTreeSet::new(), None);
    loop {
        let request = client.list_keys().limit(PAGE).set_marker(next);
        let page = request.send().await.named(&kind::LIST)?;
        all.extend(page.keys().iter().filter_map(|key| key.key_id().map(str::to_owned)));
        next = page.next_marker.filter(|_| page.truncated);
        if next.is_none() {
            return Ok(all);
        }
    }
}

/// The ids of the keys of a region, by the ARN of their alias.
pub(super) async fn aliases(clients: &Clients, region: &str) -> Result<BTreeMap<String, String>, CloudError> {
    let client = clients.kms(region);
    let (mut all, mut next) = (BTreeMap::new(), None);
    loop {
        let request = client.list_aliases().limit(ALIAS_PAGE).set_marker(next);
        let page = request.send().await.named(&kind::LIST_ALIASES)?;
        let found = page.aliases().iter();
        all.extend(found.filter_map(|one| Some((one.alias_arn.clone()?, one.target_key_id.clone()?))));
        next = page.next_marker.filter(|_| page.truncated);
        if next.is_none() {
            return Ok(all);
        }
    }
}

/// The most keys of a page (AWS KMS API Reference, `ListKeys`).
const PAGE: i32 = 1000;
/// The most aliases of a page (the same, `ListAliases`).
const ALIAS_PAGE: i32 = 100;
