//! The changes as CSV: a row for each setting.

use super::{Inputs, without_reach};
use crate::bcp;
use crate::report::csv_row;

/// The columns.
const COLUMNS: [&str; 20] = [
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
    "drill",
    "restore",
    "resource",
    "action",
    "result",
    "error",
    "setting",
    "before",
    "after",
];

/// The changes as CSV. If the journal could not be read, the only row says so.
#[must_use]
pub fn csv(inputs: &Inputs<'_>) -> String {
    let context = bcp::Context::new(&inputs.plan);
    let hidden = |text: &str| bcp::redacted(&context, text).replace('`', "");
    let restored = |text: &str| without_reach(&context, text).replace('`', "");
    let person = |name: &str| bcp::without_domain(&context, name).replace('`', "");
    let mut out = String::new();
    csv_row(&COLUMNS.map(str::to_owned), COLUMNS.len(), &mut out);
    let runs = match &inputs.runs {
        Ok(runs) => runs,
        Err(why) => {
            let text = format!("unknown: the journal could not be read: {}", hidden(why));
            csv_row(&[text], COLUMNS.len(), &mut out);
            return out;
        }
    };
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
            run.drill.as_deref().map(hidden).unwrap_or_default(),
            run.restore.as_deref().map(restored).unwrap_or_default(),
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
                let setting = setting.shown(&context);
                let (before, after) = setting.in_words(change.kind);
                let plain = |text: &str| text.replace('`', "");
                let values = [setting.name.clone(), plain(before), plain(after)];
                let row: Vec<String> = of_change.iter().cloned().chain(values).collect();
                csv_row(&row, COLUMNS.len(), &mut out);
            }
        }
    }
    out
}
