//! `holdfast audit`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use holdfast_compiler::audit::bundle::MAX_BYTES;
use holdfast_compiler::audit::{Audit as Audited, Framework, Verdict, csv, json, oscal, report};
use holdfast_compiler::changes;
use holdfast_compiler::diagnostic::one_of;
use holdfast_compiler::digest::sha256;
use holdfast_compiler::units::Date;
use jiff::Timestamp;

use super::failure::Failure;
use super::output::{Terminal, one_line};
use super::sheet::{Sheet, SheetFormat};
use super::{Global, exit, remarks, today};
use crate::approval::{MAX_SIGNERS_BYTES, Signers, SigningKey};
use crate::audit::{
    AppliedPlan, Besides, Bundle, Checked, CheckedPlan, Content, KeyStanding, ReadFrameworks, SignedBy,
    assess, bundle, check, read_frameworks,
};
use crate::bcp::Extent;
use crate::changes::Changes;
use crate::estate::lines_of;
use crate::estate_report::EstateReport;
use crate::files;

/// Assess the controls of compliance frameworks, with the evidence for each.
///
/// Each control is satisfied, attested, not assessed or not satisfied. Its evidence is a chain: the clause of the policies, what is
/// derived from it, the resource, what was observed, the run that changed it with its approvals, the drill. Nothing is satisfied
/// that nobody has seen; what somebody states is attested; what nobody can tell is not assessed. What is missing or stale comes
/// first.
///
/// Reads the cloud and the journal like `status`, and changes nothing. If the cloud cannot be observed, the audit says so, and the
/// exit code is 1. Invalid policies, a missed objective and `--fail-on` exit with 3.
///
/// `--oscal` writes the same in OSCAL 1.2.1. `--bundle` packs it with the policies into one file, which `audit verify` checks
/// without a cloud, years later.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct Audit {
    #[command(subcommand)]
    command: Option<Command>,
    /// Policy files and folders.
    #[arg(required_unless_present = "list", value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Only this framework, by its short name. Can be repeated. `--list` prints the names.
    #[arg(long, value_name = "ID")]
    framework: Vec<String>,
    /// A file with controls or attestations of your own (`kind: controls`). Can be repeated.
    #[arg(long, value_name = "FILE")]
    controls: Vec<PathBuf>,
    /// Print the frameworks and their controls, and assess nothing.
    #[arg(long)]
    list: bool,
    /// The day on which something is due or overdue: 2026-11-23. Defaults to today (in UTC).
    #[arg(long, value_name = "DATE", value_parser = super::date)]
    as_of: Option<Date>,
    /// The first day of the period in which runs must be approved. Defaults to all runs of the journal.
    #[arg(long, value_name = "DATE", value_parser = super::date)]
    since: Option<Date>,
    /// The format. Defaults to that of the file's name (`.html`, `.md`, `.txt`, `.json`, `.csv`), or else to text.
    #[arg(long, value_enum)]
    format: Option<SheetFormat>,
    /// Write the audit to a file, and replace it if it exists.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write the audit in OSCAL 1.2.1 into this folder: catalogue, component definition, assessment plan, assessment results, and
    /// plan of action and milestones if something is open.
    #[arg(long, value_name = "DIR")]
    oscal: Option<PathBuf>,
    /// Pack audit, OSCAL, changes, policies and your files of controls into this file, with the digest of each. Files that say how to
    /// reach people, such as the continuity plan, are in it by their digests only.
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,
    /// Put this plan file, which a run of the period applied, into the bundle, with the approvals beside it that the run relied on.
    /// Approvals and the plan, which contains the policies, are in it by their digests only, unless `--with-contacts`. Can be repeated.
    #[arg(long, value_name = "PLANFILE", requires = "bundle")]
    plan: Vec<PathBuf>,
    /// Sign the bundle with this SSH key: a private key, or the `.pub` file of a key in ssh-agent.
    #[arg(long, value_name = "KEY", requires = "bundle")]
    key: Option<SigningKey>,
    /// Put the files that say how to reach people and the observation of the cloud into the bundle.
    #[arg(long, requires = "bundle")]
    with_contacts: bool,
    /// Do not look at the cloud. Then nobody can tell how anything stands there. The journal is still read.
    #[arg(long)]
    offline: bool,
    /// Exit with 3 if a control has one of these verdicts. Can be repeated.
    #[arg(long, value_enum, value_name = "VERDICT")]
    fail_on: Vec<FailOnVerdict>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check a bundle without a cloud: each member against the signed statement, and each signature.
    ///
    /// Names the first thing that does not fit, and exits with 4. With `--signers`, one of their keys must have signed it.
    Verify {
        /// A file that `audit --bundle` wrote.
        #[arg(value_name = "FILE")]
        bundle: PathBuf,
        /// Whose signature counts: an `allowed_signers` file of OpenSSH, for the purpose `evidence@holdfast`.
        #[arg(long, value_name = "FILE")]
        signers: Option<PathBuf>,
        /// Judge the keys of the list as of this day instead of today, for a bundle that is older than they are valid.
        #[arg(long, value_name = "DATE", value_parser = super::date)]
        as_of: Option<Date>,
    },
}

/// A condition of `--fail-on`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOnVerdict {
    /// Something was checked and fails.
    NotSatisfied,
    /// Nobody can tell.
    NotAssessed,
}

impl FailOnVerdict {
    const fn verdict(self) -> Verdict {
        match self {
            Self::NotSatisfied => Verdict::NotSatisfied,
            Self::NotAssessed => Verdict::NotAssessed,
        }
    }
}

impl Audit {
    pub(super) async fn run(self, global: &Global, terminal: &Terminal) -> Result<u8, Failure> {
        if let Some(Command::Verify { bundle, signers, as_of }) = &self.command {
            return verify(bundle, signers.as_deref(), *as_of, terminal);
        }
        let ReadFrameworks { frameworks, files: controls } = self.frameworks()?;
        if self.list {
            terminal.result(&listed(&frameworks));
            return Ok(exit::DONE);
        }
        let as_of = match self.as_of {
            Some(day) => day,
            None => today().ok_or_else(|| Failure::message("the clock of this machine shows no date"))?,
        };
        let format = SheetFormat::choose(self.format, self.out.as_deref())?;
        let tell = |remark| remarks::mention(&remark, terminal);
        let selection = global.selection();
        let read =
            EstateReport::read(&self.paths, as_of, &selection, self.offline, Extent::AUDIT, &tell).await?;
        let (mut changes, mut plans) = (None, Vec::new());
        if self.bundle.is_some() {
            let since = self.since.or_else(|| Date::parse("1970-01-01")).unwrap_or(as_of);
            let read = Changes::read(&self.paths, [since, as_of], &selection, &|_| ()).await?;
            let read = read.inputs();
            changes = Some(changes::json(&read));
            for path in &self.plan {
                let plan = AppliedPlan::read(path, &read.runs)
                    .map_err(|error| Failure::message(error.to_string()))?;
                if let Some(lacks) = plan.lacks() {
                    terminal.error(&format!("{}\n", one_line(&format!("warning: {lacks}"))));
                }
                plans.push(plan);
            }
        }
        let lines = lines_of(&read.continuity.sources);
        let failed = assess(&read, &frameworks, self.since, &lines, |audit| {
            // What goes to files is no reason to print the rest too.
            if self.out.is_some() || self.oscal.is_none() && self.bundle.is_none() {
                self.give(audit, format, terminal)?;
            }
            self.write_oscal(audit, terminal)?;
            let besides = Besides { changes: changes.as_deref(), controls: &controls, plans: &plans };
            self.write_bundle(audit, &besides, terminal)?;
            Ok::<_, Failure>(self.found(audit))
        })?;
        if let Some(reason) = read.continuity.unread_journal() {
            let line = format!("warning: the journal could not be read, and the audit says so: {reason}");
            terminal.error(&format!("{}\n", one_line(&line)));
        }
        if let Some(reason) = read.unseen() {
            let line = format!(
                "error: the cloud could not be observed, and the audit says so; `--offline` leaves it out: {reason}"
            );
            terminal.error(&format!("{}\n", one_line(&line)));
            return Ok(exit::FAILED);
        }
        let errors = read.continuity.errors();
        if !errors.is_empty() {
            return Err(Failure::invalid(errors, read.continuity.sources));
        }
        if !failed.is_empty() {
            terminal.error(&format!("failed because of --fail-on: {}\n", failed.join(", ")));
            return Ok(exit::INVALID);
        }
        Ok(exit::DONE)
    }

    /// The frameworks that were asked for, and the files of controls.
    fn frameworks(&self) -> Result<ReadFrameworks, Failure> {
        let mut read = read_frameworks(&self.controls)
            .map_err(|wrong| Failure::invalid(wrong.findings, wrong.sources))?;
        let all = &mut read.frameworks;
        for id in &self.framework {
            if all.iter().all(|one| one.id.as_str() != id.as_str()) {
                let known = one_of(all.iter().map(|one| one.id.as_str()));
                return Err(Failure::usage(format!(
                    "there is no framework `{}`: it can be {known}",
                    one_line(id)
                )));
            }
        }
        if !self.framework.is_empty() {
            all.retain(|one| self.framework.iter().any(|id| id.as_str() == one.id.as_str()));
        }
        Ok(read)
    }

    fn give(&self, audit: &Audited<'_>, format: SheetFormat, terminal: &Terminal) -> Result<(), Failure> {
        let sheet = Sheet { report: &|| report(audit), json: &|| json(audit), csv: &|| csv(audit) };
        format.give(&sheet, self.out.as_deref(), terminal)
    }

    fn write_oscal(&self, audit: &Audited<'_>, terminal: &Terminal) -> Result<(), Failure> {
        let Some(folder) = &self.oscal else { return Ok(()) };
        let written = oscal(audit).map_err(|faults| Failure::message(faults.join("; ")))?;
        files::make_folder(folder).map_err(|error| Failure::message(error.to_string()))?;
        for file in written {
            let path = folder.join(file.name);
            files::write(&path, file.text.as_bytes()).map_err(|error| Failure::message(error.to_string()))?;
            terminal.note(&one_line(&format!("wrote {}", path.display())));
        }
        Ok(())
    }

    fn write_bundle(
        &self,
        audit: &Audited<'_>,
        besides: &Besides<'_>,
        terminal: &Terminal,
    ) -> Result<(), Failure> {
        let Some(path) = &self.bundle else { return Ok(()) };
        let Bundle { bytes, left_out } = bundle(audit, besides, self.key.as_ref(), self.with_contacts)
            .map_err(|error| Failure::message(error.to_string()))?;
        let written = match self.with_contacts {
            true => files::write_private(path, &bytes),
            false => files::write(path, &bytes),
        };
        written.map_err(|error| Failure::message(error.to_string()))?;
        let signed = if self.key.is_some() { "signed" } else { "not signed: anybody can make another one" };
        terminal.note(&one_line(&format!("wrote {}, SHA-256 {}, {signed}", path.display(), sha256(&bytes))));
        if !left_out.is_empty() {
            let files = left_out.join(", ");
            terminal.note(&one_line(&format!(
                "only the digest is in it of files that may say how to reach people: {files}"
            )));
        }
        Ok(())
    }

    /// What `--fail-on` finds.
    fn found(&self, audit: &Audited<'_>) -> Vec<String> {
        let found = |one: &FailOnVerdict| {
            let count = audit.count(one.verdict());
            let controls = if count == 1 { "control is" } else { "controls are" };
            (count > 0).then(|| format!("{count} {controls} {}", one.verdict().in_words()))
        };
        self.fail_on.iter().filter_map(found).collect()
    }
}

/// Check a bundle.
fn verify(
    path: &Path,
    signers: Option<&Path>,
    as_of: Option<Date>,
    terminal: &Terminal,
) -> Result<u8, Failure> {
    let bytes = files::read(path, MAX_BYTES).map_err(|error| Failure::message(error.to_string()))?;
    let signers = match signers {
        None => None,
        Some(list) => {
            let text = files::read_text(list, MAX_SIGNERS_BYTES)
                .map_err(|error| Failure::message(error.to_string()))?;
            let wrong = |error| Failure::message(format!("{}: {error}", list.display()));
            Some(Signers::parse(&text).map_err(wrong)?)
        }
    };
    let now = match as_of {
        None => Timestamp::now(),
        // Noon, so that a key that is valid on that day in UTC counts.
        Some(day) => format!("{day}T12:00:00Z").parse().map_err(|_| Failure::message("no such day"))?,
    };
    let name = one_line(&path.display().to_string());
    match check(&bytes, signers.as_ref(), now) {
        Ok(checked) => {
            let Checked { estate, as_of, members, plans, signed_by } = checked;
            let count = members.len();
            let mut text = format!(
                "{name}: audit of {} as of {}: all {count} members are as its statement says.\n",
                one_line(&estate),
                one_line(&as_of)
            );
            for plan in &plans {
                text.push_str(&format!("{}.\n", one_line(&plan_in_words(plan))));
            }
            for one in &signed_by {
                text.push_str(&format!("{}.\n", one_line(&signature_in_words(one))));
            }
            if signed_by.is_empty() {
                text.push_str("Nobody signed it, so anybody may have made it.\n");
            }
            terminal.result(&text);
            Ok(exit::DONE)
        }
        Err(why) => {
            terminal
                .error(&format!("{}\n", one_line(&format!("error: {name} is not what was packed: {why}"))));
            Ok(exit::REFUSED)
        }
    }
}

/// `Run 1 applied the plan in the bundle; 2 approvals in it are signed`, and what is not in it.
fn plan_in_words(CheckedPlan { run, content, signed, left_out, not_found }: &CheckedPlan) -> String {
    let mut text = match content {
        Content::Fits => format!("Run {run} applied the plan in the bundle"),
        Content::LeftOut => format!("Run {run}: only the digest of its plan is in the bundle"),
        Content::NotCompared(why) => {
            format!("Run {run}: nobody compared its plan with the digest that was approved, because {why}")
        }
    };
    let mut say = |many: usize, one: &str, several: &str| {
        if many > 0 {
            text.push_str(&format!("; {many} {}", if many == 1 { one } else { several }));
        }
    };
    say(*signed, "approval has a valid signature", "approvals have valid signatures");
    say(*left_out, "approval is in it by its digest only", "approvals are in it by their digests only");
    say(*not_found, "approval that it relied on is missing", "approvals that it relied on are missing");
    text
}

/// `Signed by auditor@acme.example (SHA256:…)`, or that the signature does not count.
fn signature_in_words(SignedBy { key, standing }: &SignedBy) -> String {
    match standing {
        KeyStanding::Listed(Some(name)) => format!("Signed by {name} ({key})"),
        KeyStanding::Listed(None) => {
            format!("Signed by {key}, a key of the list, which has no single name for it")
        }
        KeyStanding::NotListed(why) => format!("Also signed by {key}, which does not count: {why}"),
        KeyStanding::Unknown => {
            format!("Signed by {key}; name the list of keys that count with --signers")
        }
    }
}

/// The frameworks with their controls.
fn listed(frameworks: &[Framework]) -> String {
    let mut out = String::new();
    for framework in frameworks {
        out.push_str(&format!("{}  {}\n", framework.id, one_line(&framework.title)));
        for control in &framework.controls {
            let kinds: Vec<&str> = control.evidence.iter().map(|kind| kind.key()).collect();
            let people = (!control.people.is_empty()).then_some("people");
            let all: Vec<&str> = kinds.into_iter().chain(people).collect();
            let title = one_line(&control.title);
            out.push_str(&format!("  {:30} {title} [{}]\n", control.id.to_string(), all.join(", ")));
        }
    }
    out
}
