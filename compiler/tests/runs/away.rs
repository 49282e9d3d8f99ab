//! People who never answer.

use std::collections::BTreeSet;

use holdfast_compiler::policy::Policy;
use holdfast_compiler::rehearsals::{Measure, Rehearsals, json};

use super::{plain, played, policy, runs};

const ESTATE: &str = "kind: estate
name: acme
sites: { one: { aws: us-east-1 }, two: { aws: us-west-2 } }
defaults: { assumptions: { detection: { value: 10m, because: test } } }
---
kind: continuity
name: plan
contacts:
  ann: { name: Ann, reach: [{ mail: ann@acme.example }, { phone: '+1 202 555 0143' }], answers-within: 15m, deputy: bob }
  bob: { name: Bob, reach: [{ mail: bob@acme.example }, { phone: '+1 202 555 0144' }], answers-within: 5m, deputy: ann }
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
objectives: { rto: 70m, rpo: 1h }
recovery:
  - { step: start, by: ann, takes: 10m }
  - { step: check, does: verify, by: bob, takes: 10m, after: [start] }
";

/// Minutes until the service is back in run 0, the result as text, whether the objective holds, and the result as JSON.
fn without(policy: &Policy, away: &[&str]) -> (Option<u64>, String, bool, serde_json::Value) {
    let one = policy.sites.keys().find(|site| site.as_str() == "one").unwrap();
    let contacts = policy.continuity.as_ref().unwrap().contacts.keys();
    let away: BTreeSet<_> = contacts.filter(|name| away.contains(&name.as_str())).collect();
    let report = played(&Rehearsals::of_sites(policy, BTreeSet::from([one]), runs(20, 1)).without(&away));
    let rto = report.comparisons().find(|(_, one)| one.measure == Measure::Rto).unwrap().1.worst;
    let text = plain(&report).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(!report.has_wrong_bound());
    (
        rto.map(|seconds| seconds / 60),
        text,
        report.all_within(),
        serde_json::from_str(&json(&report)).unwrap(),
    )
}

/// The minutes are counted by hand: 10 until it is noticed, 30 to decide, 10 for each step; Ann answers within 15 and Bob within 5.
#[test]
fn deputy_acts_once_somebody_should_have_answered() {
    let policy = policy(ESTATE);
    let (rto, text, within, _) = without(&policy, &[]);
    // Ann, who decides, is there for her step; Bob is called when his could begin.
    assert_eq!((rto, within), (Some(10 + 30 + 10 + 5 + 10), true));
    assert!(text.contains("`--away PERSON` plays that"), "{text}");
    // Bob decides once Ann should have answered, and is there for everything.
    let (rto, text, within, json) = without(&policy, &["ann"]);
    assert_eq!((rto, within), (Some(10 + 15 + 30 + 10 + 10), false));
    assert!(
        text.contains("; `ann` does not answer;") && text.contains("The bounds are for people"),
        "{text}"
    );
    assert!(text.contains("ledger `ann` does not answer, 15 min"), "{text}");
    assert!(text.contains("step `start` by `bob`, 10 min"), "{text}");
    assert_eq!(
        (&json["away"][0], &json["services"][0]["rto"]["above_bound"]),
        (&"ann".into(), &false.into())
    );
    // Ann does both steps; she is called for nothing that she has not begun.
    let (rto, text, ..) = without(&policy, &["bob"]);
    assert_eq!(rto, Some(10 + 30 + 10 + 5 + 10));
    assert!(
        text.contains("`bob` does not answer, 5 min") && text.contains("step `check` by `ann`"),
        "{text}"
    );
}

#[test]
fn nobody_left_to_act_is_never_and_says_so() {
    let policy = policy(ESTATE);
    let (rto, text, within, json) = without(&policy, &["ann", "bob"]);
    assert_eq!((rto, within), (None, false));
    assert!(text.contains("no time is known until it is back in 20 of 20 runs"), "{text}");
    assert!(text.contains("it waits for somebody who does not answer, and no deputy is left"), "{text}");
    assert!(text.contains("`ann`, `bob` do not answer"), "{text}");
    assert_eq!(json["services"][0]["rto"]["unknown_runs"], 20);
}
