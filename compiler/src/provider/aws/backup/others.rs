//! Backup plans of others that back up a bucket too. Holdfast looks at them, so that nobody pays for two backups unseen, and never
//! changes them.

use serde_json::Value;

use crate::provider::aws::name::AWS;
use crate::resource::{AttributeSchema, Kind, KindSchema, Lifecycle, Values};

/// The name of the bucket.
pub const BUCKET: &str = "bucket";
/// The id of its region.
pub const REGION: &str = "region";
/// The plans that select the bucket, whatever its tags, by their names; of several plans of one name each with its id.
pub const PLANS: &str = "plans";
/// The plans that may select it: by tags, conditions or wildcards, which Holdfast does not evaluate.
pub const PERHAPS: &str = "plans-perhaps";

/// The kind.
pub const KIND: Kind = Kind::of(&SCHEMA);

/// The declaration. An object is there only if there is such a plan. Its calls are those of plans and selections.
pub static SCHEMA: KindSchema = KindSchema {
    provider: Some(AWS),
    name: "other-backups",
    lifecycle: Lifecycle::Evidence,
    attributes: &[
        AttributeSchema::identity(BUCKET),
        AttributeSchema::new(REGION),
        AttributeSchema::new(PLANS),
        AttributeSchema::new(PERHAPS),
    ],
    foreign_settings: Some(in_words),
    ..KindSchema::BASE
};

/// What the selection of a plan says of a bucket: `None` if it does not select it, and otherwise whether that is sure. What tags,
/// conditions and wildcards within an ARN select is not (AWS Backup API Reference, `BackupSelection`: `Resources`, `NotResources`; one
/// without resources selects by tags among all).
#[must_use]
pub fn selects(arn: &str, resources: &[String], except: &[String], conditional: bool) -> Option<bool> {
    let any =
        |patterns: &[String], how: Option<bool>| patterns.iter().any(|pattern| fits(pattern, arn) == how);
    let surely = any(resources, Some(true));
    let named = surely || any(resources, None) || (resources.is_empty() && conditional);
    let sure = surely && !conditional && !any(except, None);
    (named && !any(except, Some(true))).then_some(sure)
}

/// Whether a pattern fits an ARN; `None` if Holdfast cannot say, because more than the end of the pattern is a wildcard.
fn fits(pattern: &str, arn: &str) -> Option<bool> {
    let start = pattern.split(['*', '?']).next().unwrap_or_default();
    match pattern.strip_prefix(start).unwrap_or_default() {
        "" => Some(pattern == arn),
        _ if !arn.starts_with(start) => Some(false),
        "*" => Some(true),
        _ => None,
    }
}

fn in_words(values: &Values, _: &dyn Fn(&'static KindSchema) -> bool) -> Option<String> {
    let bucket = values.get(BUCKET).and_then(Value::as_str).unwrap_or_default();
    let plans = |attribute: &str| {
        let all = values.get(attribute).and_then(Value::as_array).into_iter().flatten();
        let names: Vec<String> = all.filter_map(Value::as_str).map(|name| format!("`{name}`")).collect();
        let noun = if names.len() == 1 { "plan" } else { "plans" };
        (!names.is_empty()).then(|| format!("the backup {noun} {}", names.join(", ")))
    };
    let surely = plans(PLANS).map(|plans| format!("is also backed up by {plans}"));
    let perhaps = plans(PERHAPS).map(|plans| {
        format!("may also be backed up by {plans} (Holdfast does not evaluate the tags, conditions or wildcards of the selection)")
    });
    let all: Vec<String> = surely.into_iter().chain(perhaps).collect();
    (!all.is_empty()).then(|| {
        format!(
            "the bucket `{bucket}` {}: the policy does not manage that. Each backup is billed, and of two continuous ones AWS Backup \
             makes only one. Before you stop one of them, check that a backup of the other one can be restored",
            all.join(" and ")
        )
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn selection_is_judged_by_its_arns_and_left_open_by_its_tags() {
        let arn = "arn:aws:s3:::acme-docs";
        let list = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
        let of = |resources: &[&str], except: &[&str], conditional| {
            selects(arn, &list(resources), &list(except), conditional)
        };
        assert_eq!(of(&[arn], &[], false), Some(true));
        assert_eq!(of(&["arn:aws:s3:::acme-*"], &[], false), Some(true));
        assert_eq!(of(&["*"], &["arn:aws:s3:::acme-d*"], false), None);
        assert_eq!(of(&["arn:aws:s3:::acme-docs-old", "arn:aws:rds:*"], &[], false), None);
        assert_eq!(of(&["*"], &[], true), Some(false));
        assert_eq!(of(&[], &[], true), Some(false));
        assert_eq!(of(&[], &[], false), None);
    }

    #[test]
    fn wildcard_within_an_arn_leaves_the_selection_open() {
        let of = |resources: &str, except: &str| {
            selects("arn:aws:s3:::acme-docs", &[resources.to_owned()], &[except.to_owned()], false)
        };
        let none = "arn:aws:s3:::nothing";
        for open in
            ["arn:*:s3:::acme-docs", "arn:aws:s3:::*-docs", "arn:aws:s3:::acme-doc?", "arn:aws:s3:::acme*s*"]
        {
            assert_eq!(of(open, none), Some(false), "{open}");
            assert_eq!(of("*", open), Some(false), "except {open}");
            assert_eq!(of(open, "arn:aws:s3:::acme-docs"), None, "{open}");
        }
        assert_eq!(of("arn:aws:rds:*:*:db:*", none), None);
        assert_eq!(of("*", "arn:aws:rds:*:*:db:*"), Some(true));
    }

    #[test]
    fn other_plans_are_named_without_an_objective() {
        let told = |surely: &[&str], perhaps: &[&str]| {
            let values = [(BUCKET, json!("docs")), (PLANS, json!(surely)), (PERHAPS, json!(perhaps))];
            in_words(&values.map(|(name, value)| (name.to_owned(), value)).into(), &|_| false)
        };
        let both = told(&["hourly", "nightly"], &["tagged"]).unwrap();
        let begin = "the bucket `docs` is also backed up by the backup plans `hourly`, `nightly` and may also be backed up by the backup \
                     plan `tagged` (";
        assert!(both.starts_with(begin), "{both}");
        assert!(both.contains("check that a backup of the other one can be restored"), "{both}");
        assert!(!both.contains("objective"), "{both}");
        assert_eq!(told(&[], &[]), None);
    }
}
