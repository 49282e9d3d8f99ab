//! Data sets: buckets, the role that copies, the replication from the primary bucket to every copy.
//!
//! Replicas are not replicated again (Amazon S3 User Guide, "What does Amazon S3 replicate?"), so the
//! primary bucket copies to every site itself: a star, never a chain.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Context, role};
use crate::document::{Encryption, Name};
use crate::grant::key_account;
use crate::policy::{Bucket, DataSet, Site};
use crate::resource::{Address, Kind, Resource};

/// Minutes of replication time control; the only value S3 accepts (S3 API Reference,
/// `ReplicationTimeValue`).
const REPLICATION_MINUTES: u64 = 15;

pub(super) fn lower(context: &Context<'_>, out: &mut Vec<Resource>) {
    for (name, set) in &context.service.data {
        let primary = bucket_address(context, name, &set.primary);
        out.push(bucket(context, name, set, &set.primary, "primary"));
        out.extend(set.copies.iter().map(|copy| bucket(context, name, set, copy, "copy")));
        if set.copies.is_empty() {
            continue;
        }
        let keys = || foreign_keys(context, set, std::iter::once(&set.primary).chain(&set.copies));
        let mut role = role::lower(context, name, set);
        role.named.accounts = keys();
        let purpose = format!("copies data `{name}` as it is written");
        let address = context.address(Kind::Replication, &[name.as_str()]);
        // S3 refuses a replication unless versioning is on at both ends: so all buckets come first.
        let mut replication = Resource::new(address, purpose, set.backups)
            .set("bucket", set.primary.name.as_str())
            .set("region", set.primary.site.region.as_str())
            .refer("role", &role.address, "arn")
            .set("rules", rules(context, set))
            .after(&primary);
        replication.named.accounts = keys();
        for copy in &set.copies {
            replication = replication.after(&bucket_address(context, name, copy));
        }
        out.push(role);
        out.push(replication);
    }
}

fn bucket_address(context: &Context<'_>, data: &Name, bucket: &Bucket) -> Address {
    context.address(Kind::Bucket, &[data.as_str(), bucket.site.name.as_str()])
}

fn bucket(context: &Context<'_>, data: &Name, set: &DataSet, bucket: &Bucket, part: &str) -> Resource {
    let purpose = format!("{part} of data `{data}` at `{}`", bucket.site.name);
    let mut resource = Resource::new(bucket_address(context, data, bucket), purpose, bucket.span)
        .set("name", bucket.name.as_str())
        .set("region", bucket.site.region.as_str())
        .set("versioning", "Enabled")
        .set("public-access-block", json!(PUBLIC_ACCESS_BLOCK))
        .set("ownership", "BucketOwnerEnforced")
        .set("tags", context.tags("data", data));
    resource.named.accounts = foreign_keys(context, set, std::iter::once(bucket));
    match set.encryption.value {
        Encryption::Aes256 => resource.set("encryption", "AES256").set("kms-key", Value::Null),
        Encryption::Kms => {
            // Null is the account's own key for S3, which nobody has to name.
            let own = bucket.site.kms_key.as_ref();
            let key = own.map_or(Value::Null, |_| key_arn(context, &bucket.site).into());
            resource.set("encryption", "aws:kms").set("kms-key", key).set("bucket-key", true)
        }
    }
}

/// All four settings of S3 Block Public Access.
const PUBLIC_ACCESS_BLOCK: [&str; 4] =
    ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"];

/// The accounts of the keys of some buckets that are not in the account of the estate.
fn foreign_keys<'a>(
    context: &Context<'_>,
    set: &DataSet,
    buckets: impl Iterator<Item = &'a Bucket>,
) -> BTreeSet<String> {
    let keys = buckets.filter(|_| set.encryption.value == Encryption::Kms);
    let keys = keys.filter_map(|bucket| bucket.site.kms_key.as_ref());
    let accounts = keys.filter_map(|key| key_account(key.as_str()));
    accounts.filter(|account| *account != context.target.account).map(str::to_owned).collect()
}

/// The ARN of the key a site encrypts with; of its alias where the policy names an alias.
pub(super) fn key_arn(context: &Context<'_>, site: &Site) -> String {
    let key = site.kms_key.as_ref().map_or("alias/aws/s3", |key| key.as_str());
    if key.starts_with("arn:") {
        return key.to_owned();
    }
    format!("arn:aws:kms:{}:{}:{key}", site.region, context.target.account)
}

/// One rule per copy, the first copy with the highest priority. Every field that S3 would otherwise fill in
/// is set (id, empty filter, priority), so that what comes back equals what was sent.
fn rules(context: &Context<'_>, set: &DataSet) -> Value {
    let count = set.copies.len();
    let rule = |(nth, copy): (usize, &Bucket)| {
        let kms = set.encryption.value == Encryption::Kms;
        let mut rule = json!({
            "id": format!("holdfast-{}", copy.site.name),
            "priority": count - nth,
            "status": "Enabled",
            "filter": {"prefix": ""},
            "delete-markers": "Enabled",
            "destination": role::bucket_arn(copy),
            "replication-time": REPLICATION_MINUTES,
            "metrics": REPLICATION_MINUTES,
        });
        if kms && let Value::Object(rule) = &mut rule {
            rule.insert("sse-kms-objects".to_owned(), "Enabled".into());
            rule.insert("replica-kms-key".to_owned(), key_arn(context, &copy.site).into());
        }
        rule
    };
    Value::Array(set.copies.iter().enumerate().map(rule).collect())
}
