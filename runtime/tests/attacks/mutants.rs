//! Mutants: plan files in which an attacker changed something and recomputed every digest. `show` prints everything
//! that they do to the cloud, and approvals of the original do not count for them.
//!
//! A failure prints its seed; `HOLDFAST_SEED=N` runs that one alone.

mod engine;
mod named;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use holdfast::planfile::PlanFile;
use holdfast_compiler::observation::Object;
use serde_json::{Value, json};

use crate::support::{Bench, Ran};
use engine::{Dice, mutant};

/// How many mutants of each of the five originals must change the cloud, so that the test is meaningful: 1,000 in
/// all.
const APPLIED: usize = 200;
/// How many mutants are tried with the approvals of the original.
const UNAPPROVED: usize = 300;

const ESTATE: &str = "kind: estate
name: acme
sites:
  virginia: { aws: us-east-1, kms-key: alias/a }
  oregon: { aws: us-west-2, kms-key: alias/b }
defaults:
  assumptions:
    detection: { value: 5m, because: the monitoring pages after five minutes }
";
const FILES: &str = "kind: service
name: files
primary: virginia
standby: [oregon]
data:
  docs:
    bucket: acme-docs
    encrypt: AES256
    backups:
      - { strategy: real-time, to: [{ site: oregon, bucket: acme-docs-copy }] }
recovery: [{ step: read-the-copy, takes: 30m }]
";
const WEB: &str = "kind: service
name: web
primary: virginia
standby: [oregon]
traffic:
  www:
    zone: acme.example
    record: www.acme.example
    ttl: 60s
    probe: { https: /healthz, every: 10s, failures: 3, expect: all is well }
    endpoints: { virginia: 192.0.2.10, oregon: 198.51.100.10 }
";
const APEX: &str = "kind: service
name: apex
primary: virginia
standby: [oregon]
traffic:
  shop:
    zone: shop.example
    record: shop.example
    endpoints:
      virginia: { alias: a-1.us-east-1.elb.amazonaws.com, zone-id: Z35SXDOTRQ7X7K }
      oregon: { alias: a-2.us-west-2.elb.amazonaws.com, zone-id: Z1H1FL5HABSF5 }
data:
  orders:
    bucket: acme-orders
    encrypt: aws:kms
    backups: [{ strategy: real-time, to: [oregon] }]
";

/// The state before an apply: a cloud with resources of other estates.
fn bench() -> Bench<'static> {
    let bench = Bench::local();
    bench.write("policies/estate.yaml", ESTATE);
    bench.write("policies/files.yaml", FILES);
    bench.write("policies/web.yaml", WEB);
    let bucket = |name: &str, region: &str, tags: Value| {
        let attributes = json!({"name": name, "region": region, "versioning": null, "encryption": "AES256",
            "kms-key": null, "bucket-key": false, "public-access-block": [], "ownership": "ObjectWriter", "tags": tags});
        json!({"kind": "aws.bucket", "id": name, "attributes": attributes, "outputs": {"arn": format!("arn:aws:s3:::{name}")}})
    };
    let zone = |name: &str, id: &str| json!({"kind": "aws.hosted-zone", "id": id, "attributes": {"name": name}, "outputs": {"id": id}});
    let record = json!({"kind": "aws.record", "id": "Z1/old.acme.example/A/", "attributes": {"zone": "acme.example",
        "name": "old.acme.example", "type": "A", "set-identifier": null, "routing": "simple", "failover": null,
        "zone-id": "Z1", "ttl": 300, "values": ["192.0.2.99"], "alias-name": null, "alias-zone-id": null,
        "evaluate-target-health": null, "health-check": null}});
    let objects = [
        bucket("others-data", "us-east-1", json!({"Name": "scratch", "team": "others"})),
        bucket("others-copy", "us-west-2", json!({})),
        bucket("others-logs", "us-east-1", json!({"team": "others"})),
        zone("acme.example", "Z1"),
        zone("shop.example", "Z2"),
        record,
    ];
    let cloud = json!({"format": 2, "account": "000000000000", "objects": objects});
    bench.write("cloud.json", &cloud.to_string());
    bench
}

fn planned(bench: Bench<'static>, flags: &str) -> Bench<'static> {
    bench.run(&format!("plan policies --author ci@acme.example --out change.plan {flags}")).expect(0);
    bench
}

/// The same with three services that have been applied.
fn applied() -> Bench<'static> {
    let bench = bench();
    bench.write("policies/apex.yaml", APEX);
    bench.run("apply policies --yes").expect(0);
    bench
}

/// The plan file of a bench. An attacker makes it on the real state, so that more mutants apply.
fn original(bench: &Bench<'_>) -> Value {
    let mut file: Value = serde_json::from_str(&bench.read("change.plan")).unwrap();
    let cloud: Value = serde_json::from_str(&bench.read("cloud.json")).unwrap();
    file["inputs"]["observed"] = cloud["objects"].clone();
    file
}

/// Run a command in a folder, without the environment variables of whoever runs the tests.
fn run(folder: &Path, words: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast"));
    command.args(words).current_dir(folder).stdin(Stdio::null()).env("NO_COLOR", "1");
    command.env_remove("HOLDFAST_JOURNAL").env_remove("HOLDFAST_TRUST").env_remove("HOLDFAST_CLOUD");
    // A mutant for AWS must not reach AWS.
    crate::support::aws_environment(&mut command, "http://127.0.0.1:9");
    command.env("AWS_MAX_ATTEMPTS", "1");
    command.output().unwrap().into()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to)
        } else {
            drop(std::fs::copy(entry.path(), to))
        }
    }
}

/// All objects in the clouds of a folder, whatever the names of their files.
fn objects(folder: &Path) -> Vec<Object> {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let texts = files.filter(|path| path.is_file()).map(|path| std::fs::read_to_string(path).unwrap());
    let clouds = texts.filter_map(|text| serde_json::from_str::<Value>(&text).ok());
    let objects = clouds.filter_map(|cloud| cloud.get("objects").cloned());
    objects.flat_map(|objects| serde_json::from_value::<Vec<Object>>(objects).unwrap()).collect()
}

/// Prints the seed if its case panics.
struct Told(u64);

impl Drop for Told {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("seed {}", self.0);
        }
    }
}

/// Run seeds on all processors, until enough have been tried.
fn seeds(case: impl Fn(u64, &Path) -> bool + Sync) {
    let only: Option<u64> = std::env::var("HOLDFAST_SEED").ok().and_then(|seed| seed.parse().ok());
    let next = AtomicU64::new(only.unwrap_or_default());
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..if only.is_some() { 1 } else { workers } {
            scope.spawn(|| {
                let folder = tempfile::tempdir().unwrap();
                loop {
                    let seed = Told(next.fetch_add(1, Ordering::Relaxed));
                    if !case(seed.0, folder.path()) || only.is_some() {
                        break;
                    }
                }
            });
        }
    });
}

/// The exit code, and the code of the first finding.
fn end(ran: &Ran) -> String {
    let finding = |line: &&str| line.len() == 5 && line.starts_with('E');
    format!("{} {}", ran.code, ran.stderr.lines().find(finding).unwrap_or_default()).trim_end().to_owned()
}

/// Check that a command ended in an allowed way.
#[track_caller]
fn sound(ran: &Ran, seed: u64, log: &[String]) {
    let known = [0, 1, 3, 4].contains(&ran.code) && !ran.stderr.contains("a bug in holdfast");
    assert!(known, "seed {seed}: {log:#?}: exit {}\n{}", ran.code, ran.stderr);
}

#[test]
fn mutants_of_a_first_plan_change_only_what_show_names() {
    changes_are_named(&planned(bench(), "--allow many"));
}

#[test]
fn mutants_of_an_update_change_only_what_show_names() {
    let bench = applied();
    bench.write("policies/web.yaml", &WEB.replace("60s", "30s").replace("failures: 3", "failures: 5"));
    bench.write("policies/files.yaml", &FILES.replace("AES256", "aws:kms"));
    changes_are_named(&planned(bench, "--allow many"));
}

#[test]
fn mutants_of_a_removal_change_only_what_show_names() {
    let bench = applied();
    std::fs::remove_file(bench.folder.path().join("policies/apex.yaml")).unwrap();
    // What is shown of a deleted object must not depend on a tag that anybody can set.
    let cloud = bench.read("cloud.json");
    let tag = "\"holdfast:data\": \"orders\"";
    let named = cloud.replace(tag, &format!("{tag}, \"Name\": \"scratch\""));
    assert_ne!(cloud, named);
    bench.write("cloud.json", &named);
    let buckets =
        "--allow destroy:aws.bucket.apex.orders.virginia --allow destroy:aws.bucket.apex.orders.oregon";
    changes_are_named(&planned(bench, &format!("--allow teardown:apex {buckets} --allow many")));
}

#[test]
fn mutants_of_a_plan_with_drift_change_only_what_show_names() {
    let bench = applied();
    let cloud = bench.read("cloud.json");
    let tag = "\"holdfast:service\": \"apex\"";
    let moved = cloud
        .replacen("\"versioning\": \"Enabled\"", "\"versioning\": \"Suspended\"", 1)
        .replace("\"ttl\": 60", "\"ttl\": 900")
        .replace("\"failures\": 3", "\"failures\": 9")
        .replace(tag, "\"holdfast:service\": \"other\", \"cost-centre\": \"42\"");
    assert_ne!(cloud, moved);
    bench.write("cloud.json", &moved);
    changes_are_named(&planned(bench, "--allow many"));
}

#[test]
fn mutants_of_an_adoption_change_only_what_show_names() {
    let bench = bench();
    let theirs = FILES.replace("acme-docs-copy", "others-copy").replace("acme-docs", "others-data");
    bench.write("policies/files.yaml", &theirs);
    changes_are_named(&planned(bench, "--allow many"));
}

/// Mutants of the plan of a bench are applied, each in a copy of its folder, and everything that changes in the cloud
/// is in the text of `show`.
fn changes_are_named(bench: &Bench<'_>) {
    let original = original(bench).to_string();
    let (applied, ends) = (AtomicUsize::new(0), Mutex::new(BTreeMap::<String, usize>::new()));
    seeds(|seed, folder| {
        let (from, folder) = (bench.folder.path(), folder.join("w"));
        // The file holds absolute paths.
        let text = original.replace(from.to_str().unwrap(), folder.to_str().unwrap());
        let (log, text) = mutant(&serde_json::from_str(&text).unwrap(), &mut Dice::new(seed));
        let Some(text) = text else { return true };
        if folder.exists() {
            std::fs::remove_dir_all(&folder).unwrap();
        }
        copy(from, &folder);
        std::fs::write(folder.join("mutant.plan"), text).unwrap();
        let before = objects(&folder);
        let ran = run(&folder, &["apply", "mutant.plan"]);
        sound(&ran, seed, &log);
        let after = objects(&folder);
        let changed = before != after;
        if changed {
            // It depends only on the file, so its output is unchanged.
            let shown = run(&folder, &["show", "mutant.plan"]).expect(0);
            let unnamed = named::unnamed(&before, &after, &shown.stdout);
            assert!(
                unnamed.is_empty(),
                "seed {seed}: {log:#?} changed {unnamed:#?}, and show says\n{}",
                shown.stdout
            );
        }
        *ends.lock().unwrap().entry(format!("{}, {changed}", end(&ran))).or_default() += 1;
        applied.fetch_add(usize::from(ran.code == 0 && changed), Ordering::Relaxed) < APPLIED
    });
    println!("how they ended, and whether the cloud changed: {:#?}", ends.lock().unwrap());
    let alone = std::env::var_os("HOLDFAST_SEED").is_some();
    assert!(alone || applied.into_inner() >= APPLIED, "too few mutants apply");
}

#[test]
fn plan_that_shows_another_cloud_than_it_is_for_is_refused() {
    let bench = planned(bench(), "");
    let file: Value = serde_json::from_str(&bench.read("change.plan")).unwrap();
    let (local, other) = (&file["local"], bench.folder.path().join("other.json"));
    for (cloud, local) in [
        ("aws", local),
        ("local:sandbox.json", local),
        ("local:", local),
        ("local", local),
        ("cloud.json", local),
        ("local:loud.json", local),
        ("local:cloud.json", &json!(other)),
        ("local:cloud.json", &Value::Null),
    ] {
        let mut forged = file.clone();
        forged["inputs"]["context"]["cloud"] = cloud.into();
        forged["local"] = local.clone();
        let forged: PlanFile = serde_json::from_value(forged).unwrap();
        bench.write("forged.plan", &forged.sealed().unwrap().text().unwrap());
        for command in ["show", "apply"] {
            let ran = run(bench.folder.path(), &[command, "forged.plan"]).expect(4);
            let words = ran.stderr.replace("│", " ").split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(ran.stderr.starts_with("E0704\n"), "{cloud} {local}: {}", ran.stderr);
            assert!(
                words.contains("its cloud differs from the cloud in its context"),
                "{cloud} {local}: {words}"
            );
        }
    }
    assert!(!other.exists());
}

#[test]
fn approval_of_the_original_never_counts_for_a_mutant() {
    let bench = bench();
    let keygen = ["-q", "-t", "ed25519", "-N", "", "-C", "alice", "-f", "alice"];
    let made = Command::new("ssh-keygen").args(keygen).current_dir(bench.folder.path()).status();
    assert!(made.expect("ssh-keygen is installed (openssh-client)").success());
    bench.write("policies/people", &format!("alice@acme.example {}", bench.read("alice.pub")));
    bench.write("policies/estate.yaml", &format!("{ESTATE}approvals: {{ required: 1, signers: people }}\n"));
    bench.run("plan policies --author ci@acme.example --out change.plan").expect(0);
    bench.run("approve change.plan --key alice").expect(0);
    let beside = |plan: &str| ["", ".sig"].map(|end| format!("{plan}.alice@acme.example.approval{end}"));
    let approval = beside("change.plan").map(|file| bench.read(&file));
    let original = bench.read("change.plan");
    let file: Value = serde_json::from_str(&original).unwrap();
    let cloud = bench.read("cloud.json");
    let (refused, ends) = (AtomicUsize::new(0), Mutex::new(BTreeMap::<String, usize>::new()));
    seeds(|seed, _| {
        let (log, text) = mutant(&file, &mut Dice::new(seed));
        let Some(text) = text.filter(|text| *text != original) else { return true };
        let plan = format!("mutant-{seed}.plan");
        bench.write(&plan, &text);
        beside(&plan).iter().zip(&approval).for_each(|(file, text)| bench.write(file, text));
        let ran = run(bench.folder.path(), &["apply", &plan]);
        sound(&ran, seed, &log);
        let end = end(&ran);
        assert!(
            ran.code == 4 && !ran.stdout.contains("Applied"),
            "seed {seed}: {log:#?} {end}\n{}",
            ran.stderr
        );
        // Refused before approvals are checked.
        let of_another_plan = ran.stderr.lines().any(|line| line == "E0711");
        let by_itself = ["E0604", "E0703", "E0704"].iter().any(|code| end.ends_with(code));
        assert!(of_another_plan || by_itself, "seed {seed}: {log:#?} {end}\n{}", ran.stderr);
        assert_eq!(bench.read("cloud.json"), cloud, "seed {seed}: {log:#?}");
        *ends.lock().unwrap().entry(end).or_default() += 1;
        refused.fetch_add(usize::from(of_another_plan), Ordering::Relaxed) < UNAPPROVED
    });
    println!("how they ended: {:#?}", ends.lock().unwrap());
    assert!(!bench.folder.path().join("policies/.holdfast").exists(), "no run was recorded");
    let ran = run(bench.folder.path(), &["apply", "change.plan"]).expect(0);
    assert!(ran.stdout.contains("Applied"), "{}", ran.stdout);
    assert_ne!(bench.read("cloud.json"), cloud);
}
