//! A thing to break, and ways to break it.

use serde_json::{Value, json};

pub(crate) type Break = fn(&mut Value);

/// A thing to break: its kind, a part of its id or name, what is done to it, and what really happens then.
pub(crate) struct Row(
    pub(crate) &'static str,
    pub(crate) &'static str,
    pub(crate) &'static str,
    pub(crate) Break,
    pub(crate) &'static str,
);

pub(crate) const REPL: &str = "aws.replication";
pub(crate) const ROLE: &str = "aws.role";
pub(crate) const BUCKET: &str = "aws.bucket";
pub(crate) const RECORD: &str = "aws.record";
pub(crate) const CHECK: &str = "aws.health-check";
pub(crate) const ACCESS: &str = "aws.bucket-access";
pub(crate) const KEY: &str = "aws.key";
/// An NS record that somebody makes at a name.
pub(crate) const NAME_SERVER: &str = "NS";
pub(crate) const INVOICES: &str = "acme-archive-invoices-ap-southeast-1";
pub(crate) const TOKYO: &str = "arn:aws:kms:ap-northeast-1:000000000000:alias/acme-tokyo";
pub(crate) const SINGAPORE: &str = "arn:aws:kms:ap-southeast-1:000000000000:alias/acme-singapore";
pub(crate) const PRIMARY: &str = "/api.payments.acme.example/A/virginia";
pub(crate) const STANDBY: &str = "/_standby1.api.payments.acme.example/A/oregon";
pub(crate) const ALIAS: &str = "/api.payments.acme.example/A/virginia-standbys";

/// Set a key of every rule.
pub(crate) fn each(object: &mut Value, key: &str, value: Value) {
    let rules = object["attributes"]["rules"].as_array_mut().unwrap();
    rules.iter_mut().for_each(|rule| rule[key] = value.clone());
}

/// Take an action out of the role's policy.
pub(crate) fn revoke(role: &mut Value, action: &str) {
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

pub(crate) fn deny(role: &mut Value, statement: Value) {
    let mut statement = statement;
    statement["Effect"] = json!("Deny");
    role["attributes"]["policy"]["Statement"].as_array_mut().unwrap().push(statement);
}

/// Put a denial into the policy of a bucket.
pub(crate) fn bucket_deny(access: &mut Value, mut statement: Value) {
    statement["Effect"] = json!("Deny");
    let all = json!({"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"});
    access["attributes"]["policy"] = json!({"Version": "2012-10-17", "Statement": [all, statement]});
}

/// Put a rule into the lifecycle configuration of a bucket.
pub(crate) fn lifecycle(access: &mut Value, rule: Value) {
    let mut one = json!({"id": "tidy", "status": "Enabled", "filter": {}});
    one.as_object_mut().unwrap().extend(rule.as_object().unwrap().clone());
    access["attributes"]["lifecycle"] = json!([one]);
}

pub(crate) fn state(key: &mut Value, state: &str) {
    key["attributes"]["state"] = json!(state);
}
