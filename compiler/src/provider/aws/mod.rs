//! Amazon Web Services: a folder per service, a file per kind.

mod control_planes;
mod evidence;
pub mod facts;
pub mod iam;
mod import;
mod keys;
pub mod kms;
pub mod name;
pub mod region;
pub mod route53;
pub mod s3;
pub mod scope;
pub mod words;

use super::Provider;
use crate::resource::{Made, Rate, calls};
pub use facts::FACTS;
pub use kms::is_account;
pub use name::AWS;
pub use region::Region;
use scope::{JOURNAL, JOURNAL_OBJECTS, on};

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
        &s3::bucket_access::SCHEMA,
        &kms::key::SCHEMA,
    ],
    calls: CALLS,
    rates: &RATES,
    data: s3::lower,
    traffic: route53::lower,
    evidence: evidence::EVIDENCE,
    found_regions: import::found_regions,
    candidates: import::candidates,
};

calls! {
    /// No permission required (AWS STS API Reference, `GetCallerIdentity`).
    IDENTITY = "sts:GetCallerIdentity", made [Made::Observe], takes [];
    JOURNAL_HEAD = "s3:HeadBucket", made [Made::ReadJournal], takes [on("s3:ListBucket", &JOURNAL)];
    JOURNAL_LIST = "s3:ListObjectsV2", made [Made::ReadJournal], takes [on("s3:ListBucket", &JOURNAL)];
    JOURNAL_GET = "s3:GetObject", made [Made::ReadJournal], takes [on("s3:GetObject", &JOURNAL_OBJECTS)];
    JOURNAL_PUT = "s3:PutObject", made [Made::WriteJournal], takes [on("s3:PutObject", &JOURNAL_OBJECTS)];
}

/// Rate limits. Route 53: Amazon Route 53 Developer Guide, "Throttling for Amazon Route 53 API requests" (per
/// account; some calls have lower limits). KMS: AWS KMS Developer Guide, "Request quotas" (`DescribeKey`: 2,000 per second). IAM
/// and S3 publish none for these calls (S3's 3,500 and 5,500 per
/// second and prefix are for objects). Those limits are Holdfast's own: low enough to leave room for other
/// clients in the account, and higher than sixteen parallel steps usually need.
static RATES: [(&str, Rate); 4] = [
    ("iam", Rate { rate: 20.0, burst: 100.0 }),
    ("kms", Rate { rate: 20.0, burst: 100.0 }),
    ("route53", Rate { rate: 10.0, burst: 50.0 }),
    ("s3", Rate { rate: 100.0, burst: 200.0 }),
];
