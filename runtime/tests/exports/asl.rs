//! A validator of ours for the Amazon States Language, over the rules that are documented: states-language.net, and AWS Step Functions
//! Developer Guide, "Service quotas". It is none of AWS. It knows the state types that Holdfast writes, and refuses every other field.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// What is wrong with a definition. Empty: nothing that we know of.
pub(super) fn faults(definition: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    let mut names = BTreeSet::new();
    machine(definition, true, &mut names, &mut faults);
    if definition.to_string().len() > 1024 * 1024 {
        faults.push("the definition has more than 1 MiB".to_owned());
    }
    faults
}

/// A machine, or a branch of one.
fn machine(machine: &Value, is_whole: bool, names: &mut BTreeSet<String>, faults: &mut Vec<String>) {
    let known: &[&str] = if is_whole { &["Comment", "StartAt", "States"] } else { &["StartAt", "States"] };
    let Some(fields) = machine.as_object() else {
        faults.push("a machine is an object".to_owned());
        return;
    };
    unknown("a machine", fields, known, faults);
    let empty = Map::new();
    let states = machine["States"].as_object().unwrap_or(&empty);
    let Some(start) = machine["StartAt"].as_str() else {
        faults.push("no StartAt".to_owned());
        return;
    };
    let mut reached = BTreeSet::new();
    let mut open = vec![start.to_owned()];
    while let Some(name) = open.pop() {
        match states.get(&name) {
            None => faults.push(format!("`{name}` is no state of its machine or branch")),
            Some(state) if reached.insert(name.clone()) => open.extend(nexts(state)),
            Some(_) => {}
        }
    }
    for (name, one) in states {
        if !reached.contains(name) {
            faults.push(format!("`{name}` is never reached"));
        }
        if name.chars().count() > 80 {
            faults.push(format!("the name `{name}` is longer than 80 characters"));
        }
        if !names.insert(name.clone()) {
            faults.push(format!("two states are called `{name}`"));
        }
        state(name, one, names, faults);
    }
    let ends =
        |state: &Value| state["End"] == true || ["Succeed", "Fail"].iter().any(|kind| state["Type"] == *kind);
    if !states.values().any(ends) {
        faults.push("no state ends it".to_owned());
    }
}

/// Where a state leads to.
fn nexts(state: &Value) -> Vec<String> {
    let choices = state["Choices"].as_array().into_iter().flatten().map(|rule| &rule["Next"]);
    let catches = state["Catch"].as_array().into_iter().flatten().map(|catch| &catch["Next"]);
    let all = [&state["Next"], &state["Default"]].into_iter().chain(choices).chain(catches);
    all.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn state(name: &str, state: &Value, names: &mut BTreeSet<String>, faults: &mut Vec<String>) {
    let empty = Map::new();
    let fields = state.as_object().unwrap_or(&empty);
    let kind = state["Type"].as_str().unwrap_or_default();
    let known: &[&str] = match kind {
        "Task" => &[
            "Type",
            "Next",
            "End",
            "Resource",
            "Parameters",
            "ResultPath",
            "TimeoutSeconds",
            "Retry",
            "Catch",
        ],
        "Wait" => &["Type", "Next", "End", "Seconds"],
        "Pass" => &["Type", "Next", "End", "Result", "ResultPath"],
        "Parallel" => &["Type", "Next", "End", "Branches", "ResultPath"],
        "Choice" => &["Type", "Choices", "Default"],
        "Succeed" => &["Type"],
        "Fail" => &["Type", "Error", "Cause"],
        _ => &[],
    };
    unknown(name, fields, known, faults);
    let leads = [state["Next"].is_string(), state["End"] == true];
    let should = usize::from(!matches!(kind, "Choice" | "Succeed" | "Fail"));
    if leads.iter().filter(|leads| **leads).count() != should {
        faults.push(format!("`{name}` needs exactly one of Next and End, or none if it is a {kind}"));
    }
    let mut wrong = |what: &str| faults.push(format!("`{name}`: {what}"));
    match kind {
        "Task" => task(state, &mut wrong),
        "Wait" if state["Seconds"].as_u64().is_none_or(|seconds| seconds > 99_999_999) => wrong("Seconds"),
        "Choice" => {
            let rules = state["Choices"].as_array().map(Vec::as_slice).unwrap_or_default();
            if rules.is_empty() || rules.iter().any(|rule| !rule["Next"].is_string() || !is_test(rule)) {
                wrong("Choices");
            }
        }
        "Parallel" => {
            let branches = state["Branches"].as_array().map(Vec::as_slice).unwrap_or_default();
            if branches.is_empty() {
                wrong("no branches");
            }
            branches.iter().for_each(|branch| machine(branch, false, names, faults));
        }
        _ => {}
    }
}

/// A test of a choice: a path that is there, or one of several tests.
fn is_test(rule: &Value) -> bool {
    match rule["Or"].as_array() {
        Some(all) => !all.is_empty() && all.iter().all(|one| one.get("Next").is_none() && is_test(one)),
        None => is_path(&rule["Variable"]) && rule["IsPresent"].is_boolean(),
    }
}

fn task(state: &Value, wrong: &mut dyn FnMut(&str)) {
    let resource = state["Resource"].as_str().unwrap_or_default();
    if !resource.starts_with("arn:aws:states:::aws-sdk:") {
        wrong("a resource that is no integration of an AWS SDK");
    }
    if state["TimeoutSeconds"].as_u64().is_none_or(|seconds| seconds == 0 || seconds > 99_999_999) {
        wrong("TimeoutSeconds");
    }
    if !state["ResultPath"].is_null() && !is_path(&state["ResultPath"]) {
        wrong("ResultPath");
    }
    let text = state["Parameters"].to_string();
    if resource.ends_with(".waitForTaskToken") != text.contains("$$.Task.Token") {
        wrong("a token is sent if and only if it is waited for");
    }
    parameters(&state["Parameters"], wrong);
    for retry in state["Retry"].as_array().into_iter().flatten() {
        let errors = retry["ErrorEquals"].as_array().map(Vec::as_slice).unwrap_or_default();
        let fits = !errors.is_empty()
            && errors.iter().all(Value::is_string)
            && retry["IntervalSeconds"].as_u64().is_some_and(|seconds| seconds >= 1)
            && retry["MaxAttempts"].as_u64().is_some_and(|count| count <= 99_999_999)
            && retry["BackoffRate"].as_f64().is_some_and(|rate| rate >= 1.0)
            && ["FULL", "NONE"].iter().any(|jitter| retry["JitterStrategy"] == *jitter);
        if !fits {
            wrong("Retry");
        }
    }
    let catches = state["Catch"].as_array().map(Vec::as_slice).unwrap_or_default();
    let is_catch = |catch: &Value| {
        catch["ErrorEquals"].as_array().is_some_and(|errors| !errors.is_empty())
            && (catch["ResultPath"].is_null() || is_path(&catch["ResultPath"]))
    };
    // A task that fails must not end the branches beside it.
    if catches.is_empty() || !catches.iter().all(is_catch) {
        wrong("Catch");
    }
}

/// A name that ends in `.$` has a path or an intrinsic function, every other one a value.
fn parameters(value: &Value, wrong: &mut dyn FnMut(&str)) {
    match value {
        Value::Object(all) => {
            for (name, value) in all {
                if name.ends_with(".$") && !is_path(value) && !is_intrinsic(value) {
                    wrong("a parameter that is no path");
                }
                if name.chars().next().is_none_or(|first| !first.is_ascii_uppercase()) {
                    wrong("a parameter of an AWS SDK that does not begin with a capital");
                }
                parameters(value, wrong);
            }
        }
        Value::Array(all) => all.iter().for_each(|one| parameters(one, wrong)),
        _ => {}
    }
}

fn is_path(value: &Value) -> bool {
    value.as_str().is_some_and(|path| path.starts_with("$."))
}

/// `States.Format('template', path, …)` with as many `{}` as paths, and everything else in it escaped.
fn is_intrinsic(value: &Value) -> bool {
    let Some(inner) = value.as_str().and_then(|text| text.strip_prefix("States.Format('")) else {
        return false;
    };
    let (mut holes, mut letters) = (0, inner.char_indices());
    while let Some((at, letter)) = letters.next() {
        match letter {
            // The letter behind it is read, whatever it is.
            '\\' if letters.next().is_none_or(|(_, next)| !"'{}\\".contains(next)) => return false,
            '{' => {
                if letters.next().is_none_or(|(_, next)| next != '}') {
                    return false;
                }
                holes += 1;
            }
            '}' | '\n' => return false,
            '\'' => {
                let rest = inner[at + 1..].strip_suffix(')').unwrap_or_default();
                let paths: Vec<&str> = rest.split(", ").skip(1).collect();
                return paths.len() == holes && paths.iter().all(|path| path.starts_with('$'));
            }
            _ => {}
        }
    }
    false
}

fn unknown(of: &str, fields: &Map<String, Value>, known: &[&str], faults: &mut Vec<String>) {
    let others = fields.keys().filter(|name| !known.contains(&name.as_str()));
    faults.extend(others.map(|name| format!("{of} has no field `{name}`")));
}
