//! The component definition: what the policies claim for each control, by the kinds of evidence.

use serde_json::{Value, json};

use super::context::Context;

pub(super) fn document(context: &Context<'_>) -> Value {
    let catalog = context.href("catalog.json");
    let mut implementations = Vec::new();
    for assessed in &context.audit.frameworks {
        let framework = assessed.framework;
        let requirements: Vec<Value> = assessed
            .controls
            .iter()
            .map(|one| {
                let id = context.id(framework, one);
                let kinds = one.control.evidence.iter();
                let evidence: Vec<String> = kinds.map(|kind| format!("- {}", kind.shows())).collect();
                let people = one
                    .control
                    .people
                    .iter()
                    .map(|text| format!("- Only people can attest: {}", context.text(text)));
                let all: Vec<String> = evidence.into_iter().chain(people).collect();
                let description = match all.is_empty() {
                    true => "The framework names no evidence for it.".to_owned(),
                    false => all.join("\n"),
                };
                let props: Vec<Value> =
                    one.control.evidence.iter().map(|kind| context.prop("evidence", kind.key())).collect();
                let mut requirement = json!({
                    "uuid": context.uuid("requirement", &id),
                    "control-id": id,
                    "description": description,
                });
                if let (Value::Object(requirement), false) = (&mut requirement, props.is_empty()) {
                    requirement.insert("props".to_owned(), props.into());
                }
                requirement
            })
            .collect();
        if requirements.is_empty() {
            continue;
        }
        implementations.push(json!({
            "uuid": context.uuid("implementation", framework.id.as_str()),
            "source": catalog,
            "description": format!("What the policies are to show for {}.", context.text(&framework.title)),
            "implemented-requirements": requirements,
        }));
    }
    let estate = &context.audit.inputs.plan.policy.estate;
    let mut resources = vec![context.file("catalog.json", "The controls of the audit")];
    resources.extend(context.policies());
    json!({
        "component-definition": {
            "uuid": context.uuid("component-definition", &context.moment()),
            "metadata": context.metadata("Disaster-recovery policies"),
            "components": [{
                "uuid": context.uuid("component", "estate"),
                "type": "policy",
                "title": format!("Disaster-recovery policies of {estate}"),
                "description": "Policies that Holdfast checks, compiles and applies.",
                "control-implementations": implementations,
            }],
            "back-matter": { "resources": resources },
        }
    })
}
