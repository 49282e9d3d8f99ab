//! What executing commands costs in calls, if all goes well: for the limits of the scheduler.
//!
//! Kept beside the files of the kinds, which make the calls. What is only asked after a lost answer or a
//! refusal does not count; the SDK waits by itself where that turns out to be too much.

use holdfast_compiler::plan::Action;
use holdfast_compiler::resource::Kind;

use super::fields::text;
use super::record_change;
use crate::cloud::{Command, Cost};

/// All operations that can be limited.
pub const OPERATIONS: [&str; 20] = [
    "iam:CreateRole",
    "iam:DeleteRole",
    "iam:DeleteRolePolicy",
    "iam:PutRolePolicy",
    "iam:TagRole",
    "iam:UpdateAssumeRolePolicy",
    "route53:ChangeResourceRecordSets",
    "route53:ChangeTagsForResource",
    "route53:CreateHealthCheck",
    "route53:DeleteHealthCheck",
    "route53:GetChange",
    "route53:UpdateHealthCheck",
    "s3:CreateBucket",
    "s3:DeleteBucketReplication",
    "s3:PutBucketEncryption",
    "s3:PutBucketOwnershipControls",
    "s3:PutBucketReplication",
    "s3:PutBucketTagging",
    "s3:PutBucketVersioning",
    "s3:PutPublicAccessBlock",
];

/// The calls of a batch.
pub(super) fn of(batch: &[Command]) -> Cost {
    let mut cost = Cost::new();
    let mut add = |operation: &'static str| *cost.entry(operation).or_default() += 1;
    for command in batch {
        match command.address.kind() {
            Kind::Bucket => bucket(command).for_each(&mut add),
            Kind::Replication => add(match command.action {
                Action::Delete => "s3:DeleteBucketReplication",
                _ => "s3:PutBucketReplication",
            }),
            Kind::Role => role(command).into_iter().for_each(&mut add),
            Kind::HealthCheck => health_check(command).into_iter().for_each(&mut add),
            Kind::Record | Kind::HostedZone | Kind::Service => {}
        }
    }
    for _ in 0..record_change::changes(batch) {
        ["route53:ChangeResourceRecordSets", "route53:GetChange"].into_iter().for_each(&mut add);
    }
    cost
}

fn bucket(command: &Command) -> impl Iterator<Item = &'static str> {
    let encrypts = text(&command.values, "encryption") != Some("AES256");
    let changes = |name: &str| command.changed.contains(name);
    let creates = command.action != Action::Update;
    let calls = [
        (creates, "s3:CreateBucket"),
        (creates || changes("versioning"), "s3:PutBucketVersioning"),
        (creates || changes("public-access-block"), "s3:PutPublicAccessBlock"),
        (
            if creates { encrypts } else { ["encryption", "kms-key", "bucket-key"].into_iter().any(changes) },
            "s3:PutBucketEncryption",
        ),
        (!creates && changes("ownership"), "s3:PutBucketOwnershipControls"),
        (!creates && changes("tags"), "s3:PutBucketTagging"),
    ];
    calls.into_iter().filter(|(made, _)| *made).map(|(_, operation)| operation)
}

fn role(command: &Command) -> Vec<&'static str> {
    let changes = |name: &str| command.changed.contains(name);
    match command.action {
        Action::Delete => vec!["iam:DeleteRolePolicy", "iam:DeleteRole"],
        Action::Update => {
            let calls = [
                ("trust", "iam:UpdateAssumeRolePolicy"),
                ("policy", "iam:PutRolePolicy"),
                ("tags", "iam:TagRole"),
            ];
            calls.into_iter().filter(|(name, _)| changes(name)).map(|(_, operation)| operation).collect()
        }
        _ => vec!["iam:CreateRole", "iam:PutRolePolicy"],
    }
}

fn health_check(command: &Command) -> Vec<&'static str> {
    let tags = command.changed.contains("tags");
    let settings = command.changed.iter().any(|name| name != "tags");
    match command.action {
        Action::Delete => vec!["route53:DeleteHealthCheck"],
        Action::Update => {
            let calls = [(settings, "route53:UpdateHealthCheck"), (tags, "route53:ChangeTagsForResource")];
            calls.into_iter().filter(|(made, _)| *made).map(|(_, operation)| operation).collect()
        }
        _ => vec!["route53:CreateHealthCheck", "route53:ChangeTagsForResource"],
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use holdfast_compiler::plan::StepId;
    use holdfast_compiler::resource::{Address, Named, Values};
    use serde_json::json;

    use super::*;

    fn command(action: Action, address: &str, values: &serde_json::Value, changed: &[&str]) -> Command {
        let address = Address::try_from(address.to_owned()).unwrap();
        let values: Values = serde_json::from_value(values.clone()).unwrap();
        let changed: BTreeSet<String> = changed.iter().map(|name| (*name).to_owned()).collect();
        let (step, token) = (StepId::of(&address), "0".repeat(16));
        let named = Named::default();
        Command { step, address, action, values, changed, named, object: None, displaces: Vec::new(), token }
    }

    fn cost(batch: &[Command]) -> Vec<(&'static str, u32)> {
        let cost = of(batch);
        assert!(cost.keys().all(|operation| OPERATIONS.contains(operation)), "{cost:?}");
        cost.into_iter().collect()
    }

    #[test]
    fn a_zone_pays_once() {
        let record = |n: usize| {
            let values = json!({"zone": "a.example", "zone-id": "Z1", "name": format!("n{n}.a.example"),
                "type": "A", "routing": "simple", "ttl": 60, "values": ["192.0.2.1"]});
            command(Action::Create, &format!("record.s{n}.t.one"), &values, &[])
        };
        let paid = |records: usize| cost(&(0..records).map(record).collect::<Vec<_>>());
        assert_eq!(paid(1_000), [("route53:ChangeResourceRecordSets", 1), ("route53:GetChange", 1)]);
        assert_eq!(paid(1_001), [("route53:ChangeResourceRecordSets", 2), ("route53:GetChange", 2)]);
    }

    #[test]
    fn a_thing_pays_for_what_it_changes() {
        let made = command(Action::Create, "bucket.s.d.one", &json!({"encryption": "aws:kms"}), &[]);
        let calls: Vec<&str> = cost(&[made]).into_iter().map(|(operation, _)| operation).collect();
        assert_eq!(calls.len(), 4);
        let changed = command(Action::Update, "bucket.s.d.one", &json!({}), &["tags"]);
        assert_eq!(cost(&[changed]), [("s3:PutBucketTagging", 1)]);
        let check = command(Action::Create, "health-check.s.t.one", &json!({}), &[]);
        assert_eq!(cost(&[check]), [("route53:ChangeTagsForResource", 1), ("route53:CreateHealthCheck", 1)]);
        let old = command(Action::Delete, "role.s.d", &json!({}), &[]);
        assert_eq!(cost(&[old]), [("iam:DeleteRole", 1), ("iam:DeleteRolePolicy", 1)]);
    }
}
