//! The changes as JSON, for programs. `before` and `after` are null where there is no value, or where the journal does not have it.

use serde_json::{Value, json};

use super::{Change, ChangeRun, Inputs, without_reach};
use crate::bcp;

/// The version of the format: the second number grows when something is added, the first when something changes its meaning.
pub const FORMAT_VERSION: &str = "1.2";

/// The changes as JSON. `runs` is null if the journal could not be read.
#[must_use]
pub fn json(inputs: &Inputs<'_>) -> String {
    let context = bcp::Context::new(&inputs.plan);
    let runs = inputs.runs.as_ref().ok();
    let runs = runs.map(|runs| runs.iter().map(|run| of_run(&context, run)).collect::<Vec<Value>>());
    let document = json!({
        "format_version": FORMAT_VERSION,
        "estate": inputs.plan.policy.estate,
        "journal": inputs.place,
        "since": inputs.since,
        "until": inputs.until,
        "unread": inputs.runs.as_ref().err().map(|why| bcp::redacted(&context, why)),
        "runs": runs,
    });
    format!("{document:#}\n")
}

fn of_run(context: &bcp::Context<'_>, run: &ChangeRun) -> Value {
    let person = |name: &str| bcp::without_domain(context, name);
    let approvals = run
        .approvals
        .iter()
        .map(|(name, statement)| json!({ "by": person(name), "statement_sha256": statement }));
    let policies = run.policies.iter().map(|(path, digest)| json!({ "path": path, "sha256": digest }));
    let changes = run.changes.iter().map(|change| of_change(context, change));
    json!({
        "number": run.number,
        "drill": run.drill.as_ref().map(|name| bcp::redacted(context, name)),
        "restore": run.restore.as_ref().map(|text| without_reach(context, text)),
        "began": run.began,
        "ended": run.ended,
        "cloud": run.cloud,
        "embedded": run.is_local,
        "applied_by": person(&run.runner),
        "signed": run.is_signed,
        "plan": run.plan,
        "plan_made_by": run.author.as_ref().map(|(name, _)| person(name)),
        "plan_signed_by": run.author.as_ref().and_then(|(_, key)| key.clone()),
        "git_commit": run.commit,
        "policies": policies.collect::<Vec<Value>>(),
        "approvals": approvals.collect::<Vec<Value>>(),
        "approvals_required": run.required,
        "break_glass": run.break_glass.as_deref().map(|reason| bcp::redacted(context, reason)),
        "changes": changes.collect::<Vec<Value>>(),
    })
}

fn of_change(context: &bcp::Context<'_>, change: &Change) -> Value {
    let hidden = |text: &String| bcp::redacted(context, text);
    let settings = change.settings.iter().map(|setting| {
        let setting = setting.shown(context);
        json!({ "name": setting.name, "before": setting.before, "after": setting.after })
    });
    json!({
        "resource": change.address,
        "action": change.what(),
        "at": change.at,
        "done": change.done,
        "error": change.error.as_ref().map(hidden),
        "settings": settings.collect::<Vec<Value>>(),
    })
}
