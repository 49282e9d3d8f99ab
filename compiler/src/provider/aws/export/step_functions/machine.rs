//! The states of a series: chains, and branches side by side.

use std::collections::{BTreeMap, BTreeSet};

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
    /// The states in their order.
    order: Vec<String>,
    /// States beside the order, each with the one whose next state is theirs too.
    beside: Vec<(String, String)>,
    /// Whether records can stay as they were without anybody who looks.
    is_unchanged: bool,
}

/// The names of the states at the end of the whole machine.
const RECOVERED: &str = "recovered";
const NOT_RECOVERED: &str = "not recovered";
const NOT_CHANGED: &str = "records not changed";

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
                    self.act(*nth, act, chain);
                }
            }
            Series::Together(parts) if parts.is_empty() => {}
            Series::Together(parts) => {
                *branches += 1;
                let name = format!("branches {branches}");
                let all: Vec<Chain> = parts
                    .iter()
                    .map(|part| {
                        let mut inner = Chain::default();
                        self.add(part, &mut inner, branches);
                        inner
                    })
                    .collect();
                chain.branches(&name, all);
            }
        }
    }

    fn act(&self, nth: usize, act: &Act, chain: &mut Chain) {
        let name = state_name(&act.name);
        match &act.does {
            Does::Ask { text, within, .. } => {
                chain.task(&name, state::ask(text, &act.name, self.topic, self.region, *within));
            }
            Does::Wait => chain.plain(&name, state::wait(act.seconds)),
            // Health checks move it if the call fails: then it takes as long as they need to notice.
            Does::Move { noticed, .. } => match self.change(act) {
                Some(moves) => chain.change(&name, state::change(moves), *noticed, self.is_looked_at(nth)),
                None => chain.plain(&name, state::wait(*noticed)),
            },
        }
    }

    /// The changes of records that an act makes.
    pub(super) fn change(&self, act: &Act) -> Option<&Moves> {
        self.moves.get(&self.entry(act)?)
    }

    /// Whether somebody is asked for something that waits for an act.
    fn is_looked_at(&self, nth: usize) -> bool {
        let mut behind = BTreeSet::from([nth]);
        self.acts.iter().enumerate().any(|(other, act)| {
            let waits = !behind.is_disjoint(&act.after);
            if waits {
                behind.insert(other);
            }
            waits && matches!(act.does, Does::Ask { .. })
        })
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

    /// A task whose failure ends the chain.
    fn task(&mut self, name: &str, mut state: Value) {
        let failed = state_name(&format!("{name} failed"));
        catch(&mut state, state::ERROR.into(), &failed);
        self.plain(name, state);
        let cause = format!("{name} was not done in its time, or somebody reported that it failed");
        self.states.insert(failed, ended(&cause));
    }

    /// A change of records. If it fails, the chain goes on once health checks have seen the loss. If nobody looks later whether they
    /// have moved the traffic, the end says so.
    fn change(&mut self, name: &str, mut state: Value, noticed: u64, is_looked_at: bool) {
        let instead = state_name(&format!("{name} by health checks"));
        let path = if is_looked_at { Value::Null } else { state::UNCHANGED.into() };
        catch(&mut state, path, &instead);
        self.plain(name, state);
        self.states.insert(instead.clone(), state::wait(noticed));
        self.beside.push((instead, name.to_owned()));
        self.is_unchanged |= !is_looked_at;
    }

    /// Branches, and a choice behind them: what comes after is done only if all of them succeeded.
    fn branches(&mut self, name: &str, branches: Vec<Chain>) {
        let (failed, done) = (format!("{name} failed"), format!("{name} all done"));
        let test = |nth: usize, field: &str| json!({"Variable": format!("$.branches[{nth}].{field}"), "IsPresent": true});
        let errors: Vec<Value> = (0..branches.len()).map(|nth| test(nth, "error")).collect();
        let mut rules = vec![rule(&errors, &failed)];
        let unchanged = branches.iter().enumerate().filter(|(_, branch)| branch.is_unchanged);
        let unchanged: Vec<Value> = unchanged.map(|(nth, _)| test(nth, "unchanged")).collect();
        if !unchanged.is_empty() {
            let noted = format!("{name} unchanged");
            rules.push(rule(&unchanged, &noted));
            let note = json!({"Type": "Pass", "Result": true, "ResultPath": state::UNCHANGED});
            self.states.insert(noted.clone(), note);
            self.beside.push((noted, done.clone()));
            self.is_unchanged = true;
        }
        let all: Vec<Value> = branches.into_iter().map(|branch| branch.finish(false, "")).collect();
        self.plain(name, json!({"Type": "Parallel", "Branches": all, "ResultPath": "$.branches"}));
        self.plain(&done, json!({"Type": "Choice", "Choices": rules}));
        self.states.insert(failed, ended("a step of another branch that comes first failed"));
    }

    /// A choice at the end: whether records stayed as they were without anybody who looks.
    fn look(&mut self, is_whole: bool, first: &str) {
        let (name, unchanged, end) = if is_whole {
            let cause = "records were not changed; nobody looked whether health checks moved them";
            let end = json!({"Type": "Fail", "Error": "Holdfast.NotChanged", "Cause": cause});
            ("are records changed".to_owned(), NOT_CHANGED.to_owned(), end)
        } else {
            let end = json!({"Type": "Pass", "Result": {"unchanged": true}, "End": true});
            (format!("{first} changed records"), format!("{first} ends unchanged"), end)
        };
        let unchanged = state_name(&unchanged);
        let is_unchanged = rule(&[json!({"Variable": state::UNCHANGED, "IsPresent": true})], &unchanged);
        self.plain(&state_name(&name), json!({"Type": "Choice", "Choices": [is_unchanged]}));
        self.states.insert(unchanged, end);
    }

    /// The chain with its ends: of the whole machine, or of a branch.
    fn finish(mut self, is_whole: bool, comment: &str) -> Value {
        let first = self.order.first().cloned().unwrap_or_default();
        if self.is_unchanged {
            self.look(is_whole, &first);
        }
        let last = state_name(&if is_whole { RECOVERED.to_owned() } else { format!("{first} ends") });
        let nexts: Vec<(String, String)> = self
            .order
            .iter()
            .zip(self.order.iter().skip(1).chain([&last]))
            .map(|(name, next)| (name.clone(), next.clone()))
            .collect();
        for (name, next) in &nexts {
            if let Some(state) = self.states.get_mut(name) {
                let key =
                    if state.get("Type").is_some_and(|kind| kind == "Choice") { "Default" } else { "Next" };
                set(state, key, next.as_str().into());
            }
        }
        for (name, of) in &self.beside {
            let next = nexts.iter().find(|(name, _)| name == of).map(|(_, next)| next.as_str());
            if let (Some(next), Some(state)) = (next, self.states.get_mut(name)) {
                set(state, "Next", next.into());
            }
        }
        if is_whole {
            let mut may_fail = false;
            for state in self.states.values_mut() {
                if state.get("End").is_some() {
                    may_fail = true;
                    if let Some(all) = state.as_object_mut() {
                        all.remove("End");
                    }
                    set(state, "Next", NOT_RECOVERED.into());
                }
            }
            self.states.insert(RECOVERED.to_owned(), json!({"Type": "Succeed"}));
            let cause = "a step was not done; the input of this state says which one, and its history why; records may have been changed";
            // What nothing leads to is refused.
            if may_fail {
                let fail = json!({"Type": "Fail", "Error": "Holdfast.NotRecovered", "Cause": cause});
                self.states.insert(NOT_RECOVERED.to_owned(), fail);
            }
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

/// A task's failure leads to a state, with its error at a path, or without it.
fn catch(state: &mut Value, path: Value, next: &str) {
    set(state, "Catch", json!([{"ErrorEquals": ["States.ALL"], "ResultPath": path, "Next": next}]));
}

/// A rule of a choice: what leads to a state if one of these tests holds.
fn rule(tests: &[Value], next: &str) -> Value {
    let mut rule = match tests {
        [only] => only.clone(),
        several => json!({"Or": several}),
    };
    set(&mut rule, "Next", next.into());
    rule
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
