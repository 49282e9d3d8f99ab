//! Parsing and normalising IAM policy documents.
//!
//! The normal form is the one that the compiler writes, so that only real differences show: statements are a list; in
//! a statement of a role's own policy, actions and resources are lists; in a trust policy, as in every condition, a
//! single item is not in a list. The order of lists stays, because IAM keeps it.
//!
//! Source: IAM User Guide, "IAM JSON policy elements reference" (a list of one item means the same as the item
//! alone).

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::error::fault;
use crate::cloud::CloudError;
use holdfast_compiler::resource::Call;

/// Parses and normalises a document as IAM returns it: percent-encoded JSON (RFC 3986).
pub(super) fn parse(call: &Call, encoded: &str) -> Result<Value, CloudError> {
    let broken = |why: String| fault(call, "BadAnswer", format!("a policy document: {why}"));
    let text = percent_decode_str(encoded).decode_utf8().map_err(|error| broken(error.to_string()))?;
    serde_json::from_str(&text).map(normalise).map_err(|error| broken(error.to_string()))
}

/// Parses and normalises a document as S3 returns it: plain JSON.
pub(super) fn plain(call: &Call, text: &str) -> Result<Value, CloudError> {
    let broken = |why: serde_json::Error| fault(call, "BadAnswer", format!("a policy document: {why}"));
    serde_json::from_str(text).map(normalise).map_err(broken)
}

/// A document in normal form.
pub(super) fn normalise(mut document: Value) -> Value {
    if let Some(statements) = document.get_mut("Statement") {
        *statements = Value::Array(items(statements.take()).into_iter().map(statement).collect());
    }
    document
}

fn statement(statement: Value) -> Value {
    let Value::Object(statement) = statement else { return statement };
    let trust = statement.contains_key("Principal") || statement.contains_key("NotPrincipal");
    let element = |(name, value): (String, Value)| {
        let value = match name.as_str() {
            "Action" | "NotAction" | "Resource" | "NotResource" if trust => alone(value),
            "Action" | "NotAction" | "Resource" | "NotResource" => Value::Array(items(value)),
            "Principal" | "NotPrincipal" => each(value, alone),
            "Condition" => each(value, |operator| each(operator, alone)),
            _ => value,
        };
        (name, value)
    };
    Value::Object(statement.into_iter().map(element).collect())
}

fn each(value: Value, change: impl Fn(Value) -> Value) -> Value {
    match value {
        Value::Object(map) => {
            let changed: Map<_, _> = map.into_iter().map(|(key, value)| (key, change(value))).collect();
            Value::Object(changed)
        }
        value => value,
    }
}

fn items(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items,
        item => vec![item],
    }
}

fn alone(value: Value) -> Value {
    match value {
        Value::Array(mut items) if items.len() == 1 => items.pop().unwrap_or_default(),
        value => value,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use holdfast_compiler::provider::aws::iam::role::READ_ALL;

    use super::*;

    /// The two documents that the compiler writes, with every element it can use.
    fn written() -> [Value; 2] {
        [
            json!({"Version": "2012-10-17", "Statement": [{
                "Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}},
            }]}),
            json!({"Version": "2012-10-17", "Statement": [
                {"Sid": "WriteCopies", "Effect": "Allow", "Action": ["s3:ReplicateDelete", "s3:ReplicateTags"],
                 "Resource": ["arn:aws:s3:::z/*", "arn:aws:s3:::a/*"],
                 "Condition": {"StringEquals": {"s3:ResourceAccount": "111122223333"}}},
                {"Sid": "ReadKey", "Effect": "Allow", "Action": ["kms:Decrypt"],
                 "Resource": ["arn:aws:kms:eu-west-1:111122223333:key/*"],
                 "Condition": {
                    "StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"},
                    "StringLike": {"kms:EncryptionContext:aws:s3:arn": ["arn:aws:s3:::a", "arn:aws:s3:::a/*"]},
                 }},
            ]}),
        ]
    }

    #[test]
    fn written_documents_are_in_normal_form() {
        for document in written() {
            assert_eq!(normalise(document.clone()), document);
        }
    }

    #[test]
    fn single_item_equals_a_list_of_one() {
        let [trust, policy] = written();
        let listed = json!({"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Principal": {"Service": ["s3.amazonaws.com"]}, "Action": ["sts:AssumeRole"],
            "Condition": {"StringEquals": {"aws:SourceAccount": ["111122223333"]}},
        }});
        assert_eq!(normalise(listed), trust);
        let mut bare = policy.clone();
        *bare.pointer_mut("/Statement/1/Action").unwrap() = "kms:Decrypt".into();
        *bare.pointer_mut("/Statement/1/Resource").unwrap() =
            "arn:aws:kms:eu-west-1:111122223333:key/*".into();
        let via = bare.pointer_mut("/Statement/1/Condition/StringEquals/kms:ViaService").unwrap();
        *via = json!(["s3.eu-west-1.amazonaws.com"]);
        assert_eq!(normalise(bare), policy);
    }

    #[test]
    fn documents_are_decoded() {
        let found = parse(&READ_ALL, "%7B%22Statement%22%3A%5B%5D%2C%22Id%22%3A%22a+b%20%C3%A9%22%7D");
        assert_eq!(found, Ok(json!({"Statement": [], "Id": "a+b é"})));
        assert_eq!(parse(&READ_ALL, "%7B").map_err(|error| error.code), Err("BadAnswer".to_owned()));
    }
}
