//! The plan for machines: a versioned format with the action vocabulary of Terraform's plan representation,
//! so that tools that read one can learn the other quickly.
//!
//! ```text
//! format_version     "3.0": new fields may come within 3.x, the meaning of old ones stays
//! estate, cloud, account, partition, plan_digest, policy_digest, observation_digest
//! summary            {create, update, replace, delete, keep}
//! objectives[]       {service, disruption, measure (rto | rpo), objective_seconds, before, after, met}; before is null
//!                    where nothing is there yet; before and after are {seconds (null: unbounded), assurance, because}
//! cautions[]         what reaches beyond the estate: keys of other accounts, rights of others on a role
//! waived[]           waived findings
//! backups_not_made[] backups on a schedule, which Holdfast checks and does not make
//! resource_changes[] address, mode (managed | data), type, name, purpose, action_reason, place {file,line,column},
//!                    cause (policy | drift | both: who has changed something; null where nothing is to do),
//!                    deposed (the id of an old thing that is removed after its replacement),
//!                    change {actions, before, after, after_unknown, replace_paths, causes (by attribute),
//!                    last_applied (by attribute, where somebody has changed it since)}, cautions, displaces, needs
//! left_in_place[]    {address, reason} of resources that stay although no policy declares them any more
//! moved[]            {from, to, identity} of things whose service, data set or traffic was renamed
//! confirmed[]        {address, identity, attributes} of things that the journal did not know to be as they should be
//! allowed[]          consents of the operator beside the plan, as `--allow` takes them: `teardown:SERVICE`, `destroy:ADDRESS`, `many`
//! targets[], left_out  the only things asked for, where not all were, and how many changes that leaves out
//! leaving_services[] services that Holdfast set up and that none of the policies mentions
//! ```
//!
//! `actions` is one of `["no-op"]`, `["create"]`, `["update"]`, `["create","delete"]` (replaced, the new one
//! first), `["delete"]`.

use serde_json::{Map, Value, json};

use super::{Action, After, Effect, Kept, Plan, Step};
use crate::resource::Lifecycle;

/// The version of the format.
pub const FORMAT_VERSION: &str = "3.0";

/// The plan as JSON. Same plan, same bytes.
///
/// # Errors
/// It cannot be written as JSON.
pub fn json(plan: &Plan) -> Result<String, serde_json::Error> {
    let (digest, observation) = (plan.digest()?, plan.observed_digest()?);
    let plan = &*plan.shown();
    let document = json!({
        "format_version": FORMAT_VERSION,
        "estate": plan.context.estate,
        "cloud": plan.context.cloud,
        "accounts": plan.context.accounts,
        "plan_digest": digest,
        "policy_digest": plan.policy,
        "observation_digest": observation,
        "summary": plan.counts(),
        "cautions": plan.cautions(),
        "objectives": plan.objectives.iter().map(objective).collect::<Vec<_>>(),
        "waived": plan.waived,
        "backups_not_made": plan.unmade,
        "resource_changes": plan.steps.iter().filter(|s| shown(s)).map(change).collect::<Vec<_>>(),
        "left_in_place": plan.left,
        "leaving_services": plan.leaving,
        "moved": plan.moved,
        "confirmed": plan.confirmed,
        "allowed": plan.consents,
        "targets": plan.targets,
        "left_out": plan.left_out,
    });
    Ok(format!("{document:#}\n"))
}

fn objective(effect: &Effect) -> Value {
    let kept =
        |kept: &Kept| json!({"seconds": kept.seconds, "assurance": kept.assurance, "because": kept.because});
    json!({
        "service": effect.service,
        "disruption": effect.disruption,
        "measure": effect.measure,
        "objective_seconds": effect.objective,
        "before": effect.before.as_ref().map(kept),
        "after": kept(&effect.after),
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
        Lifecycle::Prerequisite => "data",
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
    })
}
