//! `status`: nothing is said to hold that was not seen, and every format says the same.

use std::collections::BTreeMap;
use std::process::Command;

use crate::support::{Bench, Standin, packages};
use serde_json::Value;

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
fn objective_on_a_backup_that_does_not_exist_is_missed() {
    let bench = applied();
    let status = status(&bench, 3);
    let missed: Vec<Key> =
        states(&status).into_iter().filter(|(_, state)| state == "missed").map(|(key, _)| key).collect();
    let of = |measure: &str| ("payments".to_owned(), "account-compromise".to_owned(), measure.to_owned());
    assert_eq!(missed, [of("rpo"), of("rto")]);
    assert_eq!(count(&status, "holds"), 8);
    let why = "there is no complete backup of payments.ledger at `ireland` yet";
    assert_eq!(
        (&status["objectives"][0]["because"], &status["backups"][0]["fault"]),
        (&why.into(), &why.into())
    );
    let run = &status["last_run"];
    assert_eq!((&run["ended"], &run["complete"]), (&"finished".into(), &Value::Bool(true)));
    // Without the objective that rests on it, everything holds.
    let estate = bench.read("policies/estate.yaml");
    let line = estate.lines().find(|line| line.contains("account-compromise:")).unwrap().to_owned();
    bench.write("policies/estate.yaml", &estate.replace(&format!("{line}\n"), ""));
    let all = bench.run("status policies --as-of 2026-11-23");
    assert!(all.stdout.contains("All 8 objectives hold now."), "{all:?}");
    all.expect(0);
}

/// Set what is measured, in the embedded cloud.
fn measure(bench: &Bench<'_>, counts: &str, about: &str, value: Option<u64>) {
    measure_all(bench, counts, &[about], value);
}

fn measure_all(bench: &Bench<'_>, counts: &str, about: &[&str], value: Option<u64>) {
    let figure = |about: &&str| serde_json::json!({"counts": counts, "about": about, "value": value});
    let figures: Vec<Value> = about.iter().map(figure).collect();
    edit(bench, |cloud| cloud["measured"] = figures.into());
}

/// The states of the loss of the primary site of payments: recovery point, recovery time, and why.
fn of_payments(bench: &Bench<'_>) -> [(String, String); 2] {
    let status = status(bench, 3);
    ["rpo", "rto"].map(|measure| {
        let all = status["objectives"].as_array().unwrap().iter();
        let mut of = all.filter(|one| {
            one["service"] == "payments" && one["disruption"] == "site-loss" && one["measure"] == measure
        });
        let one = of.next().unwrap();
        let text = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
        (text("state"), text("because"))
    })
}

#[test]
fn copy_that_is_behind_or_failed_and_a_standby_that_fails_its_check_keep_nothing() {
    let bench = applied();
    let held = || ("holds".to_owned(), String::new());
    assert_eq!(of_payments(&bench), [held(), held()]);
    // Behind by less than S3 promises is what S3 promises; by more is what is measured.
    measure(&bench, "behind", "acme-payments-ledger", Some(899));
    assert_eq!(of_payments(&bench)[0], held());
    measure(&bench, "behind", "acme-payments-ledger", Some(7200));
    let [(state, _), rto] = of_payments(&bench);
    assert_eq!((state.as_str(), rto), ("missed", held()));
    let json = status(&bench, 3);
    let late = json["objectives"].as_array().unwrap().iter().find(|one| one["seconds"] == 7200).unwrap();
    assert_eq!((&late["service"], &late["measure"]), (&"payments".into(), &"rpo".into()));
    let lag = json["lags"].as_array().unwrap().iter().find(|one| one["service"] == "payments").unwrap();
    assert_eq!((&lag["behind_seconds"], &lag["failed_last_day"]), (&7200.into(), &0.into()));
    // One copy that is in time is enough.
    measure(&bench, "behind", "acme-payments-ledger-us-west-2", Some(7200));
    assert_eq!(of_payments(&bench)[0], held());
    let text = bench.run("status policies --as-of 2026-11-23").expect(3).stdout;
    assert!(text.contains("payments.ledger at `oregon`, 2 h behind"), "{text}");
    measure(&bench, "failed-copies", "acme-payments-ledger", Some(12));
    let [(state, because), _] = of_payments(&bench);
    assert_eq!(state, "missed");
    assert!(because.contains("12 changes of the last day that were not copied"), "{because}");
    // Where there is no figure, nobody can tell.
    measure(&bench, "behind", "acme-payments-ledger", None);
    let [(state, because), rto] = of_payments(&bench);
    assert_eq!((state.as_str(), rto), ("unknown", held()));
    assert!(because.contains("is not known: the cloud has no figure"), "{because}");
    let check = |site: &str| {
        let cloud: Value = serde_json::from_str(&bench.read("cloud.json")).unwrap();
        let objects = cloud["objects"].as_array().unwrap().iter();
        let name = format!("payments.api@{site}");
        let of = |one: &&Value| one["attributes"]["tags"]["Name"] == name.as_str();
        let found = objects.filter(|one| one["kind"] == "aws.health-check").find(of).unwrap();
        found["outputs"]["id"].as_str().unwrap().to_owned()
    };
    // Users are sent to the first standby that passes; that Virginia fails is what failover is for.
    for site in ["virginia", "oregon"] {
        measure(&bench, "healthy", &check(site), Some(0));
        assert_eq!(of_payments(&bench), [held(), held()], "{site}");
    }
    let standbys = [check("oregon"), check("ireland")];
    let standbys = standbys.each_ref().map(String::as_str);
    measure_all(&bench, "healthy", &standbys, Some(0));
    let [rpo, (state, because)] = of_payments(&bench);
    assert_eq!((rpo, state.as_str()), (held(), "missed"));
    assert!(because.contains("no standby passes its health check now"), "{because}");
    let text = bench.run("status policies --as-of 2026-11-23").expect(3).stdout;
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let said = "Health checks: 3 of 5 pass; failing: payments.api at `oregon`, payments.api at `ireland`.";
    assert!(words.contains(said), "{text}");
    // Who waits for payments cannot tell either.
    measure_all(&bench, "healthy", &standbys, None);
    assert_eq!(of_payments(&bench)[1].0, "unknown");
    let shop = ("web-shop".to_owned(), "site-loss".to_owned(), "rto".to_owned());
    assert_eq!(states(&status(&bench, 3))[&shop], "unknown");
    let metrics = bench.run("status policies --as-of 2026-11-23 --format openmetrics").expect(3).stdout;
    assert_eq!(metrics.matches("\nholdfast_health_check_passes{").count(), 3, "{metrics}");
    let lags = status(&bench, 3)["lags"].as_array().unwrap().len();
    assert_eq!(metrics.matches("\nholdfast_copy_behind_seconds{").count(), lags, "{metrics}");
    // A check that is gone passes nothing.
    measure(&bench, "healthy", standbys[0], Some(0));
    edit(&bench, |cloud| {
        let objects = cloud["objects"].as_array_mut().unwrap();
        objects.retain(|one| one["outputs"]["id"] != standbys[1]);
    });
    assert_ne!(of_payments(&bench)[1].0, "holds");
}

/// The objective holds as long as the newest backup in the locked vault is as young as the schedule promises.
#[test]
fn backup_counts_while_it_is_young_and_can_be_seen() {
    let bench = applied();
    let vault = |site: &str| {
        let cloud: Value = serde_json::from_str(&bench.read("cloud.json")).unwrap();
        let objects = cloud["objects"].as_array().unwrap().clone();
        let named = |one: &Value| one["attributes"]["tags"]["holdfast:site"] == site;
        let vault = objects.into_iter().find(|one| one["kind"] == "aws.backup-vault" && named(one)).unwrap();
        vault["attributes"]["name"].clone()
    };
    let backed_up = |site: &str, hours: i64| {
        let made = jiff::Timestamp::now().checked_sub(jiff::Span::new().hours(hours)).unwrap();
        let one = serde_json::json!({
            "vault": vault(site), "resource": "arn:aws:s3:::acme-payments-ledger", "made": made.to_string(),
            "bytes": 3_u64 << 30,
        });
        edit(&bench, |cloud| cloud["backups"] = serde_json::json!([one]));
    };
    // In Virginia it is not beyond the reach of whoever holds the account.
    backed_up("virginia", 5);
    assert_eq!(count(&status(&bench, 3), "missed"), 2);
    backed_up("ireland", 5);
    let young = status(&bench, 0);
    assert_eq!((count(&young, "holds"), &young["backups"][0]["fault"]), (10, &Value::Null));
    assert_eq!(
        (young["backups"][0]["age_seconds"].as_u64().unwrap() / 3600, &young["backups"][0]["bytes"]),
        (5, &(3_u64 << 30).into())
    );
    let text = bench.run("status policies --as-of 2026-11-23").expect(0).stdout;
    assert!(
        text.contains(
            "Backups: 1 of 2 in time; the oldest is of payments.ledger at `ireland`, 5 h old,\n3.0 GiB;"
        ),
        "{text}"
    );
    // Once a copy was made, how long it took counts instead of what the policy assumes: 24 h, 1 h and 8 h with its 4 h are more
    // than the 36 h that are allowed. A job that failed is told, and breaks nothing while the last backup is young enough.
    let job = |copies: bool, hours: u64, fault: Option<&str>| {
        serde_json::json!({
            "vault": vault("ireland"), "resource": "arn:aws:s3:::acme-payments-ledger", "copies": copies,
            "created": jiff::Timestamp::now().to_string(), "seconds": hours * 3600, "fault": fault,
        })
    };
    edit(&bench, |cloud| cloud["backup_jobs"] = serde_json::json!([job(true, 4, None)]));
    let slow = status(&bench, 3);
    let compromise = |status: &Value| {
        let all = status["objectives"].as_array().unwrap().clone();
        let of = |one: &&Value| one["disruption"] == "account-compromise" && one["measure"] == "rpo";
        all.iter().find(of).unwrap().clone()
    };
    assert_eq!(
        (&compromise(&slow)["state"], &compromise(&slow)["seconds"]),
        (&"missed".into(), &(37 * 3600).into())
    );
    let (made, copied) = (job(false, 1, None), job(true, 1, None));
    let failed = job(false, 0, Some("failed: Access Denied"));
    edit(&bench, |cloud| cloud["backup_jobs"] = serde_json::json!([made, copied, failed]));
    let measured = status(&bench, 0);
    assert_eq!(
        (&compromise(&measured)["assurance"], &compromise(&measured)["seconds"]),
        (&"measured".into(), &(34 * 3600).into())
    );
    assert_eq!(measured["backups"][0]["job_fault"]["said"], "failed: Access Denied");
    edit(&bench, |cloud| cloud["backup_jobs"] = Value::Array(Vec::new()));
    // One that is deleted sooner than the policy says belongs to something else.
    backed_up("ireland", 5);
    edit(&bench, |cloud| cloud["backups"][0]["days"] = 7.into());
    assert_eq!(count(&status(&bench, 3), "missed"), 2);
    // 24 h between two, 1 h until it starts, 8 h until it is complete, 2 h for the copy.
    backed_up("ireland", 36);
    let old = status(&bench, 3);
    assert_eq!(count(&old, "missed"), 2);
    let why =
        "the last complete backup of payments.ledger at `ireland` is 36 h old, and the schedule allows 35 h";
    assert_eq!(old["backups"][0]["fault"], why);
    let metrics = bench.run("status policies --as-of 2026-11-23 --format openmetrics").expect(3).stdout;
    assert!(metrics.contains("holdfast_late_backups{estate=\"acme\"} 2"), "{metrics}");
}

/// A vault in another account is not looked at, whatever is in the vault of the same site here.
#[test]
fn backup_in_another_account_is_unknown() {
    let bench = Bench::local();
    bench.shipped_policies();
    let estate = bench.read("policies/estate.yaml");
    let estate = estate.replace("name: acme\n", "name: acme\naccount: \"000000000000\"\n");
    let elsewhere = "aws: eu-west-1, vault: { account: \"222222222222\" }";
    bench.write("policies/estate.yaml", &estate.replace("aws: eu-west-1", elsewhere));
    let payments = bench.read("policies/payments.yaml");
    bench.write("policies/payments.yaml", &payments.replace("        lock: compliance\n", ""));
    bench.run("apply policies --yes").expect(0);
    let status = status(&bench, 3);
    assert_eq!((count(&status, "unknown"), count(&status, "holds")), (2, 8), "{status:#}");
    let because = status["objectives"][0]["because"].as_str().unwrap();
    assert!(
        because.ends_with("its vault is in another account, for which no site names a role"),
        "{because}"
    );
}

/// What the recovery needs is not there: no time is short enough.
#[test]
fn objectives_are_missed_when_what_makes_the_backups_is_gone() {
    let bench = applied();
    let whole = bench.read("cloud.json");
    for (kind, part) in [
        ("aws.backup-vault", "ireland"),
        ("aws.backup-selection", "payments-ledger"),
        ("aws.backup-plan", "payments-ledger"),
        ("aws.role", "AWSBackup-acme-payments"),
    ] {
        bench.write("cloud.json", &whole);
        edit(&bench, |cloud| {
            let objects = cloud["objects"].as_array_mut().unwrap();
            let before = objects.len();
            let named = |one: &Value| one["attributes"]["name"].as_str().unwrap_or_default().contains(part);
            objects.retain(|one| one["kind"] != kind || !named(one));
            assert_eq!(objects.len() + 1, before, "{kind}");
        });
        let status = status(&bench, 3);
        let missed = states(&status).into_iter().filter(|(_, state)| state == "missed");
        let missed: Vec<String> =
            missed.map(|((_, disruption, measure), _)| format!("{disruption} {measure}")).collect();
        assert_eq!(missed, ["account-compromise rpo", "account-compromise rto"], "{kind}");
        let because = status["objectives"][0]["because"].as_str().unwrap();
        assert!(because.ends_with("at `ireland` is not set up as the policy declares"), "{kind}: {because}");
    }
}

#[test]
fn backup_of_aws_is_seen() {
    let standin = Standin::start();
    let bench = Bench::shipped(&standin);
    bench.run("apply policies --yes").expect(0);
    bench.run("status policies --as-of 2026-11-23").expect(3);
    let backups = Backups::of(&standin);
    backups.copy(&backups.make("whole-1"), "whole-2");
    let seen = status(&bench, 3);
    let backup = &seen["backups"][0];
    assert_eq!(backup["bytes"], (3_u64 << 30));
    assert_eq!((&backup["longest_job_seconds"], &backup["longest_copy_seconds"]), (&60.into(), &60.into()));
    // The lock can still be removed.
    let because = seen["objectives"][0]["because"].as_str().unwrap();
    assert!(
        because.starts_with("whoever holds the account can remove the lock of the vault at `ireland` until"),
        "{because}"
    );
    let late = bench.run("status policies --as-of 2099-01-01 --format json");
    let late: Value = serde_json::from_str(&late.stdout).unwrap();
    let compromise =
        states(&late).into_iter().filter(|((_, disruption, _), _)| disruption == "account-compromise");
    let compromise: Vec<String> = compromise.map(|(_, state)| state).collect();
    assert_eq!(compromise, ["holds", "holds"], "{late:#}");
}

/// A job can end COMPLETED without everything, and the copy of such a backup is not whole either. What is said of them comes from
/// the provider, and what cannot be listed is unknown.
#[test]
fn backup_whose_job_lost_objects_is_not_whole() {
    let standin = Standin::start();
    let bench = Bench::shipped(&standin);
    bench.run("apply policies --yes").expect(0);
    let backups = Backups::of(&standin);
    backups.copy(&backups.make("issues-1"), "whole-1");
    let lost = status(&bench, 3);
    let backup = &lost["backups"][0];
    assert_eq!(backup["age_seconds"], Value::Null, "{backup}");
    assert_eq!(backup["fault"], "there is no complete backup of payments.ledger at `ireland` yet");
    assert_eq!(backup["job_fault"]["said"], "ended with issues: Access Denied");

    backups.copy(&backups.make("whole-2"), "whole-3");
    let whole = status(&bench, 3);
    let backup = &whole["backups"][0];
    assert_eq!(backup["bytes"], (3_u64 << 30));

    // One that failed is told while the one before it still counts.
    backups.make("failed-1");
    let failed = bench.run("status policies --as-of 2026-11-23").expect(3).stdout;
    let failed = failed.split_whitespace().collect::<Vec<_>>().join(" ");
    let told = "Backups: 1 of 2 in time; the oldest is of payments.ledger at `ireland`, 1 min old, 3.0 GiB";
    assert!(failed.contains(told), "{failed}");
    assert!(failed.contains("ago, failed: Access Denied"), "{failed}");
}

/// Backups that AWS Backup makes of the shipped ledger, in Virginia, and their copies in Ireland.
struct Backups<'s> {
    standin: &'s Standin,
    home: Value,
    away: Value,
}

impl<'s> Backups<'s> {
    fn of(standin: &'s Standin) -> Self {
        let vault = |region| {
            let all = standin.aws(&format!("backup list-backup-vaults --region {region}"));
            all["BackupVaultList"][0].clone()
        };
        Self { standin, home: vault("us-east-1"), away: vault("eu-west-1") }
    }

    /// A job that backs up. Its token says how it ends.
    fn make(&self, token: &str) -> String {
        let vault = self.home["BackupVaultName"].as_str().unwrap();
        let made = self.standin.aws(&format!(
            "backup start-backup-job --backup-vault-name {vault} --resource-arn arn:aws:s3:::acme-payments-ledger \
             --iam-role-arn arn:aws:iam::000000000001:role/any --idempotency-token {token} --region us-east-1"
        ));
        made["RecoveryPointArn"].as_str().unwrap().to_owned()
    }

    /// A job that copies.
    fn copy(&self, point: &str, token: &str) {
        let (from, to) =
            (self.home["BackupVaultName"].as_str().unwrap(), self.away["BackupVaultArn"].as_str().unwrap());
        self.standin.aws(&format!(
            "backup start-copy-job --recovery-point-arn {point} --source-backup-vault-name {from} \
             --destination-backup-vault-arn {to} --iam-role-arn arn:aws:iam::000000000001:role/any \
             --idempotency-token {token} --region us-east-1"
        ));
    }
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
fn recovery_from_a_backup_that_does_not_exist_is_missed_by_whoever_depends_on_it() {
    let bench = applied();
    // The objective has no RPO that could be missed, and what rests on the backup is the recovery.
    let estate = bench.read("policies/estate.yaml");
    bench.write(
        "policies/estate.yaml",
        &estate.replace("account-compromise: { rto: 48h, rpo: 36h }", "account-compromise: { rto: 48h }"),
    );
    let of = |service: &str| (service.to_owned(), "account-compromise".to_owned(), "rto".to_owned());
    assert_eq!(states(&status(&bench, 3))[&of("payments")], "missed");
    bench.write("policies/portal.yaml", PORTAL);
    assert_eq!(states(&status(&bench, 3))[&of("portal")], "missed");
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
finite = lambda value: value if abs(value) < float('inf') else str(value)
print(json.dumps([[s.name, s.labels, finite(s.value)] for f in families(sys.stdin.read()) for s in f.samples]))
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
    let age = samples.iter().find(|sample| sample[0] == "holdfast_backup_age_seconds").unwrap();
    assert_eq!((&age[1]["site"], &age[2]), (&"ireland".into(), &"inf".into()), "there is no backup");
}

#[test]
fn status_reads_what_a_plan_reads_and_the_vaults() {
    let standin = Standin::start();
    let bench = Bench::shipped(&standin);
    bench.run("apply policies --yes").expect(0);
    let calls = |text: &str| {
        let line = text.lines().find(|line| line.starts_with("API calls: ")).unwrap();
        let (_, services) = line.split_once('(').unwrap();
        let services = services.trim_end_matches(')').split(", ").map(|one| one.split_once(' ').unwrap());
        let services = services.map(|(name, count)| (name.to_owned(), count.parse::<u64>().unwrap()));
        services.collect::<BTreeMap<String, u64>>()
    };
    let mut plan = calls(&bench.run("plan policies -v").expect(0).stderr);
    let status = calls(&bench.run("status policies -v").expect(3).stderr);
    // And one listing of the backups in each vault, two of the jobs in each region of data that is backed up, and one call for all figures of a region and of a span of time: three
    // regions have copies (minutes) and three have sources (a day); the ledger goes both ways, so that us-east-1 has copies as well, beside the
    // health checks, and us-west-2 and eu-west-1 have sources.
    *plan.get_mut("backup").unwrap() += 3 + 2 * 2;
    assert_eq!(plan.insert("cloudwatch".to_owned(), 3 + 1 + 3 + 2), None);
    assert_eq!(plan, status);
}

/// Through the SDK: figures that nobody has are unknown, and those that CloudWatch has decide.
#[test]
fn figures_of_cloudwatch_decide_what_holds() {
    let standin = Standin::start();
    standin.zone("acme.example");
    let bench = Bench::aws(&standin);
    bench.write("policies/all.yaml", FIGURES);
    bench.run("apply policies --yes").expect(0);
    let seen = || {
        let status: Value = serde_json::from_str(&bench.run("status policies --format json").stdout).unwrap();
        let of = |measure: &str| {
            let all = status["objectives"].as_array().unwrap().iter();
            all.filter(|one| one["measure"] == measure)
                .map(|one| one["state"].as_str().unwrap().to_owned())
                .next()
                .unwrap()
        };
        (of("rpo"), of("rto"))
    };
    let words = |rpo: &str, rto: &str| (rpo.to_owned(), rto.to_owned());
    assert_eq!(seen(), words("unknown", "unknown"));
    let put = |region: &str, namespace: &str, name: &str, dimensions: &[(&str, &str)], value: u64| {
        let dimensions: Vec<Value> = dimensions
            .iter()
            .map(|(name, value)| serde_json::json!({"Name": name, "Value": value}))
            .collect();
        let data =
            serde_json::json!([{"MetricName": name, "Dimensions": dimensions, "Value": value}]).to_string();
        standin.aws_args(&[
            "cloudwatch",
            "put-metric-data",
            "--region",
            region,
            "--namespace",
            namespace,
            "--metric-data",
            &data,
        ]);
    };
    let rule = [
        ("SourceBucket", "acme-figures"),
        ("DestinationBucket", "acme-figures-us-west-2"),
        ("RuleId", "holdfast-oregon"),
    ];
    put("us-west-2", "AWS/S3", "ReplicationLatency", &rule, 7);
    let checks = standin.aws("route53 list-health-checks")["HealthChecks"].clone();
    for check in checks.as_array().unwrap() {
        let id = check["Id"].as_str().unwrap();
        put("us-east-1", "AWS/Route53", "HealthCheckStatus", &[("HealthCheckId", id)], 1);
    }
    assert_eq!(seen(), words("holds", "holds"), "{}", bench.run("status policies -v").stdout);
    bench.run("status policies").expect(0);
    put("us-west-2", "AWS/S3", "ReplicationLatency", &rule, 5000);
    assert_eq!(seen(), words("missed", "holds"));
    put("us-east-1", "AWS/S3", "OperationsFailedReplication", &rule, 3);
    let text = bench.run("status policies").expect(3).stdout;
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("at `oregon`, 1 h 23 min 20 s behind, 3 changes failed in the last day."),
        "{text}"
    );
}

const FIGURES: &str = r#"
kind: estate
name: acme
sites:
  virginia: { aws: us-east-1 }
  oregon: { aws: us-west-2 }
---
kind: service
name: files
primary: virginia
standby: [oregon]
data:
  docs:
    bucket: acme-figures
    backups: [{ strategy: real-time, to: [oregon] }]
traffic:
  web:
    zone: acme.example
    record: files.acme.example
    probe: { https: /healthz, every: 10s, failures: 3 }
    endpoints: { virginia: 192.0.2.1, oregon: 192.0.2.2 }
recovery: [{ step: shift, does: failover traffic.web }]
"#;
