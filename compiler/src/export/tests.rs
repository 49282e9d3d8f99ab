//! That an export says what the policies say: every step, in an order in which it can be done.

use std::collections::BTreeSet;

use super::series::{ends, in_levels, lateness};
use super::{Act, Does, Recovery, Series, runbook, series};
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

#[test]
fn evacuation_that_needs_approvals_has_the_command_for_them() {
    let traffic = "name: ledger\ntraffic:\n  api: { zone: acme.example, record: api.acme.example, ttl: 60s, \
                   probe: { https: /healthz, every: 10s, failures: 3 }, endpoints: { one: 192.0.2.10, two: 198.51.100.10 } }\n";
    let text = ESTATE.replace("name: ledger\n", traffic);
    let plain = markdown(&written(&text, false));
    assert!(plain.contains("holdfast apply evacuate.plan") && !plain.contains("holdfast approve"), "{plain}");
    let approved = text.replace("name: acme\n", "name: acme\napprovals: { required: 2, signers: people }\n");
    let approved = markdown(&written(&approved, false));
    let command =
        "holdfast approve evacuate.plan    # 2 other people run this with their key\nholdfast apply";
    assert!(approved.contains(command), "{approved}");
}

#[test]
fn restore_without_a_real_time_copy_is_from_a_backup_at_a_site_that_is_left() {
    let data = "name: ledger\ndata:\n  books: { bucket: acme-books, backups: [{ strategy: daily, at: \"02:00\", keep: 35d, to: [two] }] }\n";
    let text = ESTATE.replace("name: ledger\n", data).replace(
        "{ step: start, by: ann, takes: 10m,",
        "{ step: start, does: restore data.books, by: ann, takes: 10m,",
    );
    let page = markdown(&written(&text, false));
    assert!(page.contains("--from backup:two --to-time TIME --into EMPTY-BUCKET --role ROLE"), "{page}");
}

/// Acts by their seconds and what they wait for.
fn acts(all: &[(u64, &[usize])]) -> Vec<Act> {
    let act = |(nth, (seconds, after)): (usize, &(u64, &[usize]))| Act {
        name: nth.to_string(),
        service: serde_json::from_str("\"shop\"").unwrap(),
        does: Does::Wait,
        after: after.iter().copied().collect(),
        seconds: *seconds,
        more: 0,
    };
    all.iter().enumerate().map(act).collect()
}

/// The places of acts, as an engine comes to them; what is side by side has one row.
fn rows(series: &Series, out: &mut Vec<usize>) {
    match series {
        Series::One(nth) => out.push(*nth),
        Series::Then(parts) | Series::Together(parts) => parts.iter().for_each(|part| rows(part, out)),
    }
}

#[test]
fn series_has_every_act_once_behind_what_it_waits_for() {
    let all: [&[(u64, &[usize])]; 4] = [
        &[],
        &[(5, &[])],
        // What series and branches can say, and what they cannot: `d` after `b` alone, `c` after both.
        &[(5, &[]), (5, &[]), (5, &[0, 1]), (5, &[0, 1])],
        &[(5, &[]), (9, &[]), (5, &[0, 1]), (5, &[1]), (1, &[3]), (2, &[])],
    ];
    for acts in all.map(acts) {
        for series in [series(&acts).0, in_levels(&acts)] {
            let mut places = Vec::new();
            rows(&series, &mut places);
            places.sort_unstable();
            assert_eq!(places, (0..acts.len()).collect::<Vec<_>>(), "{series:?}");
            let ends = ends(&acts, &series);
            for (nth, act) in acts.iter().enumerate() {
                let begin = ends[&nth] - act.seconds;
                assert!(act.after.iter().all(|before| ends[before] <= begin), "{series:?}");
            }
        }
    }
}

#[test]
fn engine_is_late_only_where_joining_branches_costs_time() {
    // 2 waits for 0 and 1, 3 waits for 1 alone: that is free if 0 ends first, and costs time if it does not.
    let free = acts(&[(3, &[]), (9, &[]), (5, &[0, 1]), (5, &[1])]);
    assert!(series(&free).1.is_empty());
    let dear = acts(&[(9, &[]), (3, &[]), (5, &[0, 1]), (50, &[1])]);
    assert_eq!(series(&dear).1.values().collect::<Vec<_>>(), [&3]);
    // Rows cost more than branches: here the last one waits for an act beside the first one.
    let rows = acts(&[(1, &[]), (30, &[]), (2, &[0])]);
    assert!(series(&rows).1.is_empty());
    assert_eq!(lateness(&rows, &in_levels(&rows)).values().collect::<Vec<_>>(), [&29]);
}
