//! Amazon Web Services: a folder per service, a file per kind.

pub mod backup;
mod bills;
pub mod cloudwatch;
mod control_planes;
pub mod events;
mod evidence;
pub mod export;
pub mod facts;
pub mod iam;
mod import;
mod keys;
pub mod kms;
pub mod name;
mod named;
pub mod region;
pub mod route53;
pub mod s3;
pub mod scope;
pub mod sns;
pub mod words;

use super::Provider;
use crate::document::Name;
use crate::lower::context::Context;
use crate::policy::{DataSet, Traffic};
use crate::resource::{Made, Rate, Resource, calls};
pub use facts::FACTS;
pub use kms::is_account;
pub use name::AWS;
pub use region::Region;
use scope::{
    ANY, BUCKETS, DESTINATION, DESTINATION_OBJECTS, JOURNAL, JOURNAL_OBJECTS, OBJECT_KEYS, OBJECTS,
    RECOVERY_POINTS, RESTORE_ROLE, SITE_ROLES, VAULTS, on,
};

/// The provider.
pub static PROVIDER: Provider = Provider {
    name: AWS,
    facts: &FACTS,
    kinds: &[
        &route53::hosted_zone::SCHEMA,
        &s3::bucket::SCHEMA,
        &iam::role::SCHEMA,
        &s3::replication::SCHEMA,
        &route53::health_check::SCHEMA,
        &route53::record::SCHEMA,
        &s3::backfill::SCHEMA,
        &s3::events::SCHEMA,
        &s3::bucket_policy::SCHEMA,
        &s3::lifecycle::SCHEMA,
        &s3::lock::SCHEMA,
        &s3::bucket_access::SCHEMA,
        &kms::key::SCHEMA,
        &kms::made::SCHEMA,
        &backup::vault::SCHEMA,
        &backup::plan::SCHEMA,
        &backup::selection::SCHEMA,
        &backup::others::SCHEMA,
        &sns::topic::SCHEMA,
        &sns::subscription::SCHEMA,
        &cloudwatch::alarm::SCHEMA,
        &backup::notifications::SCHEMA,
        &events::rule::SCHEMA,
        &s3::replication_events::SCHEMA,
    ],
    calls: CALLS,
    rates: &RATES,
    data: lower_data,
    traffic: lower_traffic,
    backup_places: backup::places,
    backups_of: backup::places_of,
    bills: bills::bills,
    signals: cloudwatch::signals,
    evidence: evidence::EVIDENCE,
    found_regions: import::found_regions,
    candidates: import::candidates,
};

/// Lowers a data set: its buckets and their replication, its scheduled backups, and their alarms.
fn lower_data(context: &Context<'_>, name: &Name, set: &DataSet, out: &mut Vec<Resource>) {
    s3::lower(context, name, set, out);
    backup::lower::lower(context, name, set, out);
    cloudwatch::lower::of_data(context, name, set, out);
    s3::lower_watching(context, name, set, out);
    cloudwatch::heartbeat::lower(context, out);
    backup::watching::lower(context, out);
}

/// Lowers an entry of traffic: its records and health checks, and their alarms.
fn lower_traffic(context: &Context<'_>, name: &Name, traffic: &Traffic, out: &mut Vec<Resource>) {
    route53::lower(context, name, traffic, out);
    cloudwatch::lower::of_traffic(context, name, traffic, out);
    cloudwatch::heartbeat::lower(context, out);
}

calls! {
    /// No permission required (AWS STS API Reference, `GetCallerIdentity`).
    IDENTITY = "sts:GetCallerIdentity", made [Made::Observe, Made::Restore], takes [];
    /// For the sites in other accounts, once for each of their regions. The trust policy of the role must allow it too.
    ASSUME = "sts:AssumeRole", made [Made::Observe, Made::Restore], takes [on("sts:AssumeRole", &SITE_ROLES)];
    /// Figures of a status, up to 500 a call. The permission supports no resources (AWS Service Authorization Reference, "Actions, resources,
    /// and condition keys for Amazon CloudWatch").
    GET_METRICS = "cloudwatch:GetMetricData", made [Made::Observe], takes [on("cloudwatch:GetMetricData", &ANY)];
    RESTORE_PLACE = "s3:HeadBucket", made [Made::Restore],
        takes [on("s3:ListBucket", &BUCKETS), on("s3:ListBucket", &DESTINATION)];
    RESTORE_VERSIONING = "s3:GetBucketVersioning", made [Made::Restore],
        takes [on("s3:GetBucketVersioning", &BUCKETS), on("s3:GetBucketVersioning", &DESTINATION)];
    RESTORE_LIFECYCLE = "s3:GetBucketLifecycleConfiguration", made [Made::Restore],
        takes [on("s3:GetLifecycleConfiguration", &BUCKETS), on("s3:GetLifecycleConfiguration", &DESTINATION)];
    RESTORE_VERSIONS = "s3:ListObjectVersions", made [Made::Restore], takes [on("s3:ListBucketVersions", &BUCKETS)];
    RESTORE_LIST = "s3:ListObjectsV2", made [Made::Restore], takes [on("s3:ListBucket", &DESTINATION)];
    /// The checksum of an object under a KMS key takes the key (Amazon S3 API Reference, `HeadObject`).
    RESTORE_HEAD = "s3:HeadObject", made [Made::Restore],
        takes [on("s3:GetObjectVersion", &OBJECTS), on("s3:GetObject", &DESTINATION_OBJECTS),
            on("s3:GetObjectVersion", &DESTINATION_OBJECTS), on("kms:Decrypt", &OBJECT_KEYS)];
    /// Where no checksum of the whole object is on both sides.
    RESTORE_READ = "s3:GetObject", made [Made::Restore],
        takes [on("s3:GetObjectVersion", &OBJECTS), on("s3:GetObject", &DESTINATION_OBJECTS),
            on("s3:GetObjectVersion", &DESTINATION_OBJECTS), on("kms:Decrypt", &OBJECT_KEYS)];
    RESTORE_COPY = "s3:CopyObject", made [Made::Restore],
        takes [on("s3:GetObjectVersion", &OBJECTS), on("s3:GetObjectVersionTagging", &OBJECTS),
            on("s3:PutObject", &DESTINATION_OBJECTS), on("s3:PutObjectTagging", &DESTINATION_OBJECTS),
            on("kms:Decrypt", &OBJECT_KEYS), on("kms:GenerateDataKey", &OBJECT_KEYS)];
    /// Of an object that is copied in parts.
    RESTORE_TAGS = "s3:GetObjectTagging", made [Made::Restore], takes [on("s3:GetObjectVersionTagging", &OBJECTS)];
    RESTORE_BEGIN = "s3:CreateMultipartUpload", made [Made::Restore],
        takes [on("s3:PutObject", &DESTINATION_OBJECTS), on("s3:PutObjectTagging", &DESTINATION_OBJECTS),
            on("kms:GenerateDataKey", &OBJECT_KEYS)];
    RESTORE_PART = "s3:UploadPartCopy", made [Made::Restore],
        takes [on("s3:GetObjectVersion", &OBJECTS), on("s3:PutObject", &DESTINATION_OBJECTS),
            on("kms:Decrypt", &OBJECT_KEYS), on("kms:GenerateDataKey", &OBJECT_KEYS)];
    RESTORE_COMPLETE = "s3:CompleteMultipartUpload", made [Made::Restore],
        takes [on("s3:PutObject", &DESTINATION_OBJECTS), on("kms:Decrypt", &OBJECT_KEYS)];
    /// Gives up an upload of Holdfast's own that failed.
    RESTORE_ABORT = "s3:AbortMultipartUpload", made [Made::Restore],
        takes [on("s3:AbortMultipartUpload", &DESTINATION_OBJECTS)];
    /// What a restore from a recovery point looks at, and the jobs that made it: whether it is whole.
    RESTORE_POINTS = "backup:ListRecoveryPointsByBackupVault", made [Made::Restore],
        takes [on("backup:ListRecoveryPointsByBackupVault", &VAULTS)];
    RESTORE_MADE_BY = "backup:ListBackupJobs", made [Made::Restore], takes [on("backup:ListBackupJobs", &ANY)];
    RESTORE_COPIED_BY = "backup:ListCopyJobs", made [Made::Restore], takes [on("backup:ListCopyJobs", &ANY)];
    /// AWS Backup writes with a role that is passed to it (AWS Backup Developer Guide, "AWS Backup API permissions").
    RESTORE_START = "backup:StartRestoreJob", made [Made::Restore],
        takes [on("backup:StartRestoreJob", &RECOVERY_POINTS), on("iam:PassRole", &RESTORE_ROLE)];
    RESTORE_JOB = "backup:DescribeRestoreJob", made [Made::Restore], takes [on("backup:DescribeRestoreJob", &ANY)];
    JOURNAL_HEAD = "s3:HeadBucket", made [Made::ReadJournal], takes [on("s3:ListBucket", &JOURNAL)];
    JOURNAL_LIST = "s3:ListObjectsV2", made [Made::ReadJournal], takes [on("s3:ListBucket", &JOURNAL)];
    JOURNAL_GET = "s3:GetObject", made [Made::ReadJournal], takes [on("s3:GetObject", &JOURNAL_OBJECTS)];
    JOURNAL_PUT = "s3:PutObject", made [Made::WriteJournal], takes [on("s3:PutObject", &JOURNAL_OBJECTS)];
}

/// Rate limits. Route 53: Amazon Route 53 Developer Guide, "Throttling for Amazon Route 53 API requests" (per
/// account; some calls have lower limits). AWS Backup and EventBridge publish none. CloudWatch: Amazon CloudWatch User Guide, "CloudWatch service quotas" (`GetMetricData`: 500 per second). KMS: AWS KMS Developer Guide, "Request quotas" (`DescribeKey`: 2,000 per second). SNS: AWS General Reference, "Amazon SNS endpoints and quotas" (10 to 30 per second for most calls). IAM
/// and S3 publish none for these calls (S3's 3,500 and 5,500 per
/// second and prefix are for objects). Those limits are Holdfast's own: low enough to leave room for other
/// clients in the account, and higher than sixteen parallel steps usually need.
static RATES: [(&str, Rate); 9] = [
    ("backup", Rate { rate: 10.0, burst: 50.0 }),
    ("cloudwatch", Rate { rate: 20.0, burst: 100.0 }),
    ("eventbridge", Rate { rate: 5.0, burst: 20.0 }),
    ("iam", Rate { rate: 20.0, burst: 100.0 }),
    ("kms", Rate { rate: 20.0, burst: 100.0 }),
    ("route53", Rate { rate: 10.0, burst: 50.0 }),
    ("s3", Rate { rate: 100.0, burst: 200.0 }),
    ("s3control", Rate { rate: 10.0, burst: 50.0 }),
    ("sns", Rate { rate: 10.0, burst: 50.0 }),
];
