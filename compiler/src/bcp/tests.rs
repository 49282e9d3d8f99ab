//! Silence is never a plan: each fact that a section rests on is removed, and the document marks the gap or the policies
//! do not compile.

#![allow(clippy::disallowed_methods, reason = "tests read the policies")]

use serde::Deserialize as _;
use serde_json::Value;

use super::*;
use crate::compile::{Options, check};
use crate::report::{Phrase, html, markdown};

fn shipped() -> Vec<Value> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../policies");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    paths.sort();
    let texts = paths.iter().map(|path| std::fs::read_to_string(path).unwrap());
    texts
        .flat_map(|text| {
            let all = serde_yaml::Deserializer::from_str(&text).map(|one| Value::deserialize(one).unwrap());
            all.collect::<Vec<_>>()
        })
        .collect()
}

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

/// The document. `None` if the policies have an error in text or names.
fn document(documents: &[Value], as_of: &str, with_contacts: bool) -> Option<Report> {
    document_with(documents, as_of, with_contacts, run())
}

fn run() -> Run {
    Run {
        number: 1,
        started: "2026-10-01T08:00:00Z".to_owned(),
        cloud: "aws".to_owned(),
        runner: "alice@host".to_owned(),
        approvers: vec!["bob@acme.example".to_owned()],
        ended: "finished".to_owned(),
        break_glass: None,
        is_of_these_policies: Some(true),
        is_complete: true,
        is_local: false,
        changed: Vec::new(),
        more: 0,
    }
}

fn document_with(documents: &[Value], as_of: &str, with_contacts: bool, run: Run) -> Option<Report> {
    let mut sources = Sources::default();
    for (nth, document) in documents.iter().enumerate() {
        sources.add(format!("{nth}.yaml"), document.to_string());
    }
    let as_of = day(as_of);
    let checked = check(&sources, Options { as_of: Some(as_of) });
    let policy = checked.policy?;
    let runs =
        History::Read { place: "journal".to_owned(), newest: vec![run], more: false, notes: Vec::new() };
    let commits =
        History::Read { place: "git".to_owned(), newest: Vec::new(), more: false, notes: Vec::new() };
    let findings = &checked.findings;
    let sources = &sources;
    Some(report(&Inputs {
        policy: &policy,
        sources,
        findings,
        as_of,
        with_contacts,
        runs: &runs,
        commits: &commits,
        held: &crate::drill::Held::default(),
        acknowledged: &crate::bcp::Acknowledgements::default(),
    }))
}

fn gaps(documents: &[Value]) -> Option<Vec<Phrase>> {
    let report = document(documents, "2026-11-30", false)?;
    Some(report.gaps().into_iter().map(|(_, gap)| gap.what.clone()).collect())
}

fn of_kind<'d>(documents: &'d mut [Value], kind: &str) -> Vec<&'d mut Value> {
    documents.iter_mut().filter(|document| document["kind"] == kind).collect()
}

/// Removes what is at a path; `*` is every key or item, `-` is the one that is removed of a list or mapping.
fn remove(value: &mut Value, path: &[&str]) -> usize {
    let [first, rest @ ..] = path else { return 0 };
    let below: Vec<&mut Value> = match value {
        Value::Object(map) if rest.is_empty() => return usize::from(map.remove(*first).is_some()),
        Value::Object(map) if *first == "*" => map.values_mut().collect(),
        Value::Object(map) => map.get_mut(*first).into_iter().collect(),
        Value::Array(items) if *first == "*" => items.iter_mut().collect(),
        _ => Vec::new(),
    };
    below.into_iter().map(|value| remove(value, rest)).sum()
}

/// Kind of document, and path of a fact that a section rests on.
const FACTS: [(&str, &str); 30] = [
    ("continuity", "reviewed"),
    ("continuity", "contacts"),
    ("continuity", "contacts.*.name"),
    ("continuity", "contacts.*.reach"),
    ("continuity", "contacts.*.answers-within"),
    ("continuity", "contacts.*.deputy"),
    ("continuity", "levels"),
    ("continuity", "levels.*.means"),
    ("continuity", "levels.*.disruptions"),
    ("continuity", "levels.*.declared-by"),
    ("continuity", "levels.*.within"),
    ("continuity", "levels.*.tell"),
    ("continuity", "levels.*.deadlines"),
    ("continuity", "communication"),
    ("continuity", "communication.channels"),
    ("continuity", "communication.channels.*.every"),
    ("continuity", "communication.templates"),
    ("continuity", "resources"),
    ("continuity", "resources.*.allocated"),
    ("continuity", "budget"),
    ("continuity", "budget.authority"),
    ("continuity", "budget.deputy"),
    ("continuity", "procedures"),
    ("continuity", "procedures.stand-down"),
    ("continuity", "procedures.people-first"),
    ("continuity", "access"),
    ("continuity", "access.break-glass"),
    ("service", "owner"),
    ("drill", "last"),
    ("drill", "lead"),
];

#[test]
fn each_fact_that_is_removed_is_an_error_or_a_marked_gap() {
    let shipped = shipped();
    let before = gaps(&shipped).unwrap();
    for (kind, path) in FACTS {
        let mut changed = shipped.clone();
        let path: Vec<&str> = path.split('.').collect();
        let removed: usize = of_kind(&mut changed, kind).into_iter().map(|one| remove(one, &path)).sum();
        assert!(removed > 0, "{kind} {path:?} is not in the policies");
        let Some(after) = gaps(&changed) else { continue };
        let new = after.iter().filter(|gap| !before.contains(gap)).count();
        assert!(new > 0, "{kind} {path:?} was removed in silence");
    }
}

#[test]
fn procedures_drills_and_the_whole_plan_leave_gaps_too() {
    let shipped = shipped();
    let before = gaps(&shipped).unwrap();
    for (kind, path) in [("service", "recovery"), ("service", "recovery-from")] {
        let mut changed = shipped.clone();
        of_kind(&mut changed, kind).into_iter().for_each(|one| {
            remove(one, &[path]);
        });
        let after = gaps(&changed).unwrap();
        assert!(after.iter().any(|gap| !before.contains(gap)), "{path}");
    }
    let without: Vec<Value> = shipped.iter().filter(|one| one["kind"] != "drill").cloned().collect();
    assert_eq!(gaps(&without).unwrap().len(), before.len() - 1 + 3);
    // Without the continuity plan nobody who is named exists.
    let without: Vec<Value> = shipped.iter().filter(|one| one["kind"] != "continuity").cloned().collect();
    assert!(gaps(&without).is_none_or(|gaps| gaps.len() > before.len() + 10));
}

#[test]
fn overdue_is_a_gap() {
    let of = |as_of: &str| document(&shipped(), as_of, false).unwrap().gaps().len();
    // The tabletop is due after 90 days, then the restore after 180, then the full exercise and the review after a year.
    let [now, one, two, all] = ["2026-11-30", "2027-01-19", "2027-03-12", "2027-10-01"].map(of);
    assert_eq!((one - now, two - now, all - now), (1, 2, 4));
}

#[test]
fn ways_to_reach_people_appear_only_if_asked_for() {
    let shipped = shipped();
    let plan = shipped.iter().find(|document| document["kind"] == "continuity").unwrap();
    let reach = plan["contacts"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|contact| contact["reach"].as_array().unwrap());
    let mut addresses: Vec<&str> =
        reach.flat_map(|way| way.as_object().unwrap().values()).map(|one| one.as_str().unwrap()).collect();
    addresses.extend(["bob@acme.example", "alice@host"]);
    assert!(addresses.len() > 10);
    for with_contacts in [false, true] {
        let report = document(&shipped, "2026-11-30", with_contacts).unwrap();
        let rendered = [html(&report), markdown(&report), crate::report::json(&report).unwrap()];
        for text in rendered {
            for address in &addresses {
                assert_eq!(text.contains(address), with_contacts, "{address}");
            }
        }
    }
}

#[test]
fn only_a_complete_run_on_a_real_cloud_shows_that_the_policies_are_in_effect() {
    let shipped = shipped();
    let of = |run: Run| document_with(&shipped, "2026-11-30", false, run).unwrap();
    let complete = of(run()).gaps().len();
    let in_part = of(Run { is_complete: false, ..run() });
    let page = markdown(&in_part);
    assert!(page.contains("| only in part |") && page.contains("No run here has applied"), "{page}");
    assert_eq!(in_part.gaps().len(), complete + 1);
    assert_eq!(of(Run { is_local: true, ..run() }).gaps().len(), complete + 1);
}

#[test]
fn same_inputs_give_the_same_bytes() {
    let one = || html(&document(&shipped(), "2026-11-30", true).unwrap());
    assert_eq!(one(), one());
}
