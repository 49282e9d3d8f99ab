//! `holdfast show`.

use std::path::PathBuf;

use clap::Args;
use holdfast_compiler::diagnostic::visible;
use holdfast_compiler::units::Duration;

use super::failure::Failure;
use super::judge::{FailOn, Judged};
use super::output::Terminal;
use super::plan_format::{PlanFormat, PlanView};
use super::standing::standing;
use super::{Global, exit};
use crate::approval::{Demand, Rule};
use crate::planfile::{PlanFile, Saved, Standing};
use crate::trust::Trust;

/// The note for a plan that needs approvals, on a machine without a trust anchor.
pub(super) const NO_ANCHOR: &str = "note: without a trust anchor, anyone who can change the policies can change who \
    must approve; name one with HOLDFAST_TRUST (`holdfast explain E0720` shows its format)";

/// Print a saved plan, offline.
///
/// Derives the plan again from the contents of the file: the policies, the resources that were observed and owned,
/// and the flags. An apply does not rely on these observations; it reads the cloud and the journal again. The approvals
/// beside the plan are verified, except for what only the journal knows.
#[derive(Debug, Args)]
pub(super) struct Show {
    /// A file that `holdfast plan --out` wrote.
    #[arg(value_name = "PLANFILE")]
    path: PathBuf,
    #[command(flatten)]
    view: PlanView,
    /// Exit with 3 if an objective is not met or becomes weaker. Can be repeated.
    #[arg(long, value_enum, value_name = "WHAT")]
    fail_on: Vec<FailOn>,
}

impl Show {
    pub(super) fn run(self, global: &Global, terminal: &Terminal) -> Result<u8, Failure> {
        self.view.check()?;
        let name = self.path.display().to_string();
        let saved = Saved::read(&self.path).map_err(|refusal| Failure::plan_file(refusal, &name))?;
        let trust = global.selection().trust()?;
        let anchored = || anchored(trust.as_ref(), &saved.plan.context.estate);
        if self.view.format == PlanFormat::Text && !self.view.summary {
            let anchored = anchored()?;
            let approvals = Standing::of(&saved, &self.path, anchored.as_ref())?;
            terminal.result(&made(&saved, anchored.as_ref(), &standing(&approvals)));
        }
        if saved.rule().is_some() && trust.is_none() {
            terminal.note(NO_ANCHOR);
        }
        let around = || {
            let approvals = Standing::of(&saved, &self.path, anchored()?.as_ref())?;
            Ok(approvals.around(saved.file.digest.clone(), Some(&self.path)))
        };
        self.view.print(&saved.plan, around, terminal)?;
        let (warnings, partial) = (saved.warnings(), !saved.plan.targets.is_empty());
        let (effects, policy) = (saved.plan.objectives.as_slice(), saved.plan.policy_changes.as_ref());
        let judged = Judged { warnings, partial, effects, policy, ..Judged::default() };
        Ok(if judged.fails(&self.fail_on, terminal) { exit::INVALID } else { exit::DONE })
    }
}

/// The approval rule of the trust anchor for an estate, if there is one.
pub(super) fn anchored(trust: Option<&Trust>, estate: &str) -> Result<Option<Demand>, Failure> {
    let Some(trust) = trust else { return Ok(None) };
    let anchor = trust.anchor(estate).map_err(Failure::refused_finding)?;
    anchor.demand().map_err(Failure::refused_finding)
}

/// The header of a plan: its digest, its author, who must approve it, and who did.
pub(super) fn made(saved: &Saved, anchored: Option<&Demand>, standing: &str) -> String {
    let say = |rule: &Rule| {
        let hold = Duration::seconds(rule.hold_of(saved.plan.only_evacuates())).in_words();
        let people = if rule.required == 1 { "person" } else { "people" };
        format!("{} {people}, not the author; each approval is valid for at most {hold}", rule.required)
    };
    let mut approvals = saved.rule().map_or_else(|| "the policies require none".to_owned(), say);
    if let Some(demand) = anchored {
        approvals.push_str(&format!("\n           trust anchor: {}", say(&demand.rule)));
    }
    if standing.is_empty() {
        approvals.push_str("; not checked here: the rule of the last run");
    }
    let one_line = |text: &str| visible(text).replace('\n', " ");
    let signed = match &saved.author.signature {
        Some(signature) => format!("signed with {}", signature.fingerprint()),
        None => "not signed".to_owned(),
    };
    let (author, version) = (one_line(&saved.author.name), one_line(&saved.file.made_with));
    let PlanFile { digest, journal, local, inputs, .. } = &saved.file;
    let mut text = format!(
        "Digest:    sha256:{digest}\nAuthor:    {author} ({signed})\nMade with: holdfast {version}\n"
    );
    if let Some(commit) = &saved.file.commit {
        text.push_str(&format!("Commit:    {}\n", one_line(&commit.to_string())));
    }
    text.push_str(&format!("Journal:   {}\n", one_line(&journal.to_string())));
    if let Some(file) = local {
        text.push_str(&format!("Cloud:     embedded, in {}\n", one_line(&file.display().to_string())));
    }
    if let Some(day) = &inputs.as_of {
        text.push_str(&format!("As of:     {}\n", one_line(day)));
    }
    text.push_str(&format!("Approvals: {approvals}\n{standing}\n"));
    text
}
