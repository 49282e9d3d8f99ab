//! The role that a job of S3 Batch Replication acts with. S3 copies with the role of the replication; this one begins it.
//!
//! Source: Amazon S3 User Guide, "Configuring an IAM role for S3 Batch Replication".

use serde_json::json;

use super::grant::{self, Service};
use super::role;
use super::statements::allow;
use crate::document::Name;
use crate::lower::context::Context;
use crate::policy::Bucket;
use crate::provider::aws::name::AWS;
use crate::provider::aws::named::generated;
use crate::provider::aws::s3;
use crate::provider::aws::s3::backfill::REPORT_PREFIX;
use crate::resource::Resource;
use crate::source::Span;

/// The last name of its address and the last part of its name.
const BACKFILL: &str = "backfill";

/// The role of the job over a bucket of a data set: the primary one, or `at` a site the one with a copy.
pub(in crate::provider::aws) fn role(
    context: &Context<'_>,
    data: &Name,
    bucket: &Bucket,
    at: Option<&Name>,
    span: Span,
) -> Resource {
    let account = context.target.account(AWS);
    let bucket = s3::arn(bucket.name.as_str());
    let owned = || grant::owned_by(account);
    let statements = [
        allow("ListObjects", "", json!([bucket]), owned()),
        allow("CopyObjects", "", json!([format!("{bucket}/*")]), owned()),
        allow("WriteReports", "", json!([format!("{bucket}/{REPORT_PREFIX}/*")]), owned()),
    ];
    let at = at.map(Name::as_str);
    let rest: Vec<&str> = [data.as_str(), BACKFILL].into_iter().chain(at).collect();
    let owner = [context.policy.estate.as_str(), context.service.name.as_str()];
    let parts: Vec<&str> = owner.into_iter().chain(rest.iter().copied()).collect();
    let address = context.address(role::KIND, &rest);
    Resource::new(address, format!("lets S3 copy older objects of data `{data}`"), span)
        .set(role::NAME, generated(&parts, "", role::LONGEST_NAME))
        .set(role::TRUST, grant::trust(Service::Batch, account))
        .set(role::POLICY, json!({"Version": "2012-10-17", "Statement": statements}))
        .set(role::TAGS, context.tags("data", data))
        .phased()
}
