//! `holdfast approve`.

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use clap::Args;
use holdfast_compiler::diagnostic::{Style, visible};
use holdfast_compiler::plan::{self, Action};
use holdfast_compiler::units::Duration;

use super::failure::Failure;
use super::output::Terminal;
use super::standing::standing;
use super::{Global, approved, author, exit, front, show};
use crate::approval::{SigningKey, Statement};
use crate::planfile::{Approving, Saved, Signed, Standing};
use crate::run::require_consent;

/// Approve a saved plan with your SSH key.
///
/// Writes a statement (PLANFILE.NAME.approval) and its signature (.sig) beside the plan, where `holdfast apply` looks
/// for them. `ssh-keygen -Y verify` accepts them. Shows which objectives are not met or become weaker and what is
/// dangerous, and asks before it signs. Read the whole plan first: `holdfast show PLANFILE`.
#[derive(Debug, Args)]
pub(super) struct Approve {
    /// A file that `holdfast plan --out` wrote.
    #[arg(value_name = "PLANFILE")]
    path: PathBuf,
    /// Who approves. Defaults to the name that the list of signers has for the key.
    #[arg(long = "as", value_name = "PRINCIPAL", value_parser = author::principal)]
    approver: Option<String>,
    /// The key to sign with: a private key, or the `.pub` file of a key in ssh-agent. Defaults to a key in ssh-agent.
    #[arg(long, env = "HOLDFAST_KEY", hide_env_values = true, value_name = "FILE")]
    key: Option<SigningKey>,
    /// Do not ask. Without a terminal, nothing is asked.
    #[arg(long, short = 'y')]
    yes: bool,
    /// Also print the approval as a block of text, to paste into a comment on the pull request: `holdfast apply --approvals-in`
    /// finds it there.
    #[arg(long, conflicts_with_all = ["statement_only", "break_glass"])]
    comment: bool,
    /// Write the statement and print the ssh-keygen command that signs it, for keys that Holdfast cannot use.
    #[arg(long, requires = "approver")]
    statement_only: bool,
    /// Authorize applying the plan without the required approvals. Counts only if the trust anchor names you for
    /// `break-glass`.
    #[arg(long, requires_all = ["because", "approver"])]
    break_glass: bool,
    /// Why the approvers cannot be asked, in at least ten characters. `holdfast apply` must give the same reason.
    #[arg(long, value_name = "REASON", requires = "break_glass", value_parser = approved::reason)]
    because: Option<String>,
}

impl Approve {
    pub(super) fn run(self, global: &Global, terminal: &Terminal) -> Result<u8, Failure> {
        let name = self.path.display().to_string();
        let saved = Saved::read(&self.path).map_err(|refusal| Failure::plan_file(refusal, &name))?;
        let trust = global.selection().trust()?;
        let anchored = show::anchored(trust.as_ref(), &saved.plan.context.estate)?;
        let because = self.because.as_deref();
        let approving = Approving::new(&saved, &self.path, anchored.as_ref(), because);
        if saved.rule().is_some() && trust.is_none() {
            terminal.note(show::NO_ANCHOR);
        }
        let standing = standing(&Standing::of(&saved, &self.path, anchored.as_ref())?);
        let made = show::made(&saved, anchored.as_ref(), &standing);
        terminal.result(&format!("{made}{}", summary(&saved, terminal.stdout(), approving.hold_seconds())));
        // An apply would refuse a plan that lacks a consent, so do not let anybody approve it.
        require_consent(&saved.plan)?;
        // Without a terminal nobody can answer: a key in a job is a decision that was made before.
        if !self.yes && !self.statement_only && io::stdin().is_terminal() {
            front::confirm(terminal, "Approve this").map_err(|declined| {
                Failure::refused_finding(
                    declined.finding("your approval", "answer `yes`, or pass `--yes`: nothing was signed"),
                )
            })?;
        }
        let show = |statement: &Statement| terminal.result(&visible(&signs(statement)));
        if self.statement_only {
            let path = approving.leave_unsigned(self.approver.as_deref().unwrap_or_default(), &show)?;
            let key = match &self.key {
                Some(SigningKey::File(path)) => path.as_path(),
                _ => Path::new("KEY"),
            };
            let (key, namespace) = (key.display(), approving.namespace());
            let command = format!("ssh-keygen -Y sign -n {namespace} -f '{key}' '{}'", path.display());
            terminal.result(&visible(&format!("\nNot signed yet. Sign with:\n  {command}\n")));
            return Ok(exit::DONE);
        }
        let Signed { accepted, path, comment } =
            approving.sign(self.approver.as_deref(), self.key.as_ref(), &show)?;
        let line = format!(
            "\nApproved by {} until {:.0}: {}\n",
            accepted.approver,
            accepted.expires_at,
            path.display()
        );
        terminal.result(&visible(&line));
        if self.comment {
            terminal
                .result(&visible(&format!("\nPaste this into a comment on the pull request:\n\n{comment}")));
        }
        Ok(exit::DONE)
    }
}

/// The exact text that is about to be signed.
fn signs(statement: &Statement) -> String {
    let lines: Vec<String> = statement.text().lines().map(|line| format!("  {line}\n")).collect();
    format!("\nSigns, for {}:\n{}", statement.namespace, lines.concat())
}

/// A short summary of the plan to approve: the verdict, the objectives, and what is dangerous.
fn summary(saved: &Saved, style: Style, hold: u64) -> String {
    let (plan, counts) = (&saved.plan, saved.plan.counts());
    let verdict = plan.verdict().map_or("unknown, because the plan is partial".to_owned(), |v| v.to_string());
    let policy = plan::policy_changes(plan, style);
    let mut text = format!("Verdict:   {verdict}\n{policy}{}\n", plan::objectives(&plan.objectives, style));
    text.push_str(&format!(
        "Estate {} in {}, account {}: {} to create, {} to update, {} to replace, {} to delete.\n",
        plan.context.estate,
        plan.context.cloud,
        plan.context.accounts,
        counts.create,
        counts.update,
        counts.replace,
        counts.delete
    ));
    for caution in plan.cautions() {
        text.push_str(&format!("! {}\n", caution.replace('\n', " ")));
    }
    if !plan.targets.is_empty() {
        text.push_str(&format!("! partial plan: only {}, with dependencies\n", plan.targets.join(", ")));
    }
    for service in &plan.leaving {
        text.push_str(&format!("! service `{service}` is removed\n"));
    }
    for consent in &plan.consents {
        text.push_str(&format!("! consent given when planned: {consent}\n"));
    }
    for step in plan.pending() {
        let id = &step.id;
        if step.action == Action::Delete {
            text.push_str(&format!("- {id} is deleted\n"));
        }
        for caution in &step.cautions {
            text.push_str(&format!("! {id}: {}\n", caution.replace('\n', " ")));
        }
    }
    text.push_str(&format!("An approval given now is valid for {}.\n", Duration::seconds(hold).in_words()));
    text
}
