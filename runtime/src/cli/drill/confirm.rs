//! `holdfast drill confirm`.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use clap::Args;
use holdfast_compiler::diagnostic::visible;
use holdfast_compiler::drill::Answer;

use super::super::failure::Failure;
use super::super::front::confirm as agree;
use super::super::output::Terminal;
use super::super::{Global, author, exit, remarks};
use crate::approval::SigningKey;
use crate::drill::{Confirmation, DrillError, Statement, confirm};
use crate::estate::Policies;

/// Answer what a drill asks just now, and sign the answer with your SSH key.
///
/// `holdfast drill run --wait` says what it asks. The word counts in that run and for that question only. Writes the statement and its
/// signature (.sig) where the drill looks for them: beside the policies, or in the folder of `--words`. `ssh-keygen -Y verify` accepts
/// them. The key must be in the list of signers of the trust anchor (`confirmers`); without an anchor, in that of the estate.
#[derive(Debug, Args)]
pub(super) struct Confirm {
    /// The name of the drill.
    #[arg(value_name = "NAME")]
    name: String,
    /// What is answered: `criterion.1`, `payments.declare` or `contact.alice`.
    #[arg(value_name = "QUESTION")]
    question: String,
    /// Policy files and folders.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The answer is no, for this reason. Otherwise it is yes.
    #[arg(long, value_name = "REASON", conflicts_with = "note")]
    no: Option<String>,
    /// What to say besides.
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Who signs. Defaults to the name that the list of signers has for the key.
    #[arg(long = "as", value_name = "PRINCIPAL", value_parser = author::principal)]
    signer: Option<String>,
    /// The key to sign with: a private key, or the `.pub` file of a key in ssh-agent. Defaults to a key in ssh-agent.
    #[arg(long, env = "HOLDFAST_KEY", hide_env_values = true, value_name = "FILE")]
    key: Option<SigningKey>,
    /// The folder in which the drill asks, if it was given one.
    #[arg(long, value_name = "FOLDER")]
    words: Option<PathBuf>,
    /// Do not ask. Without a terminal, nothing is asked.
    #[arg(long, short = 'y')]
    yes: bool,
}

impl Confirm {
    pub(super) fn run(self, global: &Global, terminal: &Terminal) -> Result<u8, Failure> {
        let policies = Policies::load(&self.paths, None)?;
        remarks::mention_warnings(&policies, &self.paths, terminal);
        let order = Confirmation {
            drill: self.name,
            question: self.question,
            answer: Answer { yes: self.no.is_none(), note: self.no.or(self.note) },
            signer: self.signer,
            key: self.key,
            words: self.words,
        };
        let show = |statement: &Statement| {
            let lines: Vec<String> = statement.text().lines().map(|line| format!("  {line}\n")).collect();
            terminal.result(&visible(&format!("Signs, for drill@holdfast:\n{}", lines.concat())));
            if self.yes || !io::stdin().is_terminal() {
                return Ok(());
            }
            agree(terminal, "Sign this").map_err(DrillError::NotSigned)
        };
        let signed = confirm(&policies, &global.selection(), &order, &show)?;
        let path = signed.path.display();
        terminal.result(&visible(&format!("\nWritten: {path} and {path}.sig.\n")));
        if !signed.verified {
            terminal.note("no list of signers is here, so only the drill can tell whether your word counts");
        }
        Ok(exit::DONE)
    }
}
