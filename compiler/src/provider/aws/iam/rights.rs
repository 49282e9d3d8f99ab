//! Which actions a policy document allows, evaluated statement by statement as IAM does.
//!
//! Source: IAM User Guide, "Policy evaluation logic" (an explicit deny wins over an allow) and "IAM JSON policy elements
//! reference" (`Action`, `NotAction`, `Resource`, `NotResource`, wildcards `*` and `?`; actions are not case sensitive).

use serde_json::Value;

use super::root_arn;
use crate::provider::aws::s3::bucket_policy::{spared, without_tls};

/// Whether a document allows an action on the whole of a resource, which may end in `*`.
///
/// Conditions cannot be evaluated here. An allow counts if it has no condition, or the one that Holdfast
/// writes, whose account is not compared; an allow with any other condition may never apply. A deny always
/// counts, even if it has a condition or covers only a part of the resource: the result is true only if
/// nothing may deny the action.
#[must_use]
pub fn allows(document: &Value, action: &str, resource: &str) -> bool {
    let statements = statements(document);
    let covers =
        |one: &Value| is_about(one, action) && about(one, "Resource", |pattern| matches(pattern, resource));
    statements.iter().any(|one| has_effect(one, "Allow") && applies(one) && covers(one))
        && !statements
            .iter()
            .any(|one| has_effect(one, "Deny") && is_about(one, action) && touches(one, resource))
}

/// A role that S3 assumes, as the principal of a request.
#[derive(Debug, Clone, Copy)]
pub struct Principal<'a> {
    /// The ARN of the role.
    pub role: &'a str,
    /// The service that assumes it. A denial of the service counts too.
    pub service: &'a str,
}

/// Whether a document denies something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Denial {
    /// No statement does.
    No,
    /// A statement may: it has a condition that is not evaluated here, or an element that is not understood.
    Perhaps,
    /// A statement does, for the whole of the resource or for a part of it.
    Yes,
}

/// Whether a resource's policy denies a principal an action on a resource, which may end in `*`.
///
/// Two conditions are evaluated: that requests come over TLS (`aws:SecureTransport`), because S3 replicates over TLS (Amazon S3 User
/// Guide, "Protecting data with encryption"), and that they do not come from one role (`aws:PrincipalArn`).
#[must_use]
pub fn denies(document: &Value, action: &str, resource: &str, principal: Principal<'_>) -> Denial {
    let denial = |one: &Value| {
        if !has_effect(one, "Deny") || !is_about(one, action) || !touches(one, resource) {
            return Denial::No;
        }
        let who = names(one, principal);
        match one.get("Condition") {
            None => who,
            Some(condition) if *condition == without_tls() => Denial::No,
            Some(condition) => match spared(condition) {
                Some(spared) if spared.contains(&principal.role) => Denial::No,
                Some(spared) if !spared.iter().any(|role| role.contains(['*', '?'])) => who,
                _ => who.min(Denial::Perhaps),
            },
        }
    };
    statements(document).iter().map(denial).max().unwrap_or(Denial::No)
}

/// Whether a statement of a resource's policy is about a principal: `Yes`, `No`, or `Perhaps` if a `NotPrincipal` leaves the
/// role out. The session that S3 assumes the role with is a principal of its own, and its name is not known (IAM User
/// Guide, "AWS JSON policy elements: `NotPrincipal`").
fn names(statement: &Value, principal: Principal<'_>) -> Denial {
    let account = principal.role.split(':').nth(4).unwrap_or_default();
    let root = root_arn(account);
    let session = format!(
        "arn:aws:sts::{account}:assumed-role/{}/",
        principal.role.rsplit('/').next().unwrap_or_default()
    );
    let is = |key: &str, name: &str| match key {
        "AWS" => {
            name == "*" || [principal.role, account, &root].contains(&name) || name.starts_with(&session)
        }
        "Service" => name == "*" || name == principal.service,
        _ => false,
    };
    let named = |found: &Value| match found {
        Value::String(all) => all == "*",
        Value::Object(kinds) => {
            kinds.iter().any(|(key, found)| patterns(found).into_iter().any(|name| is(key, name)))
        }
        _ => true,
    };
    match (statement.get("Principal"), statement.get("NotPrincipal")) {
        (Some(found), _) if named(found) => Denial::Yes,
        (Some(_), _) => Denial::No,
        (None, Some(found)) if named(found) => Denial::Perhaps,
        (None, Some(_)) => Denial::Yes,
        (None, None) => Denial::Perhaps,
    }
}

fn statements(document: &Value) -> &[Value] {
    match document.get("Statement") {
        Some(Value::Array(all)) => all.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    }
}

fn has_effect(statement: &Value, wanted: &str) -> bool {
    statement.get("Effect").is_some_and(|effect| effect == wanted)
}

fn is_about(statement: &Value, action: &str) -> bool {
    let action = action.to_ascii_lowercase();
    about(statement, "Action", |pattern| matches(&pattern.to_ascii_lowercase(), &action))
}

/// Whether a statement applies to a resource or to a part of it.
fn touches(statement: &Value, resource: &str) -> bool {
    match (statement.get("Resource"), statement.get("NotResource")) {
        (Some(found), _) => patterns(found).into_iter().any(|pattern| overlap(pattern, resource)),
        (None, Some(found)) => !patterns(found).into_iter().any(|pattern| matches(pattern, resource)),
        (None, None) => false,
    }
}

/// Whether a statement has no condition, or only Holdfast's condition that the resource belongs to an
/// account.
fn applies(statement: &Value) -> bool {
    let only = |value: &Value, key: &str| match value {
        Value::Object(keys) if keys.len() == 1 => keys.get(key).cloned(),
        _ => None,
    };
    match statement.get("Condition") {
        None => true,
        Some(condition) => {
            only(condition, "StringEquals").and_then(|keys| only(&keys, "s3:ResourceAccount")).is_some()
        }
    }
}

/// Whether an element of a statement matches: one of its patterns does, or none of the patterns of its
/// negation.
fn about(statement: &Value, element: &str, fits: impl Fn(&str) -> bool) -> bool {
    match (statement.get(element), statement.get(format!("Not{element}"))) {
        (Some(found), _) => patterns(found).into_iter().any(&fits),
        (None, Some(found)) => !patterns(found).into_iter().any(&fits),
        (None, None) => false,
    }
}

/// The patterns of an element: one, or a list.
fn patterns(found: &Value) -> Vec<&str> {
    match found {
        Value::String(one) => vec![one],
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Whether a pattern with `*` and `?` matches a text. A `*` in the text is matched only by a `*`.
fn matches(pattern: &str, text: &str) -> bool {
    let (mut pattern, mut text) = (pattern.chars(), text.chars());
    // What follows the last `*`, and the text that this `*` has not taken: an earlier `*` need not take more, so that the time
    // is at most the product of the two lengths.
    let mut retry = None;
    loop {
        let rest = text.clone();
        match (pattern.next(), text.next()) {
            (Some('*'), _) => {
                retry = Some((pattern.clone(), rest.clone()));
                text = rest;
            }
            (Some(wanted), Some(found)) if wanted == found || (wanted == '?' && found != '*') => {}
            (None, None) => return true,
            _ => {
                let Some((after, from)) = &mut retry else { return false };
                if from.next().is_none() {
                    return false;
                }
                (pattern, text) = (after.clone(), from.clone());
            }
        }
    }
}

/// Whether a pattern can match part of what a resource ending in `*` stands for.
fn overlap(pattern: &str, resource: &str) -> bool {
    let Some(prefix) = resource.strip_suffix('*') else { return matches(pattern, resource) };
    let fixed = pattern.split(['*', '?']).next().unwrap_or_default();
    matches(pattern, resource)
        || fixed.starts_with(prefix)
        || (fixed.len() < pattern.len() && prefix.starts_with(fixed))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const WRITE: &str = "s3:ReplicateObject";
    const TO: &str = "arn:aws:s3:::acme-copy/*";

    fn allowed(statements: &Value) -> bool {
        allows(&json!({"Version": "2012-10-17", "Statement": statements}), WRITE, TO)
    }

    #[test]
    fn statement_allows_the_action_and_resource_it_names() {
        assert!(allowed(&json!({"Effect": "Allow", "Action": WRITE, "Resource": TO})));
        assert!(allowed(
            &json!([{"Effect": "Allow", "Action": ["s3:Repl*"], "Resource": ["arn:aws:s3:::acme-*"]}])
        ));
        assert!(allowed(&json!([{"Effect": "Allow", "Action": "S3:replicateOBJECT", "Resource": "*"}])));
        assert!(allowed(&json!([{"Effect": "Allow", "NotAction": "s3:Get*", "Resource": TO}])));
    }

    #[test]
    fn action_and_resource_in_separate_statements_grant_nothing() {
        // Regression test: the action on one bucket, and the bucket with another action.
        let apart = json!([
            {"Effect": "Allow", "Action": WRITE, "Resource": "arn:aws:s3:::other/*"},
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": TO},
        ]);
        assert!(!allowed(&apart));
        assert!(!allowed(
            &json!([{"Effect": "Allow", "Action": WRITE, "Resource": "arn:aws:s3:::acme-copy/logs/*"}])
        ));
        assert!(!allowed(&json!([{"Effect": "Allow", "NotAction": WRITE, "Resource": TO}])));
        assert!(!allowed(&json!([{"Effect": "Allow", "Action": WRITE, "NotResource": TO}])));
        assert!(!allowed(&json!([])));
        assert!(!allows(&json!(null), WRITE, TO));
    }

    #[test]
    fn deny_overrides_allow_even_in_part_or_under_a_condition() {
        let allow = json!({"Effect": "Allow", "Action": WRITE, "Resource": TO});
        for deny in [
            json!({"Effect": "Deny", "Action": "s3:*", "Resource": "*"}),
            json!({"Effect": "Deny", "Action": WRITE, "Resource": "arn:aws:s3:::acme-copy/logs/*"}),
            json!({"Effect": "Deny", "Action": WRITE, "Resource": "arn:aws:s3:::*-copy/*"}),
            json!({"Effect": "Deny", "NotAction": "s3:Get*", "Resource": TO,
                "Condition": {"Bool": {"aws:SecureTransport": "false"}}}),
        ] {
            assert!(!allowed(&json!([allow, deny])), "{deny}");
        }
        let elsewhere = json!({"Effect": "Deny", "Action": WRITE, "Resource": "arn:aws:s3:::other/*"});
        assert!(allowed(&json!([allow, elsewhere])));
    }

    #[test]
    fn deny_of_all_other_resources_does_not_spare_a_resource_of_which_it_names_a_part() {
        let allow = json!({"Effect": "Allow", "Action": WRITE, "Resource": TO});
        let sparing = |part: &str| json!({"Effect": "Deny", "Action": WRITE, "NotResource": part});
        assert!(!allowed(&json!([allow, sparing("arn:aws:s3:::acme-copy/logs/*")])));
        assert!(allowed(&json!([allow, sparing("arn:aws:s3:::acme-copy/*")])));
    }

    #[test]
    fn denial_of_a_resource_counts_for_the_principals_that_it_names() {
        let role = "arn:aws:iam::111122223333:role/holdfast-acme";
        let denial = |who: Value, condition: Option<Value>| {
            let mut statement = json!({"Effect": "Deny", "Action": "s3:Replicate*", "Resource": TO});
            let Value::Object(parts) = &mut statement else { return Denial::No };
            if let Value::Object(who) = who {
                parts.extend(who);
            }
            parts.extend(condition.map(|condition| ("Condition".to_owned(), condition)));
            let document = json!({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}, statement]});
            denies(&document, WRITE, TO, Principal { role, service: "s3.amazonaws.com" })
        };
        for hit in [
            json!({"Principal": "*"}),
            json!({"Principal": {"AWS": "*"}}),
            json!({"Principal": {"AWS": ["arn:aws:iam::999999999999:root", role]}}),
            json!({"Principal": {"AWS": "111122223333"}}),
            json!({"Principal": {"AWS": "arn:aws:iam::111122223333:root"}}),
            json!({"Principal": {"AWS": "arn:aws:sts::111122223333:assumed-role/holdfast-acme/s3-replication"}}),
            json!({"Principal": {"Service": "s3.amazonaws.com"}}),
            json!({"NotPrincipal": {"AWS": "arn:aws:iam::111122223333:user/admin"}}),
        ] {
            assert_eq!(denial(hit.clone(), None), Denial::Yes, "{hit}");
            let condition = json!({"StringNotEquals": {"aws:PrincipalTag/team": "dr"}});
            assert_eq!(denial(hit.clone(), Some(condition)), Denial::Perhaps, "{hit}");
            let tls = json!({"Bool": {"aws:SecureTransport": "false"}});
            assert_eq!(denial(hit.clone(), Some(tls)), Denial::No, "{hit}");
            let but = |spared: &str| json!({"ArnNotEquals": {"aws:PrincipalArn": spared}});
            assert_eq!(denial(hit.clone(), Some(but(role))), Denial::No, "{hit}");
            assert_eq!(denial(hit.clone(), Some(but("arn:aws:iam::1:role/x"))), Denial::Yes, "{hit}");
            assert_eq!(denial(hit.clone(), Some(but("arn:aws:iam::*:role/h*"))), Denial::Perhaps, "{hit}");
        }
        for other in [
            json!({"Principal": {"AWS": "arn:aws:iam::999999999999:root"}}),
            json!({"Principal": {"Service": "logging.s3.amazonaws.com"}}),
        ] {
            assert_eq!(denial(other.clone(), None), Denial::No, "{other}");
        }
        assert_eq!(denial(json!({"NotPrincipal": {"AWS": role}}), None), Denial::Perhaps);
        assert_eq!(denial(json!({}), None), Denial::Perhaps, "a statement without a principal");
    }

    #[test]
    fn allow_with_a_condition_of_others_does_not_count() {
        let under = |condition: Value| {
            allowed(&json!([{"Effect": "Allow", "Action": WRITE, "Resource": TO, "Condition": condition}]))
        };
        assert!(under(json!({"StringEquals": {"s3:ResourceAccount": "111122223333"}})));
        assert!(!under(json!({"DateLessThan": {"aws:CurrentTime": "2001-01-01T00:00:00Z"}})));
        assert!(!under(json!({"StringEquals": {"s3:ResourceAccount": "1", "aws:SourceVpc": "vpc-1"}})));
        let tls = json!({"aws:SecureTransport": "true"});
        assert!(!under(json!({"StringEquals": {"s3:ResourceAccount": "1"}, "Bool": tls})));
        assert!(!under(json!(null)));
    }

    #[test]
    fn long_pattern_matches_in_time_linear_in_pattern_and_text() {
        let pattern = "*a".repeat(2_000);
        assert!(!matches(&pattern, &"a".repeat(1_999)));
        assert!(matches(&pattern, &"a".repeat(2_000)));
    }
}
