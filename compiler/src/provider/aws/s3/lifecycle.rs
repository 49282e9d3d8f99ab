//! How long a bucket keeps what is no longer current: one lifecycle rule. The rules of others in the same document stay.
//!
//! Sources: Amazon S3 User Guide, "Lifecycle configuration elements" (a version expires so many days after it was replaced, counted from
//! the next midnight UTC) and "Configuring a bucket lifecycle configuration to delete incomplete multipart uploads"; Amazon S3 API
//! Reference, `PutBucketLifecycleConfiguration` (1,000 rules).

use crate::provider::aws::name::AWS;
use crate::provider::aws::scope::{BUCKETS, on};
use crate::resource::{AttributeSchema, Kind, KindSchema, Made, Values, calls};

/// The bucket.
pub const BUCKET: &str = "bucket";
/// The id of its region.
pub const REGION: &str = "region";
/// Whole days for which a version is kept after it was replaced or deleted. Null if the rule does anything else besides, or is off.
pub const KEPT: &str = "versions-kept-days";
/// Whole days after which an upload that nobody completed is removed.
pub const UPLOADS: &str = "uploads-kept-days";

/// The id of our rule. Every other rule belongs to somebody else.
pub const RULE: &str = "holdfast-versions";

/// Days after which an upload that nobody completed is removed: what Amazon recommends as enough for any upload (AWS Storage Blog,
/// "Discovering and deleting incomplete multipart uploads").
pub const UPLOADS_KEPT: u64 = 7;

/// The kind.
pub const KIND: Kind = Kind::of(&SCHEMA);

/// The declaration. A bucket without our rule has no such object.
pub static SCHEMA: KindSchema = KindSchema {
    provider: Some(AWS),
    name: "bucket-lifecycle",
    attributes: &[
        AttributeSchema::identity(BUCKET),
        AttributeSchema::new(REGION),
        AttributeSchema::new(KEPT).caution(shorter),
        AttributeSchema::new(UPLOADS),
    ],
    removal: Some("versions that were replaced are then kept for ever, unless a rule of others expires them"),
    aside: true,
    calls: CALLS,
    ..KindSchema::BASE
};

calls! {
    /// S3 replaces the whole document, so that each write reads it first as well.
    GET = "s3:GetBucketLifecycleConfiguration", made [Made::Observe],
        takes [on("s3:GetLifecycleConfiguration", &BUCKETS)];
    PUT = "s3:PutBucketLifecycleConfiguration",
        made [Made::Create, Made::Update(&[REGION, KEPT, UPLOADS]), Made::Delete],
        takes [on("s3:PutLifecycleConfiguration", &BUCKETS)];
    /// If nobody else has a rule in it.
    DELETE = "s3:DeleteBucketLifecycle", made [Made::Delete], takes [on("s3:PutLifecycleConfiguration", &BUCKETS)];
}

/// The attributes of our rule, with what it was seen to do.
#[must_use]
pub fn attributes(bucket: &str, region: &str, kept: Option<u64>, uploads: Option<u64>) -> Values {
    let all =
        [(BUCKET, bucket.into()), (REGION, region.into()), (KEPT, kept.into()), (UPLOADS, uploads.into())];
    all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn shorter(before: &serde_json::Value, after: &serde_json::Value) -> Option<&'static str> {
    // Without a number they are kept for ever.
    let kept = |value: &serde_json::Value| value.as_u64().unwrap_or(u64::MAX);
    (kept(after) < kept(before))
        .then_some("S3 then deletes the versions that are older than that, and nobody can bring them back")
}
