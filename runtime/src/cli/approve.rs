//! `holdfast approve`.

use std::path::{Path, PathBuf};

use clap::Args;
use holdfast_compiler::diagnostic::{codes, visible};
use holdfast_compiler::units::Duration;
use jiff::{SignedDuration, Timestamp};

use super::approved::refused;
use super::failure::Failure;
use super::output::Terminal;
use super::planfile::PlanFile;
use super::{author, exit, show};
use crate::approval::{self, NAMESPACE, Signers, Statement, signature_path};

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
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Write the statement, and say how ssh-keygen signs it: for keys that Holdfast cannot use.
    #[arg(long, requires = "approver")]
    statement_only: bool,
}

impl Approve {
    pub(super) fn run(self, terminal: &Terminal) -> Result<u8, Failure> {
        let file = PlanFile::read(&self.path)?;
        let signers = file.approvals.as_ref().map(|rule| Signers::parse(&rule.signers)).transpose();
        let signers = signers.map_err(|error| {
            Failure::refused(codes::BAD_SIGNERS, format!("the plan's list of signers, {error}"), "plan again")
        })?;
        terminal.result(&summary(&file));
        let now = Timestamp::now();
        if self.statement_only {
            let approver = self.approver.clone().unwrap_or_default();
            let path = self.write(&statement(&file, approver, now)?)?;
            // Whatever was signed before is not this statement.
            let _ = std::fs::remove_file(signature_path(&path));
            let key = self.key.as_deref().unwrap_or(Path::new("KEY")).display();
            let command = format!("ssh-keygen -Y sign -n {NAMESPACE} -f '{key}' '{}'", path.display());
            terminal.result(&visible(&format!("\nNot signed yet. Sign with:\n  {command}\n")));
            return Ok(exit::DONE);
        }
        let failed = |error: approval::SignError| Failure::message(error.to_string());
        let key = approval::public_key(self.key.as_deref(), signers.as_ref()).map_err(failed)?;
        let listed = signers.as_ref().and_then(|signers| signers.principal_of(&key)).map(str::to_owned);
        let approver = self.approver.clone().or(listed).ok_or_else(|| {
            let message = "the plan's list of signers does not have one name for this key";
            Failure::refused(codes::APPROVAL_UNKNOWN_KEY, message, "say who you are: `--as PRINCIPAL`")
        })?;
        let statement = statement(&file, approver, now)?;
        let text = statement.text();
        let signature = approval::sign(&text, self.key.as_deref(), &key).map_err(failed)?;
        // What would be refused on the day of the apply is refused now.
        let hold = file.approvals.as_ref().map_or(HOLD_SECONDS, |rule| rule.hold_seconds);
        let accepted = approval::verify(&text, &signature, &file.question(signers.as_ref(), hold, now));
        let accepted = accepted.map_err(|refusal| Failure::refused_for(vec![refused(&refusal, None)]))?;
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

    fn write(&self, statement: &Statement) -> Result<PathBuf, Failure> {
        let path = statement.path(&self.path);
        write(&path, &statement.text())?;
        Ok(path)
    }
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text).map_err(|error| Failure::message(format!("{}: {error}", path.display())))
}

fn statement(file: &PlanFile, approver: String, now: Timestamp) -> Result<Statement, Failure> {
    let hold = file.approvals.as_ref().map_or(HOLD_SECONDS, |rule| rule.hold_seconds);
    let hold = SignedDuration::from_secs(i64::try_from(hold).unwrap_or(i64::MAX));
    // A statement knows whole seconds.
    let whole = Timestamp::from_second(now.as_second()).unwrap_or(now);
    let until = whole.checked_add(hold).map_err(|error| Failure::message(error.to_string()))?;
    let context = &file.plan.context;
    let statement = Statement {
        plan: file.digest.clone(),
        estate: context.estate.clone(),
        account: context.account.clone(),
        cloud: context.cloud.clone(),
        approver,
        approved_at: whole,
        expires_at: until,
    };
    let sayable = Statement::parse(&statement.text()).as_ref() == Some(&statement);
    let message = "the names in this plan have line breaks, so no statement can be made of it";
    sayable.then_some(statement).ok_or_else(|| Failure::refused(codes::BAD_PLAN_FILE, message, "plan again"))
}

/// What is agreed to, in a few lines.
fn summary(file: &PlanFile) -> String {
    let (plan, counts) = (&file.plan, file.plan.counts());
    let mut text = show::made(file);
    text.push_str(&format!(
        "Estate {} in {}, account {}: {} to create, {} to update, {} to replace, {} to delete.\n",
        plan.context.estate,
        plan.context.cloud,
        plan.context.account,
        counts.create,
        counts.update,
        counts.replace,
        counts.delete
    ));
    for service in &plan.leaving {
        text.push_str(&format!("! service `{service}` goes\n"));
    }
    for step in plan.pending() {
        let id = &step.id;
        if step.action == holdfast_compiler::plan::Action::Delete {
            text.push_str(&format!("- {id} is deleted\n"));
        }
        for caution in &step.cautions {
            text.push_str(&format!("! {id}: {}\n", caution.replace('\n', " ")));
        }
    }
    let hold = file.approvals.as_ref().map_or(HOLD_SECONDS, |rule| rule.hold_seconds);
    text.push_str(&format!("An approval given now holds for {}.\n", Duration::seconds(hold).in_words()));
    visible(&text)
}
