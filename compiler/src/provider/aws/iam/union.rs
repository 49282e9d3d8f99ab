//! The policy document that allows what two documents allow, while a role changes from one to the other.

use serde_json::{Map, Value, json};

use super::grant::{Grant, KEPT};

/// The most characters of all inline policies of a role, without white space (IAM User Guide, "IAM and AWS STS quotas").
const MOST_CHARACTERS: usize = 10_240;

/// A document that allows all that either document allows: one of the two if it is enough. `None` if that is longer than IAM
/// accepts, or if one of them has a statement that Holdfast did not write.
pub(super) fn union(before: &Value, after: &Value) -> Option<Value> {
    let (old, new) = (statements(before)?, statements(after)?);
    let covered = |one: &Value, by: &[Value]| by.iter().any(|other| covers(other, one));
    if old.iter().all(|one| covered(one, new)) {
        return Some(after.clone());
    }
    if new.iter().all(|one| covered(one, old)) {
        return Some(before.clone());
    }
    let kept = old.iter().filter(|one| !covered(one, new)).map(renamed);
    let all: Vec<Value> = new.iter().cloned().chain(kept).collect();
    let union = json!({"Version": after.get("Version"), "Statement": all});
    let characters = union.to_string().chars().filter(|c| !c.is_whitespace()).count();
    (characters <= MOST_CHARACTERS).then_some(union)
}

/// The statements of a document, if they are grants. A `Deny` of one document would also deny what the other one allows.
fn statements(document: &Value) -> Option<&[Value]> {
    let statements = document.get("Statement")?.as_array()?;
    let ours = |one: &Value| {
        let id = one.get("Sid").and_then(Value::as_str).unwrap_or_default();
        one.get("Effect").is_some_and(|effect| effect == "Allow") && Grant::of(id).is_some()
    };
    statements.iter().all(ours).then_some(statements.as_slice())
}

/// The id of a statement is unique in its document and has only letters and digits (IAM User Guide, "IAM JSON policy elements:
/// Sid").
fn renamed(statement: &Value) -> Value {
    let mut statement = statement.clone();
    if let Value::Object(parts) = &mut statement
        && let Some(Value::String(id)) = parts.get_mut("Sid")
        && !id.ends_with(KEPT)
    {
        id.push_str(KEPT);
    }
    statement
}

/// Whether a statement allows at least what another one allows. Only a longer list of resources is recognised as more.
fn covers(wide: &Value, narrow: &Value) -> bool {
    let (Value::Object(wide), Value::Object(narrow)) = (wide, narrow) else { return false };
    let rest = |parts: &Map<String, Value>| {
        let mut parts = parts.clone();
        parts.remove("Sid");
        parts.remove("Resource");
        parts
    };
    let resources = |parts: &Map<String, Value>| match parts.get("Resource") {
        Some(Value::Array(all)) => all.clone(),
        one => one.cloned().into_iter().collect(),
    };
    let all = resources(wide);
    rest(wide) == rest(narrow) && resources(narrow).iter().all(|resource| all.contains(resource))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allow(id: &str, resources: &[&str]) -> Value {
        json!({"Sid": id, "Effect": "Allow", "Action": ["s3:ReplicateObject"], "Resource": resources})
    }

    fn document(statements: &[Value]) -> Value {
        json!({"Version": "2012-10-17", "Statement": statements})
    }

    #[test]
    fn union_is_one_of_both_if_that_is_enough() {
        let narrow = document(&[allow("WriteCopies", &["a"])]);
        let wide = document(&[allow("WriteCopies", &["a", "b"])]);
        assert_eq!(union(&narrow, &wide), Some(wide.clone()));
        assert_eq!(union(&wide, &narrow), Some(wide));
    }

    #[test]
    fn union_has_the_statements_of_both_under_different_ids() {
        let (one, two) =
            (document(&[allow("WriteCopies", &["a"])]), document(&[allow("WriteCopies", &["b"])]));
        let all = document(&[allow("WriteCopies", &["b"]), allow("WriteCopiesBefore", &["a"])]);
        assert_eq!(union(&one, &two), Some(all));
    }

    #[test]
    fn no_union_with_a_deny_or_beyond_the_quota() {
        let one = document(&[allow("WriteCopies", &["a"])]);
        let deny = document(&[json!({"Effect": "Deny", "Action": "*", "Resource": "*"})]);
        assert_eq!(union(&deny, &one), None);
        let long = "x".repeat(MOST_CHARACTERS);
        assert_eq!(union(&document(&[allow("WriteCopies", &[&long])]), &one), None);
    }
}
