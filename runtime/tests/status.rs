//! `status`: nothing is said to hold that was not seen, and every format says the same.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
#![allow(clippy::disallowed_methods, reason = "tests lay out the files that are read")]

mod support;

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;
use support::{Bench, Standin, packages};

/// Service, disruption, measure.
type Key = (String, String, String);

/// The shipped policies, applied in the embedded cloud.
fn applied() -> Bench<'static> {
    let bench = Bench::local();
    bench.shipped_policies();
    bench.run("apply policies --yes").expect(0);
    bench
}

fn status(bench: &Bench<'_>, code: i32) -> Value {
    let ran = bench.run("status policies --format json --as-of 2026-11-23").expect(code);
    serde_json::from_str(&ran.stdout).unwrap()
}

/// The state of every objective.
fn states(status: &Value) -> BTreeMap<Key, String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let of = |one: &Value| {
        let key = (text(&one["service"]), text(&one["disruption"]), text(&one["measure"]));
        (key, text(&one["state"]))
    };
    status["objectives"].as_array().unwrap().iter().map(of).collect()
}

fn count(status: &Value, state: &str) -> usize {
    states(status).values().filter(|one| *one == state).count()
}

fn edit(bench: &Bench<'_>, change: impl FnOnce(&mut Value)) {
    let mut cloud: Value = serde_json::from_str(&bench.read("cloud.json")).unwrap();
    change(&mut cloud);
    bench.write("cloud.json", &cloud.to_string());
}

#[test]
fn nothing_holds_before_the_first_apply() {
    let bench = Bench::local();
    bench.shipped_policies();
    let status = status(&bench, 3);
    assert_eq!((count(&status, "missed"), count(&status, "holds")), (10, 0));
    assert_eq!((&status["holds"], &status["last_run"]), (&Value::Bool(false), &Value::Null));
    assert!(!bench.folder.path().join("cloud.json").exists(), "a status changes nothing");
}

#[test]
fn objective_on_a_backup_that_nobody_has_seen_is_unknown() {
    let bench = applied();
    let status = status(&bench, 3);
    let unknown: Vec<Key> =
        states(&status).into_iter().filter(|(_, state)| state == "unknown").map(|(key, _)| key).collect();
    let of = |measure: &str| ("payments".to_owned(), "account-compromise".to_owned(), measure.to_owned());
    assert_eq!(unknown, [of("rpo"), of("rto")]);
    assert_eq!(count(&status, "holds"), 8);
    assert_eq!(status["last_run"]["end"], "complete");
    // Without the objective that rests on it, everything holds.
    let estate = bench.read("policies/estate.yaml");
    let line = estate.lines().find(|line| line.contains("account-compromise:")).unwrap().to_owned();
    bench.write("policies/estate.yaml", &estate.replace(&format!("{line}\n"), ""));
    let all = bench.run("status policies --as-of 2026-11-23");
    assert!(all.stdout.contains("All 8 objectives hold now, by what is configured."), "{all:?}");
    all.expect(0);
}

#[test]
fn what_broke_since_the_apply_is_missed_and_what_is_lost_is_unknown() {
    let bench = applied();
    edit(&bench, |cloud| {
        let objects = cloud["objects"].as_array_mut().unwrap();
        let own = |one: &&mut Value| {
            one["kind"] == "aws.replication" && one["id"].as_str().unwrap().contains("ledger")
        };
        let rules = objects.iter_mut().find(own).unwrap()["attributes"]["rules"].as_array_mut().unwrap();
        rules.iter_mut().for_each(|rule| rule["status"] = "Disabled".into());
    });
    let broken = status(&bench, 3);
    let key = |service: &str, measure: &str| (service.to_owned(), "site-loss".to_owned(), measure.to_owned());
    assert_eq!(states(&broken)[&key("payments", "rpo")], "missed");
    assert_eq!(states(&broken)[&key("web-shop", "rpo")], "holds");
    assert_eq!(broken["drift"]["drifted"], 1);
    edit(&bench, |cloud| cloud["weather"] = serde_json::json!({"lost": ["eu-central-1"]}));
    let lost = status(&bench, 3);
    assert_eq!(states(&lost)[&key("web-shop", "rpo")], "unknown");
    assert_eq!(states(&lost)[&key("web-shop", "rto")], "unknown");
    assert_ne!(lost["drift"]["unknown"], 0);
}

/// A service without anything in the cloud, which is back when payments are.
const PORTAL: &str = "
kind: service
name: portal
primary: virginia
standby: [oregon]
depends-on: [payments]
objectives: { rto: 24h, account-compromise: { rto: 96h } }
recovery: [{ step: start, takes: 10m }]
recovery-from:
  account-compromise: [{ step: declare, does: declare, by: incident-commander, takes: 30m }]
";

#[test]
fn recovery_from_a_backup_that_nobody_has_seen_does_not_hold_for_whoever_depends_on_it() {
    let bench = applied();
    // The objective has no RPO that could be unknown, and what rests on the backup is the recovery.
    let estate = bench.read("policies/estate.yaml");
    bench.write(
        "policies/estate.yaml",
        &estate.replace("account-compromise: { rto: 48h, rpo: 36h }", "account-compromise: { rto: 48h }"),
    );
    let of = |service: &str| (service.to_owned(), "account-compromise".to_owned(), "rto".to_owned());
    assert_eq!(states(&status(&bench, 3))[&of("payments")], "unknown");
    bench.write("policies/portal.yaml", PORTAL);
    assert_eq!(states(&status(&bench, 3))[&of("portal")], "unknown");
}

#[test]
fn data_that_is_gone_is_missed_and_said_first() {
    let bench = applied();
    edit(&bench, |cloud| {
        let objects = cloud["objects"].as_array_mut().unwrap();
        objects.retain(|one| one["kind"] != "aws.bucket" || one["id"] != "acme-payments-ledger");
        objects.retain(|one| one["kind"] != "aws.replication" || one["id"] != "acme-payments-ledger");
    });
    let gone = status(&bench, 3);
    let payments = states(&gone).into_iter().filter(|((service, ..), _)| service == "payments");
    let held: Vec<_> = payments.filter(|(_, state)| state != "missed").collect();
    assert_eq!(held, []);
    assert_eq!(gone["lost"][0]["name"], "acme-payments-ledger");
    let text = bench.run("status policies").expect(3).stdout;
    assert!(text.contains("DATA IS GONE: the bucket `acme-payments-ledger`"), "{text}");
    assert!(!text.contains("nothing of it exists"), "{text}");
}

#[test]
fn last_run_is_that_of_the_same_cloud() {
    let bench = applied();
    let command = ["status", "policies", "--format", "json", "--cloud", "local:other.json"];
    let other: Value = serde_json::from_slice(&bench.command(&command).output().unwrap().stdout).unwrap();
    assert_eq!(other["last_run"], Value::Null);
}

/// Prints the samples of an exposition as JSON, read with the parser of the Prometheus client library.
const PARSE: &str = r"
import json, sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as families
print(json.dumps([[s.name, s.labels, s.value] for f in families(sys.stdin.read()) for s in f.samples]))
";

#[test]
fn metrics_are_openmetrics_and_say_what_the_json_says() {
    let bench = applied();
    let ran = bench.run("status policies --format openmetrics --as-of 2026-11-23").expect(3);
    let file = bench.folder.path().join("metrics.txt");
    std::fs::write(&file, &ran.stdout).unwrap();
    let mut parse = Command::new(packages::python());
    parse.args(["-c", PARSE]).stdin(std::fs::File::open(&file).unwrap());
    let parsed = parse.output().unwrap();
    assert!(parsed.status.success(), "{}", String::from_utf8_lossy(&parsed.stderr));
    let samples: Value = serde_json::from_slice(&parsed.stdout).unwrap();
    let samples = samples.as_array().unwrap();
    let status = status(&bench, 3);
    let mut found = BTreeMap::new();
    for sample in samples {
        let (name, labels) = (sample[0].as_str().unwrap(), &sample[1]);
        let text = |label: &str| labels[label].as_str().unwrap().to_owned();
        assert_eq!(labels["estate"], "acme");
        if name == "holdfast_objective_state" && sample[2] == 1.0 {
            let key = (text("service"), text("disruption"), text("measure"));
            assert!(found.insert(key, text("holdfast_objective_state")).is_none(), "two states: {sample}");
        }
    }
    assert_eq!(found, states(&status));
    let one = |name: &str| samples.iter().find(|sample| sample[0] == name).unwrap()[2].as_f64().unwrap();
    assert_eq!(one("holdfast_pending_changes"), status["drift"]["pending"].as_f64().unwrap());
    assert_eq!(one("holdfast_overdue"), 0.0);
}

#[test]
fn status_reads_what_a_plan_reads() {
    let standin = Standin::start();
    standin.zone("acme.example");
    standin.zone("shop.example");
    let bench = Bench::aws(&standin);
    bench.shipped_policies();
    bench.run("apply policies --yes").expect(0);
    let calls = |text: &str| text.lines().find(|line| line.starts_with("API calls: ")).unwrap().to_owned();
    let plan = bench.run("plan policies -v").expect(0).stderr;
    let status = bench.run("status policies -v").expect(3).stderr;
    assert_eq!(calls(&plan), calls(&status));
}
