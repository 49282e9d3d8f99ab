//! An S3 general purpose bucket with its settings.

use serde_json::{Value, json};

use crate::provider::aws::name::AWS;
use crate::provider::aws::scope::{ANY, BUCKETS, on};
use crate::resource::{AttributeSchema, Change, Kind, KindSchema, Made, Shape, Values, calls};

/// Text.
pub const NAME: &str = "name";
/// The id of its region.
pub const REGION: &str = "region";
/// `Enabled`, `Suspended` or null (never enabled).
pub const VERSIONING: &str = "versioning";
/// `AES256`, `aws:kms` or `aws:kms:dsse`.
pub const ENCRYPTION: &str = "encryption";
/// An alias or an ARN, or null for the account's default key.
pub const KMS_KEY: &str = "kms-key";
/// Boolean.
pub const BUCKET_KEY: &str = "bucket-key";
/// The enabled ones of [`PUBLIC_ACCESS`], or null.
pub const PUBLIC_ACCESS_BLOCK: &str = "public-access-block";
/// `BucketOwnerEnforced`, `BucketOwnerPreferred`, `ObjectWriter` or null.
pub const OWNERSHIP: &str = "ownership";
/// A mapping.
pub const TAGS: &str = "tags";

/// The output: its ARN.
pub const ARN: &str = "arn";

/// The versioning status that replication requires.
pub const VERSIONED: &str = "Enabled";
/// Encryption with keys that S3 manages.
pub const SSE_S3: &str = "AES256";
/// Encryption with a KMS key.
pub const SSE_KMS: &str = "aws:kms";
/// Access control lists are disabled.
pub const OWNER_ENFORCED: &str = "BucketOwnerEnforced";
/// The four settings of S3 Block Public Access, sorted.
pub const PUBLIC_ACCESS: [&str; 4] =
    ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"];

/// The kind.
pub const KIND: Kind = Kind::of(&SCHEMA);

/// The declaration. Defaults of a new bucket since January and April 2023: Amazon S3 User Guide, "Default
/// encryption FAQ" and "Default settings for new S3 buckets FAQ".
pub static SCHEMA: KindSchema = KindSchema {
    provider: Some(AWS),
    name: "bucket",
    stateful: true,
    attributes: &[
        AttributeSchema::identity(NAME),
        AttributeSchema::new(REGION).change(Change::Replace),
        AttributeSchema::new(VERSIONING).leavable().unset(|| Value::Null),
        AttributeSchema::new(ENCRYPTION).caution(encryption).leavable().unset(|| SSE_S3.into()),
        AttributeSchema::new(KMS_KEY).caution(kms_key).leavable().unset(|| Value::Null),
        AttributeSchema::new(BUCKET_KEY).leavable().unset(|| false.into()),
        AttributeSchema::new(PUBLIC_ACCESS_BLOCK)
            .shaped(Shape::Set)
            .caution(public_access)
            .leavable()
            .unset(|| json!(PUBLIC_ACCESS)),
        AttributeSchema::new(OWNERSHIP).caution(ownership).leavable().unset(|| OWNER_ENFORCED.into()),
        AttributeSchema::new(TAGS).shaped(Shape::Tags).leavable().unset(|| json!({})),
    ],
    outputs: &[ARN],
    removal: Some("it holds data, and is removed only if it is empty"),
    mark: crate::resource::Mark::Attribute(TAGS),
    calls: CALLS,
    between: Some(between),
    ..KindSchema::BASE
};

/// A bucket that is to encrypt with another KMS key does so last: until then, its rules may not select what it encrypts, and the
/// role may not decrypt it. Without KMS, there is nothing to select (Amazon S3 User Guide, "Replicating encrypted objects").
#[expect(clippy::unnecessary_wraps, reason = "the signature of the declaration")]
fn between(before: &Values, after: &Values) -> Option<Values> {
    let kms = |value: Option<&Value>| value.and_then(Value::as_str).is_some_and(|it| it.starts_with(SSE_KMS));
    let parts = [ENCRYPTION, KMS_KEY, BUCKET_KEY].into_iter().filter(|_| kms(after.get(ENCRYPTION)));
    let old = |name: &str| before.get(name).cloned().unwrap_or_default();
    Some(parts.map(|name| (name.to_owned(), old(name))).collect())
}

calls! {
    LIST = "s3:ListBuckets", made [Made::Observe], takes [on("s3:ListAllMyBuckets", &ANY)];
    /// If the listing does not include the region, and for a bucket that is adopted.
    LOCATION = "s3:GetBucketLocation", made [Made::Observe], takes [on("s3:GetBucketLocation", &BUCKETS)];
    /// Whether a bucket that S3 does not list exists, and so belongs to another account. No permission required: whatever the
    /// permissions, the answer names the region of a bucket that exists (Amazon S3 API Reference, `HeadBucket`).
    EXISTS = "s3:HeadBucket", made [Made::Observe], takes [];
    GET_VERSIONING = "s3:GetBucketVersioning", made [Made::Observe], takes [on("s3:GetBucketVersioning", &BUCKETS)];
    GET_ENCRYPTION = "s3:GetBucketEncryption", made [Made::Observe],
        takes [on("s3:GetEncryptionConfiguration", &BUCKETS)];
    GET_PUBLIC_ACCESS = "s3:GetPublicAccessBlock", made [Made::Observe],
        takes [on("s3:GetBucketPublicAccessBlock", &BUCKETS)];
    GET_OWNERSHIP = "s3:GetBucketOwnershipControls", made [Made::Observe],
        takes [on("s3:GetBucketOwnershipControls", &BUCKETS)];
    GET_TAGS = "s3:GetBucketTagging", made [Made::Observe], takes [on("s3:GetBucketTagging", &BUCKETS)];
    /// With tags and object ownership (Amazon S3 API Reference, `CreateBucket`, "Permissions").
    CREATE = "s3:CreateBucket", made [Made::Create], takes [
        on("s3:CreateBucket", &BUCKETS),
        on("s3:PutBucketOwnershipControls", &BUCKETS),
        on("s3:TagResource", &BUCKETS)
    ];
    PUT_VERSIONING = "s3:PutBucketVersioning", made [Made::Create, Made::Update(&[VERSIONING])],
        takes [on("s3:PutBucketVersioning", &BUCKETS)];
    PUT_ENCRYPTION = "s3:PutBucketEncryption",
        made [Made::CreateUnless(ENCRYPTION), Made::Update(&[ENCRYPTION, KMS_KEY, BUCKET_KEY])],
        takes [on("s3:PutEncryptionConfiguration", &BUCKETS)];
    PUT_PUBLIC_ACCESS = "s3:PutPublicAccessBlock", made [Made::Create, Made::Update(&[PUBLIC_ACCESS_BLOCK])],
        takes [on("s3:PutBucketPublicAccessBlock", &BUCKETS)];
    PUT_OWNERSHIP = "s3:PutBucketOwnershipControls", made [Made::Update(&[OWNERSHIP])],
        takes [on("s3:PutBucketOwnershipControls", &BUCKETS)];
    PUT_TAGS = "s3:PutBucketTagging", made [Made::Update(&[TAGS])], takes [on("s3:PutBucketTagging", &BUCKETS)];
    DELETE = "s3:DeleteBucket", made [Made::Delete], takes [on("s3:DeleteBucket", &BUCKETS)];
}

fn encryption(before: &Value, after: &Value) -> Option<&'static str> {
    let weaker = before.as_str()?.starts_with("aws:kms") && after == "AES256";
    weaker.then_some("new objects are no longer encrypted with the current KMS key of the bucket")
}

fn kms_key(before: &Value, _: &Value) -> Option<&'static str> {
    before.as_str()?;
    Some("existing objects stay encrypted with the old key: keep that key")
}

fn public_access(before: &Value, _: &Value) -> Option<&'static str> {
    // A bucket that never had these settings may be public on purpose.
    let open = before.as_array().is_none_or(|on| on.len() < 4);
    open.then_some("blocks public access that may be in use today")
}

fn ownership(before: &Value, _: &Value) -> Option<&'static str> {
    before.as_str()?;
    Some("access control lists of objects no longer take effect")
}
