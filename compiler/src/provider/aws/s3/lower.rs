//! Data sets: buckets, the replication role, and the replication from the primary bucket to every copy.
//!
//! Replicas are not replicated again (Amazon S3 User Guide, "What does Amazon S3 replicate?"), so the primary
//! bucket copies to every site directly.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{backfill, bucket, bucket_access, copying, protect, replication};
use crate::document::{Backfiller, Encryption, Name};
use crate::lower::context::Context;
use crate::policy::{Bucket, DataSet};
use crate::provider::aws::iam::{backfill::role as backfill_role, lower::role, role as iam_role};
use crate::provider::aws::keys::{key_arn, named_key};
use crate::provider::aws::kms::{self, key};
use crate::resource::{Address, Resource};
use crate::source::Span;

pub(in crate::provider::aws) fn lower(
    context: &Context<'_>,
    name: &Name,
    set: &DataSet,
    out: &mut Vec<Resource>,
) {
    if set.encryption.value == Encryption::Kms {
        for at in std::iter::once(&set.primary).chain(&set.copies) {
            kms::lower::lower(context, &at.site, at.site.kms_key.as_ref(), out);
        }
    }
    out.push(lower_bucket(context, name, set, &set.primary, "primary"));
    out.extend(set.copies.iter().map(|copy| lower_bucket(context, name, set, copy, "copy")));
    for at in std::iter::once(&set.primary).chain(&set.copies) {
        out.extend(protect::lifecycle(context, name, set, at));
    }
    let lock = protect::lock(context, name, set, &set.primary);
    if set.copies.is_empty() {
        out.push(protect::policy(context, name, &set.primary, None));
        out.extend(lock);
        return;
    }
    let locks: Vec<Resource> =
        set.copies.iter().filter_map(|copy| protect::lock(context, name, set, copy)).collect();
    let mut role = role(context, name, set);
    role.named = copying::named(context, set);
    let copies: Vec<&Bucket> = set.copies.iter().collect();
    let mut replication = copying::lower(context, name, set, &role, (&set.primary, &copies));
    for lock in &locks {
        replication = replication.after(&lock.address);
    }
    let lock = lock.map(|lock| {
        // Once it is there, S3 copies only to where it is as well, and with a role that reads the retention of objects. A replication that
        // changes in the same plan is then one to copies that are locked.
        let lock = lock.after(&role.address).after(&replication.address);
        locks.iter().fold(lock, |lock, copy| lock.after(&copy.address))
    });
    out.extend(copying::back(context, name, set, &role).map(|back| {
        // What is copied from a locked bucket is copied to locked ones only.
        lock.iter().chain(&locks).fold(back, |back, lock| back.after(&lock.address))
    }));
    out.extend(lock.into_iter().chain(locks));
    // What S3 may do with a real-time copy also depends on settings and keys that no policy manages.
    for bucket in std::iter::once(&set.primary).chain(&set.copies) {
        let region = bucket.site.region.as_str();
        replication =
            replication.look(bucket_access::KIND, region, bucket_access::NAME, bucket.name.as_str());
        if set.encryption.value == Encryption::Kms && named_key(&bucket.site) {
            replication = replication.look(key::KIND, region, key::ARN, key_arn(context, &bucket.site));
        }
    }
    let back = set.two_way.map(|_| protect::Writer::of(context, &role));
    out.push(protect::policy(context, name, &set.primary, back));
    for copy in &set.copies {
        let mut policy = protect::policy(context, name, copy, Some(protect::Writer::of(context, &role)));
        if copy.site.account.is_some() {
            // Who is let in has to exist (Amazon S3 User Guide, "Principals for bucket policies").
            policy = policy.after(&role.address);
        }
        out.push(policy);
    }
    out.push(role);
    if let Some((how, span)) = set.backfill {
        let role = backfill_role(context, name, &set.primary, None, span);
        let purpose = format!("copies what the replication of data `{name}` does not");
        let address = context.address(backfill::KIND, &[name.as_str()]);
        let bucket = &set.primary;
        let job = Resource::new(address, purpose, span)
            .set(backfill::BUCKET, bucket.name.as_str())
            .set(backfill::REGION, bucket.site.region.as_str())
            .refer(backfill::ROLE, &role.address, iam_role::ARN)
            .set(
                backfill::PURPOSE,
                backfill::purpose(
                    [&context.policy.estate, &context.service.name, name],
                    bucket.name.as_str(),
                    &set.copies.iter().map(|copy| copy.name.as_str()).collect::<Vec<_>>(),
                ),
            )
            .set(backfill::REPORTS, backfill::REPORT_PREFIX)
            .after(&replication.address);
        let job = match how {
            Backfiller::Managed => job,
            Backfiller::Confirmed => job.set(backfill::WAITS_FIRST, true),
        };
        out.extend([role, job]);
    }
    if let Some(span) = set.two_way.filter(|_| context.posture.prepares(&set.primary.site.name)) {
        for copy in &set.copies {
            let [role, job] = home(context, name, set, (copy, span));
            // A job that has begun keeps its role if its site is lost again.
            out.push(role);
            out.extend((!context.posture.leaves_alone(&copy.site.name)).then_some(job));
        }
    }
    out.push(replication);
}

/// The job that copies home what was written to a copy before the rule that does, and its role.
fn home(context: &Context<'_>, name: &Name, set: &DataSet, (copy, span): (&Bucket, Span)) -> [Resource; 2] {
    let site = &copy.site.name;
    let role = backfill_role(context, name, copy, Some(site), span);
    let others = set.copies.iter().filter(|other| other.site.name != *site);
    let to: Vec<&str> =
        std::iter::once(&set.primary).chain(others).map(|bucket| bucket.name.as_str()).collect();
    let address = context.address(backfill::KIND, &[name.as_str(), site.as_str()]);
    let purpose = format!("copies home what was written to data `{name}` at `{site}`");
    let owner = [&context.policy.estate, &context.service.name, name];
    let job = Resource::new(address, purpose, span)
        .set(backfill::BUCKET, copy.name.as_str())
        .set(backfill::REGION, copy.site.region.as_str())
        .refer(backfill::ROLE, &role.address, iam_role::ARN)
        .set(backfill::PURPOSE, backfill::purpose(owner, copy.name.as_str(), &to))
        .set(backfill::REPORTS, backfill::REPORT_PREFIX)
        .set(backfill::ONLY_OWN, true)
        .after(&context.address(replication::KIND, &[name.as_str(), site.as_str()]));
    [role, job]
}

pub(super) fn bucket_address(context: &Context<'_>, data: &Name, bucket: &Bucket) -> Address {
    context.address(bucket::KIND, &[data.as_str(), bucket.site.name.as_str()])
}

fn lower_bucket(context: &Context<'_>, data: &Name, set: &DataSet, at: &Bucket, part: &str) -> Resource {
    let purpose = format!("{part} of data `{data}` at `{}`", at.site.name);
    let mut resource = Resource::new(bucket_address(context, data, at), purpose, at.span)
        .set(bucket::NAME, at.name.as_str())
        .set(bucket::REGION, at.site.region.as_str())
        .set(bucket::VERSIONING, bucket::VERSIONED)
        .set(bucket::PUBLIC_ACCESS_BLOCK, json!(bucket::PUBLIC_ACCESS))
        .set(bucket::OWNERSHIP, bucket::OWNER_ENFORCED)
        .set(bucket::TAGS, context.tags("data", data))
        .phased();
    resource.named.accounts = foreign_keys(context, set, std::iter::once(at));
    resource.named.account = at.site.own_account().map(str::to_owned);
    match set.encryption.value {
        Encryption::Aes256 => {
            resource.set(bucket::ENCRYPTION, bucket::SSE_S3).set(bucket::KMS_KEY, Value::Null)
        }
        Encryption::Kms => {
            // Null is the account's default key for S3, which needs no name.
            let key = at.site.kms_key.as_ref().map(|_| key_arn(context, &at.site));
            resource.after.extend(kms::lower::made_address(&at.site, at.site.kms_key.as_ref()));
            if named_key(&at.site) {
                let region = at.site.region.as_str();
                resource = resource.look(key::KIND, region, key::ARN, key_arn(context, &at.site));
            }
            resource
                .set(bucket::ENCRYPTION, bucket::SSE_KMS)
                .set(bucket::KMS_KEY, key)
                .set(bucket::BUCKET_KEY, true)
        }
    }
}

/// The accounts of those keys that are not in the account of their site.
pub(in crate::provider::aws) fn foreign_keys<'a>(
    context: &Context<'_>,
    set: &DataSet,
    buckets: impl Iterator<Item = &'a Bucket>,
) -> BTreeSet<String> {
    let keys = buckets.filter(|_| set.encryption.value == Encryption::Kms);
    let keys =
        keys.filter_map(|bucket| Some((bucket, kms::account(bucket.site.kms_key.as_ref()?.as_str())?)));
    let foreign = keys.filter(|(bucket, account)| *account != context.account(&bucket.site));
    foreign.map(|(_, account)| account.to_owned()).collect()
}
