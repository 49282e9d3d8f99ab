//! A full-scale drill on the embedded cloud: users are sent away and come back, and whatever goes wrong, the way back is taken.

use super::{causes, record};
use crate::support::{Bench, Ran};
use serde_json::{Value, json};

const ESTATE: &str = "\
kind: estate
name: acme
sites:
  virginia: { aws: us-east-1 }
  oregon: { aws: us-west-2 }
---
kind: service
name: pay
owner: alice
primary: oregon
standby: [virginia]
data:
  ledger:
    bucket: acme-ledger
    backups:
      - { strategy: real-time, to: [virginia] }
traffic:
  api:
    zone: acme.example
    record: api.acme.example
    ttl: 60s
    probe: { https: /healthz, every: 10s, failures: 3 }
    endpoints: { virginia: 192.0.2.10, oregon: 198.51.100.10 }
assumptions:
  keep-alive: { value: 5m, because: client keep-alive is 300 s on all load balancers }
---
kind: continuity
name: who-calls-whom
contacts:
  alice:
    name: Alice
    reach: [{ pager: alice@acme.pagerduty.example }, { phone: +1 202 555 0100 }]
    answers-within: 15m
---
kind: drill
name: lose-oregon
type: full-scale
every: 365d
services: [pay]
disruption: site-loss
site: oregon
lead: alice
success: { rto: 4h }
";

fn edit(bench: &Bench<'_>, change: impl FnOnce(&mut Value)) {
    let mut cloud: Value = serde_json::from_str(&bench.read("cloud.json")).unwrap();
    change(&mut cloud);
    bench.write("cloud.json", &cloud.to_string());
}

fn estate() -> Bench<'static> {
    let bench = Bench::local();
    bench.write("policies/all.yaml", ESTATE);
    bench.run("apply policies --yes").expect(0);
    edit(&bench, |cloud| {
        let one =
            json!([{"key": "entry", "version": "v1", "written": "2026-11-01T10:00:00Z", "text": "text"}]);
        cloud["stored"] = json!({ "acme-ledger": one, "acme-ledger-us-east-1": one });
    });
    bench
}

const HOME: &str = "--allow return:pay.ledger --yes";

fn drill(bench: &Bench<'_>, flags: &str) -> Ran {
    bench.run(&format!("drill run lose-oregon policies --format json {flags}"))
}

/// The sites that answer first, by the records of the cloud.
fn primary(bench: &Bench<'_>) -> Vec<String> {
    let cloud: Value = serde_json::from_str(&bench.read("cloud.json")).unwrap();
    let objects = cloud["objects"].as_array().unwrap().iter();
    let records =
        objects.filter(|one| one["kind"] == "aws.record" && one["attributes"]["failover"] == "PRIMARY");
    records.map(|one| one["attributes"]["set-identifier"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn users_are_sent_to_the_standby_and_come_back_and_times_are_measured() {
    let bench = estate();
    let before = bench.read("cloud.json");
    let dry =
        bench.run("drill run lose-oregon policies --dry-run --allow return:pay.ledger").expect(0).stdout;
    assert!(
        dry.contains("# Evacuates oregon for real") && dry.contains("aws.record.pay.api.virginia"),
        "{dry}"
    );
    let same = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    assert_eq!(same(&before), same(&bench.read("cloud.json")), "a dry run touches nothing");
    let held = record(drill(&bench, HOME), 0);
    assert_eq!((&held["outcome"], primary(&bench)), (&"passed".into(), vec!["oregon".to_owned()]));
    let of = |measure: &str| {
        let all = held["achieved"].as_array().unwrap().iter();
        all.clone().find(|one| one["measure"] == measure).unwrap().clone()
    };
    let (rto, rpo) = (of("rto"), of("rpo"));
    assert!(
        rto["seconds"].as_u64().unwrap() >= 60 && rto["how"].as_str().unwrap().contains("TTL of 60 s"),
        "{rto}"
    );
    assert_eq!((&rpo["seconds"], &rpo["data"]), (&0.into(), &"ledger".into()));
    let names: Vec<&str> =
        held["phases"].as_array().unwrap().iter().map(|phase| phase["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["evacuation", "look at the records", "questions", "return"]);
    // The evacuation and the return are runs like any other.
    let log = bench.run("journal log policies").expect(0).stdout;
    assert!(log.contains("    evacuated: oregon\n"), "{log}");
    assert!(bench.run("plan policies --quiet").expect(0).stdout.contains("No changes."));
}

#[test]
fn way_back_that_is_not_open_keeps_it_from_beginning() {
    let bench = estate();
    let said = drill(&bench, "--yes").expect(4).stderr;
    assert!(said.contains("E0780") && said.contains("--allow=return:pay.ledger"), "{said}");
    let said = drill(&bench, "--allow return:pay.ledger").expect(4).stderr;
    assert!(said.contains("E0705"), "nobody confirmed: {said}");
    assert_eq!(primary(&bench), ["oregon"]);
    let log = bench.run("journal log policies").expect(0).stdout;
    assert!(log.starts_with("run 1 "), "{log}");
}

#[test]
fn evacuation_that_fails_is_a_finding_and_users_stay_at_home() {
    let bench = estate();
    edit(&bench, |cloud| {
        cloud["faults"] =
            json!([{"address": "aws.record.pay.api.virginia", "code": "AccessDenied", "times": 1}]);
    });
    let held = record(drill(&bench, HOME), 1);
    assert!(causes(&held)[0].starts_with("the evacuation is not whole: "), "{held}");
    assert_eq!((primary(&bench), &held["outcome"]), (vec!["oregon".to_owned()], &"failed".into()));
    assert!(bench.run("plan policies --quiet").expect(0).stdout.contains("No changes."));
}

#[test]
fn drill_that_was_killed_during_the_evacuation_is_returned_by_the_next_one() {
    let bench = estate();
    record(drill(&bench, HOME), 0);
    // What a process leaves that is killed after the evacuation: its announcement and the run of the evacuation.
    for gone in ["000004.jsonl", "000005.jsonl", ".last"] {
        std::fs::remove_file(bench.folder.path().join("policies/.holdfast/journal").join(gone)).unwrap();
    }
    let said = bench.run("drill run lose-oregon policies --yes").expect(4).stderr;
    let said = said.replace('│', "").split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("was killed while it evacuated oregon, and the return failed"), "{said}");
    let again = drill(&bench, HOME);
    assert!(again.stderr.contains("users are back at oregon"), "{again:?}");
    assert_eq!(record(again, 0)["outcome"], "passed");
    assert_eq!(primary(&bench), ["oregon"]);
    bench.run("journal verify policies").expect(0);
}

#[test]
fn evacuation_by_people_after_a_drill_that_was_killed_is_not_ended_by_the_next_drill() {
    let bench = estate();
    record(drill(&bench, HOME), 0);
    for gone in ["000004.jsonl", "000005.jsonl", ".last"] {
        std::fs::remove_file(bench.folder.path().join("policies/.holdfast/journal").join(gone)).unwrap();
    }
    // The evacuation of the drill is returned from by hand, and then the site is lost for real.
    bench.run("apply policies --return --allow return:pay.ledger --yes").expect(0);
    bench.run("apply policies --evacuate oregon --yes").expect(0);
    let said = drill(&bench, HOME).expect(4).stderr;
    assert!(said.contains("oregon is evacuated"), "{said}");
    assert_eq!(primary(&bench), ["virginia"]);
}

#[test]
fn service_that_is_none_of_the_drill_is_not_evacuated() {
    let bench = estate();
    let other = ESTATE.replace("services: [pay]", "services: [web]").replace(
        "---\nkind: continuity",
        "---\nkind: service\nname: web\nprimary: virginia\nstandby: [oregon]\ntraffic:\n  www:\n    zone: acme.example\n    record: www.acme.example\n    ttl: 60s\n    probe: { https: /healthz, every: 10s, failures: 3 }\n    endpoints: { virginia: 192.0.2.11, oregon: 198.51.100.11 }\n---\nkind: continuity",
    );
    bench.write("policies/all.yaml", &other);
    bench.run("apply policies --yes").expect(0);
    let said = drill(&bench, HOME).expect(4).stderr;
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        said.contains("`pay` would be evacuated too, and is none of the services of the drill"),
        "{said}"
    );
}

/// A health check that is disabled counts as healthy, whatever its endpoint does; one that asks another page than the policy says tells
/// nothing about the service.
#[test]
fn probe_that_never_fails_keeps_it_from_beginning() {
    for (attribute, value) in [("disabled", json!(true)), ("path", json!("/always-there"))] {
        let bench = estate();
        edit(&bench, |cloud| {
            let mut all = cloud["objects"].as_array_mut().unwrap().iter_mut();
            let check = all
                .find(|one| one["kind"] == "aws.health-check" && one["attributes"]["ip"] == "198.51.100.10");
            check.unwrap()["attributes"][attribute] = value;
        });
        let said = drill(&bench, HOME).expect(4).stderr;
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            said.contains("E0780")
                && said.contains("`aws.health-check.pay.api.oregon` is not as the policies say: "),
            "{said}"
        );
        assert_eq!(primary(&bench), ["oregon"], "nobody is sent elsewhere");
    }
}
