//! The recovery as a plan of ARC Region switch: the request `CreatePlan`.
//!
//! Every step is a manual approval. Traffic is moved by the health checks of Holdfast, which need no engine; its block
//! `Route53HealthCheck` flips health checks of its own, which are on none of our records. So somebody approves that clients have
//! arrived. A declined approval cancels the execution.
//!
//! Sources: ARC API, `CreatePlan` (botocore, `arc-region-switch` 2022-07-26); ARC Developer Guide, "Region switch components", "Quotas
//! for Region switch".

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Value, json};

use crate::bcp::{Context, Unread};
use crate::diagnostic::{Diagnostic, codes};
use crate::digest::sha256;
use crate::document::{Disruption, Name};
use crate::export::{Act, Does, Recovery, Series, Words, acts, in_levels, lateness};
use crate::objectives;
use crate::policy::{Policy, Service};
use crate::provider::aws::name::AWS;
use crate::source::{Sources, Span};
use crate::units::{Date, Duration};

/// The most blocks of a plan, and the most side by side ("Quotas for Region switch").
const BLOCKS: usize = 100;
const BESIDE: usize = 20;
/// The most characters of the name of a plan (`PlanName`).
const NAME: usize = 32;
/// The longest objective that a plan takes, in minutes (`recoveryTimeObjectiveMinutes`).
const LONGEST: u64 = 10_080;

/// What a plan is made from.
#[derive(Debug)]
pub struct Inputs<'a> {
    /// The policies.
    pub policy: &'a Policy,
    /// Their text.
    pub sources: &'a Sources,
    /// The day for the age of measurements.
    pub as_of: Date,
    /// Whether steps say how to reach people, where the policies do.
    pub with_contacts: bool,
    /// The sites that are lost together: Region switch knows one.
    pub lost: BTreeSet<&'a Name>,
    /// The role that runs the plan (ARN).
    pub execution_role: &'a str,
    /// The role of those who approve steps (ARN).
    pub approval_role: &'a str,
}

/// The request, and what somebody has to know who sends it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Switch {
    /// The request of `CreatePlan`.
    pub request: Value,
    /// What somebody has to know.
    #[serde(skip)]
    pub notes: Vec<String>,
}

/// The plan. The same inputs give the same bytes.
///
/// # Errors
/// What Region switch cannot do: other than two regions, steps without a limit, more blocks than its quotas, or an order that makes a
/// service miss its objective.
pub fn plan(inputs: &Inputs<'_>) -> Result<Switch, Vec<Diagnostic>> {
    let unread = Unread::because("an engine does not need it");
    let read = unread.inputs(inputs.policy, inputs.sources, inputs.as_of, inputs.with_contacts);
    let context = Context::new(&read);
    let recovery = Recovery::of(inputs.policy, inputs.lost.clone());
    let (from, to) = regions(inputs, &recovery)?;
    let acts = acts(&recovery, &Words { context: &context })?;
    // Approvals of traffic are asked for when clients have arrived: what leads there is one block with it.
    let levels = in_levels(&acts);
    let notes = in_time(inputs, &acts, &levels)?;
    // Whoever declares looks whether traffic has moved, and needs time to answer.
    let decider = context.level_of(Disruption::SiteLoss).map(|level| &level.declared_by);
    let answers = decider.and_then(|name| context.answers(name)).map_or(0, Duration::as_seconds);
    let steps = steps(inputs, &acts, &levels, answers)?;
    let site = inputs.lost.first().map(|site| site.as_str()).unwrap_or_default();
    let back = approval(
        &format!("return to {site}"),
        &format!(
            "Return with `holdfast plan --return={site}` and `holdfast apply`; approve when it is done."
        ),
        inputs.approval_role,
        24 * 60,
    );
    let mut request = json!({
        "name": plan_name(inputs.policy.estate.as_str(), site),
        "description": format!("Recovery of {} from the loss of {site}, exported by Holdfast", inputs.policy.estate),
        "executionRole": inputs.execution_role,
        "recoveryApproach": "activePassive",
        "primaryRegion": from,
        "regions": [from, to],
        "workflows": [
            {
                "workflowTargetAction": "activate",
                "workflowTargetRegion": to,
                "workflowDescription": format!("The recovery from the loss of {site}"),
                "steps": steps,
            },
            {
                "workflowTargetAction": "activate",
                "workflowTargetRegion": from,
                "workflowDescription": format!("The return to {site}"),
                "steps": [back],
            },
        ],
    });
    if let (Some(minutes), Some(all)) = (objective(inputs), request.as_object_mut()) {
        all.insert("recoveryTimeObjectiveMinutes".to_owned(), minutes.into());
    }
    Ok(Switch { request, notes })
}

/// The lost region, and the one that takes over.
fn regions(inputs: &Inputs<'_>, recovery: &Recovery<'_>) -> Result<(String, String), Vec<Diagnostic>> {
    let wrong = |message: String, span: Span| {
        let cure = "Region switch knows two regions, the lost one and one that takes over: export to `step-functions` or `runbook` instead";
        vec![Diagnostic::new(codes::EXPORT_REGIONS, message).at(span, "this").help(cure)]
    };
    let estate = inputs.policy.estate_span;
    let mut sites = inputs.lost.iter();
    let (Some(lost), None) = (sites.next(), sites.next()) else {
        return Err(wrong(format!("{} sites are lost together", inputs.lost.len()), estate));
    };
    let services = recovery.services();
    let others = |service: &Service| -> BTreeSet<String> {
        let answering =
            service.traffic.values().flat_map(|traffic| &traffic.endpoints).map(|endpoint| &endpoint.site);
        let all = service.sites.iter().chain(answering).filter(|site| site.name != **lost);
        all.map(|site| site.region.to_string()).collect()
    };
    let mut found: Option<(String, Span)> = None;
    for service in services.values() {
        if let Some(site) = service.sites.iter().find(|site| site.region.provider.name != AWS) {
            let message =
                format!("`{}` is at `{}`, which is not in a region of AWS", service.name, site.name);
            return Err(wrong(message, service.span));
        }
        let others = others(service);
        let mut all = others.iter();
        let (Some(other), None) = (all.next(), all.next()) else {
            let message = format!(
                "`{}` runs in {} regions beside `{lost}`: {}",
                service.name,
                others.len(),
                words(&others)
            );
            return Err(wrong(message, service.span));
        };
        match &found {
            Some((first, _)) if first != other => {
                return Err(wrong(
                    format!("`{}` is taken over by {other}, another service by {first}", service.name),
                    service.span,
                ));
            }
            _ => found = Some((other.clone(), service.span)),
        }
    }
    let home =
        services.values().find_map(|service| service.sites.first()).map(|site| site.region.to_string());
    match (home, found) {
        (Some(home), Some((other, _))) => Ok((home, other)),
        _ => Err(wrong(format!("no service has its primary site at `{lost}`"), estate)),
    }
}

fn words(names: &BTreeSet<String>) -> String {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// A step for each level; acts of one level are side by side. `answers`: the seconds that somebody needs to answer who looks at traffic.
fn steps(
    inputs: &Inputs<'_>,
    acts: &[Act],
    levels: &Series,
    answers: u64,
) -> Result<Vec<Value>, Vec<Diagnostic>> {
    let parts = match levels {
        Series::Then(parts) => parts.as_slice(),
        one => std::slice::from_ref(one),
    };
    let (mut steps, mut blocks) = (Vec::new(), 0);
    for part in parts {
        let all: Vec<usize> = match part {
            Series::One(nth) => vec![*nth],
            Series::Then(parts) | Series::Together(parts) => parts
                .iter()
                .filter_map(|part| if let Series::One(nth) = part { Some(*nth) } else { None })
                .collect(),
        };
        let made: Vec<Value> = all
            .iter()
            .filter_map(|nth| acts.get(*nth))
            .map(|act| step(act, inputs.approval_role, answers))
            .collect();
        blocks += made.len();
        if made.len() > BESIDE {
            return Err(too_large(format!(
                "{} steps are side by side, and Region switch takes {BESIDE}",
                made.len()
            )));
        }
        match made.as_slice() {
            [only] => steps.push(only.clone()),
            several => {
                blocks += 1;
                steps.push(json!({
                    "name": format!("side by side {}", steps.len() + 1),
                    "executionBlockType": "Parallel",
                    "executionBlockConfiguration": {"parallelConfig": {"steps": several}},
                }));
            }
        }
    }
    if blocks > BLOCKS {
        return Err(too_large(format!(
            "the recovery has {blocks} blocks, and a plan of Region switch has room for {BLOCKS}"
        )));
    }
    Ok(steps)
}

fn too_large(message: String) -> Vec<Diagnostic> {
    let cure = "make a plan for fewer services, or export to `step-functions` or `runbook` instead";
    vec![Diagnostic::new(codes::EXPORT_TOO_LARGE, message).help(cure)]
}

fn step(act: &Act, role: &str, answers: u64) -> Value {
    let (text, seconds) = match &act.does {
        Does::Ask { text, within, .. } => (format!("{text} Approve when it is done."), *within),
        Does::Move { traffic, noticed } => (
            format!(
                "Health checks move traffic {traffic} of {}. Approve when the name servers of its zone answer with the standby: a resolver can \
                 have the old answer until caches run out.",
                act.service
            ),
            act.seconds.saturating_add(*noticed).saturating_add(answers),
        ),
        Does::Wait => {
            let most = Duration::seconds(act.seconds).in_words();
            (
                format!(
                    "{}: caches run out and clients arrive within {most}. Approve when that time is over.",
                    act.service
                ),
                act.seconds.saturating_add(answers),
            )
        }
    };
    // A limit that nobody can keep to the second: the next whole minute, and one more to approve.
    approval(&act.name, &text, role, seconds.div_ceil(60).saturating_add(1))
}

fn approval(name: &str, text: &str, role: &str, minutes: u64) -> Value {
    json!({
        "name": name,
        "description": text,
        "executionBlockType": "ManualApproval",
        "executionBlockConfiguration": {"executionApprovalConfig": {"approvalRole": role, "timeoutMinutes": minutes}},
    })
}

/// What the order of levels costs: notes, or an error if an objective is missed by it.
fn in_time(inputs: &Inputs<'_>, acts: &[Act], levels: &Series) -> Result<Vec<String>, Vec<Diagnostic>> {
    let bounds = objectives::together(inputs.policy, Some(inputs.as_of), &inputs.lost);
    let (mut notes, mut missed) = (Vec::new(), Vec::new());
    for (name, more) in lateness(acts, levels) {
        let more = Duration::seconds(more);
        let bound = bounds.get(&name).and_then(|one| Some((one.rto.value()?, one.asked.rto.as_ref()?)));
        let late = bound.filter(|(bound, asked)| bound.plus(more) > asked.value);
        match (late, inputs.policy.services.get(&name)) {
            (Some((bound, asked)), Some(service)) => {
                let message = format!(
                    "`{name}` could be back {} later: Region switch does one row of steps after the other",
                    more.in_words()
                );
                let help = format!(
                    "its bound is {}, its objective {}: export to `step-functions` or `runbook` instead, or raise the objective",
                    bound.in_words(),
                    asked.value.in_words()
                );
                missed.push(Diagnostic::new(codes::EXPORT_TOO_SLOW, message).at(service.span, "this service").help(help));
            }
            _ => notes.push(format!(
                "{name} can be back {} later than by its policies: Region switch does one row of steps after the other.",
                more.in_words()
            )),
        }
    }
    if !missed.is_empty() {
        return Err(missed);
    }
    notes.push("A declined approval cancels the whole execution. Nothing was tried on AWS: the request fits the model of the API.".to_owned());
    Ok(notes)
}

/// The longest objective of the services that are recovered, in minutes, if all of them have one.
fn objective(inputs: &Inputs<'_>) -> Option<u64> {
    let bounds = objectives::together(inputs.policy, Some(inputs.as_of), &inputs.lost);
    let all: Option<Vec<u64>> =
        bounds.values().map(|one| Some(one.asked.rto.as_ref()?.value.as_seconds().div_ceil(60))).collect();
    all?.into_iter().max().map(|minutes| minutes.clamp(1, LONGEST))
}

/// A name that is short enough, and another one for another loss.
fn plan_name(estate: &str, site: &str) -> String {
    let digest: String = sha256(format!("{estate}\n{site}")).chars().take(8).collect();
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let kept: String = format!("{estate}-{site}").chars().map(plain).take(NAME - 9).collect();
    format!("{}-{digest}", kept.trim_matches('-'))
}
