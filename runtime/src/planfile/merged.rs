//! Compares the policies of a saved plan with those that are there now.

use std::collections::BTreeMap;
use std::path::PathBuf;

use holdfast_compiler::diagnostic::{Diagnostic, codes};
use holdfast_compiler::source::{Source, SourceId, Span};

use super::Saved;
use crate::estate::{Findings, Policies, load};

/// The most files that are listed.
const MOST_LISTED: usize = 20;

/// Why a plan does not fit the policies that are there now.
#[derive(Debug, thiserror::Error)]
pub enum NotMerged {
    /// The policies cannot be read.
    #[error(transparent)]
    Unread(Findings),
    /// They differ from those of the plan. The findings say where.
    #[error(transparent)]
    Differs(Findings),
}

impl Saved {
    /// Check that this plan was made from exactly the policies at some paths: the same files with the same text, and the
    /// same list of signers.
    ///
    /// # Errors
    /// The policies cannot be read, or differ.
    pub fn is_made_from(&self, paths: &[PathBuf]) -> Result<(), NotMerged> {
        let sources = load::load(paths).map_err(NotMerged::Unread)?;
        let mut planned: BTreeMap<&str, &str> = BTreeMap::new();
        planned.extend(self.file.inputs.policies.iter().map(|file| (file.path.as_str(), file.text.as_str())));
        let mut findings = Vec::new();
        for (id, source) in sources.iter() {
            match planned.remove(source.path.as_str()) {
                Some(text) if *text == *source.text => {}
                Some(text) => findings.push(differs(id, source, text)),
                None => findings.push(file("the plan was made without this file", &source.path)),
            }
        }
        findings.extend(
            planned
                .keys()
                .map(|path| file("the plan was made with this file, and it is not there now", path)),
        );
        let hidden = findings.len().saturating_sub(MOST_LISTED);
        findings.truncate(MOST_LISTED);
        if hidden > 0 {
            findings.push(finding(format!("{hidden} more files differ from those of the plan")));
        }
        if !findings.is_empty() {
            return Err(NotMerged::Differs(Findings { findings, sources }));
        }
        // The policies are the same, so they name the same list.
        let now =
            Policies::read(sources, self.policies().compiled.options.as_of).map_err(NotMerged::Unread)?;
        if now.rule == self.policies().rule {
            return Ok(());
        }
        let asked = now.compiled.policy.approvals.as_ref();
        let finding = finding("the list of signers differs from the one of the plan".to_owned());
        let finding = match asked {
            Some(asked) => finding.at(asked.span, "in this file"),
            None => finding,
        };
        Err(NotMerged::Differs(Findings { findings: vec![finding], sources: now.sources }))
    }
}

fn finding(message: String) -> Diagnostic {
    let cure = "plan again from these policies, review the new plan, and have it approved";
    Diagnostic::new(codes::OTHER_SOURCES, message).help(cure)
}

fn file(message: &str, path: &str) -> Diagnostic {
    finding(message.to_owned()).in_file(path)
}

/// The first line of a file that differs. `planned` is the text that the plan was made from.
fn differs(id: SourceId, source: &Source, planned: &str) -> Diagnostic {
    let pairs = source.text.split_inclusive('\n').zip(planned.split_inclusive('\n'));
    let start: usize = pairs.take_while(|(now, then)| now == then).map(|(now, _)| now.len()).sum();
    let rest = source.text.get(start..).unwrap_or_default();
    let end = start + rest.lines().next().map_or(0, |line| line.trim_end().len());
    let message = "this file differs from the one that the plan was made from".to_owned();
    finding(message).at(Span::new(id, start, end), "the first difference")
}
