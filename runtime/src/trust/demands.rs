//! The approval rules that a plan must satisfy: those of the trust anchor, of the last run and of the policy, for the
//! estate and for every other estate whose resources the plan touches. Each demand must be satisfied on its own.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_compiler::diagnostic::Diagnostic;
use holdfast_compiler::observation::Object;
use holdfast_compiler::plan::{Action, Context, Plan, Step, StepId};
use holdfast_compiler::resource::{Identity, Kind, known};

use super::Trust;
use crate::approval::{Demand, Rule};
use crate::journal::{self, History};

/// The tag that names the estate that owns an object.
const TAG: &str = "holdfast:estate";

/// All demands on a plan. `rule` is the rule of the policies, or of the saved plan, and `whose` its name in messages.
///
/// # Errors
/// The anchor does not name an estate, or a list cannot be read.
pub fn demands(
    trust: Option<&Trust>,
    history: &History,
    plan: &Plan,
    rule: Option<&Rule>,
    whose: &str,
) -> Result<Vec<Demand>, Diagnostic> {
    let mut demands: Vec<Demand> = Vec::new();
    let mut add = |rule: &Rule, whose: String, estate: &str| {
        // A demand with the same rule and estate adds nothing.
        let known = |demand: &Demand| demand.rule == *rule && demand.estate == estate;
        if rule.required > 0 && !demands.iter().any(known) {
            demands.push(Demand { rule: rule.clone(), whose, estate: estate.to_owned() });
        }
    };
    let own = plan.context.estate.as_str();
    if let Some(rule) = rule {
        add(rule, whose.to_owned(), own);
    }
    if let Some(last) = journal::rule(&history.runs, &plan.context) {
        add(last, "the rule of the last run".to_owned(), own);
    }
    let mut estates = touched(history, plan);
    if let Some(trust) = trust.filter(|_| touches_unknown(history, plan)) {
        estates.extend(trust.estates_beside(&plan.context));
    }
    estates.remove(own);
    for other in &estates {
        let context = Context { estate: other.clone(), ..plan.context.clone() };
        let runs = history.runs.iter().any(|past| past.run.context.estate == *other);
        if let Some(last) = journal::rule(&history.runs, &context).filter(|_| runs) {
            add(
                last,
                format!("the rule of the last run of estate `{other}`, whose resources this plan touches"),
                other,
            );
        }
    }
    if let Some(trust) = trust {
        for estate in std::iter::once(own).chain(estates.iter().map(String::as_str)) {
            if let Some(Demand { rule, whose, estate }) = trust.anchor(estate)?.demand()? {
                add(&rule, whose, &estate);
            }
        }
    }
    Ok(demands)
}

/// The estates whose objects a plan changes, deletes, displaces or depends on, according to the journal and to the
/// tags of the objects.
fn touched(history: &History, plan: &Plan) -> BTreeSet<String> {
    let observed: BTreeMap<(Kind, &str), &Object> =
        plan.observed.iter().map(|object| ((object.kind, object.id.as_str()), object)).collect();
    let mut things: BTreeSet<(Kind, Identity)> = BTreeSet::new();
    let mut estates: BTreeSet<String> = BTreeSet::new();
    for step in plan.pending().chain(needed(plan)) {
        let kind = step.address.kind();
        if !step.attributes.is_empty() {
            things.insert((kind, Identity::of(kind, &known(&step.attributes))));
        }
        for object in step.object.iter().chain(&step.displaces) {
            // The step of a kept object lacks its attributes.
            let object = observed.get(&(object.kind, object.id.as_str())).copied().unwrap_or(object);
            things.insert((object.kind, object.identity()));
            estates.extend(claimed(object));
        }
    }
    for other in journal::other_estates(&history.entries, &plan.context) {
        let owned = journal::owned(&history.entries, &other);
        if owned.iter().any(|owned| things.contains(&(owned.address.kind(), owned.identity.clone()))) {
            estates.insert(other.estate);
        }
    }
    estates
}

/// The kept resources that pending steps need.
fn needed(plan: &Plan) -> impl Iterator<Item = &Step> {
    let needs: BTreeSet<&StepId> = plan.pending().flat_map(|step| &step.needs).collect();
    plan.steps.iter().filter(move |step| step.action == Action::Keep && needs.contains(&step.id))
}

/// Whether a plan changes, deletes or displaces an object without a known owner: no tag names its estate, and the
/// journal does not say that this estate owns it.
fn touches_unknown(history: &History, plan: &Plan) -> bool {
    let ours: BTreeSet<(Kind, Identity)> = journal::owned(&history.entries, &plan.context)
        .into_iter()
        .map(|owned| (owned.address.kind(), owned.identity))
        .collect();
    let objects = plan.pending().flat_map(|step| step.object.iter().chain(&step.displaces));
    objects
        .filter(|object| claimed(object).is_none())
        .any(|object| !ours.contains(&(object.kind, object.identity())))
}

/// The estate that the object's tag names as its owner.
fn claimed(object: &Object) -> Option<String> {
    object.attributes.get("tags")?.get(TAG)?.as_str().map(str::to_owned)
}
