//! Hostile text in every field of a policy, valid or not.

use std::collections::BTreeSet;

use holdfast_compiler::compile::{Options, compile};
use holdfast_compiler::lower::{TargetAccounts, lower};
use holdfast_compiler::source::Sources;
use serde_json::Value;

use crate::hostile::{HOSTILE, holds, hostile, is_obeyed, run, run_in_colours, strings, variants};
use crate::support::{Bench, root};

/// The policies that ship with Holdfast, which use every kind of document and nearly every field.
pub(crate) fn shipped() -> Vec<Value> {
    let mut documents = Vec::new();
    for name in ["estate", "continuity", "drills", "payments", "web-shop", "archive"] {
        let text = std::fs::read_to_string(root().join(format!("policies/{name}.yaml"))).unwrap();
        let each = text.split("\n---\n").map(|text| serde_yaml::from_str::<Value>(text).unwrap());
        documents.extend(each);
    }
    // They lack an `existing` resource, so add one.
    let more = serde_yaml::from_str(
        "kind: service\nname: more\nprimary: tokyo\nstandby: [singapore]\n\
         data: { d: { bucket: acme-more, backups: [{ strategy: real-time, to: [singapore] }] } }\n\
         existing: { role.d: { as: { name: acme-more-old }, leave: [tags] } }\n\
         recovery: [{ step: read, by: shop-oncall, takes: 30m, how: Read the copy. }]\n",
    );
    documents.push(more.unwrap());
    documents
}

/// A document as a policy file. JSON is valid YAML if all characters except ASCII are escaped.
pub(crate) fn text(documents: &[Value]) -> String {
    let mut out = String::new();
    for document in documents {
        for c in document.to_string().chars() {
            match u32::from(c) {
                number @ 0x7f..=0xffff => out.push_str(&format!("\\u{number:04x}")),
                number @ 0x10000.. => out.push_str(&format!("\\U{number:08x}")),
                _ => out.push(c),
            }
        }
        out.push_str("\n---\n");
    }
    out.trim_end_matches("---\n").to_owned()
}

/// A place in documents: JSON pointers, and whether it is the key and not the value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    document: usize,
    path: Vec<String>,
    key: bool,
}

/// All places of strings and keys, one of each sort: only the first of a list and of each kind of document.
fn places(documents: &[Value]) -> Vec<Place> {
    let mut places = Vec::new();
    let mut seen = BTreeSet::new();
    for (document, value) in documents.iter().enumerate() {
        walk(value, &mut Vec::new(), &mut |path, key| {
            let numbers = |part: &String| part.parse::<usize>().map_or(part.clone(), |_| "#".to_owned());
            let mut sort: Vec<String> = path.iter().map(numbers).collect();
            // One key of each mapping is enough.
            sort.truncate(sort.len() - usize::from(key));
            if seen.insert((value["kind"].to_string(), sort, key)) {
                places.push(Place { document, path: path.to_vec(), key });
            }
        });
    }
    places
}

fn walk(value: &Value, path: &mut Vec<String>, found: &mut impl FnMut(&[String], bool)) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                path.push(key.clone());
                found(path, true);
                walk(value, path, found);
                path.pop();
            }
        }
        Value::Array(items) => {
            for (nth, item) in items.iter().enumerate() {
                path.push(nth.to_string());
                walk(item, path, found);
                path.pop();
            }
        }
        _ => found(path, false),
    }
}

/// The documents with this text at a place.
fn with(documents: &[Value], place: &Place, text: &str) -> Vec<Value> {
    let mut documents = documents.to_vec();
    let (last, above) = place.path.split_last().unwrap();
    let mut value = &mut documents[place.document];
    for part in above {
        value = match value {
            Value::Array(items) => &mut items[part.parse::<usize>().unwrap()],
            other => &mut other[part.as_str()],
        };
    }
    match value {
        Value::Array(items) => items[last.parse::<usize>().unwrap()] = text.into(),
        Value::Object(map) if place.key => {
            let old = map.remove(last).unwrap();
            map.insert(text.to_owned(), old);
        }
        other => other[last.as_str()] = text.into(),
    }
    documents
}

fn compiles(documents: &[Value]) -> bool {
    let mut sources = Sources::default();
    sources.add("a.yaml", text(documents));
    let target = TargetAccounts::one("aws", "000000000000".to_owned());
    compile(&sources, Options::default()).is_ok_and(|compiled| lower(&compiled.policy, &target).is_ok())
}

/// The policies with this text in all of these fields.
pub(crate) fn everywhere(free: &[Place], text: &str) -> Vec<Value> {
    free.iter().fold(shipped(), |documents, place| with(&documents, place, text))
}

/// All fields that accept any text that is not too long.
pub(crate) fn free() -> Vec<Place> {
    let mut documents = shipped();
    assert!(compiles(&documents), "the policies are valid");
    let mut free = Vec::new();
    let hostile = &hostile();
    // The values below a key come before the key.
    let all = places(&documents);
    for place in all.iter().rev() {
        let next = with(&documents, place, hostile);
        if places(&next).len() == all.len() && compiles(&next) {
            free.push(place.clone());
            documents = next;
        }
    }
    free
}

#[test]
fn every_field_of_an_invalid_policy_is_escaped() {
    let documents = shipped();
    let places = places(&documents);
    assert!(places.len() > 100, "{}", places.len());
    let hostile = hostile();
    let hostile = hostile.as_str();
    let echo = |bench: &Bench<'_>, nth: usize, place: &Place| {
        bench.write("a.yaml", &text(&with(&documents, place, hostile)));
        let json = run(bench, &["validate", "a.yaml", "--format", "json"]);
        let all = strings(&json.stdout);
        // Machine formats must not contain text that is escaped for people.
        assert!(!all.iter().any(|one| one.contains("\\u{1b}")), "{place:?}: {all:?}");
        // The other formats take turns, because they print the same findings.
        match nth % 4 {
            0 => drop(run(bench, &["validate", "a.yaml", "--format", "human"])),
            1 => drop(strings(&run(bench, &["validate", "a.yaml", "--format", "sarif"]).stdout)),
            2 => drop(run(bench, &["validate", "a.yaml", "--format", "github"])),
            _ => run_in_colours(bench, &["validate", "a.yaml"]),
        }
        let echoed = all.iter().any(|one| HOSTILE.iter().all(|part| one.contains(part)));
        (usize::from(json.code == 3), usize::from(echoed))
    };
    let (mut invalid, mut echoed) = (0, 0);
    std::thread::scope(|scope| {
        let half = |from: usize| {
            let (echo, places) = (&echo, &places);
            scope.spawn(move || {
                let bench = Bench::local();
                let mine = places.iter().enumerate().skip(from).step_by(2);
                mine.map(|(nth, place)| echo(&bench, nth / 2, place)).collect::<Vec<_>>()
            })
        };
        for thread in [half(0), half(1)] {
            for (is_invalid, is_echoed) in thread.join().unwrap() {
                invalid += is_invalid;
                echoed += is_echoed;
            }
        }
    });
    assert!(invalid > 70 && echoed > 40, "{invalid} places make it invalid, {echoed} are told of");
}

#[test]
fn every_field_of_a_valid_policy_is_escaped_by_every_command() {
    let free = free();
    assert!(free.len() > 15, "only these take any text: {free:?}");
    for hostile in variants() {
        let put = |documents: Vec<Value>, place: &Place| with(&documents, place, &hostile);
        let documents = free.iter().fold(shipped(), put);
        let bench = Bench::local();
        bench.write("a.yaml", &text(&documents));
        for format in ["human", "json", "sarif", "github"] {
            run(&bench, &["validate", "a.yaml", "--as-of", "2026-11-23", "--format", format]).expect(0);
        }
        for format in ["dot", "mermaid", "json"] {
            run(&bench, &["graph", "a.yaml", "--format", format]).expect(0);
        }
        run(&bench, &["objectives", "a.yaml"]).expect(0);
        holds(&run(&bench, &["objectives", "a.yaml", "--format", "json"]).expect(0).stdout, &hostile);
        let service = documents.iter().find(|one| one["kind"] == "service").unwrap();
        let service = service["name"].as_str().unwrap();
        run(&bench, &["explain", "--effective", service, "a.yaml"]);
        run_in_colours(&bench, &["explain", "--effective", service, "a.yaml"]);
        run_in_colours(&bench, &["objectives", "a.yaml"]);
        let rehearse = ["rehearse", "a.yaml", "--disruption", "account-compromise", "--runs", "2"];
        run(&bench, &rehearse).expect(0);
        run_in_colours(&bench, &rehearse);
        strings(&run(&bench, &[&rehearse[..], &["--format", "json"]].concat()).expect(0).stdout);
        run(&bench, &["fmt", "--diff", "a.yaml"]).expect(0);
        run(&bench, &["fmt", "--check", "a.yaml"]);
        run(&bench, &["plan", "a.yaml"]).expect(0);
        run_in_colours(&bench, &["plan", "a.yaml"]);
        strings(&run(&bench, &["plan", "a.yaml", "--format", "json"]).expect(0).stdout);
        run(&bench, &["plan", "a.yaml", "--out", "a.plan"]).expect(0);
        run(&bench, &["show", "a.plan"]).expect(0);
        run_in_colours(&bench, &["show", "a.plan"]);
        strings(&run(&bench, &["show", "a.plan", "--format", "json"]).expect(0).stdout);
        run(&bench, &["approve", "a.plan", "--as", "a@b.example", "--statement-only"]).expect(0);
        // The cloud refuses the longest names.
        let events = run(&bench, &["apply", "a.plan", "--quiet", "--events", "json"]);
        assert!(strings(&events.stdout).iter().any(|one| one == "run-ended"), "{}", events.stderr);
        run(&bench, &["plan", "a.yaml"]).expect(0);
        run(&bench, &["plan", "a.yaml", "--drift"]).expect(0);
        run(&bench, &["import", "a.yaml"]);
        for words in ["journal log a.yaml", "journal show 1 a.yaml", "journal verify a.yaml"] {
            run(&bench, &words.split(' ').collect::<Vec<_>>()).expect(0);
        }
        for words in ["journal log a.yaml --format json", "journal show 1 a.yaml --format json"] {
            let ran = run(&bench, &words.split(' ').collect::<Vec<_>>()).expect(0);
            // The name of the runner is hostile too.
            holds(&ran.stdout, "##vso[task.setvariable variable=a]b");
        }
    }
    // The check itself works.
    assert!(hostile().chars().any(is_obeyed));
}
