//! What protects the buckets of a data set besides their own settings.

use serde_json::Value;

use super::lower::bucket_address;
use super::{bucket_policy, lifecycle, lock};
use crate::document::{Lock, Name, VersionLock};
use crate::lower::context::Context;
use crate::policy::{Bucket, DataSet};
use crate::provider::aws::iam::{role, role_arn};
use crate::provider::aws::name::AWS;
use crate::resource::{Address, Attribute, Kind, Resource};
use crate::units::Duration;

/// The role that replicates.
pub(super) enum Writer {
    /// One that Holdfast makes, by its ARN, which is known before it exists.
    Made(String),
    /// One that the policy names, whose ARN may have a path.
    Adopted(Address),
}

impl Writer {
    pub(super) fn of(context: &Context<'_>, role: &Resource) -> Self {
        let said = context.service.existing.get(&role.address.within_service());
        match role.attributes.get(role::NAME) {
            Some(Attribute::Known(Value::String(name)))
                if said.is_none_or(|said| said.known_as.is_empty()) =>
            {
                Self::Made(role_arn(context.target.account(AWS), name))
            }
            _ => Self::Adopted(role.address.clone()),
        }
    }
}

/// Requests need TLS, and only the role of the replication, if there is one, writes as replication does. Whoever writes to a copy as its
/// own writer may do so from the start.
pub(super) fn policy(context: &Context<'_>, data: &Name, at: &Bucket, writer: Option<Writer>) -> Resource {
    let purpose = format!("protects data `{data}` at `{}`", at.site.name);
    let resource = resource(context, bucket_policy::KIND, data, at, purpose);
    let resource = resource
        .set(bucket_policy::BUCKET, at.name.as_str())
        .set(bucket_policy::REGION, at.site.region.as_str())
        .set(bucket_policy::TLS, true);
    let mut resource = resource.set(bucket_policy::WRITER, Value::Null).set(bucket_policy::OPEN, Value::Null);
    let names =
        [Some(bucket_policy::WRITER), Some(bucket_policy::OPEN).filter(|_| at.site.account.is_some())];
    for name in names.into_iter().flatten() {
        resource = match &writer {
            Some(Writer::Made(arn)) => resource.set(name, arn.as_str()),
            Some(Writer::Adopted(role)) => resource.refer(name, role, role::ARN),
            None => resource,
        };
    }
    if at.site.account.is_some() {
        resource.named.accounts.insert(context.target.account(AWS).to_owned());
    }
    resource
}

/// The rule that expires versions, if the policy limits how long they are kept. Rules are not replicated, so every bucket has its own.
pub(super) fn lifecycle(context: &Context<'_>, data: &Name, set: &DataSet, at: &Bucket) -> Option<Resource> {
    let kept = set.keep_versions.as_ref()?;
    let purpose = {
        let (site, after) = (&at.site.name, kept.value.in_words());
        format!("deletes versions of data `{data}` at `{site}` {after} after they were replaced")
    };
    let mut resource = resource(context, lifecycle::KIND, data, at, purpose);
    resource.origin = kept.origin.span().unwrap_or(at.span);
    let resource = resource
        .set(lifecycle::BUCKET, at.name.as_str())
        .set(lifecycle::REGION, at.site.region.as_str())
        .set(lifecycle::KEPT, kept.value.as_seconds() / Duration::DAY.as_seconds())
        .set(lifecycle::UPLOADS, lifecycle::UPLOADS_KEPT);
    Some(resource)
}

/// Object Lock, if the policy asks for it. In a copy it has to be there before it is in the primary bucket, or S3 copies nothing
/// (Amazon S3 User Guide, "Requirements and considerations for replication").
pub(super) fn lock(context: &Context<'_>, data: &Name, set: &DataSet, at: &Bucket) -> Option<Resource> {
    let said = set.lock.as_ref()?;
    let VersionLock { mode, keep } = said.value;
    let purpose = {
        let (site, time) = (&at.site.name, keep.in_words());
        format!("locks versions of data `{data}` at `{site}` for {time} after they were written")
    };
    let mut resource = resource(context, lock::KIND, data, at, purpose);
    resource.origin = said.origin.span().unwrap_or(at.span);
    let mode = match mode {
        Lock::Governance => lock::GOVERNANCE,
        Lock::Compliance => lock::COMPLIANCE,
    };
    let resource = resource
        .set(lock::BUCKET, at.name.as_str())
        .set(lock::REGION, at.site.region.as_str())
        .set(lock::MODE, mode)
        .set(lock::DAYS, keep.as_days());
    Some(resource)
}

pub(super) fn policy_address(context: &Context<'_>, data: &Name, at: &Bucket) -> Address {
    context.address(bucket_policy::KIND, &[data.as_str(), at.site.name.as_str()])
}

fn resource(context: &Context<'_>, kind: Kind, data: &Name, at: &Bucket, purpose: String) -> Resource {
    let address = context.address(kind, &[data.as_str(), at.site.name.as_str()]);
    let mut resource =
        Resource::new(address, purpose, at.span).after(&bucket_address(context, data, at)).phased();
    resource.named.account = at.site.own_account().map(str::to_owned);
    resource
}
