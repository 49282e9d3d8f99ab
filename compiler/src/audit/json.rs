//! The audit as JSON, for programs.
//!
//! `evidence` has each kind once; a control names the kinds that it rests on. A reader ignores keys that it does not know.

use serde_json::{Value, json};

use super::Audit;
use super::assess::{Assessment, Verdict};
use super::context::Context;
use crate::estate_report::Live;

/// The version of the format: the second number grows when something is added, the first when something changes its meaning.
pub const FORMAT_VERSION: &str = "1.1";

/// The audit as JSON.
#[must_use]
pub fn json(audit: &Audit<'_>) -> String {
    let context = Context::new(audit.inputs);
    let frameworks = audit.frameworks.iter().map(|one| {
        let controls = one.controls.iter().map(|control| of_control(&context, control));
        json!({
            "id": one.framework.id,
            "title": context.hidden(&one.framework.title),
            "edition": one.framework.edition.as_deref().map(|edition| context.hidden(edition)),
            "controls": controls.collect::<Vec<Value>>(),
        })
    });
    let evidence = audit.evidence.iter().map(|(kind, items)| {
        json!({
            "kind": kind,
            "title": kind.title(),
            "origin": kind.origin(),
            "shows": kind.shows(),
            "shows_not": kind.shows_not(),
            "items": items,
        })
    });
    let summary: serde_json::Map<String, Value> = Verdict::ALL
        .into_iter()
        .map(|verdict| (verdict.key().to_owned(), audit.count(verdict).into()))
        .collect();
    let document = json!({
        "format_version": FORMAT_VERSION,
        "estate": audit.inputs.plan.policy.estate,
        "as_of": audit.inputs.plan.as_of,
        "since": audit.inputs.since,
        "lacks": audit.lacks,
        "summary": summary,
        "observation": observation(audit),
        "frameworks": frameworks.collect::<Vec<Value>>(),
        "evidence": evidence.collect::<Vec<Value>>(),
        "runs": runs(&context),
    });
    format!("{document:#}\n")
}

fn of_control(context: &Context<'_>, one: &Assessment<'_>) -> Value {
    // The words of a control can be those of a file of the user.
    let hidden = |texts: &[String]| texts.iter().map(|text| context.hidden(text)).collect::<Vec<String>>();
    let attestation = one.attestation.map(|(said, place)| {
        json!({
            "by": context.hidden(&said.by),
            "says": context.hidden(&said.says),
            "at": said.at.as_deref().map(|at| context.hidden(at)),
            "on": said.on,
            "until": said.until,
            "place": place,
        })
    });
    json!({
        "id": one.control.id,
        "label": context.hidden(&one.control.label),
        "title": context.hidden(&one.control.title),
        "asks": context.hidden(&one.control.asks),
        "verdict": one.verdict,
        "because": hidden(&one.because),
        "evidence": one.control.evidence,
        "people": hidden(&one.control.people),
        "attestation": attestation,
        "shows_not": one.control.shows_not.as_deref().map(|text| context.hidden(text)),
    })
}

fn observation(audit: &Audit<'_>) -> Value {
    match &audit.inputs.live {
        Live::Seen { status, from, to } => json!({
            "cloud": status.plan.context.cloud,
            "embedded": status.plan.context.is_embedded(),
            "accounts": status.plan.context.accounts,
            "from": from,
            "to": to,
            "sha256": status.plan.observed_digest().unwrap_or_default(),
        }),
        Live::NotAsked | Live::Unseen(_) => Value::Null,
    }
}

fn runs(context: &Context<'_>) -> Vec<Value> {
    let one = |run: &crate::bcp::Run| {
        let approvers: Vec<String> = run.approvers.iter().map(|name| context.person(name)).collect();
        json!({
            "number": run.number,
            "began": run.started,
            "by": context.person(&run.runner),
            "approved_by": approvers,
            "break_glass": run.break_glass.as_deref().map(|reason| context.hidden(reason)),
            "result": run.ended,
            "cloud": run.cloud,
        })
    };
    context.runs().unwrap_or_default().iter().map(one).collect()
}
