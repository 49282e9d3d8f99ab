//! The role that S3 replicates with. It has exactly the permissions that one data set needs.
//!
//! Source: Amazon S3 User Guide, "Setting up permissions for live replication" and "Replicating encrypted
//! objects (SSE-S3, SSE-KMS, DSSE-KMS, SSE-C)".

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::grant::{self, READ_LOCKS, Service};
use super::role;
use super::statements::{allow, allow_keys, for_buckets};
use crate::document::{Encryption, Name};
use crate::lower::context::Context;
use crate::policy::{Bucket, DataSet};
use crate::provider::aws::keys::key_arn;
use crate::provider::aws::name::AWS;
use crate::provider::aws::named::generated;
use crate::provider::aws::s3;
use crate::resource::Resource;

pub(in crate::provider::aws) fn role(context: &Context<'_>, data: &Name, set: &DataSet) -> Resource {
    let address = context.address(role::KIND, &[data.as_str()]);
    let parts = [context.policy.estate.as_str(), context.service.name.as_str(), data.as_str()];
    Resource::new(address, format!("lets S3 copy data `{data}`"), set.backups)
        .set(role::NAME, generated(&parts, "", role::LONGEST_NAME))
        .set(role::TRUST, grant::trust(Service::S3, context.target.account(AWS)))
        .set(role::POLICY, policy(context, set))
        .set(role::TAGS, context.tags("data", data))
        .phased()
}

fn policy(context: &Context<'_>, set: &DataSet) -> Value {
    // Both ways, each bucket is copied and gets copies.
    let ends = || std::iter::once(&set.primary).chain(&set.copies);
    let one_way = |bucket: &&Bucket| set.two_way.is_some() || bucket.site.name == set.primary.site.name;
    let sources: Vec<&Bucket> = ends().filter(one_way).collect();
    let to: Vec<&Bucket> = ends().filter(|bucket| set.two_way.is_some() || !one_way(bucket)).collect();
    let objects = |bucket: &Bucket| format!("{}/*", s3::arn(bucket.name.as_str()));
    let (here, elsewhere): (Vec<&Bucket>, Vec<&Bucket>) =
        to.iter().partition(|copy| copy.site.account.is_none());
    let copies: Vec<String> = here.into_iter().map(objects).collect();
    let owned = || grant::owned_by(context.target.account(AWS));
    let buckets: Vec<String> = sources.iter().map(|bucket| s3::arn(bucket.name.as_str())).collect();
    let read: Vec<String> = sources.iter().map(|bucket| objects(bucket)).collect();
    let mut statements = vec![
        allow("ReadConfiguration", "", json!(buckets), owned()),
        allow("ReadObjects", "", json!(read), owned()),
        allow(READ_LOCKS, "", json!(read), owned()),
    ];
    if !copies.is_empty() {
        statements.push(allow("WriteCopies", "", json!(copies), owned()));
    }
    if !elsewhere.is_empty() {
        let accounts: BTreeSet<&str> = elsewhere.iter().filter_map(|copy| copy.site.own_account()).collect();
        let copies: Vec<String> = elsewhere.iter().map(|copy| objects(copy)).collect();
        let owned = grant::owned_by_any(accounts.into_iter().collect());
        statements.push(allow(grant::HAND_OVER, "", json!(copies), owned));
    }
    if set.encryption.value == Encryption::Kms {
        let key = |bucket: &'_ Bucket| key_arn(context, &bucket.site);
        statements.extend(allow_keys("ReadKey", sources.iter().map(|from| (*from, key(from))), for_buckets));
        statements.extend(allow_keys("WriteKey", to.iter().map(|copy| (*copy, key(copy))), for_buckets));
    }
    json!({"Version": "2012-10-17", "Statement": statements})
}
