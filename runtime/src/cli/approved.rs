//! Who has agreed to what is about to be applied: the flags, and what is said about it.

use std::path::PathBuf;

use clap::Args;
use holdfast_compiler::diagnostic::visible;

use super::output::Terminal;
use crate::run::{Agreed, Evidence};

/// How many characters a reason has at least: a single word explains nothing.
const REASON: usize = 10;

/// Who has agreed, on the command line.
#[derive(Debug, Args)]
pub(super) struct ApprovalFlags {
    /// An approval file that is not beside the plan. Can be repeated.
    #[arg(long, value_name = "FILE")]
    approval: Vec<PathBuf>,
    /// Apply without the required approvals. The journal records it. With a trust anchor, this needs the signature of
    /// someone whom the anchor names (`holdfast approve --break-glass`).
    #[arg(long, requires = "because")]
    break_glass: bool,
    /// Why the approvers cannot be asked, in at least ten characters.
    #[arg(long, value_name = "REASON", requires = "break_glass", value_parser = reason)]
    because: Option<String>,
}

/// A reason on the command line: one line, long enough to say something.
pub(super) fn reason(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.chars().any(char::is_control) {
        return Err("write it on one line".to_owned());
    }
    if text.chars().count() >= REASON {
        Ok(text.to_owned())
    } else {
        Err(format!("use at least {REASON} characters: the reason must be clear to whoever reviews the run"))
    }
}

impl ApprovalFlags {
    /// What there is beside the approvals that lie next to a plan.
    pub(super) fn evidence(&self) -> Evidence {
        Evidence {
            approvals: self.approval.clone(),
            break_glass: self.because.clone().filter(|_| self.break_glass),
        }
    }
}

/// Say what should be known of an agreement before the run begins.
pub(super) fn announce(agreed: &Agreed, terminal: &Terminal) {
    if let Some(because) = &agreed.break_glass {
        // It is said whatever `--quiet` says.
        let line = format!(
            "BREAK GLASS: applying without the required approvals, because: {because}. The journal records this.\n"
        );
        terminal.error(&visible(&line));
    }
    // More have tried than were needed: worth a line, no reason to stop.
    for finding in &agreed.not_counted {
        let file = finding.file.as_deref().unwrap_or_default();
        terminal.note(&visible(&format!("not counted: {file}: {}", finding.message)));
    }
}
