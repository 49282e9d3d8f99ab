//! Mutants: plan files in which an attacker changed anything and made every digest fit. Whatever they do to the cloud,
//! `show` of the same file says it; and who agreed to the original has not agreed to them.
//!
//! A failure prints its seed; `HOLDFAST_SEED=N` runs that one alone.

mod engine;
mod named;

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use holdfast_compiler::observation::Object;
use serde_json::{Value, json};

use crate::support::{Bench, Ran};
use engine::{Dice, mutant};

/// So many mutants have to change the cloud, or the attack was none.
const APPLIED: usize = 1_000;
/// So many mutants are tried with the approval of the original.
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

/// What an apply is to start from: a cloud where others have things too.
fn bench() -> Bench<'static> {
    let bench = Bench::local();
    bench.write("policies/estate.yaml", ESTATE);
    bench.write("policies/files.yaml", FILES);
    bench.write("policies/web.yaml", WEB);
    let bucket = |name: &str, region: &str, tags: Value| {
        let attributes = json!({"name": name, "region": region, "versioning": null, "encryption": "AES256",
            "kms-key": null, "bucket-key": false, "public-access-block": [], "ownership": "ObjectWriter", "tags": tags});
        json!({"kind": "bucket", "id": name, "attributes": attributes, "outputs": {"arn": format!("arn:aws:s3:::{name}")}})
    };
    let zone = |name: &str, id: &str| json!({"kind": "hosted-zone", "id": id, "attributes": {"name": name}, "outputs": {"id": id}});
    let record = json!({"kind": "record", "id": "Z1/old.acme.example/A/", "attributes": {"zone": "acme.example",
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
    let cloud = json!({"format": 1, "account": "000000000000", "objects": objects});
    bench.write("cloud.json", &cloud.to_string());
    bench
}

/// The plans that are changed, each with the folder it was made in.
fn originals() -> Vec<Bench<'static>> {
    let plan = |bench: Bench<'static>, flags: &str| {
        bench.run(&format!("plan policies --author ci@acme.example --out change.plan {flags}")).expect(0);
        bench
    };
    let applied = || {
        let bench = bench();
        bench.write("policies/apex.yaml", APEX);
        bench.run("apply policies --yes").expect(0);
        bench
    };
    let first = plan(bench(), "");

    let update = applied();
    update.write("policies/web.yaml", &WEB.replace("60s", "30s").replace("failures: 3", "failures: 5"));
    update.write("policies/files.yaml", &FILES.replace("AES256", "aws:kms"));
    let update = plan(update, "");

    let removal = applied();
    std::fs::remove_file(removal.folder.path().join("policies/apex.yaml")).unwrap();
    // What is shown of a thing that goes must not hang on a tag that anybody can set.
    let cloud = removal.read("cloud.json");
    let named = cloud.replace("\"holdfast:data\": \"orders\"", "\"holdfast:data\": \"orders\", \"Name\": \"scratch\"");
    assert_ne!(cloud, named);
    removal.write("cloud.json", &named);
    let removal = plan(
        removal,
        "--allow teardown:apex --allow destroy:bucket.apex.orders.virginia \
         --allow destroy:bucket.apex.orders.oregon --allow many",
    );

    let drift = applied();
    let cloud = drift.read("cloud.json");
    let moved = cloud
        .replacen("\"versioning\": \"Enabled\"", "\"versioning\": \"Suspended\"", 1)
        .replace("\"ttl\": 60", "\"ttl\": 900")
        .replace("\"failures\": 3", "\"failures\": 9")
        .replace("\"holdfast:estate\": \"acme\"", "\"holdfast:estate\": \"other\", \"cost-centre\": \"42\"");
    assert_ne!(cloud, moved);
    drift.write("cloud.json", &moved);
    let drift = plan(drift, "--allow many");

    let adopted = bench();
    adopted.write("policies/files.yaml", &FILES.replace("acme-docs", "others-data").replace("others-data-copy", "others-copy"));
    let adopted = plan(adopted, "--allow many");
    vec![first, update, removal, drift, adopted]
}

/// The plan file of a bench. An attacker makes it on what is really there, so that more of it applies.
fn original(bench: &Bench<'_>) -> Value {
    let mut file: Value = serde_json::from_str(&bench.read("change.plan")).unwrap();
    let cloud: Value = serde_json::from_str(&bench.read("cloud.json")).unwrap();
    file["inputs"]["observed"] = cloud["objects"].clone();
    file
}

/// Run a command in a folder, without a rule or a trust anchor of whoever runs the tests.
fn run(folder: &Path, words: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast"));
    command.args(words).current_dir(folder).stdin(Stdio::null()).env("NO_COLOR", "1");
    command.env_remove("HOLDFAST_JOURNAL").env_remove("HOLDFAST_TRUST").env_remove("HOLDFAST_CLOUD");
    // A mutant that is for AWS reaches nobody.
    crate::support::aws_environment(&mut command, "http://127.0.0.1:9");
    command.env("AWS_MAX_ATTEMPTS", "1");
    command.output().unwrap().into()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() { copy(&entry.path(), &to) } else { drop(std::fs::copy(entry.path(), to)) }
    }
}

/// Everything in the clouds of a folder, whatever their files are called.
fn objects(folder: &Path) -> Vec<Object> {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let texts = files.filter(|path| path.is_file()).map(|path| std::fs::read_to_string(path).unwrap());
    let clouds = texts.filter_map(|text| serde_json::from_str::<Value>(&text).ok());
    let objects = clouds.filter_map(|cloud| cloud.get("objects").cloned());
    objects.flat_map(|objects| serde_json::from_value::<Vec<Object>>(objects).unwrap()).collect()
}

/// Seed by seed on all processors, until nobody wants more.
fn seeds(case: impl Fn(u64, &Path) -> bool + Sync) {
    let only: Option<u64> = std::env::var("HOLDFAST_SEED").ok().and_then(|seed| seed.parse().ok());
    let next = AtomicU64::new(only.unwrap_or_default());
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..if only.is_some() { 1 } else { workers } {
            scope.spawn(|| {
                let folder = tempfile::tempdir().unwrap();
                while case(next.fetch_add(1, Ordering::Relaxed), folder.path()) && only.is_none() {}
            });
        }
    });
}

/// How a command may end.
#[track_caller]
fn sound(ran: &Ran, seed: u64, log: &[String]) {
    let known = [0, 1, 3, 4].contains(&ran.code) && !ran.stderr.contains("a bug in holdfast");
    assert!(known, "seed {seed}: {log:#?}: exit {}\n{}", ran.code, ran.stderr);
}

#[test]
fn whatever_a_mutant_does_is_named_by_show() {
    let benches = originals();
    let originals: Vec<Value> = benches.iter().map(original).collect();
    let (applied, tried, failures) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::new(Vec::new()));
    let ends = Mutex::new(std::collections::BTreeMap::<String, usize>::new());
    let started = Instant::now();
    seeds(|seed, folder| {
        let which = usize::try_from(seed).unwrap() % benches.len();
        let from = benches[which].folder.path();
        let folder = folder.join("w");
        if folder.exists() {
            std::fs::remove_dir_all(&folder).unwrap();
        }
        copy(from, &folder);
        // The file names the places it is for in full.
        let text = originals[which].to_string().replace(from.to_str().unwrap(), folder.to_str().unwrap());
        let (log, text) = mutant(&serde_json::from_str(&text).unwrap(), &mut Dice::new(seed));
        tried.fetch_add(1, Ordering::Relaxed);
        let Some(text) = text else {
            *ends.lock().unwrap().entry("not sealed".to_owned()).or_default() += 1;
            return applied.load(Ordering::Relaxed) < APPLIED;
        };
        std::fs::write(folder.join("mutant.plan"), text).unwrap();
        let before = objects(&folder);
        let shown = run(&folder, &["show", "mutant.plan"]);
        sound(&shown, seed, &log);
        let ran = run(&folder, &["apply", "mutant.plan"]);
        sound(&ran, seed, &log);
        let after = objects(&folder);
        let code = ran.stderr.lines().find(|line| line.starts_with('E')).unwrap_or_default().to_owned();
        *ends.lock().unwrap().entry(format!("exit {} {code} changed {}", ran.code, before != after)).or_default() += 1;
        let unnamed = named::unnamed(&before, &after, &shown.stdout);
        if !unnamed.is_empty() {
            failures.lock().unwrap().push(format!("seed {seed} ({which}): {log:#?} {unnamed:#?}\n{}", shown.stdout));
        }
        if ran.code == 0 && before != after {
            applied.fetch_add(1, Ordering::Relaxed);
        }
        applied.load(Ordering::Relaxed) < APPLIED && failures.lock().unwrap().len() < 10
    });
    println!("{:?} {tried:?} {:#?}", started.elapsed(), ends.lock().unwrap());
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}
