//! `holdfast bcp acknowledge`.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use clap::Args;
use holdfast_compiler::diagnostic::visible;

use super::super::failure::Failure;
use super::super::output::Terminal;
use super::super::{author, exit, front, remarks};
use crate::approval::{Namespace, SigningKey};
use crate::bcp::{AcknowledgeError, Acknowledgement, acknowledge};
use crate::estate::Policies;

/// Sign, for a role, that its people know the business continuity plan of exactly these policies.
///
/// Writes a statement (acknowledgements/ROLE.acknowledgement) and its signature (.sig) beside the estate's file: commit both.
/// The key must be in the list of signers of the estate. `holdfast bcp` shows which roles have acknowledged which version; any
/// change of the policies makes an acknowledgement outdated. Read the plan first: `holdfast bcp PATH`.
#[derive(Debug, Args)]
pub(super) struct Acknowledge {
    /// Policy files and folders.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The role: the name of a contact of the continuity plan.
    #[arg(long, value_name = "ROLE")]
    role: String,
    /// Who signs. Defaults to the name that the list of signers has for the key.
    #[arg(long = "as", value_name = "PRINCIPAL", value_parser = author::principal)]
    signer: Option<String>,
    /// The key to sign with: a private key, or the `.pub` file of a key in ssh-agent. Defaults to a key in ssh-agent.
    #[arg(long, env = "HOLDFAST_KEY", hide_env_values = true, value_name = "FILE")]
    key: Option<SigningKey>,
    /// Do not ask. Without a terminal, nothing is asked.
    #[arg(long, short = 'y')]
    yes: bool,
}

impl Acknowledge {
    pub(super) fn run(self, terminal: &Terminal) -> Result<u8, Failure> {
        let policies = Policies::load(&self.paths, None)?;
        remarks::mention_warnings(&policies, &self.paths, terminal);
        if !self.yes && io::stdin().is_terminal() {
            front::confirm(terminal, &format!("Sign as `{}` that its plan is known", visible(&self.role)))
                .map_err(|declined| {
                    Failure::refused_finding(declined.finding(
                        "that the plan is known",
                        "answer `yes`, or pass `--yes`: nothing was signed",
                    ))
                })?;
        }
        let show = |statement: &Acknowledgement| {
            let lines: Vec<String> = statement.text().lines().map(|line| format!("  {line}\n")).collect();
            terminal.result(&visible(&format!(
                "Signs, for {}:\n{}",
                Namespace::Acknowledgement,
                lines.concat()
            )));
        };
        let path = acknowledge(&policies, &self.role, self.signer.as_deref(), self.key.as_ref(), &show)?;
        let path = path.display();
        let line = format!("\nWritten: {path} and {path}.sig. Commit both with the policies.\n");
        terminal.result(&visible(&line));
        Ok(exit::DONE)
    }
}

impl From<AcknowledgeError> for Failure {
    fn from(error: AcknowledgeError) -> Self {
        match error.refusal() {
            Ok(finding) => Self::refused_finding(finding),
            Err(AcknowledgeError::NoRole { role, near }) => {
                let cure = near.map_or("`holdfast bcp` lists the roles".to_owned(), |near| {
                    format!("did you mean `{near}`?")
                });
                Self::usage(format!("the policies have no contact `{role}`: {cure}"))
            }
            Err(error) => Self::message(error.to_string()),
        }
    }
}
