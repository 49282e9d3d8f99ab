//! The states of a series: chains, and branches side by side.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::limits::NAME;
use super::state;
use crate::digest::sha256;
use crate::export::{Act, Does, Series};
use crate::provider::aws::export::Moves;

/// What states are made from.
pub(super) struct Builder<'b> {
    pub(super) acts: &'b [Act],
    /// The changes of records, by `SERVICE.TRAFFIC`.
    pub(super) moves: &'b BTreeMap<String, Moves>,
    pub(super) region: &'b str,
    pub(super) topic: Option<&'b str>,
}

/// A chain of states under construction.
#[derive(Default)]
struct Chain {
    states: Map<String, Value>,
    /// The states in their order, each with what its failure leads to.
    order: Vec<String>,
}

/// The names of the states at the end of the whole machine.
const RECOVERED: &str = "recovered";
const NOT_RECOVERED: &str = "not recovered";

impl Builder<'_> {
    /// The whole machine.
    pub(super) fn definition(&self, order: &Series, comment: &str) -> Value {
        let mut chain = Chain::default();
        let mut branches = 0;
        self.add(order, &mut chain, &mut branches);
        chain.finish(true, comment)
    }

    /// Adds a series to a chain.
    fn add(&self, series: &Series, chain: &mut Chain, branches: &mut usize) {
        match series {
            Series::Then(parts) => parts.iter().for_each(|part| self.add(part, chain, branches)),
            Series::One(nth) => {
                if let Some(act) = self.acts.get(*nth) {
                    self.act(act, chain);
                }
            }
            Series::Together(parts) if parts.is_empty() => {}
            Series::Together(parts) => {
                *branches += 1;
                let name = format!("branches {branches}");
                let all: Vec<Value> = parts
                    .iter()
                    .map(|part| {
                        let mut inner = Chain::default();
                        self.add(part, &mut inner, branches);
                        inner.finish(false, "")
                    })
                    .collect();
                chain.branches(&name, all);
            }
        }
    }

    fn act(&self, act: &Act, chain: &mut Chain) {
        let name = state_name(&act.name);
        match &act.does {
            Does::Ask { text, within, .. } => {
                chain.task(&name, state::ask(text, &act.name, self.topic, self.region, *within), None);
            }
            Does::Wait => chain.plain(&name, state::wait(act.seconds)),
            // Health checks move it if the call fails: then it takes as long as they need to notice.
            Does::Move { noticed, .. } => match self.entry(act).and_then(|entry| self.moves.get(&entry)) {
                Some(moves) => {
                    let instead = state_name(&format!("{}-by-health-checks", act.name));
                    chain.task(&name, state::change(moves), Some((&instead, state::wait(*noticed))));
                }
                None => chain.plain(&name, state::wait(*noticed)),
            },
        }
    }

    /// `SERVICE.TRAFFIC` of an act that moves traffic.
    pub(super) fn entry(&self, act: &Act) -> Option<String> {
        match &act.does {
            Does::Move { traffic, .. } => Some(format!("{}.{traffic}", act.service)),
            Does::Ask { .. } | Does::Wait => None,
        }
    }
}

impl Chain {
    fn plain(&mut self, name: &str, state: Value) {
        self.states.insert(name.to_owned(), state);
        self.order.push(name.to_owned());
    }

    /// A task. If it fails, `instead` is done, and the chain goes on; without it, the chain ends.
    fn task(&mut self, name: &str, mut state: Value, instead: Option<(&str, Value)>) {
        let failed = match &instead {
            Some((name, _)) => (*name).to_owned(),
            None => state_name(&format!("{name} failed")),
        };
        let path = if instead.is_some() { Value::Null } else { state::ERROR.into() };
        set(
            &mut state,
            "Catch",
            json!([{"ErrorEquals": ["States.ALL"], "ResultPath": path, "Next": failed}]),
        );
        self.plain(name, state);
        match instead {
            Some((name, mut state)) => {
                // It stands beside the task, and leads to what comes behind it.
                set(&mut state, "Next", name.into());
                self.states.insert(name.to_owned(), state);
            }
            None => {
                self.states.insert(
                    failed,
                    ended(&format!("{name} was not done in its time, or somebody reported that it failed")),
                );
            }
        }
    }

    /// Branches, and a choice behind them: what comes after is done only if all of them succeeded.
    fn branches(&mut self, name: &str, branches: Vec<Value>) {
        let failed = format!("{name} failed");
        let test = |nth: usize| json!({"Variable": format!("$.branches[{nth}].error"), "IsPresent": true});
        let tests: Vec<Value> = (0..branches.len()).map(test).collect();
        let is_failed = match tests.as_slice() {
            [only] => only.clone(),
            several => json!({"Or": several}),
        };
        self.plain(name, json!({"Type": "Parallel", "Branches": branches, "ResultPath": "$.branches"}));
        let mut rule = is_failed;
        set(&mut rule, "Next", failed.as_str().into());
        self.plain(&format!("{name} all done"), json!({"Type": "Choice", "Choices": [rule]}));
        self.states.insert(failed, ended("a step of another branch that comes first failed"));
    }

    /// The chain with its ends: of the whole machine, or of a branch.
    fn finish(mut self, is_whole: bool, comment: &str) -> Value {
        let last = if is_whole {
            RECOVERED.to_owned()
        } else {
            format!("{} ends", self.order.first().cloned().unwrap_or_default())
        };
        let last = state_name(&last);
        let nexts: Vec<(String, String)> = self
            .order
            .iter()
            .zip(self.order.iter().skip(1).chain([&last]))
            .map(|(name, next)| (name.clone(), next.clone()))
            .collect();
        let mut instead: BTreeMap<String, String> = BTreeMap::new();
        for (name, next) in &nexts {
            if let Some(state) = self.states.get_mut(name) {
                let key =
                    if state.get("Type").is_some_and(|kind| kind == "Choice") { "Default" } else { "Next" };
                set(state, key, next.as_str().into());
                let catch = state.get("Catch").and_then(|all| all.get(0)).and_then(|one| one.get("Next"));
                if let Some(caught) = catch.and_then(Value::as_str) {
                    instead.insert(caught.to_owned(), next.clone());
                }
            }
        }
        for (name, next) in instead {
            // What is done instead of a task leads to the same state.
            if let Some(state) = self
                .states
                .get_mut(&name)
                .filter(|state| state.get("Type").is_some_and(|kind| kind == "Wait"))
            {
                set(state, "Next", next.as_str().into());
            }
        }
        if is_whole {
            for state in self.states.values_mut() {
                if state.get("End").is_some() {
                    if let Some(all) = state.as_object_mut() {
                        all.remove("End");
                    }
                    set(state, "Next", NOT_RECOVERED.into());
                }
            }
            self.states.insert(RECOVERED.to_owned(), json!({"Type": "Succeed"}));
            let cause = "a step was not done; the input of this state says which one, and its history why";
            self.states.insert(
                NOT_RECOVERED.to_owned(),
                json!({"Type": "Fail", "Error": "Holdfast.NotRecovered", "Cause": cause}),
            );
        } else {
            // A branch hands on whether it failed, and nothing else, so that the payload stays small.
            self.states.insert(last.clone(), json!({"Type": "Pass", "Result": {}, "End": true}));
        }
        let first = self.order.first().cloned().unwrap_or(last);
        let mut machine = json!({"StartAt": first, "States": self.states});
        if !comment.is_empty() {
            set(&mut machine, "Comment", comment.into());
        }
        machine
    }
}

/// A state that ends a branch in which something failed.
fn ended(cause: &str) -> Value {
    json!({"Type": "Pass", "Result": {"error": {"Error": "Holdfast.NotDone", "Cause": cause}}, "End": true})
}

fn set(state: &mut Value, key: &str, value: Value) {
    if let Some(all) = state.as_object_mut() {
        all.insert(key.to_owned(), value);
    }
}

/// A name that is short enough; a longer one gets a digest, so that two stay two.
fn state_name(name: &str) -> String {
    if name.chars().count() <= NAME {
        return name.to_owned();
    }
    let digest: String = sha256(name).chars().take(8).collect();
    let kept: String = name.chars().take(NAME - 9).collect();
    format!("{kept}-{digest}")
}
