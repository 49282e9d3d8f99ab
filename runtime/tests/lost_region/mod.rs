//! Work while a region is lost, in the embedded cloud: what cannot be seen is unknown, and everything else goes on.

mod aws;

use crate::support::Bench;
use serde_json::{Value, json};

/// The shipped policies, applied.
fn applied() -> Bench<'static> {
    let bench = Bench::local();
    bench.shipped_policies();
    bench.run("apply policies --yes").expect(0);
    bench
}

fn edit(bench: &Bench<'_>, change: impl FnOnce(&mut Value)) {
    let mut cloud: Value = serde_json::from_str(&bench.read("cloud.json")).unwrap();
    change(&mut cloud);
    bench.write("cloud.json", &cloud.to_string());
}

fn lose(bench: &Bench<'_>, regions: &[&str]) {
    edit(bench, |cloud| cloud["weather"] = json!({"lost": regions}));
}

/// Somebody removes the objects of a kind whose id contains a text.
fn remove(bench: &Bench<'_>, kind: &str, part: &str) {
    edit(bench, |cloud| {
        let objects = cloud["objects"].as_array_mut().unwrap();
        let before = objects.len();
        objects.retain(|one| one["kind"] != kind || !one["id"].as_str().unwrap().contains(part));
        assert!(objects.len() < before, "there is no {kind} {part}");
    });
}

fn ids(bench: &Bench<'_>, kind: &str) -> Vec<String> {
    let cloud: Value = serde_json::from_str(&bench.read("cloud.json")).unwrap();
    let objects = cloud["objects"].as_array().unwrap().iter().filter(|one| one["kind"] == kind);
    objects.map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn plan_names_what_is_unknown_by_region_and_no_objective_rests_on_it() {
    let bench = applied();
    lose(&bench, &["us-east-1"]);
    let plan = bench.run("plan policies").expect(0);
    let text = words(&plan.stdout);
    for said in [
        "Unknown: 8 resources cannot be seen. Nothing of this is changed.",
        "? us-east-1: us-east-1 does not answer (weather)",
        "No other changes. The other 61 resources match the policy.",
        "RPO unknown · counts as not met: objective 15 min ! aws.kms-key.virginia cannot be seen",
        "! it depends on payments, which is unknown",
    ] {
        assert!(text.contains(said), "{said}: {}", plan.stdout);
    }
    bench.run("plan policies --detailed-exitcode").expect(2);
    // A scheduled job does not hear "nothing has drifted" about what nobody saw.
    let drift = bench.run("plan policies --drift --detailed-exitcode").expect(2);
    assert!(words(&drift.stdout).contains("Unknown: 8 resources cannot be seen."), "{}", drift.stdout);
    let missed = bench.run("plan policies --fail-on miss").expect(3);
    assert!(missed.stderr.contains("objectives are not met"), "{}", missed.stderr);
    let json: Value =
        serde_json::from_str(&bench.run("plan policies --format json").expect(0).stdout).unwrap();
    let unknown = json["unknown"].as_array().unwrap();
    let addresses: Vec<&str> = unknown.iter().map(|one| one["address"].as_str().unwrap()).collect();
    for there in [
        "aws.backup-plan.payments.ledger",
        "aws.backup-selection.payments.ledger",
        "aws.backup-vault.virginia",
        "aws.kms-key.virginia",
        "aws.bucket.payments.ledger.virginia",
        "aws.replication.payments.ledger",
    ] {
        assert!(addresses.contains(&there), "{addresses:?}");
    }
    assert_eq!(unknown.len(), 8);
    assert_eq!(unknown[0]["region"], "us-east-1");
    let payments = json["objectives"].as_array().unwrap().iter().filter(|one| one["service"] == "payments");
    for objective in payments {
        assert_eq!(objective["before"]["assurance"], "unknown", "{objective}");
        assert_eq!((&objective["after"]["seconds"], &objective["met"]), (&Value::Null, &json!(false)));
    }
}

#[test]
fn apply_changes_what_can_be_seen_and_says_what_is_left() {
    let bench = applied();
    remove(&bench, "aws.health-check", "");
    lose(&bench, &["ap-northeast-1"]);
    let ran = bench.run("apply policies --yes --allow many").expect(1);
    assert!(ran.stdout.contains("Left, because it cannot be seen ("), "{}", ran.stdout);
    assert!(words(&ran.stdout).contains("aws.bucket.archive.invoices.tokyo: ap-northeast-1 does not answer"));
    assert_eq!(ids(&bench, "aws.health-check").len(), 5, "made anew although Tokyo is lost");
    // The next one has nothing to do, and is not done either.
    let again = bench.run("apply policies --yes").expect(1);
    assert!(again.stderr.contains("cannot be seen: apply again once the region answers"), "{again:?}");
    lose(&bench, &[]);
    bench.run("apply policies --yes").expect(0);
    bench.run("plan policies --detailed-exitcode").expect(0);
}

#[test]
fn service_elsewhere_is_applied_as_if_nothing_were_lost() {
    let bench = applied();
    remove(&bench, "aws.record", "shop.example");
    lose(&bench, &["ap-northeast-1"]);
    let plan = bench.run("plan policies --target web-shop").expect(0).stdout;
    assert!(!plan.contains("Unknown"), "{plan}");
    bench.run("apply policies --target web-shop --yes --allow many").expect(0);
    assert!(ids(&bench, "aws.record").iter().any(|id| id.contains("shop.example")));
}

#[test]
fn target_tells_what_is_unknown_of_a_service_that_it_needs() {
    let bench = applied();
    // The shop has nothing in Oregon, payments has, and the shop is set up after payments.
    lose(&bench, &["us-west-2"]);
    let plan = bench.run("plan policies --target web-shop --detailed-exitcode").expect(2).stdout;
    assert!(plan.contains("Unknown: 5 resources cannot be seen") && plan.contains("ledger.oregon"), "{plan}");
    let plan = bench.run("plan policies --target archive.invoices --detailed-exitcode").expect(0).stdout;
    assert!(!plan.contains("Unknown"), "{plan}");
}

#[test]
fn step_that_needs_something_unknown_waits_until_it_can_be_seen() {
    let bench = applied();
    remove(&bench, "aws.replication", "acme-archive-invoices");
    lose(&bench, &["ap-southeast-1"]);
    let plan = words(&bench.run("plan policies").expect(0).stdout);
    let waits = plan.split("? aws.replication.archive.invoices create: needs ").nth(1);
    assert!(waits.is_some_and(|on| on.contains("aws.bucket.archive.invoices.singapore")), "{plan}");
    bench.run("apply policies --yes").expect(1);
    let there = || ids(&bench, "aws.replication").iter().any(|id| id.contains("invoices"));
    assert!(!there());
    lose(&bench, &[]);
    bench.run("apply policies --yes").expect(0);
    assert!(there());
}

#[test]
fn changes_of_records_and_roles_fail_while_their_control_plane_is_lost() {
    let bench = applied();
    remove(&bench, "aws.record", "shop.example");
    remove(&bench, "aws.role", "invoices");
    edit(&bench, |cloud| {
        let buckets = cloud["objects"].as_array_mut().unwrap();
        let pictures = buckets.iter_mut().find(|one| one["id"] == "acme-shop-pictures").unwrap();
        pictures["attributes"]["versioning"] = json!("Suspended");
    });
    lose(&bench, &["us-east-1"]);
    let ran = bench.run("apply policies --yes --allow many").expect(1);
    let text = words(&ran.stdout);
    assert!(text.contains("aws.role.archive.invoices: local:execute: NoAnswer: us-east-1"), "{text}");
    assert!(text.contains("aws.record.web-shop.apex.frankfurt: local:execute: NoAnswer"), "{text}");
    let bucket = "aws.bucket.web-shop.pictures.frankfurt";
    assert!(!text.contains(&format!("{bucket}: local:execute")), "{text}");
    let cloud: Value = serde_json::from_str(&bench.read("cloud.json")).unwrap();
    let pictures = cloud["objects"].as_array().unwrap().iter().find(|one| one["id"] == "acme-shop-pictures");
    assert_eq!(pictures.unwrap()["attributes"]["versioning"], "Enabled", "buckets elsewhere are changed");
}

#[test]
fn saved_plan_does_what_can_be_seen_and_is_not_stale() {
    let bench = applied();
    remove(&bench, "aws.replication", "acme-archive");
    remove(&bench, "aws.health-check", "");
    bench.run("plan policies --allow many --out p.plan").expect(0);
    lose(&bench, &["ap-northeast-1"]);
    let ran = bench.run("apply p.plan --yes").expect(1);
    assert!(words(&ran.stdout).contains("Left, because it cannot be seen"), "{ran:?}");
    assert_eq!(ids(&bench, "aws.health-check").len(), 5);
    assert!(!ids(&bench, "aws.replication").iter().any(|id| id.contains("archive")));
}

#[test]
fn service_that_goes_keeps_what_cannot_be_seen_until_it_can() {
    let bench = applied();
    for name in ["archive.yaml", "drills.yaml"] {
        std::fs::remove_file(bench.folder.path().join("policies").join(name)).unwrap();
    }
    lose(&bench, &["ap-southeast-1"]);
    let apply = "apply policies --yes --allow many --allow teardown:archive \
                 --allow destroy:aws.bucket.archive.invoices.singapore";
    let ran = bench.run(apply).expect(1);
    let text = words(&ran.stdout);
    assert!(text.contains("aws.bucket.archive.invoices.singapore: ap-southeast-1 does not answer"), "{text}");
    assert!(ids(&bench, "aws.bucket").iter().any(|id| id.contains("invoices")));
    lose(&bench, &[]);
    bench.run(apply).expect(0);
    assert!(!ids(&bench, "aws.bucket").contains(&"acme-archive-invoices-ap-southeast-1".to_owned()));
}
