//! That an export says what the policies say: every step, in an order in which it can be done.

use std::collections::BTreeSet;

use super::{Recovery, runbook};
use crate::compile::{Options, check};
use crate::document::Name;
use crate::policy::Policy;
use crate::rehearsal::Part;
use crate::report::{html, markdown};
use crate::source::Sources;
use crate::units::Date;

const ESTATE: &str = "
kind: estate
name: acme
sites: { one: { aws: us-east-1 }, two: { aws: us-west-2 } }
defaults:
  objectives: { rto: 24h, rpo: 24h }
  assumptions: { detection: { value: 10m, because: the page } }
---
kind: continuity
name: plan
contacts:
  ann: { name: Ann, reach: [{ phone: \"+1 202 555 0143\" }, { mail: ann@acme.example }], answers-within: 15m, deputy: bob }
  bob: { name: Bob, reach: [{ phone: \"+1 202 555 0144\" }, { mail: bob@acme.example }], answers-within: 15m, deputy: ann }
levels:
  - { level: 1, name: disaster, means: A site is lost, disruptions: [site-loss], declared-by: ann, within: 30m }
  - { level: 2, name: two, means: two, declared-by: ann }
  - { level: 3, name: three, means: three, declared-by: ann }
  - { level: 4, name: four, means: four, declared-by: ann }
  - { level: 5, name: five, means: five, declared-by: ann }
---
kind: service
name: ledger
primary: one
standby: [two]
recovery:
  - { step: start, by: ann, takes: 10m, how: \"HOW\" }
  - { step: check, does: verify, by: bob, takes: 10m, after: [start] }
---
kind: service
name: shop
primary: one
standby: [two]
depends-on: [ledger]
recovery:
  - { step: start, by: bob, takes: 20m }
  - { step: check, does: verify, by: ann, takes: 10m, after: [start] }
";

fn policy(text: &str) -> (Sources, Policy) {
    let mut sources = Sources::default();
    sources.add("a.yaml", text);
    let checked = check(&sources, Options::default());
    let policy = checked.policy.unwrap_or_else(|| panic!("{:?}", checked.findings));
    (sources, policy)
}

fn lost(policy: &Policy) -> BTreeSet<&Name> {
    policy.sites.keys().filter(|site| site.as_str() == "one").collect()
}

#[test]
fn incident_is_declared_once_and_everybody_waits_for_it() {
    let (_, policy) = policy(ESTATE);
    let recovery = Recovery::of(&policy, lost(&policy));
    let decided: Vec<usize> = (0..recovery.nodes().len())
        .filter(|nth| matches!(recovery.nodes()[*nth].part, Part::Decided(_)))
        .collect();
    let [decided] = decided.as_slice() else { panic!("{decided:?}") };
    let behind: BTreeSet<usize> = recovery.behind(*decided).into_iter().collect();
    let steps = recovery.nodes().iter().enumerate().filter(|(_, node)| matches!(node.part, Part::Step(_)));
    let steps: Vec<usize> = steps.map(|(nth, _)| nth).collect();
    assert_eq!(steps.len(), 4);
    assert!(steps.iter().all(|nth| behind.contains(nth)), "{behind:?}");
}

#[test]
fn order_has_everything_behind_what_it_waits_for() {
    let (_, policy) = policy(ESTATE);
    let recovery = Recovery::of(&policy, lost(&policy));
    let order = recovery.in_order();
    assert_eq!(order.len(), recovery.nodes().len());
    let place = |nth: usize| order.iter().position(|one| *one == nth).unwrap();
    for (nth, node) in recovery.nodes().iter().enumerate() {
        assert!(node.after.iter().all(|before| place(*before) < place(nth)), "{node:?}");
    }
}

fn written(text: &str, with_contacts: bool) -> crate::report::Report {
    let (sources, policy) = policy(text);
    runbook::report(&runbook::Inputs {
        policy: &policy,
        sources: &sources,
        as_of: Date::parse("2026-11-30").unwrap(),
        with_contacts,
        losses: Vec::new(),
        paths: vec!["it's here".to_owned()],
    })
}

#[test]
fn every_step_is_on_the_page_of_the_person_who_does_it() {
    let report = written(ESTATE, false);
    let chapter = &report.sections[0];
    let page = |name: &str| {
        let page = chapter.sections.iter().find(|one| one.title.starts_with(name)).unwrap();
        page.sections.iter().map(|step| step.title.as_str()).collect::<Vec<_>>().join("; ")
    };
    let (ann, bob) = (page("ann"), page("bob"));
    for (page, steps) in [
        (&ann, ["ledger: start", "shop: check", "is declared"]),
        (&bob, ["ledger: check", "shop: start", ""]),
    ] {
        assert!(steps.iter().all(|step| page.contains(step)), "{page}");
    }
    assert!(!ann.contains("shop: start") && !bob.contains("ledger: start"), "{ann}; {bob}");
}

#[test]
fn way_to_reach_somebody_is_left_out_unless_it_is_asked_for() {
    let text = ESTATE.replace("HOW", "call +1 202 555 0199 or ann@acme.example");
    let without = markdown(&written(&text, false));
    assert!(!without.contains("555") && !without.contains("acme.example"), "{without}");
    assert!(markdown(&written(&text, true)).contains("0199"));
}

#[test]
fn text_of_a_policy_stays_text() {
    let page = html(&written(&ESTATE.replace("HOW", "<script>x</script> `rm`"), false));
    assert!(page.contains("&lt;script&gt;") && !page.contains("<script>x"), "{page}");
}
