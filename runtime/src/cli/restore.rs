//! `holdfast restore`.

mod job_checks;
mod named;
mod point;
mod refusals;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use holdfast_compiler::diagnostic::{Diagnostic, codes};
use holdfast_compiler::posture::Posture;
use holdfast_compiler::printable::one_line;
use holdfast_compiler::restore::{Report, json, text};
use holdfast_compiler::units::{Bytes, Duration};

use super::failure::Failure;
use super::front::confirm;
use super::output::Terminal;
use super::{Global, exit, rehearse, today};
use crate::cloud::CloudError;
use crate::estate::{EstateError, Opened, Policies, Workspace, commit_of, load};
use crate::journal::{Event, RestoreOf, RestoreResult};
use crate::restore::{Record, Restorer, holds_journal, record as recorded, run, survey};
use named::{Named, place};
use point::Means;
use refusals::not_served;

/// The word of `--from` for the versions of the primary bucket.
const VERSIONS: &str = "versions";
/// What stands before the name of a site in `--from`, if it is also a word of it.
const SITE: &str = "site:";

/// Restore a data set, or a part of it, to a moment: copy the versions of that moment into a place, and verify each copy.
///
/// Reads the versions of the primary bucket, or of a copy at another site; with `--from backup`, AWS Backup restores a recovery point.
/// Writes into a bucket that exists; a bucket of the policies, or one
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
    /// What is read: `versions` of the primary bucket; or of the copy at a site, by its name; or the newest whole recovery point that
    /// serves the moment, in the vault of the primary site or of another one (`backup:SITE`). A restore job restores it as a whole, into an
    /// empty bucket of that region, and what it restored is compared with the versions of the moment. A site whose name is `versions` or
    /// `backup` is written `site:SITE`.
    #[arg(long, value_name = "versions|SITE|backup[:SITE]", default_value = "versions")]
    from: String,
    /// With `--from backup`: this recovery point, even if it lacks something.
    #[arg(long, value_name = "ARN")]
    point: Option<String>,
    /// With `--from backup`: the role that AWS Backup writes with.
    #[arg(long, value_name = "ARN")]
    role: Option<String>,
    /// With `--from backup`: the KMS key that encrypts the restored objects. Without it, S3 encrypts them with its own (SSE-S3).
    #[arg(long, value_name = "ARN")]
    kms_key: Option<String>,
    /// With `--from backup`: how often the restore job is looked at.
    #[arg(long, default_value = "30s", value_name = "DURATION", value_parser = wait)]
    ask_every: Duration,
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
        let named = self.named(&policies.compiled.policy)?;
        let provider = named.source.site.region.provider.name;
        if crate::provider::find(provider).is_none_or(|provider| !provider.is_restored) {
            return Err(EstateError::restores_nothing(named.set).into());
        }
        if self.is_of_a_backup() {
            self.vault_site(named.service, named.set)?;
        }
        self.refuse_job(named.set)?;
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
        let Opened { cloud, callers, context } = workspace.open(&estate).await?;
        let policies = policies.in_account(&context)?;
        // What earlier runs have made and required holds too, whatever the policies say now.
        let past = self.past(&workspace, terminal).await?;
        if let Some(finding) = past.and_then(|past| self.refusal_of_the_past(&into, &past, &context)) {
            return Err(Failure::refused_finding(finding));
        }
        let (policies, graph) = match self.is_of_a_backup() {
            false => (policies, None),
            true => {
                let (policies, graph) =
                    policies.graph(&context.accounts, &Posture::default()).map_err(EstateError::from)?;
                (policies, Some(graph))
            }
        };
        let named = self.named(&policies.compiled.policy)?;
        let provider = named.source.site.region.provider.name;
        let Some(objects) = cloud.objects(provider) else {
            return Err(not_served(format!("the cloud `{}` has no objects to restore", cloud.name())));
        };
        let home = load::home(&policies.sources.place(policies.compiled.policy.estate_span).file);
        let signer = global.selection().signer()?;
        let commit = commit_of(&self.paths, &policies.sources);
        let restorer = Restorer {
            context: &context,
            callers: &callers,
            commit: commit.as_ref(),
            signer: signer.as_ref(),
        };
        if let Some(graph) = &graph {
            let site = self.vault_site(named.service, named.set)?;
            let places = self.places(&named, site, graph);
            let means = Means { cloud: &*cloud, terminal, home: &home, objects, places };
            let (code, report) = self.restore_point(&named, site, means).await?;
            if let Some(report) = report {
                self.record(&report, RestoreResult::new(&report), &workspace, restorer, terminal).await;
            }
            return Ok(code);
        }
        let request = self.request(&named, objects).await?;
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
        let (all, mut told) = (found.report.wanted.objects, 0);
        let mut tell = |done: u64| {
            // A line for each tenth of a long restore.
            let tenth = done * 10 / all.max(1);
            if tenth > told && all >= 1000 {
                told = tenth;
                terminal.note(&format!("{done} of {all} objects"));
            }
        };
        if request.over {
            // Before anything is written over.
            let event = Event::RestoreBegan(Box::new(RestoreOf::new(&found.report, true)));
            let run = recorded(&workspace, restorer, event).await.map_err(|error| {
                Failure::message(format!(
                    "nothing was restored: it cannot be recorded in the journal: {error}"
                ))
            })?;
            terminal.note(&format!("run {run} of the journal announces it"));
        }
        let report = match run(objects, &request, &found, &record, today, &mut tell).await {
            Ok(report) => report,
            Err(error) => {
                // Its beginning is announced, so that its end is told too.
                if request.over {
                    let result = RestoreResult::interrupted(&found.report);
                    self.record(&found.report, result, &workspace, restorer, terminal).await;
                }
                return Err(explained(error));
            }
        };
        self.print(&report, terminal);
        self.record(&report, RestoreResult::new(&report), &workspace, restorer, terminal).await;
        terminal.detail(&super::screen::calls(&cloud.calls()));
        Ok(verdict(&report))
    }

    fn print(&self, report: &Report, terminal: &Terminal) {
        match self.format {
            RestoreFormat::Text => terminal.result(&text(report, terminal.stdout())),
            RestoreFormat::Json => terminal.json(&json(report)),
        }
    }

    /// Record what came of a restore. A journal that cannot be written to undoes nothing, so it is only said.
    async fn record(
        &self,
        report: &Report,
        result: RestoreResult,
        workspace: &Workspace,
        restorer: Restorer<'_>,
        terminal: &Terminal,
    ) {
        let of = Box::new(RestoreOf::new(report, self.over_live.is_some()));
        let event = Event::RestoreEnded { of, result: Box::new(result) };
        match recorded(workspace, restorer, event).await {
            Ok(run) => terminal.note(&format!("recorded as run {run} of the journal")),
            Err(error) => terminal.note(&format!(
                "warning: this restore is not recorded in the journal: {}",
                one_line(&error.to_string())
            )),
        }
    }
}

fn verdict(report: &Report) -> u8 {
    if report.is_complete() { exit::DONE } else { exit::FAILED }
}

/// A list that cannot be read any more, after something was restored.
fn explained(error: CloudError) -> Failure {
    let message =
        format!("{}; what is restored already is recorded: run the same command again", error.message);
    CloudError { message, ..error }.into()
}

/// Parses how often a job is looked at.
fn wait(text: &str) -> Result<Duration, String> {
    Duration::parse(text).ok_or_else(|| "write it like 30s or 5m".to_owned())
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
