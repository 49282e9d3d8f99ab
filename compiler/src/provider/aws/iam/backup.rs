//! The role that AWS Backup acts with: it backs up one bucket and copies its backups to the vaults of the policy.
//!
//! Source: AWS Managed Policy Reference, `AWSBackupServiceRolePolicyForS3Backup` and, for copies,
//! `AWSBackupServiceRolePolicyForBackup`.

use serde_json::{Value, json};

use super::grant::{self, Service};
use super::role;
use super::statements::{allow, allow_keys, for_buckets, through_s3};
use crate::document::{Encryption, Name};
use crate::lower::context::Context;
use crate::policy::{DataSet, Site};
use crate::provider::aws::keys::{key_arn, vault_key_arn};
use crate::provider::aws::name::AWS;
use crate::provider::aws::named::generated;
use crate::provider::aws::s3;
use crate::resource::Resource;

/// The last name of its address.
pub(in crate::provider::aws) const BACKUP: &str = "backup";
/// A part of its name: a role without it "lacks permissions to perform backup jobs" (AWS Backup API Reference, `BackupJob`,
/// `IamRoleArn`). It comes first, so that no cut of a long name loses it.
const MARK: &str = "AWSBackup";

/// The names of its address below the service.
pub(in crate::provider::aws) fn below(data: &Name) -> [&str; 2] {
    [data.as_str(), BACKUP]
}

/// `vaults` are the ARNs of the vaults at the sites. The copy into a vault of another account is encrypted there, by the role that AWS Backup has
/// in that account (AWS Backup Developer Guide, "Creating backup copies across AWS accounts"), so this role needs no key of it.
pub(in crate::provider::aws) fn role(
    context: &Context<'_>,
    data: &Name,
    set: &DataSet,
    vaults: &[(&Site, String)],
) -> Resource {
    let address = context.address(role::KIND, &below(data));
    let parts = [MARK, context.policy.estate.as_str(), context.service.name.as_str(), data.as_str()];
    Resource::new(address, format!("lets AWS Backup read data `{data}`"), set.backups)
        .set(role::NAME, generated(&parts, "", role::LONGEST_NAME))
        .set(role::TRUST, grant::trust(Service::Backup, context.target.account(AWS)))
        .set(role::POLICY, policy(context, set, vaults))
        .set(role::TAGS, context.tags("data", data))
        .phased()
}

fn policy(context: &Context<'_>, set: &DataSet, vaults: &[(&Site, String)]) -> Value {
    let account = context.target.account(AWS);
    let bucket = s3::arn(set.primary.name.as_str());
    let owned = || grant::owned_by(account);
    let arns: Vec<&String> = vaults.iter().map(|(_, arn)| arn).collect();
    let mut statements = vec![
        allow("ReadBucket", "", json!([bucket]), owned()),
        allow("BackUpObjects", "", json!([format!("{bucket}/*")]), owned()),
        allow("WatchAccount", "", json!(["*"]), Value::Null),
        allow("WatchBucket", "", json!([grant::event_rules(account)]), Value::Null),
        allow("TakeBackups", "", json!([grant::recovery_points(account)]), Value::Null),
        allow("CopyBackups", "", json!(arns), Value::Null),
    ];
    if set.encryption.value == Encryption::Kms {
        let key = || [(&set.primary, key_arn(context, &set.primary.site))];
        statements.extend(allow_keys("ReadDataKey", key(), for_buckets));
        statements.extend(allow_keys("DescribeDataKey", key(), through_s3));
    }
    let own = vaults.iter().filter(|(site, _)| site.own_account().is_none());
    let mut keys: Vec<String> = own.map(|(site, _)| vault_key_arn(context, site)).collect();
    keys.sort_unstable();
    keys.dedup();
    let keys = || keys.iter().map(|key| ((), key.clone()));
    let by_service = |_: &[()]| json!({"Bool": {"kms:GrantIsForAWSResource": "true"}});
    statements.extend(allow_keys("GrantVaultKey", keys(), by_service));
    statements.extend(allow_keys("DescribeVaultKey", keys(), |_| json!({})));
    json!({"Version": "2012-10-17", "Statement": statements})
}
