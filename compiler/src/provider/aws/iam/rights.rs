//! Which actions a policy document allows, evaluated statement by statement as IAM does.
//!
//! Source: IAM User Guide, "Policy evaluation logic" (an explicit deny wins over an allow) and "IAM JSON policy elements
//! reference" (`Action`, `NotAction`, `Resource`, `NotResource`, wildcards `*` and `?`; actions are not case sensitive).

use serde_json::Value;

/// Whether a document allows an action on the whole of a resource, which may end in `*`.
///
/// Conditions cannot be evaluated here. An allow counts if it has no condition, or the one that Holdfast
/// writes, whose account is not compared; an allow with any other condition may never apply. A deny always
/// counts, even if it has a condition or covers only a part of the resource: the result is true only if
/// nothing may deny the action.
#[must_use]
pub fn allows(document: &Value, action: &str, resource: &str) -> bool {
    let statements = match document.get("Statement") {
        Some(Value::Array(all)) => all.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => return false,
    };
    let has = |one: &Value, wanted: &str| one.get("Effect").is_some_and(|effect| effect == wanted);
    let covers = |one: &Value| {
        about(one, "Action", |pattern| matches(&pattern.to_lowercase(), &action.to_lowercase()))
            && about(one, "Resource", |pattern| matches(pattern, resource))
    };
    let touches = |one: &Value| {
        about(one, "Action", |pattern| matches(&pattern.to_lowercase(), &action.to_lowercase()))
            && about(one, "Resource", |pattern| overlap(pattern, resource))
    };
    statements.iter().any(|one| has(one, "Allow") && applies(one) && covers(one))
        && !statements.iter().any(|one| has(one, "Deny") && touches(one))
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
    let patterns = |found: &Value| -> Vec<String> {
        match found {
            Value::String(one) => vec![one.clone()],
            Value::Array(all) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        }
    };
    match (statement.get(element), statement.get(format!("Not{element}"))) {
        (Some(found), _) => patterns(found).iter().any(|pattern| fits(pattern)),
        (None, Some(found)) => !patterns(found).iter().any(|pattern| fits(pattern)),
        (None, None) => false,
    }
}

/// Whether a pattern with `*` and `?` matches a text. A `*` in the text is matched only by a `*`.
fn matches(pattern: &str, text: &str) -> bool {
    // The possible positions in the pattern after the text read so far: linear space, no backtracking.
    let pattern: Vec<char> = pattern.chars().collect();
    let mut at = vec![false; pattern.len() + 1];
    if let Some(first) = at.first_mut() {
        *first = true;
    }
    skip_stars(&pattern, &mut at);
    for c in text.chars() {
        let mut next = vec![false; pattern.len() + 1];
        for (nth, wanted) in pattern.iter().enumerate() {
            if at.get(nth) != Some(&true) {
                continue;
            }
            let step = match wanted {
                '*' => nth,
                '?' if c != '*' => nth + 1,
                wanted if *wanted == c => nth + 1,
                _ => continue,
            };
            if let Some(slot) = next.get_mut(step) {
                *slot = true;
            }
        }
        skip_stars(&pattern, &mut next);
        at = next;
    }
    at.last() == Some(&true)
}

fn skip_stars(pattern: &[char], at: &mut [bool]) {
    for (nth, c) in pattern.iter().enumerate() {
        if *c == '*'
            && at.get(nth) == Some(&true)
            && let Some(next) = at.get_mut(nth + 1)
        {
            *next = true;
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
