//! Evidence and verdicts as observations and findings.

use serde_json::{Value, json};

use super::super::assess::Verdict;
use super::super::item::{Item, Standing};
use super::super::lines::Line;
use super::context::{Context, Control};
use crate::document::Origin;
use crate::estate_report::Live;

/// The UUID of an observation.
fn uuid(context: &Context<'_>, item: &Item) -> String {
    context.uuid("observation", &format!("{}/{}", item.kind.key(), item.about))
}

/// A piece of evidence as an observation.
pub(super) fn observation(context: &Context<'_>, item: &Item) -> Value {
    // Assessment methods of NIST SP 800-53A. What somebody states was neither examined nor tested, and the embedded cloud is no
    // system that could be tested.
    let method = match (item.standing, item.kind.origin()) {
        (_, Origin::Cloud) if item.observed && context.hidden.is_embedded() => "EXAMINE",
        (Standing::Stated, _) => "INTERVIEW",
        (_, Origin::Cloud) if item.observed && matches!(context.audit.inputs.live, Live::Seen { .. }) => {
            "TEST"
        }
        _ => "EXAMINE",
    };
    let mut props =
        vec![context.prop("evidence", item.kind.key()), context.prop("standing", item.standing.word())];
    let optional = [
        ("derived", item.derived.clone()),
        ("resource", item.resource.clone()),
        ("run", item.run.map(|run| run.to_string())),
        ("drill", item.drill.clone()),
        ("clause", item.clause.as_ref().map(ToString::to_string)),
        ("clause-commit", item.clause_commit.as_ref().map(Line::in_words)),
    ];
    props.extend(optional.into_iter().filter_map(|(name, value)| Some(context.prop(name, &value?))));
    if let (true, Live::Seen { status, .. }) = (item.observed, &context.audit.inputs.live) {
        let digest = status.plan.observed_digest().unwrap_or_default();
        props.push(context.prop("observation-digest", &digest));
        props.push(context.prop("account", &status.plan.context.accounts.to_string()));
        props.push(context.prop("cloud", &status.plan.context.cloud));
    }
    let mut observation = json!({
        "uuid": uuid(context, item),
        "title": format!("{}: {}", item.kind.title(), context.text(&item.about)),
        "description": format!("{} {}", context.text(&item.says), item.kind.shows_not()),
        "props": props,
        "methods": [method],
        "subjects": [{ "subject-uuid": context.uuid("component", "estate"), "type": "component" }],
        "collected": context.moment(),
    });
    if let (Value::Object(observation), Some(place)) = (&mut observation, &item.clause) {
        let evidence = json!({
            "href": context.href(&place.file),
            "description": format!("Line {} of {}.", place.line, context.text(&place.file)),
        });
        observation.insert("relevant-evidence".to_owned(), json!([evidence]));
    }
    observation
}

/// The verdict about a control as a finding. `None` unless it was checked: what is attested or not assessed is no finding.
pub(super) fn finding(context: &Context<'_>, control: &Control<'_>) -> Option<Value> {
    let (state, reason) = match control.assessment.verdict {
        Verdict::Satisfied => ("satisfied", "pass"),
        Verdict::NotSatisfied => ("not-satisfied", "fail"),
        Verdict::Attested | Verdict::NotAssessed => return None,
    };
    let related: Vec<Value> = context
        .audit
        .items(control.assessment)
        .map(|item| json!({ "observation-uuid": uuid(context, item) }))
        .collect();
    let because: Vec<String> = control.assessment.because.iter().map(|text| context.text(text)).collect();
    let description = match because.is_empty() {
        true => "All of its evidence was checked and holds.".to_owned(),
        false => because.join("; "),
    };
    let mut finding = json!({
        "uuid": context.uuid("finding", &control.id),
        "title": format!("{}: {}", control.assessment.control.label.trim(), context.text(&control.assessment.control.title)),
        "description": description,
        "target": {
            "type": "statement-id",
            "target-id": format!("{}_smt", control.id),
            "status": { "state": state, "reason": reason },
        },
    });
    if let (Value::Object(finding), false) = (&mut finding, related.is_empty()) {
        finding.insert("related-observations".to_owned(), related.into());
    }
    Some(finding)
}
