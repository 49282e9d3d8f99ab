//! What somebody can break of a copy, of versions and of keys.

use serde_json::{Value, json};

use crate::breakages::breaks::{
    ACCESS, BUCKET, INVOICES, KEY, Row, SINGAPORE, TOKYO, bucket_deny, lifecycle, state,
};

/// The only copy of `archive.invoices`.
pub(crate) const COPY: &[Row] = &[
    Row(
        "copy is not versioned",
        BUCKET,
        "acme-archive-invoices-ap-southeast-1",
        |o| o["attributes"]["versioning"] = json!("Suspended"),
        "S3 refuses to copy into it",
    ),
    Row(
        "copy is gone",
        BUCKET,
        "acme-archive-invoices-ap-southeast-1",
        |o| *o = Value::Null,
        "there is no copy",
    ),
    Row(
        "copy's policy denies copying",
        ACCESS,
        INVOICES,
        |o| {
            bucket_deny(
                o,
                json!({"Principal": "*", "Action": "s3:ReplicateObject", "Resource": "arn:aws:s3:::acme-archive-invoices-ap-southeast-1/*"}),
            )
        },
        "DstPutObjectNotPermitted",
    ),
    Row(
        "copy's policy denies deletions",
        ACCESS,
        INVOICES,
        |o| {
            bucket_deny(
                o,
                json!({"Principal": {"AWS": "*"}, "NotAction": ["s3:Get*", "s3:List*", "s3:ReplicateObject"], "Resource": "*"}),
            )
        },
        "what is deleted at the source stays in the copy, and tags are not copied",
    ),
    Row(
        "copy's policy denies a part of the bucket",
        ACCESS,
        INVOICES,
        |o| {
            bucket_deny(
                o,
                json!({"Principal": "*", "Action": "*", "Resource": "arn:aws:s3:::acme-archive-invoices-ap-southeast-1/2026/*"}),
            )
        },
        "that part is not copied",
    ),
    Row(
        "copy's policy denies all but a part",
        ACCESS,
        INVOICES,
        |o| {
            bucket_deny(
                o,
                json!({"Principal": "*", "Action": "*", "NotResource": "arn:aws:s3:::acme-archive-invoices-ap-southeast-1/2026/*"}),
            )
        },
        "the rest is not copied",
    ),
    Row(
        "copy's policy denies the service",
        ACCESS,
        INVOICES,
        |o| {
            bucket_deny(
                o,
                json!({"Principal": {"Service": "s3.amazonaws.com"}, "Action": "s3:Replicate*", "Resource": "*"}),
            )
        },
        "it is S3 that copies",
    ),
    Row(
        "copy expires objects",
        ACCESS,
        INVOICES,
        |o| lifecycle(o, json!({"expires-days": 30})),
        "an object is in the primary bucket and no longer in the copy",
    ),
    Row(
        "copy expires objects on a day",
        ACCESS,
        INVOICES,
        |o| lifecycle(o, json!({"expires-on": "2027-01-01T00:00:00Z"})),
        "from that day on the copy is empty",
    ),
    Row(
        "copy expires a part of the objects",
        ACCESS,
        INVOICES,
        |o| lifecycle(o, json!({"expires-days": 3650, "filter": {"prefix": "2016/"}})),
        "that part is in the primary bucket only",
    ),
    Row(
        "copy moves objects to an archive",
        ACCESS,
        INVOICES,
        |o| lifecycle(o, json!({"moves-to": ["DEEP_ARCHIVE"]})),
        "nobody can read them before a restore of hours",
    ),
    Row(
        "copy is paid for by requesters",
        ACCESS,
        INVOICES,
        |o| o["attributes"]["payer"] = json!("Requester"),
        "S3 does not copy into it",
    ),
    Row(
        "copy's lifecycle cannot be read",
        ACCESS,
        INVOICES,
        |o| {
            o["attributes"]["unread"] =
                json!({"lifecycle": "s3:GetBucketLifecycleConfiguration: AccessDenied"})
        },
        "it may expire objects",
    ),
    Row(
        "copy's payer cannot be read",
        ACCESS,
        INVOICES,
        |o| o["attributes"]["unread"] = json!({"payer": "s3:GetBucketRequestPayment: AccessDenied"}),
        "it may be the requester",
    ),
];

/// The versions of `payments.ledger`, which are for corruption.
pub(crate) const VERSIONS: &[Row] = &[
    Row(
        "versions expire before anybody notices",
        ACCESS,
        "acme-payments-ledger",
        |o| lifecycle(o, json!({"noncurrent-days": 1})),
        "the last good version is gone",
    ),
    Row(
        "whether versions expire cannot be read",
        ACCESS,
        "acme-payments-ledger",
        |o| {
            o["attributes"]["unread"] =
                json!({"lifecycle": "s3:GetBucketLifecycleConfiguration: AccessDenied"})
        },
        "they may",
    ),
];

/// The keys of `archive.contracts`, from ap-northeast-1 to ap-southeast-1.
pub(crate) const KEYS: &[Row] = &[
    Row("source's key is disabled", KEY, TOKYO, |o| state(o, "Disabled"), "S3 cannot decrypt"),
    Row("source's key is to be deleted", KEY, TOKYO, |o| state(o, "PendingDeletion"), "S3 cannot decrypt"),
    Row("source's key is gone", KEY, TOKYO, |o| state(o, "Deleted"), "S3 cannot decrypt"),
    Row("source's key lost its material", KEY, TOKYO, |o| state(o, "PendingImport"), "S3 cannot decrypt"),
    Row("copy's key is disabled", KEY, SINGAPORE, |o| state(o, "Disabled"), "DstKmsKeyInvalidState"),
    Row(
        "copy's key is to be deleted",
        KEY,
        SINGAPORE,
        |o| state(o, "PendingDeletion"),
        "DstKmsKeyInvalidState",
    ),
    Row("copy's key is gone", KEY, SINGAPORE, |o| state(o, "Deleted"), "DstKmsKeyNotFound"),
    Row("copy's key store is cut off", KEY, SINGAPORE, |o| state(o, "Unavailable"), "DstKmsKeyInvalidState"),
    Row(
        "copy's key is in another region",
        KEY,
        SINGAPORE,
        |o| o["attributes"]["region"] = json!("ap-northeast-1"),
        "a replica's key is of the replica's region: DstKmsKeyNotFound",
    ),
    Row(
        "copy's key is asymmetric",
        KEY,
        SINGAPORE,
        |o| o["attributes"]["spec"] = json!("RSA_4096"),
        "S3 supports symmetric keys only",
    ),
    Row(
        "copy's key only signs",
        KEY,
        SINGAPORE,
        |o| o["attributes"]["usage"] = json!("GENERATE_VERIFY_MAC"),
        "it does not encrypt",
    ),
];
