//! A journal in a bucket, for teams. A page is an object that is written only if it does not exist yet
//! (`If-None-Match: *`), so of two writers one wins, and no stale lock can stay behind.
//!
//! `PREFIX/000007/00000001` is the first page of run 7; `PREFIX/000007.jsonl` is the whole run, once it has ended.
//! Nothing is ever deleted: the page that closes a taken-over run stops its writer, and a bucket without delete
//! permissions is safer. Source: Amazon S3 User Guide, "How to prevent object overwrites with conditional writes".

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::DateTime;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::date_time::Format;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use holdfast_compiler::document::S3Location;

use holdfast_compiler::provider::aws::{JOURNAL_GET, JOURNAL_HEAD, JOURNAL_LIST, JOURNAL_PUT};
use holdfast_compiler::resource::Call;

use super::clients::Clients;
use super::error::{Named, fault};
use crate::cloud::{Calls, Class, CloudError};
use crate::journal::chain::{Part, Text};
use crate::journal::error::JournalError;
use crate::journal::store::{Appended, Read, Store};

/// How many objects are read concurrently.
const AT_A_TIME: usize = 16;
/// How often a write that conflicts with another one on the same key is tried, and the pause between attempts.
/// Source: Amazon S3 API Reference, `PutObject`: on 409 `ConditionalRequestConflict` "retry the upload".
const CONFLICTS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(100);
/// The metadata that names the process that wrote an object. It recognises Holdfast's own object if the response to a
/// write was lost and the SDK wrote again.
const WRITER: &str = "holdfast-writer";

/// A journal in a bucket.
#[derive(Debug)]
pub(crate) struct Bucket {
    clients: Clients,
    client: Client,
    place: S3Location,
    lease: u64,
    /// A random id of this process.
    writer: String,
}

/// An object that was read.
struct Object {
    bytes: Vec<u8>,
    writer: Option<String>,
    /// How long ago it was written, measured by S3's clock.
    age: Duration,
}

impl Bucket {
    /// Open the journal. The bucket must belong to the account `owner`, or to the account of the credentials if
    /// `None`.
    pub(crate) async fn open(
        place: &S3Location,
        region: Option<&str>,
        owner: Option<String>,
        lease: u64,
    ) -> Result<Self, JournalError> {
        let clients = Clients::connect(&[]).await;
        match &owner {
            Some(account) => clients.expect_owner(account),
            None => clients.identity().await.map(drop).map_err(|error| failed(place, error))?,
        }
        let region = match region {
            Some(region) => region.to_owned(),
            None => region_of(&clients, place.bucket()).await.map_err(|error| failed(place, error))?,
        };
        let client = clients.s3(&region);
        let writer = format!("{:016x}", RandomState::new().hash_one(std::process::id()));
        Ok(Self { clients, client, place: place.clone(), lease, writer })
    }

    fn folded(&self, run: u64) -> String {
        format!("{}{run:06}.jsonl", self.place.prefix())
    }

    fn page(&self, run: u64, page: u64) -> String {
        format!("{}{run:06}/{page:08}", self.place.prefix())
    }

    /// The keys directly below a prefix, and the common prefixes ("folders") below it.
    async fn list(&self, prefix: &str) -> Result<(Vec<String>, Vec<String>), CloudError> {
        let (mut keys, mut folders) = (Vec::new(), Vec::new());
        let request = self.client.list_objects_v2().bucket(self.place.bucket()).prefix(prefix).delimiter("/");
        let mut pages = request.into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.named(&JOURNAL_LIST)?;
            keys.extend(page.contents().iter().filter_map(|object| object.key().map(str::to_owned)));
            folders.extend(page.common_prefixes().iter().filter_map(|p| p.prefix().map(str::to_owned)));
        }
        Ok((keys, folders))
    }

    async fn get(&self, key: &str) -> Result<Object, CloudError> {
        const OPERATION: &Call = &JOURNAL_GET;
        let clock = Clock::default();
        let request = self.client.get_object().bucket(self.place.bucket()).key(key);
        let answer = request.customize().interceptor(clock.clone()).send().await.named(OPERATION)?;
        let writer = answer.metadata().and_then(|all| all.get(WRITER)).cloned();
        let age = clock.since(answer.last_modified());
        let bytes = answer.body.collect().await;
        let bytes = bytes.map_err(|error| fault(OPERATION, "BadAnswer", error.to_string()))?;
        Ok(Object { bytes: bytes.to_vec(), writer, age })
    }

    /// Write an object if it does not exist.
    async fn put(&self, key: &str, text: &[u8]) -> Result<Appended, CloudError> {
        const OPERATION: &Call = &JOURNAL_PUT;
        for _ in 0..CONFLICTS {
            let request = self.client.put_object().bucket(self.place.bucket()).key(key).if_none_match("*");
            let request = request.metadata(WRITER, &self.writer).content_type("application/jsonl");
            let answer = request.body(text.to_vec().into()).send().await.named(OPERATION);
            match answer {
                Ok(_) => return Ok(Appended::Written),
                Err(error) if error.code == "PreconditionFailed" => {
                    let there = self.get(key).await?;
                    let own = there.writer.as_ref() == Some(&self.writer) && there.bytes == text;
                    return Ok(if own { Appended::Written } else { Appended::Taken(there.bytes) });
                }
                Err(error) if error.code == "ConditionalRequestConflict" => tokio::time::sleep(PAUSE).await,
                Err(error) => return Err(error),
            }
        }
        Err(fault(OPERATION, "ConditionalRequestConflict", "another write to this key does not finish"))
    }

    /// The pages of a run, and how long ago the last one was written.
    async fn pages(&self, run: u64) -> Result<(Vec<Part>, Duration), CloudError> {
        let prefix = format!("{}{run:06}/", self.place.prefix());
        let (keys, _) = self.list(&prefix).await?;
        let objects: Vec<(String, Object)> = stream::iter(keys)
            .map(|key| async move { self.get(&key).await.map(|object| (key, object)) })
            .buffered(AT_A_TIME)
            .try_collect()
            .await?;
        let age = objects.last().map_or(Duration::MAX, |(_, object)| object.age);
        let parts = objects.into_iter().map(|(name, object)| {
            let number = name.strip_prefix(&prefix).and_then(|number| number.parse().ok());
            let number = number.filter(|number| self.page(run, *number) == name).unwrap_or_default();
            Part { number, name, bytes: object.bytes }
        });
        Ok((parts.collect(), age))
    }

    async fn text(&self, run: u64, folded: bool, thorough: bool) -> Result<(Text, Duration), CloudError> {
        let (mut pages, age) = if folded && !thorough { Default::default() } else { self.pages(run).await? };
        if folded && thorough && pages.is_empty() {
            // Pages are never deleted, so a fold without pages is not trusted: report the first page as missing.
            pages.push(Part { number: 1, name: self.page(run, 1), bytes: Vec::new() });
        }
        let (parts, pages) = if folded {
            let name = self.folded(run);
            let bytes = self.get(&name).await?.bytes;
            (vec![Part { number: 1, name, bytes }], pages)
        } else {
            (pages, Vec::new())
        };
        Ok((Text { run, parts, pages, may_be_torn: false }, age))
    }

    async fn texts(&self, thorough: bool) -> Result<Read, CloudError> {
        let prefix = self.place.prefix();
        let (keys, folders) = self.list(&prefix).await?;
        let number = |key: &String, end: &str| {
            let run: u64 = key.strip_prefix(&prefix)?.strip_suffix(end)?.parse().ok()?;
            (*key == format!("{prefix}{run:06}{end}")).then_some(run)
        };
        let mut runs: BTreeMap<u64, bool> =
            folders.iter().filter_map(|key| Some((number(key, "/")?, false))).collect();
        runs.extend(keys.iter().filter_map(|key| Some((number(key, ".jsonl")?, true))));
        let unfolded = runs.iter().filter(|(_, folded)| !**folded).map(|(run, _)| *run).collect();
        let texts: Vec<(Text, Duration)> = stream::iter(runs)
            .map(|(run, folded)| self.text(run, folded, thorough))
            .buffered(AT_A_TIME)
            .try_collect()
            .await?;
        let silent = texts.last().map_or(Duration::MAX, |(_, age)| *age);
        Ok(Read { texts: texts.into_iter().map(|(text, _)| text).collect(), unfolded, silent })
    }
}

#[async_trait]
impl Store for Bucket {
    async fn read(&self, thorough: bool) -> Result<Read, JournalError> {
        self.texts(thorough).await.map_err(|error| failed(&self.place, error))
    }

    async fn append(&self, run: u64, page: u64, text: &[u8]) -> Result<Appended, JournalError> {
        self.put(&self.page(run, page), text).await.map_err(|error| failed(&self.place, error))
    }

    async fn fold(&self, run: u64, text: Vec<u8>) {
        // If this fails, the next runner reads the pages and folds them.
        if let Err(error) = self.put(&self.folded(run), &text).await {
            tracing::debug!(%error, run, "not folded");
        }
    }

    fn lease(&self) -> Option<u64> {
        Some(self.lease)
    }

    fn calls(&self) -> Calls {
        self.clients.counter.calls()
    }
}

/// The journal's error for a failed call. S3 gives the same response for a missing permission and for a bucket of an
/// unexpected account.
fn failed(place: &S3Location, mut error: CloudError) -> JournalError {
    if error.class == Class::Denied {
        error.message.push_str(" (no permission, or the bucket does not belong to the expected account)");
    }
    JournalError::Cloud { place: place.to_string(), error }
}

/// The region of a bucket. S3 returns it with every response, even if the request went to the wrong region.
async fn region_of(clients: &Clients, bucket: &str) -> Result<String, CloudError> {
    let answer = clients.s3(clients.region()).head_bucket().bucket(bucket).send().await;
    let told = match &answer {
        Ok(found) => Some(found.bucket_region().unwrap_or(clients.region()).to_owned()),
        Err(error) => {
            let headers = error.raw_response().map(|response| response.headers());
            headers.and_then(|headers| headers.get("x-amz-bucket-region")).map(str::to_owned)
        }
    };
    match told {
        Some(region) => Ok(region),
        None => answer.named(&JOURNAL_HEAD).map(|_| clients.region().to_owned()),
    }
}

/// The time of a response, from its `Date` header.
#[derive(Debug, Clone, Default)]
struct Clock(Arc<Mutex<Option<DateTime>>>);

impl Clock {
    /// The time from `then` to the response. An unknown time counts as zero, so that a missing header never makes a
    /// run look abandoned.
    fn since(&self, then: Option<&DateTime>) -> Duration {
        let now = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let seconds = now.zip(then).map_or(0, |(now, then)| now.secs() - then.secs());
        Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
    }
}

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for Clock {
    fn name(&self) -> &'static str {
        "HoldfastClock"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date");
        let date = date.and_then(|date| DateTime::from_str(date, Format::HttpDate).ok());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = date;
        Ok(())
    }
}
