//! Objects in the embedded cloud: small texts in its file, so that a restore can be tried without an account. A person or a test writes
//! them under `stored`; a restore adds more, and a drill removes what it added. Otherwise they are kept for ever, whatever lifecycle rules say.

use std::collections::BTreeMap;

use async_trait::async_trait;
use holdfast_compiler::digest::sha256;
use holdfast_compiler::restore::{Content, History, Retrieval, Stored, Version, Versioning};
use serde::{Deserialize, Serialize};

use super::Local;
use super::store::State;
use crate::cloud::{BucketPlace, Class, CloudError, Current, Cursor, Guard, Head, Objects, Page};
use crate::provider;

/// The region of a bucket that no region is known of.
pub(super) const NOWHERE: &str = "local";

/// A version of an object. In the file, later ones come later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredVersion {
    /// Its key.
    pub(super) key: String,
    /// Its id, unique for its key.
    pub(super) version: String,
    /// When it was written (RFC 3339).
    pub(super) written: jiff::Timestamp,
    /// Its data; none for a deletion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<String>,
    /// Whether it was uploaded in parts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) parts: bool,
    /// Its storage class, `STANDARD` if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) class: Option<String>,
}

impl StoredVersion {
    fn etag(&self, text: &str) -> String {
        let digest: String = sha256(text).chars().take(32).collect();
        format!("\"{digest}{}\"", if self.parts { "-2" } else { "" })
    }

    fn listed(&self) -> Version {
        let content = self.text.as_ref().map_or(Content::Marker, |text| {
            Content::Object(Stored {
                size: text.len() as u64,
                etag: self.etag(text),
                multipart: self.parts,
                class: self.class.clone().unwrap_or_else(|| "STANDARD".to_owned()),
                retrieval: Retrieval::None,
            })
        });
        let (key, id) = (self.key.clone(), self.version.clone());
        Version { key, id, modified: Some(self.written.as_millisecond()), content }
    }
}

fn missing(what: &str) -> CloudError {
    CloudError::new(Class::NotFound, "local:objects", "NotFound", format!("there is no {what}"))
}

impl State {
    /// The region of a bucket, if it is there.
    pub(super) fn bucket_region(&self, bucket: &str) -> Option<String> {
        let mut buckets =
            self.objects().filter(|object| object.kind.schema().stateful && object.id == bucket);
        let region = buckets.find_map(|object| provider::embedded(object.kind)?.region(&object.attributes));
        region.or_else(|| self.stored.contains_key(bucket).then(|| NOWHERE.to_owned()))
    }

    /// The versions in a bucket, the oldest first.
    pub(super) fn versions_in(&self, bucket: &str) -> impl DoubleEndedIterator<Item = &StoredVersion> {
        self.stored.get(bucket).into_iter().flatten()
    }

    /// A version with its data; without an id, the current one.
    fn version_in(&self, bucket: &str, key: &str, id: Option<&str>) -> Option<(&StoredVersion, &str)> {
        let mut all = self.versions_in(bucket).rev().filter(|one| one.key == key);
        let found = all.find(|one| id.is_none_or(|id| one.version == id))?;
        Some((found, found.text.as_deref()?))
    }
}

impl Local {
    /// Ask about a bucket, unless its region is lost.
    pub(super) fn ask<T>(
        &self,
        place: &BucketPlace,
        question: impl FnOnce(&mut State) -> Result<T, CloudError>,
    ) -> Result<T, CloudError> {
        self.count();
        let mut state = self.state();
        if state.weather.as_ref().is_some_and(|weather| weather.lost.contains(&place.region)) {
            let message = format!("{} does not answer (weather)", place.region);
            return Err(CloudError::new(Class::Unanswered, "local:objects", "NoAnswer", message));
        }
        question(&mut state)
    }
}

#[async_trait]
impl Objects for Local {
    async fn place(&self, bucket: &str, region: Option<&str>) -> Result<BucketPlace, CloudError> {
        let found = self.state().bucket_region(bucket);
        let region = found.clone().filter(|found| found != NOWHERE).or(region.map(str::to_owned));
        let region = region.unwrap_or_else(|| NOWHERE.to_owned());
        let place = BucketPlace { bucket: bucket.to_owned(), region };
        self.ask(&place, |_| found.map(drop).ok_or_else(|| missing(&format!("bucket `{bucket}`"))))?;
        Ok(place)
    }

    async fn history(&self, place: &BucketPlace) -> Result<History, CloudError> {
        self.ask(place, |_| Ok(()))?;
        Ok(History { versioning: Versioning::Enabled, rules: Ok(Vec::new()), replica: false })
    }

    async fn versions(
        &self,
        place: &BucketPlace,
        prefix: &str,
        _: Option<&Cursor>,
    ) -> Result<Page<Version>, CloudError> {
        self.ask(place, |state| {
            let all = state.versions_in(&place.bucket).rev().filter(|one| one.key.starts_with(prefix));
            let mut items: Vec<Version> = all.map(StoredVersion::listed).collect();
            items.sort_by(|one, other| one.key.cmp(&other.key));
            Ok(Page { items, next: None })
        })
    }

    async fn current(
        &self,
        place: &BucketPlace,
        prefix: &str,
        _: Option<&Cursor>,
    ) -> Result<Page<Current>, CloudError> {
        self.ask(place, |state| {
            let all = state.versions_in(&place.bucket).filter(|one| one.key.starts_with(prefix));
            let newest: BTreeMap<&str, &StoredVersion> = all.map(|one| (one.key.as_str(), one)).collect();
            let items = newest.values().filter_map(|one| {
                let text = one.text.as_deref()?;
                Some(Current { key: one.key.clone(), etag: one.etag(text), size: text.len() as u64 })
            });
            Ok(Page { items: items.collect(), next: None })
        })
    }

    async fn head(&self, place: &BucketPlace, key: &str, version: Option<&str>) -> Result<Head, CloudError> {
        self.ask(place, |state| {
            let found = state.version_in(&place.bucket, key, version);
            let (found, text) = found.ok_or_else(|| missing(&format!("object `{key}`")))?;
            Ok(Head {
                version: Some(found.version.clone()),
                etag: found.etag(text),
                size: text.len() as u64,
                checksums: BTreeMap::from([("SHA256".to_owned(), sha256(text))]),
            })
        })
    }

    async fn copy(
        &self,
        from: &BucketPlace,
        version: &Version,
        to: &BucketPlace,
        key: &str,
        guard: &Guard,
        _: u64,
    ) -> Result<Option<String>, CloudError> {
        self.ask(from, |_| Ok(()))?;
        self.ask(to, |state| {
            let found = state.version_in(&from.bucket, &version.key, Some(&version.id));
            let (_, text) = found.ok_or_else(|| missing(&format!("object `{}`", version.key)))?;
            let text = text.to_owned();
            let there = state.version_in(&to.bucket, key, None).map(|(there, text)| there.etag(text));
            let holds = match guard {
                Guard::Absent => there.is_none(),
                Guard::Is(etag) => there.as_ref() == Some(etag),
            };
            if !holds {
                let message = format!("`{key}` is not as it was listed");
                return Err(CloudError::new(Class::Conflict, "local:objects", "PreconditionFailed", message));
            }
            let id = state.next_id("version");
            let written = jiff::Timestamp::now();
            let (key, text) = (key.to_owned(), Some(text));
            let new = StoredVersion { key, version: id.clone(), written, text, parts: false, class: None };
            state.keep(&to.bucket, new);
            match &self.store {
                None => state.forget_changes(),
                Some(store) => {
                    if let Err(error) = store.save(state) {
                        // A change that cannot be saved has not happened.
                        state.unkeep(&to.bucket);
                        return Err(error);
                    }
                }
            }
            Ok(Some(id))
        })
    }

    fn removes(&self) -> bool {
        true
    }

    async fn remove(&self, place: &BucketPlace, key: &str, version: &str) -> Result<(), CloudError> {
        self.ask(place, |state| {
            state.forget(&place.bucket, key, version);
            match &self.store {
                None => {
                    state.forget_changes();
                    Ok(())
                }
                Some(store) => store.save(state),
            }
        })
    }

    async fn read(
        &self,
        place: &BucketPlace,
        key: &str,
        version: Option<&str>,
    ) -> Result<String, CloudError> {
        self.ask(place, |state| {
            let found = state.version_in(&place.bucket, key, version);
            found.map(|(_, text)| sha256(text)).ok_or_else(|| missing(&format!("object `{key}`")))
        })
    }
}
