//! What somebody can break by hand, and what the plan then says of today: never that an objective is met which the broken
//! thing carries. Each row says why the objective is not met, by the documentation of AWS.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
#![allow(clippy::disallowed_methods, reason = "tests lay out the files that are read")]

mod support;

use serde_json::{Value, json};
use support::Bench;

type Break = fn(&mut Value);

/// A thing to break: its kind, a part of its id or name, what is done to it, and what really happens then.
struct Row(&'static str, &'static str, &'static str, Break, &'static str);

/// Replication of `payments.ledger`, which is encrypted with KMS, from us-east-1 to us-west-2 and eu-west-1.
const REPLICATION: &[Row] = &[
    Row(
        "rule is disabled",
        REPL,
        "",
        |o| each(o, "status", json!("Disabled")),
        "a disabled rule copies nothing",
    ),
    Row(
        "rule covers a prefix",
        REPL,
        "",
        |o| each(o, "filter", json!({"prefix": "2025/"})),
        "the rest is not copied",
    ),
    Row(
        "rule covers a tag",
        REPL,
        "",
        |o| each(o, "filter", json!({"tag": {"key": "copy", "value": "yes"}})),
        "untagged objects are not copied",
    ),
    Row(
        "rule copies elsewhere",
        REPL,
        "",
        |o| each(o, "destination", json!("arn:aws:s3:::acme-other")),
        "nothing arrives in our copies",
    ),
    Row("rules are gone", REPL, "", |o| o["attributes"]["rules"] = json!([]), "nothing is copied"),
    Row("configuration is gone", REPL, "", |o| *o = Value::Null, "nothing is copied"),
    Row(
        "KMS objects are not selected",
        REPL,
        "",
        |o| each(o, "sse-kms-objects", json!("Disabled")),
        "objects under SSE-KMS are skipped",
    ),
    Row(
        "copies have no key",
        REPL,
        "",
        |o| each(o, "replica-kms-key", Value::Null),
        "objects under SSE-KMS are skipped",
    ),
    Row(
        "copies have another key",
        REPL,
        "",
        |o| each(o, "replica-kms-key", json!("arn:aws:kms:us-west-2:000000000000:key/other")),
        "the role has no right on it, or it does not exist: FAILED",
    ),
    Row(
        "copies belong to another account",
        REPL,
        "",
        |o| each(o, "account", json!("111122223333")),
        "the bucket is not that account's: FAILED",
    ),
    Row(
        "no replication time control",
        REPL,
        "",
        |o| each(o, "replication-time", Value::Null),
        "S3 states no time for a copy",
    ),
    Row(
        "configuration names another role",
        REPL,
        "",
        |o| o["attributes"]["role"] = json!("arn:aws:iam::000000000000:role/other"),
        "that role's rights are unknown",
    ),
    Row(
        "rule of higher priority covers less",
        REPL,
        "",
        |o| {
            let rules = o["attributes"]["rules"].as_array_mut().unwrap();
            let mut above = rules.clone();
            for rule in &mut above {
                rule["filter"] = json!({"prefix": "2025/"});
                rule["sse-kms-objects"] = json!("Disabled");
            }
            rules.splice(0..0, above);
        },
        "what it covers follows it, and is skipped",
    ),
    Row("role is gone", ROLE, "ledger", |o| *o = Value::Null, "S3 cannot assume it: FAILED"),
    Row(
        "role trusts somebody else",
        ROLE,
        "ledger",
        |o| o["attributes"]["trust"]["Statement"][0]["Principal"] = json!({"Service": "ec2.amazonaws.com"}),
        "S3 cannot assume it: FAILED",
    ),
    Row(
        "role trusts nobody",
        ROLE,
        "ledger",
        |o| o["attributes"]["trust"]["Statement"] = json!([]),
        "S3 cannot assume it: FAILED",
    ),
    Row("role may not write copies", ROLE, "ledger", |o| revoke(o, "s3:ReplicateObject"), "FAILED"),
    Row(
        "role may not copy tags",
        ROLE,
        "ledger",
        |o| revoke(o, "s3:ReplicateTags"),
        "tagged objects: FAILED",
    ),
    Row(
        "role may not read versions",
        ROLE,
        "ledger",
        |o| revoke(o, "s3:GetObjectVersionForReplication"),
        "FAILED",
    ),
    Row("role may not read ACLs", ROLE, "ledger", |o| revoke(o, "s3:GetObjectVersionAcl"), "FAILED"),
    Row(
        "role may not read the configuration",
        ROLE,
        "ledger",
        |o| revoke(o, "s3:GetReplicationConfiguration"),
        "FAILED",
    ),
    Row("role may not list the bucket", ROLE, "ledger", |o| revoke(o, "s3:ListBucket"), "FAILED"),
    Row(
        "role may not use the key",
        ROLE,
        "ledger",
        |o| revoke(o, "kms:Decrypt"),
        "objects under SSE-KMS: FAILED",
    ),
    Row(
        "role is denied one copy",
        ROLE,
        "ledger",
        |o| {
            deny(
                o,
                json!({"Action": "s3:ReplicateObject", "Resource": "arn:aws:s3:::acme-payments-ledger-*/*"}),
            )
        },
        "a deny wins",
    ),
    Row(
        "role is denied all but reading",
        ROLE,
        "ledger",
        |o| deny(o, json!({"NotAction": "s3:Get*", "Resource": "*"})),
        "a deny wins",
    ),
    Row(
        "role has a foreign inline policy",
        ROLE,
        "ledger",
        |o| o["attributes"]["foreign"] = json!({"inline-policies": ["stop"]}),
        "it may deny",
    ),
    Row(
        "role has a foreign attached policy",
        ROLE,
        "ledger",
        |o| o["attributes"]["foreign"] = json!({"attached-policies": ["arn:aws:iam::aws:policy/AWSDenyAll"]}),
        "it may deny",
    ),
    Row(
        "role has a foreign boundary",
        ROLE,
        "ledger",
        |o| o["attributes"]["foreign"] = json!({"boundary": "arn:aws:iam::000000000000:policy/none"}),
        "it may leave out what replication needs",
    ),
    Row(
        "source is not versioned",
        BUCKET,
        "acme-payments-ledger",
        |o| o["attributes"]["versioning"] = json!("Suspended"),
        "new objects have no version to copy",
    ),
    Row("source is gone", BUCKET, "acme-payments-ledger", |o| *o = Value::Null, "there is nothing to copy"),
];

/// The only copy of `archive.invoices`.
const COPY: &[Row] = &[
    Row(
        "copy is not versioned",
        BUCKET,
        "acme-archive-invoices-ap-southeast-1",
        |o| o["attributes"]["versioning"] = json!("Suspended"),
        "S3 refuses to copy into it",
    ),
    Row(
        "copy is gone",
        BUCKET,
        "acme-archive-invoices-ap-southeast-1",
        |o| *o = Value::Null,
        "there is no copy",
    ),
];

/// Failover of `payments.api` from us-east-1 to us-west-2 and then eu-west-1.
const FAILOVER: &[Row] = &[
    Row("primary's record is gone", RECORD, PRIMARY, |o| *o = Value::Null, "the name has no primary"),
    Row(
        "primary points elsewhere",
        RECORD,
        PRIMARY,
        |o| o["attributes"]["values"] = json!(["192.0.2.99"]),
        "users go where the service is not",
    ),
    Row(
        "primary has no health check",
        RECORD,
        PRIMARY,
        |o| o["attributes"]["health-check"] = Value::Null,
        "it always counts as healthy",
    ),
    Row(
        "primary has another health check",
        RECORD,
        PRIMARY,
        |o| o["attributes"]["health-check"] = json!("hc-other"),
        "that one asks something else",
    ),
    Row(
        "primary became secondary",
        RECORD,
        PRIMARY,
        |o| o["attributes"]["failover"] = json!("SECONDARY"),
        "there is no primary",
    ),
    Row(
        "primary is routed by weight",
        RECORD,
        PRIMARY,
        |o| o["attributes"]["routing"] = json!("weighted"),
        "nothing fails over",
    ),
    Row("standby's record is gone", RECORD, STANDBY, |o| *o = Value::Null, "nobody answers for the standby"),
    Row(
        "standby points to the primary",
        RECORD,
        STANDBY,
        |o| o["attributes"]["values"] = json!(["192.0.2.10"]),
        "users stay at the lost site",
    ),
    Row(
        "standby has another health check",
        RECORD,
        STANDBY,
        |o| o["attributes"]["health-check"] = json!("hc-other"),
        "it may count as down",
    ),
    Row("alias to the standbys is gone", RECORD, ALIAS, |o| *o = Value::Null, "the name has no secondary"),
    Row(
        "alias leads elsewhere",
        RECORD,
        ALIAS,
        |o| o["attributes"]["alias-name"] = json!("other.acme.example"),
        "users go where the service is not",
    ),
    Row(
        "alias does not evaluate health",
        RECORD,
        ALIAS,
        |o| o["attributes"]["evaluate-target-health"] = json!(false),
        "a lost standby counts as healthy",
    ),
    Row("check is gone", CHECK, "virginia", |o| *o = Value::Null, "the record's check does not exist"),
    Row(
        "check is disabled",
        CHECK,
        "virginia",
        |o| o["attributes"]["disabled"] = json!(true),
        "a disabled check is always healthy",
    ),
    Row(
        "check is inverted",
        CHECK,
        "virginia",
        |o| o["attributes"]["inverted"] = json!(true),
        "down counts as healthy",
    ),
    Row(
        "check asks another address",
        CHECK,
        "virginia",
        |o| o["attributes"]["ip"] = json!("198.51.100.10"),
        "the loss is not seen",
    ),
    Row(
        "check asks another port",
        CHECK,
        "virginia",
        |o| o["attributes"]["port"] = json!(22),
        "the loss of the service is not seen",
    ),
    Row(
        "check asks another path",
        CHECK,
        "virginia",
        |o| o["attributes"]["path"] = json!("/"),
        "the loss of the service is not seen",
    ),
    Row(
        "check asks by another protocol",
        CHECK,
        "virginia",
        |o| o["attributes"]["type"] = json!("TCP"),
        "an open port is healthy",
    ),
    Row(
        "check asks another host",
        CHECK,
        "virginia",
        |o| o["attributes"]["domain"] = json!("other.acme.example"),
        "another site of the server answers",
    ),
    Row(
        "check wants another text",
        CHECK,
        "virginia",
        |o| o["attributes"]["search"] = json!("ok"),
        "it asks something else",
    ),
    Row(
        "check sends no server name",
        CHECK,
        "virginia",
        |o| o["attributes"]["sni"] = json!(false),
        "the handshake may fail",
    ),
];

const REPL: &str = "aws.replication";
const ROLE: &str = "aws.role";
const BUCKET: &str = "aws.bucket";
const RECORD: &str = "aws.record";
const CHECK: &str = "aws.health-check";
const PRIMARY: &str = "/api.payments.acme.example/A/virginia";
const STANDBY: &str = "/_standby1.api.payments.acme.example/A/oregon";
const ALIAS: &str = "/api.payments.acme.example/A/virginia-standbys";

/// Set a key of every rule.
fn each(object: &mut Value, key: &str, value: Value) {
    let rules = object["attributes"]["rules"].as_array_mut().unwrap();
    rules.iter_mut().for_each(|rule| rule[key] = value.clone());
}

/// Take an action out of the role's policy.
fn revoke(role: &mut Value, action: &str) {
    let statements = role["attributes"]["policy"]["Statement"].as_array_mut().unwrap();
    let mut found = false;
    for statement in statements.iter_mut() {
        let before = statement["Action"].clone();
        match &mut statement["Action"] {
            Value::Array(actions) => actions.retain(|one| one != action),
            Value::String(one) if one == action => statement["Action"] = json!("s3:Nothing"),
            _ => {}
        }
        found |= before != statement["Action"];
    }
    assert!(found, "{action} is not granted: {role}");
}

fn deny(role: &mut Value, statement: Value) {
    let mut statement = statement;
    statement["Effect"] = json!("Deny");
    role["attributes"]["policy"]["Statement"].as_array_mut().unwrap().push(statement);
}

/// What the plan says of today: of one objective of a service after the loss of its site.
fn today(bench: &Bench<'_>, service: &str, measure: &str) -> (Value, u64) {
    let ran = bench.run("plan policies --format json");
    let plan: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"));
    let mut of = plan["objectives"].as_array().unwrap().iter().filter(|one| {
        one["service"] == service && one["disruption"] == "site-loss" && one["measure"] == measure
    });
    let one = of.next().unwrap();
    (one["before"].clone(), one["objective_seconds"].as_u64().unwrap())
}

fn is_met((before, objective): &(Value, u64)) -> bool {
    before["seconds"].as_u64().is_some_and(|seconds| seconds <= *objective)
}

fn try_all(rows: &[Row], service: &str, measure: &str) {
    let bench = Bench::local();
    bench.shipped_policies();
    bench.run("apply policies --yes").expect(0);
    let whole = today(&bench, service, measure);
    assert!(is_met(&whole), "unbroken: {whole:?}");
    let cloud = bench.read("cloud.json");
    for Row(name, kind, part, change, why) in rows {
        let mut broken: Value = serde_json::from_str(&cloud).unwrap();
        let objects = broken["objects"].as_array_mut().unwrap();
        let mine = |one: &&mut Value| {
            let tags = one["attributes"]["tags"]["Name"].as_str().unwrap_or_default();
            let id = one["id"].as_str().unwrap();
            one["kind"] == *kind
                && match *kind {
                    REPL => id == "acme-payments-ledger",
                    BUCKET => id == *part,
                    CHECK => tags == format!("payments.api@{part}"),
                    ROLE => id.contains(part),
                    _ => id.ends_with(part),
                }
        };
        let mut hit: Vec<&mut Value> = objects.iter_mut().filter(mine).collect();
        let ids: Vec<String> = hit.iter().map(|one| one["id"].to_string()).collect();
        assert_eq!(hit.len(), 1, "{name}: {ids:?}");
        change(hit[0]);
        objects.retain(|one| !one.is_null());
        bench.write("cloud.json", &broken.to_string());
        let said = today(&bench, service, measure);
        assert!(!is_met(&said), "{name} ({why}), and the plan says {}", said.0);
    }
}

#[test]
fn broken_replication_is_never_an_objective_that_is_met() {
    try_all(REPLICATION, "payments", "rpo");
    try_all(COPY, "archive", "rpo");
}

#[test]
fn broken_failover_is_never_an_objective_that_is_met() {
    try_all(FAILOVER, "payments", "rto");
}

#[test]
fn change_of_the_policy_that_waits_for_an_apply_breaks_nothing_today() {
    let bench = Bench::local();
    bench.shipped_policies();
    bench.run("apply policies --yes").expect(0);
    let (before, _) = today(&bench, "payments", "rto");
    let policy = bench.read("policies/payments.yaml");
    bench.write("policies/payments.yaml", &policy.replace("/healthz", "/health"));
    assert_eq!(today(&bench, "payments", "rto").0, before);
    let cloud = bench.read("cloud.json");
    bench.write("cloud.json", &cloud.replace("\"/healthz\"", "\"/other\""));
    assert!(!is_met(&today(&bench, "payments", "rto")));
}
