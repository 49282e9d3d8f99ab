//! The part `data` of a service: buckets and their copies.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::assumptions::Assumed;
use super::text::{Name, TimeOfDay, ZoneName};
use crate::provider::aws::name::AWS;
use crate::provider::aws::words::BucketName;
use crate::provider::azure::name::AZURE;
use crate::provider::azure::words::Container;
use crate::units::{Bytes, Date, Duration};

/// How a bucket encrypts objects that are written without encryption settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Encryption {
    /// With keys that the storage service manages (SSE-S3).
    #[serde(rename = "AES256")]
    Aes256,
    /// With the site's KMS key (SSE-KMS), with a bucket key to reduce the number of KMS calls.
    #[serde(rename = "aws:kms")]
    Kms,
}

/// Who copies objects that replication does not copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Backfiller {
    /// Holdfast.
    Managed,
    /// Holdfast, once an apply has confirmed how many objects a job has counted.
    Confirmed,
}

/// A data set: a bucket at the primary site and its copies.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(extend(
    "anyOf" = [
        {"required": ["bucket"], "properties": {"bucket": true}},
        {"required": ["container"], "properties": {"container": true}}
    ],
    "dependentSchemas" = {"bucket": {"properties": {"container": false}}}
))]
pub struct Data {
    /// The bucket at the primary site. An existing bucket is adopted: its settings change, its data never.
    #[serde(default)]
    pub bucket: Option<BucketName>,
    /// The container of Azure Blob Storage at the primary site, in place of a bucket. What exists is adopted: its settings change, its
    /// data never.
    #[serde(default)]
    pub container: Option<Container>,
    /// How the bucket and its copies encrypt. Without it: the default of the estate.
    #[serde(default)]
    pub encrypt: Option<Encryption>,
    /// How much data it holds, to derive the time that a restore takes.
    #[serde(default)]
    pub size: Option<Assumed<Bytes>>,
    /// How much of it is written in a day, to say what is billed.
    #[serde(default)]
    pub changes: Option<Assumed<Bytes>>,
    /// The day on which the objects older than the replication were copied by hand (S3 Batch Replication),
    /// for buckets that existed before Holdfast managed them: replication copies new objects only.
    #[serde(default)]
    pub backfilled: Option<Assumed<Date>>,
    /// Who copies the objects that replication does not: those older than it, or written while it did not work. `managed`: Holdfast,
    /// with jobs of S3 Batch Replication, each begun by an apply. `confirmed`: the same, but a job first counts them and waits; the
    /// next plan says how many they are, and its apply confirms the job. Without it: nobody, until `backfilled` says so.
    #[serde(default)]
    pub backfill: Option<Backfiller>,
    /// Whether real-time copies go both ways: what is written to a copy while the primary site is lost is copied to the bucket and to the
    /// other copies, by rules that are made beforehand. Without it: nothing copies what is written elsewhere.
    #[serde(default)]
    pub two_way: bool,
    /// How long a version of an object is kept after it was replaced or deleted, in the bucket and in its copies: whole days. Uploads that
    /// nobody completes are then removed after 7 days. Without it: versions are kept for ever.
    #[serde(default)]
    pub keep_versions: Option<Duration>,
    /// Locks each version of an object when it is written, in the bucket and in its copies. A bucket that once had such a lock can
    /// never be without it, so the apply needs a consent. No objective rests on it, because what is older than the lock can be deleted.
    /// Without it: whoever may delete versions can delete them.
    #[serde(default)]
    pub lock: Option<VersionLock>,
    /// How the data is copied.
    #[schemars(extend("minItems" = 1, "maxItems" = 20))]
    pub backups: Vec<Backup>,
}

/// How long a version of an object is locked after it was written (S3 Object Lock).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct VersionLock {
    /// Who can delete a version before its time all the same: `governance`, who has a special permission for it; `compliance`, nobody.
    pub mode: Lock,
    /// How long a version is locked after it was written: whole days.
    pub keep: Duration,
}

/// One way the data is copied.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(extend("allOf" = [
    {
        "if": {"required": ["strategy"], "properties": {"strategy": {"const": "real-time"}}},
        "then": {"properties": {
            "at": false, "on": false, "zone": false, "windows": false, "keep": false, "lock": false,
            "continuous": false
        }}
    },
    {
        "if": {"required": ["strategy"], "properties": {"strategy": {"const": "daily"}}},
        "then": {"required": ["at", "keep"], "properties": {"on": false}}
    },
    {
        "if": {"required": ["strategy"], "properties": {"strategy": {"const": "weekly"}}},
        "then": {"required": ["on", "at", "keep"]}
    }
]))]
pub struct Backup {
    /// How often the data is copied: with every change (`real-time`, S3 replication), `daily` or `weekly`.
    pub strategy: Strategy,
    /// The sites that hold a copy.
    #[schemars(extend("minItems" = 1, "maxItems" = 30))]
    pub to: Vec<BackupTarget>,
    /// The day of the week, for `weekly`.
    #[serde(default)]
    pub on: Option<Weekday>,
    /// The time of day at which the backup is due, for `daily` and `weekly`.
    #[serde(default)]
    pub at: Option<TimeOfDay>,
    /// The time zone of `at`. Without it: UTC, which has no summer time.
    #[serde(default)]
    pub zone: Option<ZoneName>,
    /// How long after its due time a backup may start, and how long it may then take.
    #[serde(default)]
    pub windows: Option<Windows>,
    /// How long a backup is kept, for `daily` and `weekly`: whole days.
    #[serde(default)]
    pub keep: Option<Duration>,
    /// Who can delete backups before their time. Without it: anyone with permission to delete backups.
    #[serde(default)]
    pub lock: Option<Lock>,
    /// Whether the backup in the region of the data is continuous: it can be restored as of any second of the last days, `keep` of them
    /// and at most 35. Copies at other sites stay those of the schedule. Without it: no.
    #[serde(default)]
    pub continuous: bool,
}

/// How often the data is copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// Every change as it happens: S3 replication with replication time control (99.9 % of new objects within
    /// 15 minutes). A copy, not a backup: an overwrite at the primary also overwrites the copy.
    RealTime,
    /// A backup every day, copied to the sites.
    Daily,
    /// A backup every week, copied to the sites.
    Weekly,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the days of the week")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// How long after its due time a backup may start, and how long it may then take.
///
/// Source: AWS Backup API Reference, `BackupRuleInput`.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Windows {
    /// The latest start of a backup after its due time: at least 1 h. Without it: 1 h.
    #[serde(default)]
    pub start: Option<Duration>,
    /// How long a backup may take. A longer one is cancelled. Without it: 8 h.
    #[serde(default)]
    pub complete: Option<Duration>,
}

/// Who can delete a backup before its time (AWS Backup Vault Lock, S3 Object Lock).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Lock {
    /// Only principals with a special permission for it.
    Governance,
    /// Nobody, not even the owner of the account. This lock cannot be removed.
    Compliance,
}

/// The place of a copy: a site, or a site with the name of the bucket there.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum BackupTarget {
    /// The site. The bucket there is named after the primary bucket and the region.
    Site(Name),
    /// The site and the bucket.
    Bucket(TargetBucket),
}

/// A copy in a bucket or a container with a given name.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(extend(
    "anyOf" = [
        {"required": ["bucket"], "properties": {"bucket": true}},
        {"required": ["container"], "properties": {"container": true}}
    ],
    "dependentSchemas" = {"bucket": {"properties": {"container": false}}}
))]
pub struct TargetBucket {
    /// The site that holds the copy.
    pub site: Name,
    /// The name of the bucket there.
    #[serde(default)]
    pub bucket: Option<BucketName>,
    /// The container there.
    #[serde(default)]
    pub container: Option<Container>,
}

/// What holds data, by the name that it has at its provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    /// The key that names it.
    pub key: &'static str,
    /// The name of the provider that the key belongs to.
    pub provider: &'static str,
    /// Its name: unique at the provider.
    pub name: String,
}

impl Data {
    /// What holds the data at the primary site. The schema guarantees that there is one.
    #[must_use]
    pub fn store(&self) -> Option<Store> {
        store(self.bucket.as_ref(), self.container.as_ref())
    }
}

impl TargetBucket {
    /// What holds the copy. The schema guarantees that there is one.
    #[must_use]
    pub fn store(&self) -> Option<Store> {
        store(self.bucket.as_ref(), self.container.as_ref())
    }
}

fn store(bucket: Option<&BucketName>, container: Option<&Container>) -> Option<Store> {
    let of = |key, provider, name| Store { key, provider, name };
    match (bucket, container) {
        (Some(bucket), _) => Some(of("bucket", AWS, bucket.to_string())),
        (None, Some(container)) => Some(of("container", AZURE, container.name())),
        (None, None) => None,
    }
}
