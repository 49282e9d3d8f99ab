//! Remarks that are printed beside a result.

use std::path::PathBuf;

use holdfast_compiler::diagnostic::visible;

use super::output::Terminal;
use crate::estate::{Policies, Remark};

/// Print how many warnings the policies have, in one line.
pub(super) fn mention_warnings(policies: &Policies, paths: &[PathBuf], terminal: &Terminal) {
    let warnings = &policies.compiled.warnings;
    if !warnings.is_empty() {
        let paths: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        let noun = if warnings.len() == 1 { "warning" } else { "warnings" };
        let line =
            format!("{} {noun}: to see them, run `holdfast validate {}`", warnings.len(), paths.join(" "));
        terminal.note(&visible(&line));
    }
}

/// Print a remark that people should read before the plan.
pub(super) fn mention(remark: &Remark, terminal: &Terminal) {
    match remark {
        Remark::OtherEstate { estate, things } => terminal.note(&format!(
            "warning: the journal also records {things} resources of the estate `{estate}` in this account: if you \
             renamed that estate, restore its old name and remove its services first; otherwise its resources stay \
             in the cloud and no policy manages them"
        )),
        Remark::OnlyPart => terminal.error(
            "warning: this is a partial plan: resources outside its targets may still differ from the policies \
             afterwards\n",
        ),
        Remark::WayHome(words) => terminal.error(&visible(&format!("{words}\n"))),
        Remark::DrillOutdated { drill, why } => {
            terminal.note(&visible(&format!("warning: the drill `{drill}` no longer shows what it did: {}", why.join("; "))));
        }
        Remark::JournalSilent { place, reason } => terminal.error(&visible(&format!(
            "warning: the journal at {place} does not answer: what only it holds is unknown, and Holdfast goes on \
             without it: {reason}\n"
        ))),
        Remark::JournalCaughtUp { place, pages } => {
            let noun = if *pages == 1 { "page" } else { "pages" };
            terminal.note(&visible(&format!("the journal at {place} lacked {pages} {noun}, and has them now")));
        }
    }
}
