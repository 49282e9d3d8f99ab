//! The assessment results: observations, findings, attestations, and what was not assessed.

use serde_json::{Value, json};

use super::super::assess::Verdict;
use super::context::Context;
use super::items::{finding, observation};
use super::plan::{NO_SSP, no_ssp};

pub(super) fn document(context: &Context<'_>) -> Value {
    let estate = &context.audit.inputs.plan.policy.estate;
    let observations: Vec<Value> =
        context.audit.evidence.values().flatten().map(|item| observation(context, item)).collect();
    let findings: Vec<Value> = context.controls().filter_map(|one| finding(context, &one)).collect();
    let attested: Vec<Value> = context
        .controls()
        .filter(|one| one.assessment.verdict == Verdict::Attested)
        .map(|one| {
            let because: Vec<String> = one.assessment.because.iter().map(|text| context.text(text)).collect();
            json!({
                "parts": [{
                    "name": "attested-control",
                    "ns": super::ids::NAMESPACE,
                    "title": one.assessment.control.label.trim(),
                    "props": [context.prop("control-id", &one.id)],
                    "prose": because.join("; "),
                }]
            })
        })
        .collect();
    let not_assessed = context.controls().filter(|one| one.assessment.verdict == Verdict::NotAssessed);
    let mut props: Vec<Value> = not_assessed
        .map(|one| {
            let because: Vec<String> = one.assessment.because.iter().map(|text| context.text(text)).collect();
            let mut prop = context.prop("not-assessed", &one.id);
            if let Value::Object(prop) = &mut prop {
                prop.insert("remarks".to_owned(), because.join("; ").into());
            }
            prop
        })
        .collect();
    props.push(context.prop("as-of", &context.audit.inputs.plan.as_of.to_string()));
    let mut result = json!({
        "uuid": context.uuid("result", &context.moment()),
        "title": format!("Audit of {estate}"),
        "description": "Nothing is satisfied that nobody has seen. What somebody states is an attestation; what nobody can tell is a \
                        property and no finding.",
        "start": context.began(),
        "end": context.moment(),
        "props": props,
        "local-definitions": {
            "components": [{
                "uuid": context.uuid("component", "estate"),
                "type": "policy",
                "title": format!("Disaster-recovery policies of {estate}"),
                "description": "Policies that Holdfast checks, compiles and applies, and what they manage.",
                "status": { "state": "other", "remarks": "OSCAL asks for a state; Holdfast judges controls, not the component." },
            }]
        },
        "reviewed-controls": context.selection(),
    });
    if let Value::Object(result) = &mut result {
        for (key, values) in
            [("attestations", attested), ("observations", observations), ("findings", findings)]
        {
            if !values.is_empty() {
                result.insert(key.to_owned(), values.into());
            }
        }
    }
    let mut resources = vec![
        no_ssp(context),
        context.file("assessment-plan.json", "The assessment plan"),
        context.file("catalog.json", "The controls of the audit"),
    ];
    resources.extend(context.policies());
    let mut metadata = context.metadata("Assessment results");
    if let Value::Object(metadata) = &mut metadata {
        let remarks =
            "No system security plan exists: the assessment plan refers to the policies in its place.";
        metadata.insert("remarks".to_owned(), remarks.into());
        metadata.insert("links".to_owned(), json!([{ "href": context.href(NO_SSP), "rel": "reference" }]));
    }
    json!({
        "assessment-results": {
            "uuid": context.uuid("assessment-results", &context.moment()),
            "metadata": metadata,
            "import-ap": { "href": context.href("assessment-plan.json") },
            "results": [result],
            "back-matter": { "resources": resources },
        }
    })
}
