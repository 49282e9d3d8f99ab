//! Backup plans of others that back up a bucket too. Holdfast looks at them, so that nobody pays for two backups unseen, and never
//! changes them.

use serde_json::Value;

use crate::provider::aws::name::AWS;
use crate::resource::{AttributeSchema, Kind, KindSchema, Lifecycle, Values};

/// The name of the bucket.
pub const BUCKET: &str = "bucket";
/// The id of its region.
pub const REGION: &str = "region";
/// The names of plans that select the bucket, whatever its tags.
pub const PLANS: &str = "plans";
/// The names of plans that select by tags or by other conditions, which Holdfast does not judge.
pub const PERHAPS: &str = "plans-by-tags";

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

/// What the selection of a plan says of a bucket: `None` if it does not select it, and otherwise whether it does so whatever its tags.
/// An ARN may end with `*` (AWS Backup API Reference, `BackupSelection`: `Resources`, `NotResources`; one without resources selects by
/// tags among all).
#[must_use]
pub fn selects(arn: &str, resources: &[String], except: &[String], conditional: bool) -> Option<bool> {
    let fits = |pattern: &String| match pattern.strip_suffix('*') {
        Some(prefix) => arn.starts_with(prefix),
        None => pattern == arn,
    };
    let named = resources.iter().any(fits) || (resources.is_empty() && conditional);
    (named && !except.iter().any(fits)).then_some(!conditional)
}

fn in_words(values: &Values, _: &dyn Fn(&'static KindSchema) -> bool) -> Option<String> {
    let bucket = values.get(BUCKET).and_then(Value::as_str).unwrap_or_default();
    let names = |attribute: &str| -> Vec<String> {
        let all = values.get(attribute).and_then(Value::as_array).into_iter().flatten();
        all.filter_map(Value::as_str).map(|name| format!("`{name}`")).collect()
    };
    let (surely, perhaps) = (names(PLANS), names(PERHAPS));
    let surely = (!surely.is_empty()).then(|| format!("is also backed up by {}", surely.join(", ")));
    let perhaps =
        (!perhaps.is_empty()).then(|| format!("may be backed up by {}, by its tags", perhaps.join(", ")));
    let all: Vec<String> = surely.into_iter().chain(perhaps).collect();
    (!all.is_empty()).then(|| {
        format!(
            "the bucket `{bucket}` {}, which Holdfast did not make (each backup is billed, and of two continuous ones AWS Backup \
             makes only one; to end the other one, delete its selection)",
            all.join(" and ")
        )
    })
}

#[cfg(test)]
mod tests {
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
}
