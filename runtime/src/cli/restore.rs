//! `holdfast restore`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use holdfast_compiler::diagnostic::{Diagnostic, codes, did_you_mean, visible};
use holdfast_compiler::document::Name;
use holdfast_compiler::plan::Context;
use holdfast_compiler::policy::{Bucket, DataSet, Policy, Service};
use holdfast_compiler::printable::one_line;
use holdfast_compiler::restore::{Report, json, text};
use holdfast_compiler::units::Bytes;

use super::failure::Failure;
use super::front::confirm;
use super::output::Terminal;
use super::{Global, exit, rehearse, today};
use crate::cloud::{CloudError, Objects};
use crate::estate::{EstateError, Opened, Policies, Workspace, load};
use crate::journal::{self, History, Journal, JournalError};
use crate::restore::{Record, Refused, Request, holds_journal, is_made, run, survey};

/// How many objects a refusal names.
const NAMED: usize = 5;

/// Restore a data set, or a part of it, to a moment: copy the versions of that moment into a place, and verify each copy.
///
/// Reads the versions of the primary bucket, or of a copy at another site. Writes into a bucket that exists; a bucket of the policies, or one
/// that earlier runs have made, only with `--over-live`. Deletes nothing: keys that are newer than the moment stay. Run the same command
/// again to continue a restore that was interrupted.
///
/// Exits with 1 if an object was not restored or not verified, if the state of a key at the moment is not certain, if a copy is read (it may
/// lack something), or if there is no object of the moment: what is missing is listed.
#[derive(Debug, Args)]
pub(super) struct Restore {
    /// Policy files and folders.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The service.
    #[arg(long, value_name = "NAME")]
    service: String,
    /// The data set of the service.
    #[arg(long, value_name = "NAME")]
    data: String,
    /// The moment, as S3 dates versions: 2026-11-30T09:00:00Z. What has the same second counts as written.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    to_time: i64,
    /// What is read: `versions` of the primary bucket, or of the copy at a site, by its name.
    #[arg(long, value_name = "versions|SITE", default_value = "versions")]
    from: String,
    /// The bucket that is written to, and what is put before each key: `acme-restored`, `acme-restored/november/`.
    #[arg(long, value_name = "BUCKET[/PREFIX]")]
    into: String,
    /// Restore only keys that begin with this.
    #[arg(long, value_name = "PREFIX", default_value = "", hide_default_value = true)]
    prefix: String,
    /// Write over what is in this bucket, which must be the one of `--into`. Newer versions stay in its history.
    #[arg(long, value_name = "BUCKET")]
    over_live: Option<String>,
    /// Show what would be restored, and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Restore without asking for confirmation.
    #[arg(long, short)]
    yes: bool,
    /// How many objects are copied concurrently.
    #[arg(long, default_value_t = 16, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    parallelism: u16,
    /// Copy larger objects in parts of this size, four at a time: from 5MiB to 5GiB.
    #[arg(long, default_value = "1GiB", value_name = "SIZE", value_parser = part_size)]
    part_size: Bytes,
    /// The output format.
    #[arg(long, value_enum, default_value_t = RestoreFormat::Text)]
    format: RestoreFormat,
}

/// How a report is printed.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum RestoreFormat {
    /// Text for people.
    Text,
    /// JSON for programs.
    Json,
}

/// What the arguments name.
struct Named<'p> {
    service: &'p Service,
    data: &'p Name,
    source: &'p Bucket,
    replica: bool,
    into: String,
    into_prefix: String,
    /// The bucket that is written to, if it is one of the policies.
    live: Option<&'p Bucket>,
}

impl Restore {
    pub(super) async fn run(self, global: &Global, terminal: &Terminal) -> Result<u8, Failure> {
        if self.to_time > jiff::Timestamp::now().as_millisecond() {
            return Err(Failure::usage(
                "the moment of `--to-time` has not come yet: what is written until then would be missing",
            ));
        }
        let (policies, missed) = Policies::load_despite(&self.paths)?;
        if !missed.is_empty() {
            let noun = if missed.len() == 1 { "error" } else { "errors" };
            terminal.note(&format!(
                "warning: the policies have {} {noun}, which do not stop a restore: `holdfast validate` shows them",
                missed.len()
            ));
        }
        let workspace = Workspace::of(&global.selection(), &policies)?;
        // Before the cloud is asked anything.
        if let Some(finding) = self.refusal(&self.named(&policies.compiled.policy)?, &policies, &workspace)? {
            return Err(Failure::refused_at(finding, policies.sources));
        }
        let (into, _) = place(&self.into)?;
        if holds_journal(&workspace.journal, &into) {
            let message =
                format!("`{into}` holds the journal of the estate, and nothing else is written there");
            let finding = Diagnostic::new(codes::RESTORE_OVER, message).help("restore into another bucket");
            return Err(Failure::refused_finding(finding));
        }
        let estate = policies.compiled.policy.estate.to_string();
        let Opened { cloud, context, .. } = workspace.open(&estate).await?;
        let policies = policies.in_account(&context)?;
        // What earlier runs have made and required holds too, whatever the policies say now.
        let past = self.past(&workspace, terminal).await?;
        if let Some(finding) = past.and_then(|past| self.refusal_of_the_past(&into, &past, &context)) {
            return Err(Failure::refused_finding(finding));
        }
        let named = self.named(&policies.compiled.policy)?;
        let provider = named.source.site.region.provider.name;
        let Some(objects) = cloud.objects(provider) else {
            return Err(not_served(format!("the cloud `{}` has no objects to restore", cloud.name())));
        };
        let request = self.request(&named, objects).await?;
        let home = load::home(&policies.sources.place(policies.compiled.policy.estate_span).file);
        let broken = |error: crate::restore::BusyOrBroken| Failure::message(error.to_string());
        let record = match self.dry_run {
            true => Record::read(&home, &cloud.name(), &request),
            false => Record::open(&home, &cloud.name(), &request),
        };
        let record = record.map_err(broken)?;
        if !record.is_empty() {
            terminal.note(&format!("an earlier run of this restore recorded {} objects", record.len()));
        }
        let found = match survey(objects, &request, &record).await? {
            Ok(found) => found,
            Err(refused) => return Err(self.refused(&refused, &request)),
        };
        let work = found.report.wanted.objects > 0;
        if self.dry_run || !work {
            let report = Report { only_planned: self.dry_run, ..found.report };
            self.print(&report, terminal);
            return Ok(verdict(&report));
        }
        if !self.yes {
            terminal.error(&text(&found.report, terminal.stderr()));
            let question = format!("Restore this into `{}`", one_line(&request.into.bucket));
            confirm(terminal, &question).map_err(|_| {
                Failure::message("nothing was restored: nobody has confirmed it; to restore without being asked, add --yes")
            })?;
        }
        let today = today().ok_or_else(|| Failure::message("the clock of this machine shows no date"))?;
        let all = found.report.wanted.objects;
        let mut told = 0;
        let mut tell = |done: u64| {
            // A line for each tenth of a long restore.
            let tenth = done * 10 / all.max(1);
            if tenth > told && all >= 1000 {
                told = tenth;
                terminal.note(&format!("{done} of {all} objects"));
            }
        };
        let report = run(objects, &request, &found, &record, today, &mut tell).await.map_err(explained)?;
        self.print(&report, terminal);
        terminal.detail(&super::screen::calls(&cloud.calls()));
        Ok(verdict(&report))
    }

    fn print(&self, report: &Report, terminal: &Terminal) {
        match self.format {
            RestoreFormat::Text => terminal.result(&text(report, terminal.stdout())),
            RestoreFormat::Json => terminal.json(&json(report)),
        }
    }

    /// What the arguments name in the policies.
    fn named<'p>(&self, policy: &'p Policy) -> Result<Named<'p>, Failure> {
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
        Ok(Named { service, data, source, replica, into, into_prefix, live })
    }

    /// The bucket that is read.
    fn source<'p>(&self, service: &Service, set: &'p DataSet) -> Result<&'p Bucket, Failure> {
        if self.from == "versions" {
            return Ok(&set.primary);
        }
        if self.from.starts_with("arn:") || self.from == "recovery-point" {
            return Err(not_served("a recovery point of AWS Backup cannot be restored yet"));
        }
        let mut buckets = std::iter::once(&set.primary).chain(&set.copies);
        if let Some(bucket) = buckets.find(|bucket| bucket.site.name.as_str() == self.from) {
            return Ok(bucket);
        }
        let backed_up = set.schedules.iter().flat_map(|schedule| &schedule.to);
        if backed_up.into_iter().any(|(site, _)| site.name.as_str() == self.from) {
            let what = format!("`{}` has only recovery points of `{}`", self.from, self.data);
            return Err(not_served(format!("{what}, which cannot be restored yet")));
        }
        let sites =
            || std::iter::once(&set.primary).chain(&set.copies).map(|bucket| bucket.site.name.as_str());
        let of = format!("copy of `{}.{}` at a site", service.name, self.data);
        Err(unknown(&of, &self.from, sites))
    }

    /// Why nothing is written into the bucket of `--into`: it is one of the policies and not named again, or somebody has to approve it.
    fn refusal(
        &self,
        named: &Named<'_>,
        policies: &Policies,
        workspace: &Workspace,
    ) -> Result<Option<Diagnostic>, Failure> {
        let into = &named.into;
        match (&self.over_live, named.live) {
            (Some(over), _) if over != into => Err(Failure::usage(visible(&format!(
                "`--over-live {over}` is not the bucket of `--into`, which is `{into}`"
            )))),
            (Some(_), _) => {
                workspace.allows_unsaved()?;
                let rule = policies.compiled.policy.approvals.as_ref();
                let asked = rule.is_some_and(|rule| rule.required > 0);
                if !asked && !workspace.requires_approvals()? {
                    return Ok(None);
                }
                Ok(Some(unapproved()))
            }
            (None, Some(live)) => {
                let message = format!("`{into}` is a bucket of the policies, so its data is live");
                let finding = Diagnostic::new(codes::RESTORE_OVER, message).at(live.span, "this bucket");
                Ok(Some(finding.help(elsewhere(into))))
            }
            (None, None) => Ok(None),
        }
    }

    /// What the journal tells. If nobody answers where it is, a restore that writes over nothing goes on without it: a region may be lost.
    async fn past(&self, workspace: &Workspace, terminal: &Terminal) -> Result<Option<History>, Failure> {
        let read = async {
            let journal = Journal::open(&workspace.journal).await?;
            workspace.history(&journal).await
        };
        match read.await {
            Ok(history) => Ok(Some(history)),
            Err(EstateError::Journal(JournalError::Cloud { place, error }))
                if self.over_live.is_none() && error.is_silence() =>
            {
                terminal.note(&format!(
                    "warning: the journal {} does not answer, so a bucket that is live and not in the policies is not recognised: {}",
                    one_line(&place),
                    one_line(&error.to_string())
                ));
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Why nothing is written into a bucket, by what earlier runs have made and required.
    fn refusal_of_the_past(&self, into: &str, past: &History, context: &Context) -> Option<Diagnostic> {
        if self.over_live.is_some() {
            let rule = journal::rule(&past.runs, context);
            return rule.is_some_and(|rule| rule.required > 0).then(unapproved);
        }
        is_made(past, context, into).then(|| {
            let message = format!(
                "`{into}` is not in the policies any more, and runs have made it and not deleted it, so its data is live"
            );
            Diagnostic::new(codes::RESTORE_OVER, message).help(elsewhere(into))
        })
    }

    async fn request(&self, named: &Named<'_>, objects: &dyn Objects) -> Result<Request, Failure> {
        let source = named.source;
        let own = |bucket: &Bucket| bucket.site.account.as_ref().map(|account| account.id.clone());
        if own(source) != named.live.and_then(own) {
            return Err(not_served(format!(
                "`{}` is in another account than the bucket of `--into`, and objects are not copied across accounts yet",
                source.name
            )));
        }
        let from = objects.place(source.name.as_str(), Some(source.site.region.as_str())).await?;
        let region = named.live.map(|live| live.site.region.as_str());
        let into = objects.place(&named.into, region).await.map_err(|error| {
            let help = format!("a restore writes into a bucket that exists: `aws s3 mb s3://{}`", named.into);
            let error = CloudError { message: format!("{}; {help}", error.message), ..error };
            Failure::from(error)
        })?;
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

    fn refused(&self, refused: &Refused, request: &Request) -> Failure {
        let into = &request.into.bucket;
        match refused {
            Refused::Unversioned => Failure::refused(
                codes::RESTORE_OVER,
                format!("`{into}` keeps no versions, so what is there would be lost"),
                format!(
                    "enable versioning: `aws s3api put-bucket-versioning --bucket {into} --versioning-configuration \
                     Status=Enabled`; or restore into another bucket"
                ),
            ),
            Refused::Taken(taken) => {
                let mut keys: Vec<String> = taken
                    .iter()
                    .take(NAMED)
                    .map(|(key, how)| format!("`{}` ({how})", one_line(key)))
                    .collect();
                if taken.len() > NAMED {
                    keys.push(format!("and {} more", taken.len() - NAMED));
                }
                let noun = if taken.len() == 1 { "key holds" } else { "keys hold" };
                Failure::refused(
                    codes::RESTORE_OVER,
                    format!("{} {noun} something else in `{into}` already: {}", taken.len(), keys.join(", ")),
                    format!(
                        "name an empty place, such as `--into {into}/restored/`; or, to write over what is there, add \
                         `--over-live {into}`"
                    ),
                )
            }
        }
    }
}

fn verdict(report: &Report) -> u8 {
    if report.is_complete() { exit::DONE } else { exit::FAILED }
}

/// The cure for a bucket whose data is live.
fn elsewhere(into: &str) -> String {
    format!("restore into another bucket; or, to write over what is there, add `--over-live {into}`")
}

/// A restore over live data where people must approve what is changed.
fn unapproved() -> Diagnostic {
    let message = "a restore over live data cannot be approved, and this estate requires approvals";
    Diagnostic::new(codes::RESTORE_OVER, message)
        .help("restore into a new place, and change the live data from there as your people approve it")
}

/// What a restore cannot read.
fn not_served(message: impl Into<String>) -> Failure {
    let help = "restore from `versions` or from the copy at a site; a recovery point: in the console of AWS Backup, or with \
                `aws backup start-restore-job`";
    Failure::refused(codes::RESTORE_NOT_SERVED, message, help)
}

/// A list that cannot be read any more, after something was restored.
fn explained(error: CloudError) -> Failure {
    let message =
        format!("{}; what is restored already is recorded: run the same command again", error.message);
    CloudError { message, ..error }.into()
}

fn unknown<'n, Names: Iterator<Item = &'n str>>(
    what: &str,
    name: &str,
    names: impl Fn() -> Names,
) -> Failure {
    let known: Vec<String> = names().map(|name| format!("`{name}`")).collect();
    let hint = did_you_mean(name, names())
        .map_or_else(|| format!("there is {}", known.join(", ")), |near| format!("did you mean `{near}`?"));
    Failure::usage(visible(&format!("there is no {what} `{name}`: {hint}")))
}

/// A bucket, and what is put before each key.
fn place(text: &str) -> Result<(String, String), Failure> {
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

/// Parses the size of a part (Amazon S3 User Guide, "Amazon S3 multipart upload limits").
fn part_size(text: &str) -> Result<Bytes, String> {
    let size = Bytes::parse(text).filter(|size| (5 << 20..=5 << 30).contains(&size.count()));
    size.ok_or_else(|| "not from 5MiB to 5GiB: write it like 64MiB or 1GiB".to_owned())
}

/// Parses a moment, in milliseconds since 1970-01-01 UTC.
fn moment(text: &str) -> Result<i64, String> {
    rehearse::timestamp(text).map(jiff::Timestamp::as_millisecond)
}
