//! What is said beside a result: that there is something worth a look.

use std::path::PathBuf;

use holdfast_compiler::diagnostic::visible;

use super::output::Terminal;
use crate::estate::{Policies, Remark};

/// Say in a line that there is something worth a look.
pub(super) fn mention_warnings(policies: &Policies, paths: &[PathBuf], terminal: &Terminal) {
    let warnings = &policies.compiled.warnings;
    if !warnings.is_empty() {
        let paths: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        let noun = if warnings.len() == 1 { "warning" } else { "warnings" };
        let line = format!("{} {noun}; `holdfast validate {}` shows them", warnings.len(), paths.join(" "));
        terminal.note(&visible(&line));
    }
}

/// Say what should be read before a plan.
pub(super) fn mention(remark: &Remark, terminal: &Terminal) {
    match remark {
        Remark::OtherEstate { estate, things } => terminal.note(&format!(
            "warning: this journal also records {things} resources of an estate `{estate}` here; if this \
             estate was renamed, restore the old name and remove its \
             services first, or they are left behind"
        )),
        Remark::OnlyPart => terminal.error(
            "warning: this is a partial plan: resources that are left out may still differ from the \
             policies afterwards\n",
        ),
    }
}
