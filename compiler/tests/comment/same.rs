//! The same change of many resources.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_compiler::diagnostic::Style;
use holdfast_compiler::plan::{
    Action, After, Around, Cause, Change, Listing, Plan, SameChange, Step, StepId, text,
};
use holdfast_compiler::resource::{Address, Kind};
use proptest::prelude::*;
use serde_json::Value;

use crate::plans;

fn counts(changes: &[SameChange<'_>]) -> Vec<(Action, &'static str, usize, usize)> {
    changes.iter().map(|one| (one.action, one.kind.name(), one.resources(), one.services().len())).collect()
}

#[test]
fn one_change_of_many_services_is_one_line_with_its_values() {
    let before = plans::services(20);
    let plan = plans::plan(&before, &before.replace("ttl: 60s", "ttl: 30s"));
    let same = plan.same_changes();
    assert_eq!(counts(&same), [(Action::Update, "record", 40, 20)]);
    let [attribute] = same[0].attributes.as_slice() else { panic!("{same:?}") };
    assert_eq!(attribute.name, "ttl");
    assert_eq!(attribute.values, Some(("60".to_owned(), "30".to_owned())));
}

#[test]
fn few_different_changes_keep_their_values_and_many_are_one_line() {
    let before = plans::services(8);
    // Each service gets a time of its own.
    let after = |services: usize| {
        let mut nth = 0;
        let lines = before.lines().map(|line| match line.split_once("ttl: 60s") {
            Some((indent, _)) if nth < services => {
                nth += 1;
                format!("{indent}ttl: {}s\n", 30 + nth)
            }
            _ => format!("{line}\n"),
        });
        lines.collect::<String>()
    };
    let (few, many) = (plans::plan(&before, &after(3)), plans::plan(&before, &after(8)));
    let update = |resources, services| (Action::Update, "record", resources, services);
    assert_eq!(counts(&few.same_changes()), [update(2, 1), update(2, 1), update(2, 1)]);
    assert!(few.same_changes().iter().all(|one| one.attributes[0].values.is_some()));
    assert_eq!(counts(&many.same_changes()), [update(16, 8)]);
    assert_eq!(many.same_changes()[0].attributes[0].values, None);
}

#[test]
fn what_goes_is_listed_before_what_comes() {
    let (before, after) = (plans::services(2), plans::services(2).replace("name: s1", "name: t1"));
    let plan = plans::plan(&before, &after.replace("s1.acme.example", "t1.acme.example"));
    let same = plan.same_changes();
    let of = |action: Action| same.iter().position(|one| one.action == action);
    assert!(of(Action::Delete).unwrap() < of(Action::Create).unwrap(), "{:?}", counts(&same));
}

/// A step of a plan that no policy makes.
fn step(model: &Step, (kind, service, nth, action, value, late): (u8, u8, u8, Action, u8, bool)) -> Step {
    let kind = Kind::find(Some("aws"), ["record", "role", "bucket"][usize::from(kind % 3)]).unwrap();
    let address = Address::new(kind, &[&format!("s{service}"), &format!("n{nth}")]);
    let change = Change {
        name: ["ttl", "policy"][usize::from(value % 2)].to_owned(),
        before: Value::from(u64::from(value / 2)),
        after: if value % 7 == 0 { After::Unknown } else { After::Known(Value::from(30)) },
        cause: Cause::Policy,
        applied: None,
        replaces: false,
    };
    let is_late = late && action == Action::Update;
    Step {
        id: if is_late { StepId::late(&address) } else { StepId::of(&address) },
        address,
        action,
        cause: (action != Action::Keep).then_some(Cause::Policy),
        changes: if action == Action::Keep { Vec::new() } else { vec![change] },
        ..model.clone()
    }
}

fn steps() -> impl Strategy<Value = Vec<(u8, u8, u8, Action, u8, bool)>> {
    let action = prop::sample::select(vec![
        Action::Keep,
        Action::Create,
        Action::Update,
        Action::Replace,
        Action::Delete,
    ]);
    prop::collection::vec((0..3u8, 0..6u8, 0..4u8, action, 0..12u8, any::<bool>()), 0..60)
}

/// A plan with these steps, each id once.
fn with_steps(mut plan: Plan, drawn: &[(u8, u8, u8, Action, u8, bool)]) -> Plan {
    let model = plan.steps[0].clone();
    let steps: BTreeMap<StepId, Step> =
        drawn.iter().map(|drawn| step(&model, *drawn)).map(|step| (step.id.clone(), step)).collect();
    plan.steps = steps.into_values().collect();
    plan
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(100) })]

    #[test]
    fn each_pending_step_is_in_exactly_one_change(drawn in steps()) {
        let plan = with_steps(plans::new(), &drawn);
        let same = plan.same_changes();
        let mut listed: Vec<&StepId> = same.iter().flat_map(|one| &one.steps).map(|step| &step.id).collect();
        listed.sort();
        let mut pending: Vec<&StepId> = plan.pending().map(|step| &step.id).collect();
        pending.sort();
        prop_assert_eq!(listed, pending);
        for one in &same {
            // What a line says is true of each of its steps.
            for step in &one.steps {
                prop_assert_eq!((step.action, step.address.kind(), step.cause), (one.action, one.kind, one.cause));
                for attribute in one.attributes.iter().filter(|attribute| attribute.values.is_some()) {
                    let change = step.changes.iter().find(|change| change.name == attribute.name).unwrap();
                    prop_assert_eq!(&attribute.values.as_ref().unwrap().0, &change.before.to_string());
                }
            }
            let addresses: BTreeSet<&Address> = one.steps.iter().map(|step| &step.address).collect();
            prop_assert_eq!(one.resources(), addresses.len());
        }
    }

    #[test]
    fn the_order_of_steps_changes_nothing(drawn in steps()) {
        let plan = with_steps(plans::new(), &drawn);
        let mut turned = plan.clone();
        turned.steps.reverse();
        prop_assert_eq!(plan.same_changes(), turned.same_changes());
    }
}

/// The lines of a plan as text.
fn lines(plan: &Plan, listing: Listing) -> Vec<String> {
    let mut out = Vec::new();
    text(plan, Some(&Around::default()), listing, Style { color: None, width: 80 }, &mut out).unwrap();
    String::from_utf8(out).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn text_of_a_long_plan_has_an_overview_and_that_of_a_short_one_has_none() {
    let before = plans::services(20);
    let after = before.replace("ttl: 60s", "ttl: 30s");
    let long = lines(&plans::plan(&before, &after), Listing::Each);
    let head =
        long.iter().position(|line| line == "Changes, the same one of several resources once").unwrap();
    assert_eq!(
        long[head + 1..head + 3],
        ["  update ttl 60 → 30: 40 records of 20 services, s0, s1, s10 and 17 more", "    (policy)"]
    );
    assert!(long.iter().position(|line| line == "s0").unwrap() > head);
    let short = lines(&plans::new(), Listing::Each);
    assert!(!short.iter().any(|line| line.starts_with("Changes,")), "{short:?}");
}

#[test]
fn text_begins_with_the_verdict_and_what_is_next() {
    let before = plans::services(20);
    let plan = plans::plan(&before, &before.replace("ttl: 60s", "ttl: 30s"));
    let lines = lines(&plan, Listing::Grouped);
    let at = |start: &str| lines.iter().position(|line| line.starts_with(start)).unwrap();
    assert_eq!(at("Estate acme: "), 0, "{lines:?}");
    let order = [
        "Dangerous ",
        "Changes ",
        "Billed anew ",
        "Approvals ",
        "Cloud ",
        "Next:",
        "Objectives, before",
        "Changes, ",
    ];
    let places = order.map(at);
    assert!(places.is_sorted(), "{places:?} {lines:?}");
    assert_eq!(lines[at("Next:") + 1], "  holdfast plan --out change.plan");
}

#[test]
fn the_same_update_of_many_resources_is_told_once_unless_each_is_asked_for() {
    let before = plans::services(20);
    // One of the services changes in its own way, too.
    let after = before.replace("ttl: 60s", "ttl: 30s").replacen("ttl: 30s", "ttl: 40s", 1);
    let plan = plans::plan(&before, &after);
    let (grouped, each) = (lines(&plan, Listing::Grouped), lines(&plan, Listing::Each));
    let values = |lines: &[String], value: &str| {
        lines.iter().filter(|line| line.starts_with("      ttl ") && line.ends_with(value)).count()
    };
    assert_eq!((values(&grouped, "60 → 30"), values(&grouped, "60 → 40")), (1, 2), "{grouped:?}");
    assert_eq!((values(&each, "60 → 30"), values(&each, "60 → 40")), (38, 2));
    // Each step has its line, with its purpose, object and place below, and is nowhere else.
    for step in plan.pending() {
        let (id, place) = (step.id.as_str(), step.place.as_ref().unwrap());
        let listed = format!("      - {id}");
        let told = format!("  ~ {id} update (policy)");
        let found = grouped.iter().filter(|line| **line == listed || **line == told).count();
        assert_eq!(found, 1, "{id}: {grouped:?}");
        let at = grouped.iter().position(|line| *line == listed || *line == told).unwrap();
        let below: Vec<&str> = grouped[at + 1..].iter().take(4).map(|line| line.trim()).collect();
        let below = below.join(" ");
        for part in [step.purpose.as_str(), "on record `acme.example`", &place.to_string()] {
            assert!(below.contains(part), "{id}: {part}: {below}");
        }
        assert!(each.contains(&told), "{id}");
    }
    // Ten are few.
    let few = plans::services(5);
    let few = lines(&plans::plan(&few, &few.replace("ttl: 60s", "ttl: 30s")), Listing::Grouped);
    assert_eq!(values(&few, "60 → 30"), 10, "{few:?}");
}
