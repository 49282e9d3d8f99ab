//! A functional drill on the embedded cloud: each fault makes it fail, or not begin, and is named.

use super::{causes, record};
use crate::support::{Bench, Ran};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

const ESTATE: &str = "\
kind: estate
name: acme
sites:
  virginia: { aws: us-east-1 }
  ireland: { aws: eu-west-1 }
---
kind: service
name: docs
owner: alice
primary: virginia
data:
  files:
    bucket: acme-docs
    backups:
      - { strategy: real-time, to: [ireland] }
assumptions:
  detection: { value: 5m, because: the monitoring pages after five minutes }
  keep-alive: { value: 5m, because: nobody stays connected for longer }
recovery:
  - { step: declare, does: declare, by: alice, takes: 15m }
  - { step: read-the-copy, does: restore data.files, by: alice, takes: 1h, after: [declare] }
objectives: { rto: 4h, rpo: 1h }
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
name: read-the-copy
type: functional
every: 90d
services: [docs]
disruption: site-loss
site: virginia
lead: alice
success: { rpo: 1h }
";

/// The versions of three files, written so many hours ago.
fn files(hours: &[i64]) -> Value {
    let of = |(nth, hours): (usize, &i64)| {
        let written = Timestamp::now() - SignedDuration::from_hours(*hours);
        json!({"key": format!("file-{nth}"), "version": format!("v{nth}"), "written": written.to_string(), "text": "text"})
    };
    hours.iter().enumerate().map(of).collect()
}

fn edit(bench: &Bench<'_>, change: impl FnOnce(&mut Value)) {
    let mut cloud: Value = serde_json::from_str(&bench.read("cloud.json")).unwrap();
    change(&mut cloud);
    bench.write("cloud.json", &cloud.to_string());
}

/// The estate, applied: three files in the primary bucket, so many of them in the copy, and an empty bucket for drills.
pub(super) fn estate(copied: usize) -> Bench<'static> {
    let bench = Bench::local();
    bench.write("policies/all.yaml", ESTATE);
    bench.run("apply policies --yes").expect(0);
    let hours = [30, 20, 3];
    edit(&bench, |cloud| {
        cloud["stored"] = json!({
            "acme-docs": files(&hours), "acme-docs-eu-west-1": files(&hours[..copied]), "acme-drills": []
        });
    });
    bench
}

pub(super) fn drill(bench: &Bench<'_>, flags: &str) -> Ran {
    bench.run(&format!("drill run read-the-copy policies --into acme-drills/try/ --format json {flags}"))
}

/// What is in the bucket for drills.
fn left(bench: &Bench<'_>) -> usize {
    let cloud: Value = serde_json::from_str(&bench.read("cloud.json")).unwrap();
    cloud["stored"]["acme-drills"].as_array().map_or(0, Vec::len)
}

fn achieved<'r>(record: &'r Value, measure: &str) -> &'r Value {
    record["achieved"].as_array().unwrap().iter().find(|one| one["measure"] == measure).unwrap()
}

#[test]
fn data_is_restored_from_the_copy_verified_measured_and_removed() {
    let bench = estate(3);
    let before = bench.read("cloud.json");
    let dry =
        bench.run("drill run read-the-copy policies --into acme-drills/try/ --dry-run").expect(0).stdout;
    let what = "# Restores docs.files from s3://acme-docs-eu-west-1 (at ireland) into s3://acme-drills/try/drill-2/docs/files/";
    assert!(dry.contains(what), "{dry}");
    let same = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    assert_eq!(same(&before), same(&bench.read("cloud.json")), "a dry run touches nothing");
    let held = record(drill(&bench, "--with bob"), 0);
    assert_eq!((&held["outcome"], &held["participants"]), (&"passed".into(), &json!(["bob"])));
    let restored = &held["restored"][0];
    assert_eq!((&restored["objects"], &restored["verified"]), (&3.into(), &json!({"SHA256": 3})));
    let rpo = achieved(&held, "rpo");
    assert_eq!(
        (&rpo["seconds"], &rpo["objective"], &rpo["data"]),
        (&0.into(), &3600.into(), &"files".into())
    );
    let rto = achieved(&held, "rto");
    assert!(rto["seconds"].as_u64().unwrap() <= rto["bound"].as_u64().unwrap(), "{rto}");
    assert!(rto["how"].as_str().unwrap().contains("the restore alone"), "{rto}");
    assert_eq!(left(&bench), 0);
    let log = bench.run("journal show 2 policies").expect(0).stdout;
    let at = |text: &str| log.find(text).unwrap();
    assert!(
        at("drill makes objects under try/drill-2/ in acme-drills") < at("drill takes back objects"),
        "{log}"
    );
    assert_eq!(record(drill(&bench, ""), 0)["outcome"], "passed", "the place is free again");
}

#[test]
fn standby_without_data_makes_it_fail() {
    let bench = estate(0);
    let held = record(drill(&bench, ""), 1);
    let found = causes(&held);
    assert!(found[0].contains("the standby has no data: `acme-docs-eu-west-1` at `ireland`"), "{found:?}");
    assert!(found.iter().any(|cause| cause.contains("the RTO of `docs` is not known")), "{found:?}");
    assert_eq!(held["findings"][0]["owner"], "alice");
}

#[test]
fn replication_that_stopped_makes_it_fail_by_what_would_be_lost() {
    let bench = estate(2);
    let held = record(drill(&bench, ""), 1);
    assert_eq!(held["restored"][0]["objects"], 2);
    let rpo = achieved(&held, "rpo");
    assert_eq!(rpo["seconds"].as_u64().unwrap() / 3600, 3);
    assert!(rpo["how"].as_str().unwrap().contains("lacked the newest version of 1 keys"), "{rpo}");
    let found = causes(&held);
    assert!(found.len() == 1 && found[0].starts_with("the RPO of `docs.files` was 3 h"), "{found:?}");
    assert_eq!(left(&bench), 0);
}

#[test]
fn answers_that_were_written_before_the_drill_do_not_count_and_the_place_is_cleaned() {
    let bench = estate(3);
    let asked = ESTATE.replace("success: { rpo: 1h }", "success: { criteria: [The files can be opened.] }");
    bench.write("policies/all.yaml", &asked);
    bench.write("answers.txt", "criterion.1: yes\n");
    let held = record(drill(&bench, "--answers answers.txt"), 1);
    assert_eq!(causes(&held), ["nobody said whether a criterion is met: The files can be opened."]);
    assert_eq!(left(&bench), 0);
}

/// The message of a drill that does not begin. Nothing is recorded.
fn refused(bench: &Bench<'_>, flags: &str) -> String {
    let ran = drill(bench, flags).expect(4);
    assert!(ran.stderr.starts_with("E0780") || ran.stderr.contains("\nE0780"), "{ran:?}");
    let list = bench.run("drill list policies --format json").expect(0).stdout;
    assert!(list.contains("\"state\": \"never held\""), "{list}");
    ran.stderr.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn role_or_rule_that_is_missing_keeps_it_from_beginning() {
    for kind in ["aws.role", "aws.replication"] {
        let bench = estate(3);
        edit(&bench, |cloud| {
            cloud["objects"].as_array_mut().unwrap().retain(|object| object["kind"] != kind);
        });
        let said = refused(&bench, "");
        assert!(said.contains(&format!("`{kind}.docs.files` is not as the policies say")), "{said}");
    }
}

#[test]
fn key_that_is_disabled_keeps_it_from_beginning() {
    let bench = Bench::local();
    let keys = ESTATE
        .replace("{ aws: us-east-1 }", "{ aws: us-east-1, kms-key: managed }")
        .replace("{ aws: eu-west-1 }", "{ aws: eu-west-1, kms-key: managed }")
        .replace("    bucket: acme-docs\n", "    bucket: acme-docs\n    encrypt: aws:kms\n");
    bench.write("policies/all.yaml", &keys);
    bench.run("apply policies --yes").expect(0);
    edit(&bench, |cloud| {
        cloud["stored"] =
            json!({ "acme-docs": files(&[3]), "acme-docs-eu-west-1": files(&[3]), "acme-drills": [] });
    });
    assert_eq!(record(drill(&bench, ""), 0)["outcome"], "passed");
    let again = bench.read("cloud.json");
    edit(&bench, |cloud| {
        let all = cloud["objects"].as_array_mut().unwrap().iter_mut();
        let mut keys = all.filter(|one| {
            one["attributes"]["state"] == "Enabled" && one["attributes"]["region"] == "eu-west-1"
        });
        keys.next().unwrap()["attributes"]["state"] = "Disabled".into();
    });
    let said = drill(&bench, "").expect(4).stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    let key = "`aws.kms-key.ireland` is not as the policies say: ";
    assert!(said.contains("E0780") && said.contains(key), "{said}");
    bench.write("cloud.json", &again);
    drill(&bench, "").expect(0);
}

#[test]
fn copy_that_is_behind_keeps_it_from_beginning() {
    let bench = estate(3);
    edit(&bench, |cloud| {
        cloud["measured"] = json!([{"counts": "behind", "about": "acme-docs", "value": 7200}]);
    });
    let said = refused(&bench, "");
    assert!(said.contains("the objective of `docs` for its RPO does not hold before the drill"), "{said}");
}

#[test]
fn backup_that_expired_keeps_it_from_beginning() {
    let bench = estate(3);
    let daily = "      - { strategy: real-time, to: [ireland] }\n      - { strategy: daily, at: \"03:00\", to: [ireland], keep: 35d }\n";
    bench.write(
        "policies/all.yaml",
        &ESTATE.replace("      - { strategy: real-time, to: [ireland] }\n", daily),
    );
    bench.run("apply policies --yes").expect(0);
    let said = refused(&bench, "");
    assert!(said.contains("the backups of `docs.files` at `ireland` are not fresh"), "{said}");
}

#[test]
fn place_that_is_not_empty_or_is_live_keeps_it_from_beginning() {
    let bench = estate(3);
    edit(&bench, |cloud| {
        let mut one = files(&[1])[0].clone();
        one["key"] = "try/old".into();
        cloud["stored"]["acme-drills"] = json!([one]);
    });
    let said = refused(&bench, "");
    assert!(
        said.contains("`acme-drills/try/` is not empty: it has 1 versions, such as of `try/old`"),
        "{said}"
    );
    assert_eq!(left(&bench), 1, "what others put there stays");
    let live = bench.run("drill run read-the-copy policies --into acme-docs/try/").expect(4);
    assert!(live.stderr.contains("is a bucket of the policies"), "{live:?}");
    let none = bench.run("drill run read-the-copy policies --into acme-none").expect(4);
    assert!(none.stderr.contains("the bucket `acme-none` cannot be used"), "{none:?}");
    let nowhere = bench.run("drill run read-the-copy policies").expect(64);
    assert!(nowhere.stderr.contains("--into BUCKET/PREFIX/"), "{nowhere:?}");
}

#[test]
fn drill_that_was_killed_is_rolled_back_by_the_next_one() {
    let bench = estate(3);
    record(drill(&bench, ""), 0);
    // What a process leaves that is killed once it has begun to restore: its announcement, and an object.
    let path = "policies/.holdfast/journal/000002.jsonl";
    let journal = bench.read(path);
    let until = journal.lines().position(|line| line.contains("drill-makes")).unwrap();
    let lines: Vec<&str> = journal.lines().take(until + 1).collect();
    bench.write(path, &(lines.join("\n") + "\n"));
    edit(&bench, |cloud| {
        let mut one = files(&[0])[0].clone();
        one["key"] = "try/drill-2/docs/files/file-0".into();
        cloud["stored"]["acme-drills"] = json!([one]);
    });
    let open = bench.run("drill list policies").expect(0).stderr;
    assert!(open.contains("read-the-copy began at ") && open.contains("did not end (run 2)"), "{open}");
    let again = drill(&bench, "");
    assert!(again.stderr.contains("did not end: it is rolled back"), "{again:?}");
    assert!(again.stderr.contains("1 objects of s3://acme-drills/try/drill-2/ were removed"), "{again:?}");
    assert_eq!(record(again, 0)["outcome"], "passed");
    assert_eq!(left(&bench), 0);
    let killed = bench.run("drill report read-the-copy policies --run 3 --format json").expect(0).stdout;
    let killed: Value = serde_json::from_str(&killed).unwrap();
    assert_eq!(killed["record"]["outcome"], "aborted");
    assert!(causes(&killed["record"])[0].contains("the drill was killed before its end"), "{killed}");
    bench.run("journal verify policies").expect(0);
}

#[test]
fn what_was_restored_stays_if_that_is_asked_for() {
    let bench = estate(3);
    let held = record(drill(&bench, "--keep"), 0);
    assert_eq!(held["deviations"][0], "what was restored stays in s3://acme-drills/try/drill-2/");
    assert_eq!(left(&bench), 3);
    let said = drill(&bench, "").expect(4).stderr;
    assert!(said.contains("is not empty"), "{said}");
}
