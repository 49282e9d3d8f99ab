//! Everybody whose rule a plan has to satisfy: the trust anchor, the last run and the policy, for the estate and for
//! every other estate whose things the plan touches. Each demand stands by itself.

use std::collections::BTreeSet;

use holdfast_compiler::diagnostic::Diagnostic;
use holdfast_compiler::observation::Object;
use holdfast_compiler::plan::{Context, Plan};
use holdfast_compiler::resource::{Identity, Kind, known};

use super::Trust;
use crate::approval::{Demand, Rule};
use crate::journal::{self, History};

/// The tag that says which estate a thing belongs to.
const TAG: &str = "holdfast:estate";

/// All demands on a plan. `whose` names the rule of the policies, which is the plan's own where it was saved.
///
/// # Errors
/// An estate that the anchor does not name, or a list that cannot be read.
pub fn demands(
    trust: Option<&Trust>,
    history: &History,
    plan: &Plan,
    rule: Option<&Rule>,
    whose: &str,
) -> Result<Vec<Demand>, Diagnostic> {
    let mut demands: Vec<Demand> = Vec::new();
    let mut add = |rule: &Rule, whose: String| {
        // The same rule twice asks for nothing more.
        if rule.required > 0 && !demands.iter().any(|demand| demand.rule == *rule) {
            demands.push(Demand { rule: rule.clone(), whose });
        }
    };
    if let Some(rule) = rule {
        add(rule, whose.to_owned());
    }
    if let Some(last) = journal::rule(&history.runs, &plan.context) {
        add(last, "the rule of the last run".to_owned());
    }
    for other in touched(history, plan) {
        if let Some(last) = journal::rule(&history.runs, &other) {
            add(
                last,
                format!(
                    "the rule of the last run of estate `{}`, whose things this plan touches",
                    other.estate
                ),
            );
        }
    }
    if let Some(trust) = trust {
        let estates = touched(history, plan).into_iter().map(|other| other.estate);
        let estates: BTreeSet<String> = estates.chain([plan.context.estate.clone()]).collect();
        for estate in estates {
            if let Some(Demand { rule, whose }) = trust.anchor(&estate)?.demand()? {
                add(&rule, whose);
            }
        }
    }
    Ok(demands)
}

/// The other estates whose things a plan changes, removes or displaces: after the journal, and after what the things say
/// themselves.
fn touched(history: &History, plan: &Plan) -> BTreeSet<Context> {
    let mut things: BTreeSet<(Kind, Identity)> = BTreeSet::new();
    let mut estates: BTreeSet<Context> = BTreeSet::new();
    for step in plan.pending() {
        let kind = step.address.kind();
        if !step.attributes.is_empty() {
            things.insert((kind, Identity::of(kind, &known(&step.attributes))));
        }
        for object in step.object.iter().chain(&step.displaces) {
            things.insert((object.kind, object.identity()));
            estates.extend(claimed(object).map(|estate| Context { estate, ..plan.context.clone() }));
        }
    }
    for other in journal::other_estates(&history.entries, &plan.context) {
        let owned = journal::owned(&history.entries, &other);
        if owned.iter().any(|owned| things.contains(&(owned.address.kind(), owned.identity.clone()))) {
            estates.insert(other);
        }
    }
    estates.retain(|other| other.estate != plan.context.estate);
    estates
}

/// The estate that a thing says it belongs to.
fn claimed(object: &Object) -> Option<String> {
    object.attributes.get("tags")?.get(TAG)?.as_str().map(str::to_owned)
}
