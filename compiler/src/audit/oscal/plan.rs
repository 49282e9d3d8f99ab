//! The assessment plan: the controls that are assessed, and the drills with their intervals.

use serde_json::{Value, json};

use super::context::Context;
use crate::policy::Drill;

/// The name of the resource that stands where OSCAL wants a system security plan.
pub(super) const NO_SSP: &str = "no system security plan";

pub(super) fn document(context: &Context<'_>) -> Value {
    let tasks: Vec<Value> =
        context.audit.inputs.plan.policy.drills.values().map(|drill| task(context, drill)).collect();
    let mut resources = vec![no_ssp(context), context.file("catalog.json", "The controls of the audit")];
    resources.extend(context.policies());
    let mut plan = json!({
        "uuid": context.uuid("assessment-plan", &context.moment()),
        "metadata": context.metadata("Assessment plan"),
        "import-ssp": { "href": context.href(NO_SSP) },
        "reviewed-controls": context.selection(),
        "back-matter": { "resources": resources },
    });
    if let (Value::Object(plan), false) = (&mut plan, tasks.is_empty()) {
        plan.insert("tasks".to_owned(), tasks.into());
    }
    json!({ "assessment-plan": plan })
}

/// The resource that stands where OSCAL wants a system security plan: a policy is none, and says so.
pub(super) fn no_ssp(context: &Context<'_>) -> Value {
    let sources = context.audit.inputs.plan.sources.iter();
    let first = sources.map(|(_, source)| crate::digest::sha256(source.text.as_bytes())).collect::<Vec<_>>();
    let all = crate::digest::sha256(first.join("\n"));
    json!({
        "uuid": context.uuid("resource", NO_SSP),
        "title": "No system security plan exists",
        "description": "The disaster-recovery policies stand in its place. The property is the SHA-256 of their digests, a line for each \
                        file.",
        "props": [context.prop("policies-sha256", &all)],
    })
}

fn task(context: &Context<'_>, drill: &Drill) -> Value {
    let hours = drill.every.0.as_seconds() / 3600;
    // OSCAL counts in whole units.
    let (period, unit) = match hours {
        0 => (drill.every.0.as_seconds().max(1), "seconds"),
        hours if hours % 24 == 0 => (hours / 24, "days"),
        hours => (hours, "hours"),
    };
    let services: Vec<&str> = drill.services.keys().map(crate::document::Name::as_str).collect();
    json!({
        "uuid": context.uuid("task", drill.name.as_str()),
        "type": "action",
        "title": format!("Drill {}", drill.name),
        "description": format!("{} of {}, for {}.", drill.form.0, drill.disruption, services.join(", ")),
        "timing": { "at-frequency": { "period": period, "unit": unit } },
    })
}
