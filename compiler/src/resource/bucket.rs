//! An S3 general purpose bucket with its settings.
//!
//! | attribute | value |
//! | --- | --- |
//! | `name` | text |
//! | `region` | region id |
//! | `versioning` | `Enabled`, `Suspended` or null (never on) |
//! | `encryption` | `AES256`, `aws:kms` or `aws:kms:dsse` |
//! | `kms-key` | alias or ARN; null for the account's own key |
//! | `bucket-key` | boolean |
//! | `public-access-block` | list of the four settings that are on, or null |
//! | `ownership` | `BucketOwnerEnforced`, `BucketOwnerPreferred`, `ObjectWriter` or null |
//! | `tags` | mapping |

use serde_json::Value;

use super::schema::{AttributeSchema, Change, KindSchema, Lifecycle, Shape};

pub(super) static SCHEMA: KindSchema = KindSchema {
    name: "bucket",
    lifecycle: Lifecycle::Managed,
    stateful: true,
    attributes: &[
        AttributeSchema::identity("name"),
        AttributeSchema::new("region").change(Change::Replace),
        AttributeSchema::new("versioning"),
        AttributeSchema::new("encryption").caution(encryption),
        AttributeSchema::new("kms-key").caution(kms_key),
        AttributeSchema::new("bucket-key"),
        AttributeSchema::new("public-access-block").shaped(Shape::Set).caution(public_access),
        AttributeSchema::new("ownership").caution(ownership),
        AttributeSchema::new("tags").shaped(Shape::Tags),
    ],
    outputs: &["arn"],
    batched_by: None,
    removal: Some("it holds data, and is removed only if it is empty by then"),
    ours: None,
    coexist: None,
};

fn encryption(before: &Value, after: &Value) -> Option<&'static str> {
    let weaker = before.as_str()?.starts_with("aws:kms") && after == "AES256";
    weaker.then_some("new objects will no longer be encrypted with the KMS key the bucket uses today")
}

fn kms_key(before: &Value, _: &Value) -> Option<&'static str> {
    before.as_str()?;
    Some("objects written before stay encrypted with the old key: keep that key")
}

fn public_access(before: &Value, _: &Value) -> Option<&'static str> {
    // A bucket that never had the settings may be one that the public reads.
    let open = before.as_array().is_none_or(|on| on.len() < 4);
    open.then_some("closes public access that may be in use today")
}

fn ownership(before: &Value, _: &Value) -> Option<&'static str> {
    before.as_str()?;
    Some("access control lists of objects stop having any effect")
}
