//! What the arguments of `holdfast restore` name: the data, where it is read and where it is written to.

use holdfast_compiler::diagnostic::{codes, visible};
use holdfast_compiler::document::Name;
use holdfast_compiler::policy::{Bucket, DataSet, Policy, Service};

use super::refusals::{not_served, unknown};
use super::{Restore, SITE, VERSIONS};
use crate::cli::failure::Failure;
use crate::cloud::{CloudError, Objects};
use crate::restore::Request;

/// What the arguments name.
pub(super) struct Named<'p> {
    pub(super) service: &'p Service,
    pub(super) data: &'p Name,
    pub(super) set: &'p DataSet,
    pub(super) source: &'p Bucket,
    pub(super) replica: bool,
    pub(super) into: String,
    pub(super) into_prefix: String,
    /// The bucket that is written to, if it is one of the policies.
    pub(super) live: Option<&'p Bucket>,
}

impl Restore {
    /// What the arguments name in the policies.
    pub(super) fn named<'p>(&self, policy: &'p Policy) -> Result<Named<'p>, Failure> {
        let services = || policy.services.keys().map(Name::as_str);
        let service = policy.services.values().find(|service| service.name.as_str() == self.service);
        let service = service.ok_or_else(|| unknown("service", &self.service, services))?;
        let names = || service.data.keys().map(Name::as_str);
        let data = service.data.iter().find(|(name, _)| name.as_str() == self.data);
        let (data, set) = data.ok_or_else(|| unknown("data set", &self.data, names))?;
        let source = self.source(service, set)?;
        let replica = source.name != set.primary.name;
        let (into, into_prefix) = place(&self.into)?;
        let buckets = policy.services.values().flat_map(|service| service.data.values());
        let mut buckets = buckets.flat_map(|set| std::iter::once(&set.primary).chain(&set.copies));
        let live = buckets.find(|bucket| bucket.name.as_str() == into);
        Ok(Named { service, data, set, source, replica, into, into_prefix, live })
    }

    /// The bucket that is read.
    fn source<'p>(&self, service: &Service, set: &'p DataSet) -> Result<&'p Bucket, Failure> {
        self.refuse_ambiguous(set)?;
        if self.from == VERSIONS || self.is_of_a_backup() {
            return Ok(&set.primary);
        }
        let from = self.from.strip_prefix(SITE).unwrap_or(&self.from);
        let mut buckets = std::iter::once(&set.primary).chain(&set.copies);
        if let Some(bucket) = buckets.find(|bucket| bucket.site.name.as_str() == from) {
            return Ok(bucket);
        }
        let backed_up = set.schedules.iter().flat_map(|schedule| &schedule.to);
        if backed_up.into_iter().any(|(site, _)| site.name.as_str() == from) {
            let what = format!("`{from}` has only recovery points of `{}`, and no copy", self.data);
            let help = format!("to restore one, add `--from backup:{from}`");
            return Err(Failure::refused(codes::RESTORE_NOT_SERVED, what, help));
        }
        let sites =
            || std::iter::once(&set.primary).chain(&set.copies).map(|bucket| bucket.site.name.as_str());
        let of = format!("copy of `{}.{}` at a site", service.name, self.data);
        Err(unknown(&of, from, sites))
    }

    /// The restore that the arguments ask for.
    pub(super) async fn request(&self, named: &Named<'_>, objects: &dyn Objects) -> Result<Request, Failure> {
        let source = named.source;
        let own = |bucket: &Bucket| bucket.site.own_account().map(str::to_owned);
        let across = |why: &str| {
            let account = own(source).unwrap_or_else(|| "of the estate".to_owned());
            not_served(format!(
                "`{}` is in account {account}, and objects are not copied across accounts: {why}",
                source.name
            ))
        };
        if named.live.is_some_and(|live| own(live) != own(source)) {
            return Err(across(&format!("`{}` is in another one", named.into)));
        }
        let from = objects.place(source.name.as_str(), Some(source.site.region.as_str())).await?;
        // A region in another account is reached only with the role of its site, so the bucket must be there.
        let there = own(source).map(|_| source.site.region.as_str());
        let region = named.live.map(|live| live.site.region.as_str()).or(there);
        let into = objects.place(&named.into, region).await.map_err(|error| {
            let in_region = there.map(|region| format!(", in {region} and the account of `{}`", source.name));
            let help = format!(
                "a restore writes into a bucket that exists: `aws s3 mb s3://{}`{}",
                named.into,
                in_region.unwrap_or_default()
            );
            let error = CloudError { message: format!("{}; {help}", error.message), ..error };
            Failure::from(error)
        })?;
        if there.is_some_and(|region| region != into.region) {
            return Err(across(&format!(
                "restore into a bucket of that account in {}",
                source.site.region.as_str()
            )));
        }
        Ok(Request {
            service: named.service.name.to_string(),
            data: named.data.to_string(),
            moment: self.to_time,
            now: jiff::Timestamp::now().as_millisecond(),
            source: from,
            site: source.site.name.to_string(),
            replica: named.replica,
            prefix: self.prefix.clone(),
            into,
            into_prefix: named.into_prefix.clone(),
            over: self.over_live.is_some(),
            parallelism: usize::from(self.parallelism),
            part_size: self.part_size.count(),
        })
    }
}

/// A bucket, and what is put before each key.
pub(super) fn place(text: &str) -> Result<(String, String), Failure> {
    let plain = text.strip_prefix("s3://").unwrap_or(text);
    let (bucket, prefix) = plain.split_once('/').unwrap_or((plain, ""));
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-".contains(c);
    if bucket.len() < 3 || !bucket.chars().all(is_name) {
        return Err(Failure::usage(visible(&format!(
            "`--into {text}` does not begin with the name of a bucket: write it like acme-restored/november/"
        ))));
    }
    Ok((bucket.to_owned(), prefix.to_owned()))
}
