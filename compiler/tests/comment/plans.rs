//! Plans to comment on, from the text of policies. What exists is what an earlier version of the policies asks for.

use std::sync::LazyLock;

use holdfast_compiler::compile::{Options, compile};
use holdfast_compiler::graph::Graph;
use holdfast_compiler::lower::{TargetAccounts, lower};
use holdfast_compiler::observation::{Object, Observation, Owned};
use holdfast_compiler::plan::{Accounts, Consents, Context, Inputs, Plan, Step, StepId, diff};
use holdfast_compiler::policy::changes_since;
use holdfast_compiler::posture::Posture;
use holdfast_compiler::resource::{Address, Attribute, Lifecycle, Resource, Values};
use holdfast_compiler::source::Sources;
use serde_json::Value;

#[path = "../../../fixtures/estate.rs"]
#[allow(dead_code, clippy::disallowed_methods, reason = "the example's main")]
mod estate;

/// An estate of services, each with three buckets, a replication, two health checks and two records.
pub(crate) fn services(count: usize) -> String {
    estate::documents(count).join("---\n")
}

fn sources(text: &str) -> Sources {
    let mut sources = Sources::default();
    sources.add("estate.yaml", text.to_owned());
    sources
}

fn graph(sources: &Sources) -> Graph {
    let compiled = compile(sources, Options::default()).unwrap();
    lower(&compiled.policy, &TargetAccounts::one("aws", "000000000000".to_owned())).unwrap()
}

fn output(of: &Address, name: &str) -> Value {
    Value::from(format!("{of}#{name}"))
}

/// The object that a resource becomes.
fn object(resource: &Resource) -> Object {
    let values = resource.attributes.iter().map(|(name, attribute)| match attribute {
        Attribute::Known(value) => (name.clone(), value.clone()),
        Attribute::Output { of, name: of_output } => (name.clone(), output(of, of_output)),
    });
    let kind = resource.address.kind();
    let outputs =
        kind.schema().outputs.iter().map(|name| ((*name).to_owned(), output(&resource.address, name)));
    Object {
        kind,
        id: resource.address.to_string(),
        attributes: values.collect(),
        outputs: outputs.collect(),
    }
}

/// The plan that takes a cloud from one version of the policies to another.
pub(crate) fn plan(before: &str, after: &str) -> Plan {
    let (old, new) = (sources(before), sources(after));
    let compiled = compile(&new, Options::default()).unwrap();
    let (was, graph) = (graph(&old), graph(&new));
    let exists = |resource: &&Resource| {
        let lifecycle = resource.address.kind().schema().lifecycle;
        matches!(lifecycle, Lifecycle::Managed | Lifecycle::Prerequisite | Lifecycle::Evidence)
    };
    // A zone exists before anything else.
    let zones = graph.iter().filter(|one| one.address.kind().schema().lifecycle == Lifecycle::Prerequisite);
    let mut objects: Vec<Object> = was.iter().filter(exists).chain(zones).map(object).collect();
    objects.sort_by(|one, other| one.id.cmp(&other.id));
    objects.dedup_by(|one, other| one.id == other.id);
    let managed = was.iter().filter(|one| one.address.kind().schema().lifecycle == Lifecycle::Managed);
    let owned = managed.map(|one| {
        let applied: Values = object(one).attributes;
        Owned {
            address: one.address.clone(),
            identity: one.identity(),
            needs: one.needs().into_iter().cloned().collect(),
            run: 1,
            applied: Some(applied),
            begun: None,
            account: None,
        }
    });
    let owned: Vec<Owned> = owned.collect();
    let observation = Observation { objects, ..Observation::default() };
    let accounts = Accounts::one("aws", "000000000000", "aws");
    let context = Context { estate: "acme".to_owned(), cloud: "aws".to_owned(), accounts };
    let inputs = Inputs {
        context,
        sources: &new,
        compiled: &compiled,
        graph: &graph,
        owned: &owned,
        copies: &[],
        observation: &observation,
        was: &Posture::default(),
        posture: &Posture::default(),
        consents: Consents::default(),
    };
    let mut plan = diff(inputs).unwrap();
    plan.policy_changes = Some(changes_since("the last apply", &old, &new, &compiled.policy));
    plan
}

/// The plan that makes one service.
pub(crate) fn new() -> Plan {
    static NEW: LazyLock<Plan> = LazyLock::new(|| plan(&services(0), &services(1)));
    NEW.clone()
}

/// The same plan many times, each time for services with other names.
pub(crate) fn times(mut plan: Plan, count: usize) -> Plan {
    let steps = std::mem::take(&mut plan.steps);
    plan.steps = (0..count).flat_map(|nth| steps.iter().map(move |step| again(step, nth))).collect();
    plan
}

fn again(step: &Step, nth: usize) -> Step {
    let address = &step.address;
    let path = format!("{}-{nth}.{}", address.owner(), address.name().split_once('.').unwrap_or_default().1);
    let address = Address::try_from(format!("{}.{path}", address.kind())).unwrap();
    Step { id: StepId::of(&address), address, ..step.clone() }
}
