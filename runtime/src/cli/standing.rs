//! How many approvals a saved plan has, as far as that can be known offline.

use std::path::{Path, PathBuf};

use holdfast_compiler::diagnostic::visible;
use jiff::Timestamp;

use super::failure::Failure;
use crate::approval::{Approvals, Demand, Namespace, decide, statement_paths};
use crate::planfile::Saved;

/// A line for each rule with the approvals that count, and one for each approval that does not. Signatures and lists of
/// signers are checked as an apply does. The journal is not read: it knows the rule of the last run, and which
/// approvals were used.
///
/// # Errors
/// A list of signers cannot be used, or the folder of the plan cannot be read.
pub(super) fn standing(saved: &Saved, path: &Path, anchored: Option<&Demand>) -> Result<String, Failure> {
    let estate = saved.plan.context.estate.clone();
    let own = saved.rule().map(|rule| Demand { rule: rule.clone(), whose: "the plan".to_owned(), estate });
    let anchor = anchored.map(|demand| Demand { whose: "the trust anchor".to_owned(), ..demand.clone() });
    let demands: Vec<Demand> =
        own.into_iter().chain(anchor).filter(|demand| demand.rule.required > 0).collect();
    if demands.is_empty() {
        return Ok(String::new());
    }
    let statements: Vec<PathBuf> = statement_paths(path, Namespace::Approval)
        .map_err(|error| Failure::message(format!("the folder of the plan: {error}")))?;
    let approvals = Approvals {
        namespace: Namespace::Approval,
        plan: &saved.file.digest,
        context: &saved.plan.context,
        author: Some(&saved.author),
        because: None,
        statements: &statements,
        used: &|_| None,
        now: Timestamp::now(),
    };
    let mut lines = Vec::new();
    let mut not_counted = Vec::new();
    for demand in &demands {
        let decision = decide(std::slice::from_ref(demand), &approvals).map_err(Failure::refused_finding)?;
        let people = decision.people();
        let who = if people.is_empty() { "nobody yet".to_owned() } else { people.join(", ") };
        lines.push(format!("{} of {} for {}: {who}", people.len(), demand.rule.required, demand.whose));
        for finding in decision.not_counted {
            let file = finding.file.as_deref().unwrap_or_default();
            let line = format!("not counted: {file}: {}", finding.message);
            if !not_counted.contains(&line) {
                not_counted.push(line);
            }
        }
    }
    lines.extend(not_counted);
    lines.push("not checked here: the rule of the last run, and whether an approval was used".to_owned());
    let line = |line: &String| format!("           {}\n", visible(line).replace('\n', " "));
    Ok(lines.iter().map(line).collect())
}
