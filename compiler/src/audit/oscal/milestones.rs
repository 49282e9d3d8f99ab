//! The plan of action and milestones: each control that is not satisfied.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::assess::Verdict;
use super::context::{Context, Control};
use super::items::{finding, observation};
use super::plan::{NO_SSP, no_ssp};

/// `None` if no control is open.
pub(super) fn document(context: &Context<'_>) -> Option<Value> {
    let open: Vec<Control<'_>> =
        context.controls().filter(|one| one.assessment.verdict == Verdict::NotSatisfied).collect();
    if open.is_empty() {
        return None;
    }
    let findings: Vec<Value> = open.iter().filter_map(|one| finding(context, one)).collect();
    let mut observations: BTreeMap<String, Value> = BTreeMap::new();
    for item in open.iter().flat_map(|one| context.audit.items(one.assessment)) {
        let observation = observation(context, item);
        let uuid = observation.get("uuid").map(Value::to_string).unwrap_or_default();
        observations.insert(uuid, observation);
    }
    let items: Vec<Value> = open
        .iter()
        .map(|one| {
            let because: Vec<String> = one.assessment.because.iter().map(|text| context.text(text)).collect();
            json!({
                "uuid": context.uuid("poam-item", &one.id),
                "title": format!("{}: {}", one.assessment.control.label.trim(), context.text(&one.assessment.control.title)),
                "description": because.join("; "),
                "related-findings": [{ "finding-uuid": context.uuid("finding", &one.id) }],
            })
        })
        .collect();
    let mut resources =
        vec![no_ssp(context), context.file("assessment-results.json", "The assessment results")];
    resources.push(context.file("catalog.json", "The controls of the audit"));
    resources.extend(context.policies());
    let estate = &context.audit.inputs.plan.policy.estate;
    Some(json!({
        "plan-of-action-and-milestones": {
            "uuid": context.uuid("poam", &context.moment()),
            "metadata": context.metadata("Open controls"),
            "import-ssp": { "href": context.href(NO_SSP) },
            "local-definitions": {
                "components": [{
                    "uuid": context.uuid("component", "estate"),
                    "type": "policy",
                    "title": format!("Disaster-recovery policies of {estate}"),
                    "description": "Policies that Holdfast checks, compiles and applies, and what they manage.",
                    "status": { "state": "other", "remarks": "OSCAL asks for a state; Holdfast judges controls, not the component." },
                }]
            },
            "observations": observations.into_values().collect::<Vec<_>>(),
            "findings": findings,
            "poam-items": items,
            "back-matter": { "resources": resources },
        }
    }))
}
