//! A journal in a bucket, for teams. A page is an object that is written only if it does not exist yet
//! (`If-None-Match: *`), so of two writers one wins, and no stale lock can stay behind.
//!
//! `PREFIX/000007/00000001` is the first page of run 7; `PREFIX/000007.jsonl` is the whole run, once it has ended.
//! Pages of later epochs are in a folder of the epoch: `PREFIX/epoch-000002.BUCKET/000007/00000002`.
//! `PREFIX/policies/DIGEST.text` is the text of a policy that a run applied.
//! Nothing is ever deleted: the page that closes a taken-over run stops its writer, and a bucket without delete
//! permissions is safer. Source: Amazon S3 User Guide, "How to prevent object overwrites with conditional writes".

use std::collections::BTreeSet;
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
use tokio::sync::OnceCell;

use super::clients::Clients;
use super::error::{Named, fault};
use crate::cloud::{Calls, Class, CloudError};
use crate::journal::chain::Part;
use crate::journal::error::JournalError;
use crate::journal::policies::MAX_TEXT_BYTES;
use crate::journal::replica::{Epoch, Listing, Replica, RunKey};
use crate::journal::store::Appended;
use crate::provider::Places;

/// How many objects are read concurrently.
const AT_A_TIME: usize = 16;
/// How often a write that conflicts with another one on the same key is tried, and the pause between attempts.
/// Source: Amazon S3 API Reference, `PutObject`: on 409 `ConditionalRequestConflict` "retry the upload".
const CONFLICTS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(100);
/// The metadata that names the process that wrote an object. It recognises Holdfast's own object if the response to a
/// write was lost and the SDK wrote again.
const WRITER: &str = "holdfast-writer";

/// A bucket with a journal, or with a copy of it.
#[derive(Debug)]
pub(crate) struct Bucket {
    clients: Arc<Clients>,
    /// The client for the bucket's region, and that region.
    client: OnceCell<(Client, String)>,
    place: S3Location,
    region: Option<String>,
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

/// The buckets of a journal: its own, then its copies. They must belong to the account `owner`, or to the account of the
/// credentials if `None`.
///
/// # Errors
/// The account of the credentials cannot be read.
pub(crate) async fn open(
    places: &[(S3Location, Option<String>)],
    owner: Option<String>,
) -> Result<Vec<Box<dyn Replica>>, JournalError> {
    let regions: Vec<String> = places.iter().filter_map(|(_, region)| region.clone()).collect();
    let Some((first, _)) = places.first() else { return Ok(Vec::new()) };
    let clients = Clients::connect(&Places { regions, ..Places::default() })
        .await
        .map_err(|error| failed(first, error))?;
    let clients = Arc::new(clients);
    match &owner {
        Some(account) => clients.expect_owner(account),
        None => {
            clients.identity().await.map(drop).map_err(|error| failed(first, error))?;
        }
    }
    let writer = format!("{:016x}", RandomState::new().hash_one(std::process::id()));
    let bucket = |(place, region): &(S3Location, Option<String>)| -> Box<dyn Replica> {
        let (clients, writer) = (clients.clone(), writer.clone());
        Box::new(Bucket {
            clients,
            client: OnceCell::new(),
            place: place.clone(),
            region: region.clone(),
            writer,
        })
    };
    Ok(places.iter().map(bucket).collect())
}

impl Bucket {
    /// The journal's error for a failed call. S3 gives the same response for a missing permission and for a bucket of an
    /// unexpected account.
    fn failed(&self, mut error: CloudError) -> JournalError {
        if error.class == Class::Denied {
            let owner = self.clients.owner();
            let why = format!(" (no permission, or the bucket does not belong to account {owner})");
            error.message.push_str(&why);
        }
        failed(&self.place, error)
    }

    /// The client for the bucket's region, and that region. S3 is asked for a region that is not known, once.
    async fn client(&self) -> Result<&(Client, String), CloudError> {
        let find = || async {
            let region = match &self.region {
                Some(region) => region.clone(),
                None => {
                    let ask = |region: String| async move { self.find_region(&region).await };
                    let (reach, regions) = (&self.clients.reach, self.clients.regions());
                    reach.first_answer(&JOURNAL_HEAD, regions, ask).await?
                }
            };
            Ok((self.clients.s3(&region), region))
        };
        self.client.get_or_try_init(find).await
    }

    /// The region of the bucket. S3 returns it with every response, even if the request went to the wrong region.
    async fn find_region(&self, asked: &str) -> Result<String, CloudError> {
        let answer = self.clients.s3(asked).head_bucket().bucket(self.place.bucket()).send().await;
        let told = match &answer {
            Ok(found) => Some(found.bucket_region().unwrap_or(asked).to_owned()),
            Err(error) => {
                let headers = error.raw_response().map(|response| response.headers());
                headers.and_then(|headers| headers.get("x-amz-bucket-region")).map(str::to_owned)
            }
        };
        match told {
            Some(region) => Ok(region),
            None => answer.named(&JOURNAL_HEAD).map(|_| asked.to_owned()),
        }
    }

    /// Ask the bucket, unless its region is known to be silent.
    async fn ask<T>(
        &self,
        call: &Call,
        question: impl Future<Output = Result<T, CloudError>>,
    ) -> Result<T, JournalError> {
        let answer = async {
            let (_, region) = self.client().await?;
            self.clients.reach.ask(call, region, question).await
        };
        answer.await.map_err(|error| self.failed(error))
    }

    /// Write an object if it does not exist, unless the bucket's region is known to be silent.
    async fn write(&self, key: &str, text: &[u8]) -> Result<Appended, JournalError> {
        let answer = async {
            let (_, region) = self.client().await?;
            let answer = self.clients.reach.change(&JOURNAL_PUT, region, self.put_new(key, text)).await?;
            match answer {
                Err(error) if error.is_silence() => {
                    // Later writes do not wait for it again.
                    self.clients.reach.open(&JOURNAL_PUT, region, &error);
                    Err(error)
                }
                answer => answer,
            }
        };
        answer.await.map_err(|error| self.failed(error))
    }

    fn folder(&self, epoch: &Epoch) -> String {
        format!("{}{}", self.place.prefix(), epoch.folder())
    }

    fn folded_key(&self, key: &RunKey) -> String {
        format!("{}{:06}.jsonl", self.folder(&key.epoch), key.run)
    }

    fn page_key(&self, key: &RunKey, page: u64) -> String {
        format!("{}{:06}/{page:08}", self.folder(&key.epoch), key.run)
    }

    fn policy_key(&self, digest: &str) -> String {
        format!("{}policies/{digest}.text", self.place.prefix())
    }

    /// The keys directly below a prefix, and the common prefixes ("folders") below it.
    async fn list_keys(&self, prefix: &str) -> Result<(Vec<String>, Vec<String>), CloudError> {
        let (mut keys, mut folders) = (Vec::new(), Vec::new());
        let (client, _) = self.client().await?;
        let request = client.list_objects_v2().bucket(self.place.bucket()).prefix(prefix).delimiter("/");
        let mut pages = request.into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.named(&JOURNAL_LIST)?;
            keys.extend(page.contents().iter().filter_map(|object| object.key().map(str::to_owned)));
            folders.extend(page.common_prefixes().iter().filter_map(|p| p.prefix().map(str::to_owned)));
        }
        Ok((keys, folders))
    }

    /// The text of a policy, unless it is larger than one can be.
    async fn policy(&self, digest: &str) -> Result<Option<Vec<u8>>, CloudError> {
        const OPERATION: &Call = &JOURNAL_GET;
        let (client, _) = self.client().await?;
        let request = client.get_object().bucket(self.place.bucket()).key(self.policy_key(digest));
        let answer = match request.send().await.named(OPERATION) {
            Err(error) if error.code == "NoSuchKey" => return Ok(None),
            answer => answer?,
        };
        if answer
            .content_length()
            .and_then(|length| u64::try_from(length).ok())
            .is_none_or(|length| length > MAX_TEXT_BYTES)
        {
            return Err(fault(OPERATION, "BadAnswer", "the stored text is larger than a policy"));
        }
        let bytes = answer.body.collect().await;
        let bytes = bytes.map_err(|error| fault(OPERATION, "BadAnswer", error.to_string()))?;
        Ok(Some(bytes.to_vec()))
    }

    async fn get(&self, key: &str) -> Result<Object, CloudError> {
        const OPERATION: &Call = &JOURNAL_GET;
        let clock = Clock::default();
        let (client, _) = self.client().await?;
        let request = client.get_object().bucket(self.place.bucket()).key(key);
        let answer = request.customize().interceptor(clock.clone()).send().await.named(OPERATION)?;
        let writer = answer.metadata().and_then(|all| all.get(WRITER)).cloned();
        let age = clock.since(answer.last_modified());
        let bytes = answer.body.collect().await;
        let bytes = bytes.map_err(|error| fault(OPERATION, "BadAnswer", error.to_string()))?;
        Ok(Object { bytes: bytes.to_vec(), writer, age })
    }

    /// Write an object if it does not exist.
    async fn put_new(&self, key: &str, text: &[u8]) -> Result<Appended, CloudError> {
        const OPERATION: &Call = &JOURNAL_PUT;
        let (client, _) = self.client().await?;
        for _ in 0..CONFLICTS {
            let request = client.put_object().bucket(self.place.bucket()).key(key).if_none_match("*");
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
    async fn pages_of(&self, key: &RunKey) -> Result<(Vec<Part>, Duration), CloudError> {
        let prefix = format!("{}{:06}/", self.folder(&key.epoch), key.run);
        let (keys, _) = self.list_keys(&prefix).await?;
        let objects: Vec<(String, Object)> = stream::iter(keys)
            .map(|key| async move { self.get(&key).await.map(|object| (key, object)) })
            .buffered(AT_A_TIME)
            .try_collect()
            .await?;
        let age = objects.last().map_or(Duration::MAX, |(_, object)| object.age);
        let parts = objects.into_iter().map(|(name, object)| {
            let number = name.strip_prefix(&prefix).and_then(|number| number.parse().ok());
            let number = number.filter(|number| self.page_key(key, *number) == name).unwrap_or_default();
            Part { number, name, bytes: object.bytes }
        });
        Ok((parts.collect(), age))
    }

    /// The runs of all epochs, and whether each is folded.
    async fn runs(&self) -> Result<Listing, CloudError> {
        let (keys, folders) = self.list_keys(&self.place.prefix()).await?;
        let prefix = self.place.prefix();
        let epochs = folders.iter().filter_map(|folder| Epoch::parse(folder.strip_prefix(&prefix)?));
        let epochs: Vec<Epoch> = epochs.collect();
        let mut listing = Listing::new();
        self.runs_of(&Epoch::first(), &keys, &folders, &mut listing);
        for epoch in epochs {
            let (keys, folders) = self.list_keys(&self.folder(&epoch)).await?;
            self.runs_of(&epoch, &keys, &folders, &mut listing);
        }
        Ok(listing)
    }

    fn runs_of(&self, epoch: &Epoch, keys: &[String], folders: &[String], listing: &mut Listing) {
        let prefix = self.folder(epoch);
        let key = |key: &String, end: &str| {
            let run: u64 = key.strip_prefix(&prefix)?.strip_suffix(end)?.parse().ok()?;
            (*key == format!("{prefix}{run:06}{end}")).then(|| RunKey { epoch: epoch.clone(), run })
        };
        listing.extend(folders.iter().filter_map(|folder| Some((key(folder, "/")?, false))));
        listing.extend(keys.iter().filter_map(|folded| Some((key(folded, ".jsonl")?, true))));
    }
}

#[async_trait]
impl Replica for Bucket {
    fn name(&self) -> String {
        self.place.to_string()
    }

    fn id(&self) -> &str {
        self.place.bucket()
    }

    async fn list(&self) -> Result<Listing, JournalError> {
        self.ask(&JOURNAL_LIST, self.runs()).await
    }

    async fn pages(&self, key: &RunKey) -> Result<(Vec<Part>, Duration), JournalError> {
        self.ask(&JOURNAL_LIST, self.pages_of(key)).await
    }

    async fn folded(&self, key: &RunKey) -> Result<Part, JournalError> {
        let name = self.folded_key(key);
        let object = self.ask(&JOURNAL_GET, self.get(&name)).await?;
        Ok(Part { number: 1, name, bytes: object.bytes })
    }

    async fn put(&self, key: &RunKey, page: u64, text: &[u8]) -> Result<Appended, JournalError> {
        self.write(&self.page_key(key, page), text).await
    }

    async fn fold(&self, key: &RunKey, text: &[u8]) -> Result<(), JournalError> {
        self.write(&self.folded_key(key), text).await.map(drop)
    }

    async fn keep(&self, digest: &str, text: &[u8]) -> Result<(), JournalError> {
        // A text that is there stays: a reader compares it with its digest.
        self.write(&self.policy_key(digest), text).await.map(drop)
    }

    async fn texts(&self) -> Result<BTreeSet<String>, JournalError> {
        let folder = format!("{}policies/", self.place.prefix());
        let (keys, _) = self.ask(&JOURNAL_LIST, self.list_keys(&folder)).await?;
        let digest = |key: &String| key.strip_prefix(&folder)?.strip_suffix(".text").map(str::to_owned);
        Ok(keys.iter().filter_map(digest).collect())
    }

    async fn kept(&self, digest: &str) -> Result<Option<Vec<u8>>, JournalError> {
        self.ask(&JOURNAL_GET, self.policy(digest)).await
    }

    fn calls(&self) -> Calls {
        self.clients.counter.calls()
    }
}

/// The journal's error for a failed call.
fn failed(place: &S3Location, error: CloudError) -> JournalError {
    JournalError::Cloud { place: place.to_string(), error }
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
