//! What somebody can break by hand, and what the plan then says of today: never that an objective is met which the broken
//! thing carries. Each row says why the objective is not met, by the documentation of AWS.

mod aws;
mod backups;
mod breaks;
mod copies;
mod failover;
mod replication;

use crate::support::Bench;
use backups::{BACKUPS, HARMLESS, MADE_KEY, PLAN, SELECTION, VAULT};
use breaks::{
    ACCESS, BUCKET, CHECK, INVOICES, KEY, NAME_SERVER, RECORD, REPL, ROLE, Row, bucket_deny, lifecycle,
};
use copies::{COPY, KEYS, VERSIONS};
use failover::FAILOVER;
use replication::REPLICATION;
use serde_json::{Value, json};

/// An objective of a service: the service, the disruption, the measure.
type Which<'a> = (&'a str, &'a str, &'a str);

/// What the plan says of an objective, of today and of the time after the plan.
fn said(bench: &Bench<'_>, (service, disruption, measure): Which<'_>) -> [(Value, u64); 2] {
    let ran = bench.run("plan policies --format json");
    let plan: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"));
    let mut of = plan["objectives"].as_array().unwrap().iter().filter(|one| {
        one["service"] == service && one["disruption"] == disruption && one["measure"] == measure
    });
    let one = of.next().unwrap();
    ["before", "after"].map(|when| (one[when].clone(), one["objective_seconds"].as_u64().unwrap()))
}

/// What the plan says of today.
fn today(bench: &Bench<'_>, which: Which<'_>) -> (Value, u64) {
    let [today, _] = said(bench, which);
    today
}

fn is_met((before, objective): &(Value, u64)) -> bool {
    before["seconds"].as_u64().is_some_and(|seconds| seconds <= *objective)
}

/// Give the sites of the archive keys of their own, and its contracts one copy.
fn own_keys(bench: &Bench<'_>) {
    let estate = bench.read("policies/estate.yaml");
    let estate = ["tokyo", "singapore"].iter().fold(estate, |text, site| {
        let at = text.find(&format!("  {site}: {{ aws: ")).unwrap();
        let end = at + text[at..].find(" }").unwrap();
        format!("{}, kms-key: alias/acme-{site}{}", &text[..end], &text[end..])
    });
    bench.write("policies/estate.yaml", &estate);
    let archive = bench.read("policies/archive.yaml");
    bench.write("policies/archive.yaml", &archive.replace("to: [singapore, oregon]", "to: [singapore]"));
}

/// Break each thing in turn. What no policy manages stays broken after the plan.
fn try_all(rows: &[Row], which: Which<'_>) {
    let bench = Bench::local();
    bench.shipped_policies();
    own_keys(&bench);
    bench.run("apply policies --yes").expect(0);
    let whole = today(&bench, which);
    assert!(is_met(&whole), "unbroken: {whole:?}");
    let cloud = bench.read("cloud.json");
    for Row(name, kind, part, change, why) in rows {
        let mut broken: Value = serde_json::from_str(&cloud).unwrap();
        let objects = broken["objects"].as_array_mut().unwrap();
        match *kind {
            ACCESS => objects.push(json!({"kind": kind, "id": part, "attributes": {"name": part}})),
            KEY => objects.push(json!({"kind": kind, "id": part, "attributes": {"arn": part}})),
            NAME_SERVER => {
                let zone = objects
                    .iter()
                    .find(|one| one["id"] == "acme.example" || one["attributes"]["name"] == "acme.example");
                let zone = zone.unwrap()["outputs"]["id"].clone();
                objects.push(json!({"kind": RECORD, "id": format!("{}/{part}/NS", zone.as_str().unwrap()), "attributes": {
                    "zone": "acme.example", "zone-id": zone, "name": part, "type": "NS", "routing": "simple", "ttl": 300,
                    "values": ["ns.other.example"],
                }}));
            }
            _ => {}
        }
        let mine = |one: &&mut Value| {
            let tags = one["attributes"]["tags"]["Name"].as_str().unwrap_or_default();
            let id = one["id"].as_str().unwrap();
            match *kind {
                NAME_SERVER => id.ends_with(&format!("/{part}/NS")),
                _ if one["kind"] != *kind => false,
                REPL => id == "acme-payments-ledger",
                BUCKET | ACCESS | KEY => id == *part,
                CHECK => tags == format!("payments.api@{part}"),
                ROLE => id.contains(part) && id.contains("AWSBackup") == part.contains("AWSBackup"),
                PLAN | SELECTION => one["attributes"]["name"].to_string().contains("payments-ledger"),
                VAULT | MADE_KEY => id.contains(part),
                _ => id.ends_with(part),
            }
        };
        let mut hit: Vec<&mut Value> = objects.iter_mut().filter(mine).collect();
        let ids: Vec<String> = hit.iter().map(|one| one["id"].to_string()).collect();
        assert_eq!(hit.len(), 1, "{name}: {ids:?}");
        change(hit[0]);
        objects.retain(|one| !one.is_null());
        bench.write("cloud.json", &broken.to_string());
        let [today, after] = said(&bench, which);
        assert!(!is_met(&today), "{name} ({why}), and the plan says {}", today.0);
        if [ACCESS, KEY, NAME_SERVER].contains(kind) {
            assert!(!is_met(&after), "{name} ({why}) stays, and the plan says {}", after.0);
        }
    }
}

/// A table for a person who looks for what a plan finds.
#[test]
fn breakages_are_many_and_each_has_its_own_name() {
    let all = [REPLICATION, COPY, VERSIONS, KEYS, FAILOVER, BACKUPS];
    let names: std::collections::BTreeSet<&str> =
        all.iter().flat_map(|rows| rows.iter()).map(|row| row.0).collect();
    assert_eq!(names.len(), all.iter().map(|rows| rows.len()).sum::<usize>());
    assert!(names.len() >= 75, "{}", names.len());
}

#[test]
fn broken_replication_is_never_an_objective_that_is_met() {
    try_all(REPLICATION, ("payments", "site-loss", "rpo"));
    try_all(COPY, ("archive", "site-loss", "rpo"));
}

#[test]
fn broken_backup_is_never_an_objective_that_is_met() {
    try_all(BACKUPS, ("payments", "account-compromise", "rpo"));
}

#[test]
fn backup_that_promises_as_much_keeps_the_objective() {
    let bench = Bench::local();
    bench.shipped_policies();
    bench.run("apply policies --yes").expect(0);
    let cloud = bench.read("cloud.json");
    for Row(name, _, _, change, _) in HARMLESS {
        let mut changed: Value = serde_json::from_str(&cloud).unwrap();
        let objects = changed["objects"].as_array_mut().unwrap();
        change(objects.iter_mut().find(|one| one["kind"] == PLAN).unwrap());
        bench.write("cloud.json", &changed.to_string());
        let today = today(&bench, ("payments", "account-compromise", "rpo"));
        assert!(is_met(&today), "{name}: {}", today.0);
    }
}

#[test]
fn broken_key_is_never_an_objective_that_is_met() {
    try_all(KEYS, ("archive", "site-loss", "rpo"));
}

#[test]
fn expired_version_is_never_an_objective_that_is_met() {
    try_all(VERSIONS, ("payments", "corruption", "rpo"));
}

#[test]
fn broken_failover_is_never_an_objective_that_is_met() {
    try_all(FAILOVER, ("payments", "site-loss", "rto"));
}

/// The way to ask for TLS, rules that the primary bucket has too, and rules that only tidy up.
#[test]
fn settings_that_break_nothing_keep_the_objective() {
    let bench = Bench::local();
    bench.shipped_policies();
    bench.run("apply policies --yes").expect(0);
    let cloud: Value = serde_json::from_str(&bench.read("cloud.json")).unwrap();
    let set = |of: &dyn Fn(&mut Value, &mut Value)| {
        let mut cloud = cloud.clone();
        let [mut source, mut copy] = ["acme-archive-invoices", INVOICES]
            .map(|name| json!({"kind": ACCESS, "id": name, "attributes": {"name": name}}));
        of(&mut source, &mut copy);
        cloud["objects"].as_array_mut().unwrap().extend([source, copy]);
        bench.write("cloud.json", &cloud.to_string());
        let today = today(&bench, ("archive", "site-loss", "rpo"));
        assert!(is_met(&today), "{today:?}");
    };
    set(&|source, copy| {
        for bucket in [source, copy] {
            let tls = json!({"Bool": {"aws:SecureTransport": "false"}});
            bucket_deny(
                bucket,
                json!({"Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": tls}),
            );
        }
    });
    set(&|source, copy| {
        lifecycle(source, json!({"expires-days": 365}));
        lifecycle(copy, json!({"expires-days": 400}));
    });
    set(&|_, copy| lifecycle(copy, json!({"noncurrent-days": 1, "moves-to": ["STANDARD_IA", "GLACIER_IR"]})));
    set(&|_, copy| lifecycle(copy, json!({"expires-days": 1, "status": "Disabled"})));
    set(&|source, copy| {
        for bucket in [source, copy] {
            bucket["attributes"]["object-lock"] = json!({"mode": "COMPLIANCE", "days": 30});
        }
    });
}

/// S3 copies an object of a bucket with Object Lock only with its retention and its legal hold.
#[test]
fn role_that_may_not_read_retention_copies_nothing_from_a_locked_bucket() {
    let bench = Bench::local();
    bench.shipped_policies();
    bench.run("apply policies --yes").expect(0);
    let mut cloud: Value = serde_json::from_str(&bench.read("cloud.json")).unwrap();
    let objects = cloud["objects"].as_array_mut().unwrap();
    for name in ["acme-archive-invoices", INVOICES] {
        objects.push(json!({"kind": ACCESS, "id": name, "attributes": {"name": name, "object-lock": {}}}));
    }
    let which = ("archive", "site-loss", "rpo");
    bench.write("cloud.json", &cloud.to_string());
    assert!(is_met(&today(&bench, which)));
    let is_role = |one: &&mut Value| {
        one["kind"] == ROLE && one["id"].as_str().unwrap().starts_with("holdfast-acme-archive-invoices-")
    };
    let role = cloud["objects"].as_array_mut().unwrap().iter_mut().find(is_role).unwrap();
    breaks::revoke(role, "s3:GetObjectRetention");
    bench.write("cloud.json", &cloud.to_string());
    assert!(!is_met(&today(&bench, which)));
    // The plan gives the right back.
    bench.run("apply policies --yes").expect(0);
    let plan: Value =
        serde_json::from_str(&bench.run("plan policies --format json").expect(0).stdout).unwrap();
    let gap = plan["objectives"].to_string();
    assert!(gap.contains("not met until backfilled"), "{gap}");
}

/// Configurations of earlier versions, and of others, name no owner of the copy.
#[test]
fn rule_that_names_no_owner_still_copies_and_gets_one_in_place() {
    let bench = Bench::local();
    bench.shipped_policies();
    bench.run("apply policies --yes").expect(0);
    let mut cloud: Value = serde_json::from_str(&bench.read("cloud.json")).unwrap();
    for one in cloud["objects"].as_array_mut().unwrap().iter_mut().filter(|one| one["kind"] == REPL) {
        for rule in one["attributes"]["rules"].as_array_mut().unwrap() {
            assert_eq!(rule.as_object_mut().unwrap().remove("account"), Some(json!("000000000000")));
        }
    }
    bench.write("cloud.json", &cloud.to_string());
    let pending = bench.pending();
    assert_eq!(pending.len(), 5 + 2, "the ledger goes both ways: {pending:?}");
    assert!(
        pending.iter().all(|(action, address)| action == "update" && address.starts_with(REPL)),
        "{pending:?}"
    );
    assert!(is_met(&today(&bench, ("payments", "site-loss", "rpo"))));
    bench.run("apply policies --yes").expect(0);
    bench.run("plan policies --detailed-exitcode").expect(0);
}

#[test]
fn change_of_the_policy_that_waits_for_an_apply_breaks_nothing_today() {
    let bench = Bench::local();
    bench.shipped_policies();
    bench.run("apply policies --yes").expect(0);
    let failover = ("payments", "site-loss", "rto");
    let (before, _) = today(&bench, failover);
    let policy = bench.read("policies/payments.yaml");
    bench.write("policies/payments.yaml", &policy.replace("/healthz", "/health"));
    assert_eq!(today(&bench, failover).0, before);
    let cloud = bench.read("cloud.json");
    bench.write("cloud.json", &cloud.replace("\"/healthz\"", "\"/other\""));
    assert!(!is_met(&today(&bench, failover)));
}
