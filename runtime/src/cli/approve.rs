//! `holdfast approve`.

use std::path::{Path, PathBuf};

use clap::Args;
use holdfast_compiler::diagnostic::{codes, visible};
use holdfast_compiler::plan::Action;
use holdfast_compiler::units::Duration;
use jiff::{SignedDuration, Timestamp};

use super::failure::Failure;
use super::output::Terminal;
use super::{Global, approved, author, exit, show};
use crate::approval::{
    self, Demand, Namespace, Question, Rule, Signers, SigningKey, Statement, signature_path,
};
use crate::files;
use crate::planfile::Saved;
use crate::run::require_consent;

/// For how long an approval holds where the plan has no rule: what an estate says that says nothing.
const HOLD_SECONDS: u64 = 24 * 3_600;

/// Agree to a saved plan with your SSH key.
///
/// Writes a statement (PLANFILE.NAME.approval) and its signature (.sig) beside the plan; `holdfast apply` looks for
/// them there, and `ssh-keygen -Y verify` accepts them. Read the plan first: `holdfast show PLANFILE`.
#[derive(Debug, Args)]
pub(super) struct Approve {
    /// A file that `holdfast plan --out` wrote.
    #[arg(value_name = "PLANFILE")]
    path: PathBuf,
    /// Who agrees. Without it: the name that the list of signers has for the key.
    #[arg(long = "as", value_name = "PRINCIPAL", value_parser = author::principal)]
    approver: Option<String>,
    /// The key: a private key, or the `.pub` file of one in ssh-agent. Without it: a key of ssh-agent.
    #[arg(long, env = "HOLDFAST_KEY", hide_env_values = true, value_name = "FILE")]
    key: Option<SigningKey>,
    /// Write the statement, and say how ssh-keygen signs it: for keys that Holdfast cannot use.
    #[arg(long, requires = "approver")]
    statement_only: bool,
    /// Agree that the plan is applied without the approvals it needs. Counts where a trust anchor names you for it.
    #[arg(long, requires_all = ["because", "approver"])]
    break_glass: bool,
    /// Why nobody can be asked, in ten characters or more: the same reason that the apply gives.
    #[arg(long, value_name = "REASON", requires = "break_glass", value_parser = approved::reason)]
    because: Option<String>,
}

impl Approve {
    pub(super) fn run(self, global: &Global, terminal: &Terminal) -> Result<u8, Failure> {
        let name = self.path.display().to_string();
        let saved = Saved::read(&self.path).map_err(|refusal| Failure::plan_file(refusal, &name))?;
        let trust = global.selection().trust()?;
        let anchored = show::anchored(trust.as_ref(), &saved)?;
        let anchors = anchored.as_ref().map(|demand| &demand.rule);
        // Who may break the glass says the trust anchor, and not the plan.
        let rules: Vec<&Rule> =
            saved.rule().into_iter().chain(anchors).filter(|_| !self.break_glass).collect();
        let hold = rules.iter().map(|rule| rule.hold_seconds).min().unwrap_or(HOLD_SECONDS);
        if saved.rule().is_some() && trust.is_none() {
            terminal.note(show::NO_ANCHOR);
        }
        terminal.result(&summary(&saved, anchored.as_ref(), hold));
        // An apply would refuse it for want of a consent, whoever has agreed.
        require_consent(&saved.plan)?;
        let lists: Result<Vec<Signers>, _> = rules.iter().map(|rule| Signers::parse(&rule.signers)).collect();
        let lists = lists.map_err(|error| {
            Failure::refused(codes::BAD_SIGNERS, format!("the list of signers, {error}"), "plan again")
        })?;
        let now = Timestamp::now();
        let namespace = if self.break_glass { Namespace::BreakGlass } else { Namespace::Approval };
        if self.statement_only {
            let approver = self.approver.clone().unwrap_or_default();
            let statement = self.statement(&saved, namespace, approver, hold, now)?;
            terminal.result(&visible(&signs(&statement)));
            let path = self.write(&statement)?;
            // Whatever was signed before is not this statement.
            files::remove(&signature_path(&path)).map_err(|error| Failure::message(error.to_string()))?;
            let key = match &self.key {
                Some(SigningKey::File(path)) => path.as_path(),
                _ => Path::new("KEY"),
            };
            let key = key.display();
            let command = format!("ssh-keygen -Y sign -n {namespace} -f '{key}' '{}'", path.display());
            terminal.result(&visible(&format!("\nNot signed yet. Sign with:\n  {command}\n")));
            return Ok(exit::DONE);
        }
        let failed = |error: approval::SignError| Failure::message(error.to_string());
        let key = approval::public_key(self.key.as_ref(), lists.first()).map_err(failed)?;
        // Of several lists, the one that knows the key.
        let signers = lists.iter().find(|list| list.knows(&key)).or(lists.first());
        let listed = signers.and_then(|signers| signers.principal_of(&key, namespace)).map(str::to_owned);
        let approver = self.approver.clone().or(listed).ok_or_else(|| {
            let message = "the list of signers does not have one name for this key";
            Failure::refused(codes::APPROVAL_UNKNOWN_KEY, message, "say who you are: `--as PRINCIPAL`")
        })?;
        let statement = self.statement(&saved, namespace, approver, hold, now)?;
        let text = statement.text();
        terminal.result(&visible(&signs(&statement)));
        let signature =
            approval::sign(namespace, text.as_bytes(), self.key.as_ref(), &key).map_err(failed)?;
        // What would be refused on the day of the apply is refused now.
        let question = Question {
            namespace,
            plan: &saved.file.digest,
            context: &saved.plan.context,
            author: (!self.break_glass).then_some(&saved.author),
            signers,
            hold_seconds: hold,
            because: self.because.as_deref(),
            now,
        };
        let accepted = approval::verify(&text, &signature, &question);
        let accepted = accepted.map_err(|refusal| Failure::refused_finding(refusal.finding()))?;
        let path = self.write(&statement)?;
        write(&signature_path(&path), &signature)?;
        let line = format!(
            "\nApproved by {} until {:.0}: {}\n",
            accepted.approver,
            accepted.expires_at,
            path.display()
        );
        terminal.result(&visible(&line));
        Ok(exit::DONE)
    }

    fn statement(
        &self,
        saved: &Saved,
        namespace: Namespace,
        approver: String,
        hold: u64,
        now: Timestamp,
    ) -> Result<Statement, Failure> {
        let hold = SignedDuration::from_secs(i64::try_from(hold).unwrap_or(i64::MAX));
        // A statement knows whole seconds.
        let whole = Timestamp::from_second(now.as_second()).unwrap_or(now);
        let until = whole.checked_add(hold).map_err(|error| Failure::message(error.to_string()))?;
        let statement = Statement {
            namespace,
            plan: saved.file.digest.clone(),
            context: saved.plan.context.clone(),
            approver,
            approved_at: whole,
            expires_at: until,
            because: self.because.clone(),
        };
        let sayable = Statement::parse(&statement.text()).as_ref() == Some(&statement);
        let message = "the names in this plan have line breaks, so no statement can be made of it";
        let refused = || Failure::refused(codes::BAD_PLAN_FILE, message, "plan again");
        sayable.then_some(statement).ok_or_else(refused)
    }

    fn write(&self, statement: &Statement) -> Result<PathBuf, Failure> {
        let path = statement.path(&self.path);
        write(&path, &statement.text())?;
        Ok(path)
    }
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    files::write(path, text.as_bytes()).map_err(|error| Failure::message(error.to_string()))
}

/// What is about to be signed, word for word.
fn signs(statement: &Statement) -> String {
    let lines: Vec<String> = statement.text().lines().map(|line| format!("  {line}\n")).collect();
    format!("\nSigns, for {}:\n{}", statement.namespace, lines.concat())
}

/// What is agreed to, in a few lines.
fn summary(saved: &Saved, anchored: Option<&Demand>, hold: u64) -> String {
    let (plan, counts) = (&saved.plan, saved.plan.counts());
    let mut text = show::made(saved, anchored);
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
        text.push_str(&format!("! only {}, with what that needs\n", plan.targets.join(", ")));
    }
    for service in &plan.leaving {
        text.push_str(&format!("! service `{service}` is removed\n"));
    }
    for consent in &plan.consents {
        text.push_str(&format!("! allowed when planned: {consent}\n"));
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
    text.push_str(&format!("An approval given now holds for {}.\n", Duration::seconds(hold).in_words()));
    visible(&text)
}
