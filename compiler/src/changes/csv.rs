//! The changes as CSV: a row for each setting.

use super::Inputs;
use crate::bcp;
use crate::report::csv_row;

/// The columns.
const COLUMNS: [&str; 18] = [
    "run",
    "began",
    "ended",
    "cloud",
    "applied_by",
    "plan",
    "plan_made_by",
    "git_commit",
    "approved_by",
    "approvals_required",
    "break_glass",
    "resource",
    "action",
    "result",
    "error",
    "setting",
    "before",
    "after",
];

/// The changes as CSV. `None`: the journal could not be read.
#[must_use]
pub fn csv(inputs: &Inputs<'_>) -> Option<String> {
    let context = bcp::Context::new(&inputs.plan);
    let hidden = |text: &str| bcp::redacted(&context, text).replace('`', "");
    let person = |name: &str| bcp::without_domain(&context, name).replace('`', "");
    let runs = inputs.runs.as_ref().ok()?;
    let mut out = String::new();
    csv_row(&COLUMNS.map(str::to_owned), COLUMNS.len(), &mut out);
    for run in runs {
        let approvers: Vec<String> = run.approvals.iter().map(|(name, _)| person(name)).collect();
        let of_run = [
            run.number.to_string(),
            run.began.clone(),
            run.ended.clone(),
            run.cloud.clone(),
            person(&run.runner),
            run.plan.clone(),
            run.author.as_ref().map(|(name, _)| person(name)).unwrap_or_default(),
            run.commit.clone().unwrap_or_default(),
            approvers.join("; "),
            run.required.map(|required| required.to_string()).unwrap_or_default(),
            run.break_glass.as_deref().map(hidden).unwrap_or_default(),
        ];
        if run.changes.is_empty() {
            csv_row(&of_run, COLUMNS.len(), &mut out);
        }
        for change in &run.changes {
            let error = change.error.as_deref().map(hidden).unwrap_or_default();
            let of_change =
                [change.address.clone(), change.what().to_owned(), change.result().to_owned(), error];
            let of_change: Vec<String> = of_run.iter().cloned().chain(of_change).collect();
            if change.settings.is_empty() {
                csv_row(&of_change, COLUMNS.len(), &mut out);
            }
            for setting in &change.settings {
                let (before, after) = setting.in_words(change.action);
                let values = [setting.name.clone(), hidden(before), hidden(after)];
                let row: Vec<String> = of_change.iter().cloned().chain(values).collect();
                csv_row(&row, COLUMNS.len(), &mut out);
            }
        }
    }
    Some(out)
}
