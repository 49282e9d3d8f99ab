//! The recovery as a state machine of AWS Step Functions, in the Amazon States Language (ASL).
//!
//! People are asked through a topic of SNS and answer with the token of their task. Traffic moves by the record changes that
//! `plan --evacuate` would make; where the control plane of Route 53 is out too, the machine goes on and waits for the health checks.
//! A branch in which something fails ends, and with it what waits for it; other branches go on. Then the execution fails.
//!
//! It does not look at data: the metrics of a replication are about what its source sends, and that is lost.
//!
//! Sources: Amazon States Language, states-language.net; AWS Step Functions Developer Guide, "Service quotas", "Learning to use AWS
//! service SDK integrations", "Discover service integration patterns".

mod limits;
mod machine;
mod notes;
mod role;
mod state;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use crate::bcp::{Context, Unread};
use crate::diagnostic::{Diagnostic, codes};
use crate::document::Name;
use crate::export::{Does, Recovery, Words, acts, series};
use crate::objectives;
use crate::plan::Plan;
use crate::policy::{Policy, Severity};
use crate::provider::aws::name::AWS;
use crate::provider::aws::sns::{topic, topic_arn};
use crate::resource::Address;
use crate::source::Sources;
use crate::units::{Date, Duration};

/// What a state machine is made from.
#[derive(Debug)]
pub struct Inputs<'a> {
    /// The policies.
    pub policy: &'a Policy,
    /// Their text.
    pub sources: &'a Sources,
    /// The day for the age of measurements.
    pub as_of: Date,
    /// Whether messages say how to reach people, where the policies do.
    pub with_contacts: bool,
    /// The sites that are lost together.
    pub lost: BTreeSet<&'a Name>,
    /// The plan that evacuates them, of the cloud as it is.
    pub plan: &'a Plan,
}

/// A state machine with what it needs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Machine {
    /// The version of this format.
    pub format_version: &'static str,
    /// The sites whose loss it recovers from.
    pub lost: Vec<String>,
    /// The region to create it in: one that is left.
    pub region: String,
    /// The definition, in the Amazon States Language.
    pub definition: Value,
    /// What an execution has to be given, by name. Empty: nothing.
    pub input: BTreeMap<&'static str, &'static str>,
    /// The role's permissions: no more than the machine uses.
    pub policy: Value,
    /// Who may take the role.
    pub trust: Value,
    /// What somebody has to know who uses it.
    pub notes: Vec<String>,
}

/// The state machine. The same inputs give the same bytes.
///
/// # Errors
/// What Step Functions cannot do, or only so slowly that an objective is missed; what the plan changes besides records; and what is
/// beyond the quotas of the service.
pub fn machine(inputs: &Inputs<'_>) -> Result<Machine, Vec<Diagnostic>> {
    let unread = Unread::because("an engine does not need it");
    let read = unread.inputs(inputs.policy, inputs.sources, inputs.as_of, inputs.with_contacts);
    let context = Context::new(&read);
    let recovery = Recovery::of(inputs.policy, inputs.lost.clone());
    let mut acts = acts(&recovery, &Words { context: &context })?;
    for act in &mut acts {
        if let Does::Move { noticed, .. } = act.does {
            act.more = state::CHANGED.saturating_add(noticed);
        }
    }
    limits::acts(&acts)?;
    let moves = super::records::moves(inputs.plan)?;
    let Some(region) = region(&recovery) else {
        let left = recovery
            .services()
            .values()
            .any(|service| service.sites.iter().any(|site| !recovery.lost.contains(&site.name)));
        let (message, cure) = match left {
            false => (
                "every site that takes over is lost, so nothing can run the state machine",
                "add a standby at a site that is left",
            ),
            true => (
                "no site that takes over is in a region of AWS, so nothing can run the state machine",
                "export to `runbook`",
            ),
        };
        return Err(vec![Diagnostic::new(codes::EXPORT_UNDOABLE, message).help(cure)]);
    };
    let (order, later) = series(&acts);
    let mut notes = in_time(inputs, &later)?;
    let account =
        inputs.plan.context.accounts.get(AWS).map(|account| account.id.as_str()).unwrap_or_default();
    let topic = topic(inputs.plan, &region, account);
    let machine = machine::Builder { acts: &acts, moves: &moves, region: &region, topic: topic.as_deref() };
    let definition = machine.definition(&order, &title(inputs));
    limits::definition(&definition)?;
    notes.extend(notes::of_records(&recovery, &machine));
    notes.extend(notes::of_people(inputs.policy, inputs.plan, &machine));
    let asks = acts.iter().any(|act| matches!(act.does, Does::Ask { .. }));
    let mut input = BTreeMap::new();
    if asks && topic.is_none() {
        input.insert(
            "topic",
            "the ARN of a topic of SNS in this region, which tells everybody who has a step",
        );
    }
    notes.push(
        "The machine does not write the journal. After an execution, record the evacuation with `holdfast apply --evacuate`: it finds the \
         records changed already. Until then `holdfast apply` without `--evacuate` would send users back to the lost site: stop scheduled \
         applies."
            .to_owned(),
    );
    notes.push(
        "It has the records as they are now: export it again after each apply. It does not look whether the data at the standby has \
         everything."
            .to_owned(),
    );
    let moved = acts.iter().filter_map(|act| machine.change(act));
    Ok(Machine {
        format_version: "1.0",
        lost: inputs.lost.iter().map(ToString::to_string).collect(),
        policy: role::policy(moved, asks.then_some(topic.as_deref()), &region, account),
        trust: role::trust(&region, account),
        region,
        definition,
        input,
        notes,
    })
}

fn title(inputs: &Inputs<'_>) -> String {
    let sites: Vec<&str> = inputs.lost.iter().map(|site| site.as_str()).collect();
    format!(
        "Recovery of {} from the loss of {}. Start it once the loss is noticed.",
        inputs.policy.estate,
        sites.join(" and ")
    )
}

/// The region of the site that takes over the most services; of equal ones the first by its name. Only AWS runs the machine.
fn region(recovery: &Recovery<'_>) -> Option<String> {
    let mut count: BTreeMap<&Name, (usize, &str)> = BTreeMap::new();
    for service in recovery.services().values() {
        let next = service.sites.iter().find(|site| !recovery.lost.contains(&site.name));
        if let Some(next) = next.filter(|site| site.region.provider.name == AWS) {
            count.entry(&next.name).or_insert((0, next.region.as_str())).0 += 1;
        }
    }
    let best = count.iter().rev().max_by_key(|(_, (services, _))| *services);
    best.map(|(_, (_, region))| (*region).to_owned())
}

/// What the order of the engine costs: a note, or an error if an objective is missed by it.
fn in_time(inputs: &Inputs<'_>, later: &BTreeMap<Name, u64>) -> Result<Vec<String>, Vec<Diagnostic>> {
    let bounds = objectives::together(inputs.policy, Some(inputs.as_of), &inputs.lost);
    let (mut notes, mut missed) = (Vec::new(), Vec::new());
    for (name, more) in later {
        let more = Duration::seconds(*more);
        let bound = bounds
            .get(name)
            .and_then(|derivation| Some((derivation.rto.value()?, derivation.asked.rto.as_ref()?)));
        let late = bound.filter(|(bound, asked)| bound.plus(more) > asked.value);
        match (late, inputs.policy.services.get(name)) {
            (Some((bound, asked)), Some(service)) => {
                let message = format!(
                    "`{name}` could be back {} later: a state machine joins its branches before it goes on, and waits for health checks if it \
                     cannot change records",
                    more.in_words()
                );
                let help = format!(
                    "its bound is {}, its objective {}: let steps wait for the same ones with `after`, or raise the objective",
                    bound.in_words(),
                    asked.value.in_words()
                );
                missed.push(Diagnostic::new(codes::EXPORT_TOO_SLOW, message).at(service.span, "this service").help(help));
            }
            _ => notes.push(format!(
                "{name} can be back {} later than by its policies: the machine joins its branches before it goes on, and waits for health checks \
                 if it cannot change records.",
                more.in_words()
            )),
        }
    }
    if missed.is_empty() { Ok(notes) } else { Err(missed) }
}

/// The topic of critical alarms in a region, if the plan knows one. Of a topic that stays, a plan has the id only: its ARN, or
/// `REGION/NAME` in the embedded cloud.
fn topic(plan: &Plan, region: &str, account: &str) -> Option<String> {
    let address = Address::new(topic::KIND, &[Severity::Critical.as_str(), region]);
    let step = plan.steps.iter().find(|step| step.address == address)?;
    let name = step.object.as_ref()?.id.rsplit([':', '/']).next()?;
    Some(topic_arn(region, account, name))
}
