//! The plan as versioned JSON. It uses the action vocabulary of Terraform's plan representation, so that
//! tools that read one can be adapted to the other quickly.
//!
//! ```text
//! format_version     "4.6": 4.x only adds fields; a field never changes its meaning
//! estate, cloud, account, partition, plan_digest, policy_digest, observation_digest
//! evacuated[]        the sites that are evacuated once the plan is applied, and `evacuated_before[]`; missing if there are none
//! return_prepared[]  those of them to which a return is prepared; missing if there are none
//! turns[]            {service, traffic: [{name, record, from, to, probed}], data: [{entry, primary, site, region, copies, back, copying}]}: what a change of these
//!                    sites means; missing if there is none
//! summary            {create, update, replace, delete, keep}
//! objectives[]       {service, disruption, measure (rto | rpo), objective_seconds, before, after, met}; before is null
//!                    if nothing exists yet; before and after are {seconds (null: unbounded), assurance, because}
//! policy_changes     {since, changes: [{judgement (weaker | stronger | neutral), document, path, before, after, means, place}]},
//!                    weaker ones first; `unknown` instead says why nobody can tell; all missing if they were not compared
//! lost[]             {address, name, copies: {name, exists, worked: {run, date} or null}} of primary buckets that are gone
//! awaited[]          {address, what} of resources that are as declared and wait for a person; missing if there are none
//! behind[]           {address, name, now, was_copy, copies: {name, whole: {run, date}}} of former primary buckets that stay with their objects
//! copies[]           {from, to, by, state (new | works | {broken: why}), stated, job (the newest that copies what replication does not; null if the
//!                    journal remembers that it is done)} of real-time copies
//! assumed[]          {from, to, whole: {run, date}} of copies that are assumed to have had no gap since then
//! cautions[]         effects beyond the estate: keys of other accounts, other permissions of a role
//! waived[]           waived findings
//! commands[]         commands that drills of the policies run; missing if there are none
//! backups_not_made[] scheduled backups, which Holdfast checks but does not make
//! billed[]           {what, unit (each | bytes), per (once | month | status), amount, of, unknown, cure} of what is billed anew
//! resource_changes[] address, mode (managed | data), type, name, purpose, action_reason, place {file,line,column},
//!                    cause (policy | drift | both: what was changed; null if there is nothing to do),
//!                    deposed (the id of an old object that is removed after its replacement),
//!                    change {actions, before, after, after_unknown, replace_paths, causes (by attribute),
//!                    last_applied (by attribute, if somebody has changed it since)}, cautions, displaces, needs,
//!                    follows (steps that run first only for the order)
//! left_in_place[]    {address, reason} of resources that no policy declares and that stay
//! moved[]            {from, to, identity} of objects whose service, data set or traffic was renamed
//! confirmed[]        {address, identity, attributes} of objects that match the policy, which the journal did not record
//! allowed[]          consents of the operator, as given to `--allow`: `teardown:SERVICE`, `destroy:ADDRESS`,
//!                    `adopt:ADDRESS`, `empty-primary:ADDRESS`, `many`
//! targets[]          the `--target`s, if any: nothing but them and what they need was looked at
//! unknown[]          {address, identity, region, reason, taken, evacuated} of resources that could not be seen, whose name somebody else has, or
//!                    whose site is evacuated
//! waiting[]          {id, address, action, on} of steps that are left out because they need something unknown
//! leaving_services[] services that Holdfast set up and that no policy declares any more
//! ```
//!
//! `actions` is one of `["no-op"]`, `["create"]`, `["update"]`, `["create","delete"]` (replaced, the new one
//! first), `["delete"]`.

use std::collections::BTreeSet;
use std::io::Write;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::{Accounts, Achievable, Action, After, Awaited, Billed, Consents, Effect, Plan, Step, Turn};
use crate::resource::Lifecycle;

/// The version of the format.
pub const FORMAT_VERSION: &str = "4.6";

/// Write the plan as JSON. Same plan, same bytes. Steps are written one at a time: as one value, the JSON of 90,000
/// resources takes a gigabyte.
///
/// # Errors
/// The text cannot be written, or a part of the plan cannot be written as JSON.
pub fn json(plan: &Plan, out: &mut dyn Write) -> Result<(), serde_json::Error> {
    let (digest, observation) = (plan.digest()?, plan.observed_digest()?);
    let plan = &*plan.shown();
    let document = Document {
        accounts: &plan.context.accounts,
        allowed: &plan.consents,
        assumed: json!(plan.assumed),
        awaited: &plan.awaited,
        backups_not_made: &plan.unmade,
        behind: json!(plan.behind),
        billed: &plan.billed,
        cautions: plan.cautions(),
        cloud: &plan.context.cloud,
        confirmed: json!(plan.confirmed),
        copies: json!(plan.copies),
        estate: &plan.context.estate,
        evacuated: plan.posture.sites().collect(),
        evacuated_before: plan.was.sites().collect(),
        format_version: FORMAT_VERSION,
        leaving_services: &plan.leaving,
        left_in_place: json!(plan.left),
        lost: json!(plan.lost),
        moved: json!(plan.moved),
        objectives: Objectives(&plan.objectives),
        observation_digest: &observation,
        plan_digest: &digest,
        policy_changes: plan.policy_changes.as_ref().map(|changes| json!(changes)),
        policy_digest: &plan.policy,
        resource_changes: Changes(&plan.steps),
        return_prepared: plan.posture.prepared().collect(),
        summary: json!(plan.counts()),
        targets: &plan.targets,
        turns: &plan.turns,
        unknown: json!(plan.unknown),
        waiting: json!(plan.waiting),
        waived: &plan.waived,
        commands: &plan.commands,
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    out.write_all(b"\n").map_err(serde_json::Error::io)
}

/// The document. Its fields and those of its values are sorted, as in every other JSON of ours.
#[derive(Serialize)]
struct Document<'a> {
    accounts: &'a Accounts,
    allowed: &'a Consents,
    assumed: Value,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    awaited: &'a [Awaited],
    backups_not_made: &'a [String],
    behind: Value,
    billed: &'a [Billed],
    cautions: Vec<String>,
    cloud: &'a str,
    confirmed: Value,
    copies: Value,
    estate: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    evacuated: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    evacuated_before: Vec<&'a str>,
    format_version: &'static str,
    leaving_services: &'a BTreeSet<String>,
    left_in_place: Value,
    lost: Value,
    moved: Value,
    objectives: Objectives<'a>,
    observation_digest: &'a str,
    plan_digest: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy_changes: Option<Value>,
    policy_digest: &'a str,
    resource_changes: Changes<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    return_prepared: Vec<&'a str>,
    summary: Value,
    targets: &'a [String],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    turns: &'a [Turn],
    unknown: Value,
    waiting: Value,
    waived: &'a [String],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    commands: &'a [String],
}

struct Objectives<'a>(&'a [Effect]);

impl Serialize for Objectives<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(objective))
    }
}

struct Changes<'a>(&'a [Step]);

impl Serialize for Changes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().filter(|step| shown(step)).map(change))
    }
}

fn objective(effect: &Effect) -> Value {
    let bound = |value: &Achievable| json!({"seconds": value.seconds, "assurance": value.assurance, "because": value.because});
    json!({
        "service": effect.service,
        "disruption": effect.disruption,
        "measure": effect.measure,
        "objective_seconds": effect.objective,
        "before": effect.before.as_ref().map(bound),
        "after": bound(&effect.after),
        "met": effect.met(),
    })
}

fn shown(step: &Step) -> bool {
    step.address.kind().schema().lifecycle != Lifecycle::Milestone
}

fn change(step: &Step) -> Value {
    let actions = match step.action {
        Action::Keep => json!(["no-op"]),
        Action::Create => json!(["create"]),
        Action::Update => json!(["update"]),
        Action::Replace => json!(["create", "delete"]),
        Action::Delete => json!(["delete"]),
    };
    let mode = match step.address.kind().schema().lifecycle {
        Lifecycle::Prerequisite | Lifecycle::Evidence => "data",
        _ => "managed",
    };
    let (mut after, mut unknown, mut replace_paths) = (Map::new(), Map::new(), Vec::new());
    let (mut causes, mut applied) = (Map::new(), Map::new());
    if let (Action::Update, Some(before)) = (step.action, step.before()) {
        after.extend(before.clone());
    }
    for change in &step.changes {
        match &change.after {
            After::Known(value) => {
                after.insert(change.name.clone(), value.clone());
            }
            After::Unknown => {
                after.remove(&change.name);
                unknown.insert(change.name.clone(), true.into());
            }
        }
        causes.insert(change.name.clone(), json!(change.cause));
        if let Some(value) = &change.applied {
            applied.insert(change.name.clone(), value.clone());
        }
        if change.replaces {
            replace_paths.push(json!([change.name]));
        }
    }
    let gone = matches!(step.action, Action::Delete | Action::Keep);
    let before = step.before().filter(|_| step.action != Action::Keep);
    let superseded = step.action == Action::Delete && step.id.as_str() != step.address.to_string();
    json!({
        "address": step.address,
        "mode": mode,
        "type": step.address.kind(),
        "name": step.address.name(),
        "purpose": step.purpose,
        "action_reason": step.reason,
        "cause": step.cause,
        "place": step.place,
        "deposed": step.object.as_ref().filter(|_| superseded).map(|object| &object.id),
        "change": {
            "actions": actions,
            "before": before,
            "after": if gone { Value::Null } else { Value::Object(after) },
            "after_unknown": unknown,
            "replace_paths": replace_paths,
            "causes": causes,
            "last_applied": applied,
        },
        "cautions": step.cautions,
        "displaces": step.displaces,
        "needs": step.needs,
        "follows": step.follows,
    })
}
