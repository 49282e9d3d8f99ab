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
    Row(
        "source encrypts with another key",
        BUCKET,
        "acme-payments-ledger",
        |o| o["attributes"]["kms-key"] = json!("arn:aws:kms:us-east-1:000000000000:key/other"),
        "the role may not decrypt with it: FAILED",
    ),
    Row(
        "source lets writers own their objects",
        BUCKET,
        "acme-payments-ledger",
        |o| o["attributes"]["ownership"] = json!("ObjectWriter"),
        "objects that another account owns are copied only if it allows that",
    ),
    Row(
        "source's policy denies reading versions",
        ACCESS,
        "acme-payments-ledger",
        |o| {
            bucket_deny(
                o,
                json!({"Principal": "*", "Action": "s3:GetObjectVersion*", "Resource": "arn:aws:s3:::acme-payments-ledger/*"}),
            )
        },
        "a deny wins: SrcGetObjectNotPermitted",
    ),
    Row(
        "source's policy denies the account",
        ACCESS,
        "acme-payments-ledger",
        |o| {
            bucket_deny(
                o,
                json!({"Principal": {"AWS": "arn:aws:iam::000000000000:root"}, "Action": "s3:*", "Resource": "*"}),
            )
        },
        "the role belongs to the account",
    ),
    Row(
        "source's policy denies all but an administrator",
        ACCESS,
        "acme-payments-ledger",
        |o| {
            bucket_deny(
                o,
                json!({"NotPrincipal": {"AWS": "arn:aws:iam::000000000000:user/admin"}, "Action": "s3:*", "Resource": "*"}),
            )
        },
        "the role is not the administrator",
    ),
    Row(
        "source's policy has a condition that may hit the role",
        ACCESS,
        "acme-payments-ledger",
        |o| {
            bucket_deny(
                o,
                json!({"Principal": "*", "Action": "s3:*", "Resource": "*",
                    "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}}),
            );
        },
        "S3 does not come through an endpoint of a network, so the deny applies",
    ),
    Row(
        "source is paid for by requesters",
        ACCESS,
        "acme-payments-ledger",
        |o| o["attributes"]["payer"] = json!("Requester"),
        "the role's requests name no payer",
    ),
    Row(
        "source has object lock and the copies have not",
        ACCESS,
        "acme-payments-ledger",
        |o| o["attributes"]["object-lock"] = json!({"mode": "COMPLIANCE", "days": 30}),
        "DstBucketObjectLockConfigMissing",
    ),
    Row(
        "source's policy cannot be read",
        ACCESS,
        "acme-payments-ledger",
        |o| o["attributes"]["unread"] = json!({"policy": "s3:GetBucketPolicy: AccessDenied"}),
        "it may deny",
    ),
    Row(
        "source's lock cannot be read",
        ACCESS,
        "acme-payments-ledger",
        |o| o["attributes"]["unread"] = json!({"object-lock": "s3:GetObjectLockConfiguration: AccessDenied"}),
        "the copies may need it",
    ),
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
    Row(
        "copy's policy denies copying",
        ACCESS,
        INVOICES,
        |o| {
            bucket_deny(
                o,
                json!({"Principal": "*", "Action": "s3:ReplicateObject", "Resource": "arn:aws:s3:::acme-archive-invoices-ap-southeast-1/*"}),
            )
        },
        "DstPutObjectNotPermitted",
    ),
    Row(
        "copy's policy denies deletions",
        ACCESS,
        INVOICES,
        |o| {
            bucket_deny(
                o,
                json!({"Principal": {"AWS": "*"}, "NotAction": ["s3:Get*", "s3:List*", "s3:ReplicateObject"], "Resource": "*"}),
            )
        },
        "what is deleted at the source stays in the copy, and tags are not copied",
    ),
    Row(
        "copy's policy denies a part of the bucket",
        ACCESS,
        INVOICES,
        |o| {
            bucket_deny(
                o,
                json!({"Principal": "*", "Action": "*", "Resource": "arn:aws:s3:::acme-archive-invoices-ap-southeast-1/2026/*"}),
            )
        },
        "that part is not copied",
    ),
    Row(
        "copy's policy denies all but a part",
        ACCESS,
        INVOICES,
        |o| {
            bucket_deny(
                o,
                json!({"Principal": "*", "Action": "*", "NotResource": "arn:aws:s3:::acme-archive-invoices-ap-southeast-1/2026/*"}),
            )
        },
        "the rest is not copied",
    ),
    Row(
        "copy's policy denies the service",
        ACCESS,
        INVOICES,
        |o| {
            bucket_deny(
                o,
                json!({"Principal": {"Service": "s3.amazonaws.com"}, "Action": "s3:Replicate*", "Resource": "*"}),
            )
        },
        "it is S3 that copies",
    ),
    Row(
        "copy expires objects",
        ACCESS,
        INVOICES,
        |o| lifecycle(o, json!({"expires-days": 30})),
        "an object is in the primary bucket and no longer in the copy",
    ),
    Row(
        "copy expires objects on a day",
        ACCESS,
        INVOICES,
        |o| lifecycle(o, json!({"expires-on": "2027-01-01T00:00:00Z"})),
        "from that day on the copy is empty",
    ),
    Row(
        "copy expires a part of the objects",
        ACCESS,
        INVOICES,
        |o| lifecycle(o, json!({"expires-days": 3650, "filter": {"prefix": "2016/"}})),
        "that part is in the primary bucket only",
    ),
    Row(
        "copy moves objects to an archive",
        ACCESS,
        INVOICES,
        |o| lifecycle(o, json!({"moves-to": ["DEEP_ARCHIVE"]})),
        "nobody can read them before a restore of hours",
    ),
    Row(
        "copy is paid for by requesters",
        ACCESS,
        INVOICES,
        |o| o["attributes"]["payer"] = json!("Requester"),
        "S3 does not copy into it",
    ),
    Row(
        "copy's lifecycle cannot be read",
        ACCESS,
        INVOICES,
        |o| {
            o["attributes"]["unread"] =
                json!({"lifecycle": "s3:GetBucketLifecycleConfiguration: AccessDenied"})
        },
        "it may expire objects",
    ),
    Row(
        "copy's payer cannot be read",
        ACCESS,
        INVOICES,
        |o| o["attributes"]["unread"] = json!({"payer": "s3:GetBucketRequestPayment: AccessDenied"}),
        "it may be the requester",
    ),
];

/// The versions of `payments.ledger`, which are for corruption.
const VERSIONS: &[Row] = &[
    Row(
        "versions expire before anybody notices",
        ACCESS,
        "acme-payments-ledger",
        |o| lifecycle(o, json!({"noncurrent-days": 1})),
        "the last good version is gone",
    ),
    Row(
        "whether versions expire cannot be read",
        ACCESS,
        "acme-payments-ledger",
        |o| {
            o["attributes"]["unread"] =
                json!({"lifecycle": "s3:GetBucketLifecycleConfiguration: AccessDenied"})
        },
        "they may",
    ),
];

/// The keys of `archive.contracts`, from ap-northeast-1 to ap-southeast-1.
const KEYS: &[Row] = &[
    Row("source's key is disabled", KEY, TOKYO, |o| state(o, "Disabled"), "S3 cannot decrypt"),
    Row("source's key is to be deleted", KEY, TOKYO, |o| state(o, "PendingDeletion"), "S3 cannot decrypt"),
    Row("source's key is gone", KEY, TOKYO, |o| state(o, "Deleted"), "S3 cannot decrypt"),
    Row("source's key lost its material", KEY, TOKYO, |o| state(o, "PendingImport"), "S3 cannot decrypt"),
    Row("copy's key is disabled", KEY, SINGAPORE, |o| state(o, "Disabled"), "DstKmsKeyInvalidState"),
    Row(
        "copy's key is to be deleted",
        KEY,
        SINGAPORE,
        |o| state(o, "PendingDeletion"),
        "DstKmsKeyInvalidState",
    ),
    Row("copy's key is gone", KEY, SINGAPORE, |o| state(o, "Deleted"), "DstKmsKeyNotFound"),
    Row("copy's key store is cut off", KEY, SINGAPORE, |o| state(o, "Unavailable"), "DstKmsKeyInvalidState"),
    Row(
        "copy's key is in another region",
        KEY,
        SINGAPORE,
        |o| o["attributes"]["region"] = json!("ap-northeast-1"),
        "a replica's key is of the replica's region: DstKmsKeyNotFound",
    ),
    Row(
        "copy's key is asymmetric",
        KEY,
        SINGAPORE,
        |o| o["attributes"]["spec"] = json!("RSA_4096"),
        "S3 supports symmetric keys only",
    ),
    Row(
        "copy's key only signs",
        KEY,
        SINGAPORE,
        |o| o["attributes"]["usage"] = json!("GENERATE_VERIFY_MAC"),
        "it does not encrypt",
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
    Row(
        "check asks from two regions",
        CHECK,
        "virginia",
        |o| o["attributes"]["regions"] = json!(["us-east-1", "us-west-2"]),
        "the loss of one of them decides",
    ),
    Row(
        "standby's check asks from one region",
        CHECK,
        "oregon",
        |o| o["attributes"]["regions"] = json!(["us-east-1"]),
        "with that region lost the standby counts as down",
    ),
    Row(
        "name is delegated",
        NAME_SERVER,
        "api.payments.acme.example",
        |_| {},
        "nobody asks this zone for the name",
    ),
    Row(
        "name of the standbys is delegated",
        NAME_SERVER,
        "_standby1.api.payments.acme.example",
        |_| {},
        "nobody asks this zone for the standbys",
    ),
];

const REPL: &str = "aws.replication";
const ROLE: &str = "aws.role";
const BUCKET: &str = "aws.bucket";
const RECORD: &str = "aws.record";
const CHECK: &str = "aws.health-check";
const ACCESS: &str = "aws.bucket-access";
const KEY: &str = "aws.key";
/// An NS record that somebody makes at a name.
const NAME_SERVER: &str = "NS";
const INVOICES: &str = "acme-archive-invoices-ap-southeast-1";
const TOKYO: &str = "arn:aws:kms:ap-northeast-1:000000000000:alias/acme-tokyo";
const SINGAPORE: &str = "arn:aws:kms:ap-southeast-1:000000000000:alias/acme-singapore";
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

/// Put a denial into the policy of a bucket.
fn bucket_deny(access: &mut Value, mut statement: Value) {
    statement["Effect"] = json!("Deny");
    let all = json!({"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"});
    access["attributes"]["policy"] = json!({"Version": "2012-10-17", "Statement": [all, statement]});
}

/// Put a rule into the lifecycle configuration of a bucket.
fn lifecycle(access: &mut Value, rule: Value) {
    let mut one = json!({"id": "tidy", "status": "Enabled", "filter": {}});
    one.as_object_mut().unwrap().extend(rule.as_object().unwrap().clone());
    access["attributes"]["lifecycle"] = json!([one]);
}

fn state(key: &mut Value, state: &str) {
    key["attributes"]["state"] = json!(state);
}

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

/// Break each thing in turn. What no policy manages stays broken after the plan.
fn try_all(rows: &[Row], which: Which<'_>) {
    let bench = Bench::local();
    bench.shipped_policies();
    let estate = bench.read("policies/estate.yaml");
    let estate = ["tokyo", "singapore"].iter().fold(estate, |text, site| {
        let at = text.find(&format!("  {site}: {{ aws: ")).unwrap();
        let end = at + text[at..].find(" }").unwrap();
        format!("{}, kms-key: alias/acme-{site}{}", &text[..end], &text[end..])
    });
    bench.write("policies/estate.yaml", &estate);
    let archive = bench.read("policies/archive.yaml");
    bench.write("policies/archive.yaml", &archive.replace("to: [singapore, oregon]", "to: [singapore]"));
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
    let all = [REPLICATION, COPY, VERSIONS, KEYS, FAILOVER];
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
