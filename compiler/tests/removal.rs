//! Silence never helps: each statement of the shipped policies and of estates from seeds is removed, one at a time. The
//! bounds move only in the direction that the table of directions declares for its key, or the policy is an error.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
#![allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "tests read the policies")]

mod generated;

use std::collections::BTreeMap;

use holdfast_compiler::compile::{Options, check};
use holdfast_compiler::diagnostic::Severity;
use holdfast_compiler::document::read;
use holdfast_compiler::objectives::{Bound, Deriver, Facts};
use holdfast_compiler::policy::{Said, direction, unsaid};
use holdfast_compiler::provider::PROVIDERS;
use holdfast_compiler::source::Sources;
use serde::Deserialize as _;
use serde_json::Value;

/// The documents of an estate as values. JSON is YAML, so they compile as they are printed.
fn documents(text: &str) -> Vec<Value> {
    serde_yaml::Deserializer::from_str(text).map(|one| Value::deserialize(one).unwrap()).collect()
}

fn shipped() -> Vec<Value> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../policies");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().flat_map(|path| documents(&std::fs::read_to_string(path).unwrap())).collect()
}

/// The bounds by service, disruption and data set, worst is greatest. `None` if the policy is an error.
fn bounds(documents: &[Value]) -> Option<BTreeMap<String, Bound>> {
    let mut sources = Sources::default();
    for (nth, document) in documents.iter().enumerate() {
        sources.add(format!("{nth}.yaml"), document.to_string());
    }
    let checked = check(&sources, Options::default());
    // A missed objective is a bound that moved.
    let broken = |code: &str| !code.starts_with("E08");
    let errors = checked.findings.iter().filter(|finding| finding.severity() == Severity::Error);
    if errors.into_iter().any(|finding| broken(finding.code.as_str())) {
        return None;
    }
    let policy = checked.policy?;
    let mut all = BTreeMap::new();
    for (name, derived) in Deriver::new(&policy, None).all(Facts::wanted) {
        for derivation in derived {
            let key = format!("{name} {}", derivation.disruption.key());
            for (data, bound) in derivation.rpo {
                all.insert(format!("{key} RPO {data}"), bound);
            }
            all.insert(format!("{key} RTO"), derivation.rto);
        }
    }
    Some(all)
}

/// The paths of all statements: every key and every item of a list.
fn statements(value: &Value, path: &[String], out: &mut Vec<Vec<String>>) {
    let mut below = |step: String, value: &Value| {
        let path = [path, &[step]].concat();
        out.push(path.clone());
        statements(value, &path, out);
    };
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| below(key.clone(), value)),
        Value::Array(list) => list.iter().enumerate().for_each(|(nth, item)| below(format!("[{nth}]"), item)),
        _ => {}
    }
}

fn without(value: &mut Value, path: &[String]) -> Option<Value> {
    let (first, rest) = path.split_first()?;
    let nth = || first.trim_matches(['[', ']']).parse::<usize>().ok();
    match value {
        Value::Object(map) if rest.is_empty() => map.remove(first),
        Value::Object(map) => without(map.get_mut(first)?, rest),
        Value::Array(list) if rest.is_empty() => Some(list.remove(nth()?)),
        Value::Array(list) => without(list.get_mut(nth()?)?, rest),
        _ => None,
    }
}

/// What moved against the direction of a statement that was removed.
fn wrong(said: Said, before: &BTreeMap<String, Bound>, after: &BTreeMap<String, Bound>) -> Vec<String> {
    let mut wrong = Vec::new();
    for (what, old) in before {
        let Some(new) = after.get(what) else { continue };
        let value = |bound: &Bound| (bound.value().is_none(), bound.value());
        let (lower, higher) = (value(new) < value(old), value(new) > value(old));
        // Of two equal numbers the one that is less reliable promises less.
        let surer = value(new) == value(old) && new.value().is_some() && new.assurance() > old.assurance();
        let moved = match said {
            Said::Neutral => lower || higher,
            Said::Protects => lower || surer,
            Said::Burdens | Said::Admits => higher,
            Said::Covers | Said::Works | Said::Holds | Said::Shifts => false,
        };
        if moved {
            wrong.push(format!(
                "{what}: {} ({}) became {} ({})",
                old.in_words(),
                old.assurance(),
                new.in_words(),
                new.assurance()
            ));
        }
    }
    wrong
}

/// Removes each statement. Returns how many were removed without an error, and what moved in the wrong direction.
fn removals(documents: &[Value], label: &str) -> (usize, Vec<String>) {
    let before = bounds(documents).unwrap_or_else(|| panic!("{label}: {documents:#?}"));
    let (mut count, mut all) = (0, Vec::new());
    for (nth, document) in documents.iter().enumerate() {
        let kind = document["kind"].as_str().unwrap();
        let mut paths = Vec::new();
        statements(document, &[], &mut paths);
        for path in paths {
            let mut pattern = vec![kind];
            pattern.extend(path.iter().map(|step| if step.starts_with('[') { "[]" } else { step.as_str() }));
            let direction = direction(&pattern).unwrap_or_else(|| panic!("{pattern:?}"));
            if matches!(direction.said, Said::Covers | Said::Works | Said::Holds | Said::Shifts) {
                continue;
            }
            let mut changed = documents.to_vec();
            let removed = without(&mut changed[nth], &path).unwrap();
            let built_in = unsaid(&pattern, PROVIDERS[0].facts);
            let better = |built_in: String| {
                let old = removed.as_str().map_or_else(|| removed.to_string(), str::to_owned);
                direction.of_values(&old, &built_in) == Some(true)
            };
            if built_in.is_some_and(better) {
                continue;
            }
            // Most errors are in the one document: the others need not be read.
            let mut alone = Sources::default();
            alone.add("changed.yaml", changed[nth].to_string());
            let mut errors = Vec::new();
            read(&alone, &mut errors);
            let Some(after) = errors.is_empty().then(|| bounds(&changed)).flatten() else { continue };
            count += 1;
            for wrong in wrong(direction.said, &before, &after) {
                all.push(format!("{label} {} {:?}: {wrong}", pattern.join("."), direction.said));
            }
        }
    }
    (count, all)
}

#[test]
fn shipped_policies_lose_by_silence() {
    let (count, wrong) = removals(&shipped(), "policies");
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(count > 100, "{count}");
}

fn hold(seeds: std::ops::Range<u64>) {
    let (mut count, mut all) = (0, Vec::new());
    for seed in seeds {
        let (removed, wrong) = removals(&documents(&generated::estate(seed)), &format!("seed {seed}"));
        count += removed;
        all.extend(wrong);
    }
    assert!(all.is_empty(), "{} of {count}: {all:#?}", all.len());
}

#[test]
fn generated_estates_lose_by_silence_1() {
    hold(0..25);
}

#[test]
fn generated_estates_lose_by_silence_2() {
    hold(25..50);
}
