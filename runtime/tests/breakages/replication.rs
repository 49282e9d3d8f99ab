//! What somebody can break of a replication: rules, role, and both buckets.

use serde_json::{Value, json};

use crate::breakages::breaks::{ACCESS, BUCKET, REPL, ROLE, Row, bucket_deny, deny, each, revoke};

/// Replication of `payments.ledger`, which is encrypted with KMS, from us-east-1 to us-west-2 and eu-west-1.
pub(crate) const REPLICATION: &[Row] = &[
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
