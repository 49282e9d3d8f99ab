//! The flags about approvals, and what is printed about the approvals of a run.

use std::path::PathBuf;

use clap::Args;
use holdfast_compiler::diagnostic::visible;

use super::failure::Failure;
use super::output::Terminal;
use crate::run::{Approved, Evidence};

/// The minimum length of a reason, in characters: a single word explains nothing.
const REASON: usize = 10;

/// The flags about approvals.
#[derive(Debug, Args)]
pub(super) struct ApprovalFlags {
    /// An approval file that is not beside the plan. Can be repeated.
    #[arg(long, value_name = "FILE")]
    approval: Vec<PathBuf>,
    /// A file with approvals among other text, such as all comments of a pull request (`holdfast approve --comment`). Each is
    /// checked like a file; all other text is ignored. Can be repeated.
    #[arg(long, value_name = "FILE")]
    approvals_in: Vec<PathBuf>,
    /// The policies as they are now, such as those that were merged. A saved plan that was made from other policies, or with
    /// another list of signers, is refused. Can be repeated.
    #[arg(long, value_name = "PATH")]
    merged: Vec<PathBuf>,
    /// Apply without the required approvals. The journal records it. With a trust anchor, this needs the signature of
    /// someone whom the anchor names (`holdfast approve --break-glass`).
    #[arg(long, requires = "because")]
    break_glass: bool,
    /// Why the approvers cannot be asked, in at least ten characters.
    #[arg(long, value_name = "REASON", requires = "break_glass", value_parser = reason)]
    because: Option<String>,
}

/// Parses a reason on the command line: one line of at least [`REASON`] characters.
pub(super) fn reason(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.chars().any(char::is_control) {
        return Err("write it on one line".to_owned());
    }
    if text.chars().count() >= REASON {
        Ok(text.to_owned())
    } else {
        Err(format!("use at least {REASON} characters, so that reviewers of the run understand the reason"))
    }
}

impl ApprovalFlags {
    /// What the flags add to the approvals beside a plan.
    pub(super) fn evidence(&self) -> Evidence {
        Evidence {
            approvals: self.approval.clone(),
            comments: self.approvals_in.clone(),
            merged: self.merged.clone(),
            break_glass: self.because.clone().filter(|_| self.break_glass),
        }
    }
}

impl ApprovalFlags {
    /// Refuse the flags that only a saved plan can have.
    pub(super) fn refuse_without_saved_plan(&self) -> Result<(), Failure> {
        if self.merged.is_empty() && self.approvals_in.is_empty() {
            return Ok(());
        }
        Err(Failure::usage(
            "`--merged` and `--approvals-in` are for a saved plan: `holdfast plan --out FILE`, then `holdfast apply FILE`",
        ))
    }
}

/// Print what people should know about the approvals before the run begins.
pub(super) fn announce(approved: &Approved, terminal: &Terminal) {
    if let Some(because) = &approved.break_glass {
        // Printed even with `--quiet`.
        let line = format!(
            "BREAK GLASS: applying without the required approvals, because: {because}. The journal records this.\n"
        );
        terminal.error(&visible(&line));
    }
    // There are enough approvals without these, so they do not stop the run.
    for finding in &approved.not_counted {
        let file = finding.file.as_deref().unwrap_or_default();
        terminal.note(&visible(&format!("not counted: {file}: {}", finding.message)));
    }
}
