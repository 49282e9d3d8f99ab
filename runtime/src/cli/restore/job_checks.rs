//! What a restore job cannot do, said before it begins.

use std::collections::BTreeSet;

use holdfast_compiler::diagnostic::{Diagnostic, codes};
use holdfast_compiler::document::Encryption;
use holdfast_compiler::policy::{DataSet, Service, Site};
use holdfast_compiler::restore::Versioning;

use super::refusals::unknown;
use super::{Named, Restore, place};
use crate::cli::failure::Failure;
use crate::cloud::{BucketPlace, CloudError, Objects};

impl Restore {
    /// The site whose vault is read.
    pub(super) fn vault_site<'p>(&self, service: &Service, set: &'p DataSet) -> Result<&'p Site, Failure> {
        let schedules = || set.schedules.iter().flat_map(|schedule| &schedule.to).map(|(site, _)| site);
        if set.schedules.is_empty() {
            let what = format!("`{}.{}` has no daily or weekly backups", service.name, self.data);
            let help = "restore from `versions`, or from the copy at a site";
            return Err(Failure::refused(codes::RESTORE_NOT_SERVED, what, help));
        }
        let Some(Some(name)) = self.backup_site() else { return Ok(&set.primary.site) };
        let mut sites = std::iter::once(&set.primary.site).chain(schedules());
        let found = sites.find(|site| site.name.as_str() == name);
        found.ok_or_else(|| {
            let names = || {
                let all: BTreeSet<&str> = std::iter::once(&set.primary.site)
                    .chain(schedules())
                    .map(|site| site.name.as_str())
                    .collect();
                all.into_iter()
            };
            unknown(&format!("backup of `{}.{}` at a site", service.name, self.data), name, names)
        })
    }

    /// What a restore job cannot do, before the cloud is asked anything.
    pub(super) fn refuse_job(&self, set: &DataSet) -> Result<(), Failure> {
        if !self.is_of_a_backup() {
            let only = [
                ("--point", self.point.is_some()),
                ("--role", self.role.is_some()),
                ("--kms-key", self.kms_key.is_some()),
            ];
            return match only.into_iter().find(|(_, given)| *given) {
                Some((flag, _)) => Err(Failure::usage(format!("`{flag}` needs `--from backup`"))),
                None => Ok(()),
            };
        }
        let (into, into_prefix) = place(&self.into)?;
        if !self.prefix.is_empty() || !into_prefix.is_empty() {
            return Err(cannot(
                "a restore job restores the whole recovery point, under the keys of its objects".to_owned(),
                format!("leave out the prefix: `--into {into}`, and copy what you need from there"),
            ));
        }
        if let Some(over) = &self.over_live {
            return Err(cannot(
                "a restore job replaces no object".to_owned(),
                format!("restore into an empty bucket, without `--over-live {over}`"),
            ));
        }
        if set.encryption.value == Encryption::Kms && self.kms_key.is_none() && !self.dry_run {
            return Err(cannot(
                format!(
                    "the policy encrypts `{}` with KMS, and a restore job has to be told the key",
                    self.data
                ),
                "name a key in the region of the recovery point: `--kms-key ARN`".to_owned(),
            ));
        }
        if self.role.is_none() && !self.dry_run {
            return Err(cannot(
                "AWS Backup writes with a role, and none is named".to_owned(),
                format!("add `--role ARN`: a role that AWS Backup may assume and that may write to `{into}`"),
            ));
        }
        Ok(())
    }

    /// The bucket that is written to, in the region of the vault, and with versions.
    pub(super) async fn destination(
        &self,
        named: &Named<'_>,
        site: &Site,
        objects: &dyn Objects,
    ) -> Result<BucketPlace, Failure> {
        let region = site.region.as_str();
        let place = objects.place(&named.into, Some(region)).await.map_err(|error| {
            let help = format!("a restore job writes into a bucket that exists in {region}");
            Failure::from(CloudError { message: format!("{}; {help}", error.message), ..error })
        })?;
        if place.region != region {
            return Err(cannot(
                format!("`{}` is in {}, and the recovery point in {region}", named.into, place.region),
                format!("name an empty bucket in {region}"),
            ));
        }
        if objects.history(&place).await?.versioning != Versioning::Enabled {
            return Err(cannot(
                format!("`{}` keeps no versions, and a restore job needs them", named.into),
                format!(
                    "enable versioning: `aws s3api put-bucket-versioning --bucket {} --region {region} \
                     --versioning-configuration Status=Enabled`",
                    named.into
                ),
            ));
        }
        Ok(place)
    }
}

/// A refusal of what a restore job cannot do.
pub(super) fn cannot(message: String, help: String) -> Failure {
    Failure::refused_finding(Diagnostic::new(codes::RESTORE_JOB, message).help(help))
}
