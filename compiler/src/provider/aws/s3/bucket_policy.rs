//! What Holdfast adds to the policy of a bucket: requests need TLS, and only the replication writes copies into a copy. The statements
//! of others in the same document stay.
//!
//! Sources: Amazon S3 User Guide, "Security best practices for Amazon S3" (TLS), "Setting up permissions for live replication"; IAM
//! User Guide, "AWS global condition context keys" (`aws:PrincipalArn` is the ARN of the role, not of its session, and a negated
//! condition also matches requests without the key); Amazon S3 API Reference, `PutBucketPolicy`.

use serde_json::{Map, Value, json};

use super::arn;
use crate::provider::aws::name::AWS;
use crate::provider::aws::scope::{BUCKETS, on};
use crate::resource::{AttributeSchema, Kind, KindSchema, Made, Shape, Values, calls};

/// The bucket.
pub const BUCKET: &str = "bucket";
/// The id of its region.
pub const REGION: &str = "region";
/// True: requests without TLS are denied. Otherwise the statement that stands in its place.
pub const TLS: &str = "tls-only";
/// The ARN of the one role that may write as replication does, or of two, while one takes the place of the other. Null: nothing is said
/// about replication. Otherwise the statement that stands in its place.
pub const WRITER: &str = "replicated-only-by";

/// The ARN of the role of another account that may write copies, or of two, while one takes the place of the other. Null: nothing lets one
/// in. Otherwise the statements that stand in its place.
pub const OPEN: &str = "opens-to";

/// The kind.
pub const KIND: Kind = Kind::of(&SCHEMA);

/// The declaration. A bucket whose policy has no statement of Holdfast has no such object.
pub static SCHEMA: KindSchema = KindSchema {
    provider: Some(AWS),
    name: "bucket-policy",
    attributes: &[
        AttributeSchema::identity(BUCKET),
        AttributeSchema::new(REGION),
        AttributeSchema::new(TLS).leavable(),
        AttributeSchema::new(WRITER).shaped(Shape::Set).unset(|| Value::Null).leavable(),
        AttributeSchema::new(OPEN).shaped(Shape::Set).unset(|| Value::Null).leavable(),
    ],
    never_deleted: Some("what is left in the bucket stays protected"),
    aside: true,
    optional: true,
    between: Some(between),
    calls: CALLS,
    ..KindSchema::BASE
};

calls! {
    /// S3 replaces the whole document, so that each write reads it first as well.
    GET = "s3:GetBucketPolicy", made [Made::Observe], takes [on("s3:GetBucketPolicy", &BUCKETS)];
    PUT = "s3:PutBucketPolicy", made [Made::Create, Made::Update(&[REGION, TLS, WRITER, OPEN])],
        takes [on("s3:PutBucketPolicy", &BUCKETS)];
}

/// The ids of our statements. Every other statement belongs to somebody else.
const TLS_ID: &str = "HoldfastTlsOnly";
const WRITER_ID: &str = "HoldfastReplicatedOnlyBy";
const OPEN_ID: &str = "HoldfastReplicates";
const SEES_ID: &str = "HoldfastSeesVersioning";

/// What replication writes with. `ReplicateObject` and the other two write nothing but copies: whoever writes to a copy as
/// its own writer is not concerned (Amazon S3 User Guide, "Setting up permissions for live replication").
const WRITES: [&str; 3] = ["s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"];

/// The condition of a request without TLS.
#[must_use]
pub fn without_tls() -> Value {
    json!({"Bool": {"aws:SecureTransport": "false"}})
}

/// The roles that a condition spares, if that is all that it says.
#[must_use]
pub fn spared(condition: &Value) -> Option<Vec<&str>> {
    let roles = roles(condition.get("ArnNotEquals")?.get("aws:PrincipalArn")?)?;
    (*condition == spares(&roles)).then_some(roles)
}

fn spares(roles: &[&str]) -> Value {
    json!({"ArnNotEquals": {"aws:PrincipalArn": one_or_many(roles)}})
}

/// The ARNs of one role or of several.
#[must_use]
pub fn roles(value: &Value) -> Option<Vec<&str>> {
    match value {
        Value::String(one) => Some(vec![one]),
        Value::Array(all) => all.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

fn one_or_many(roles: &[&str]) -> Value {
    match roles {
        [one] => json!(one),
        all => json!(all),
    }
}

/// While another role takes over, both may write: S3 does not try again what it may not write. Where any role may write until now, that
/// stays so until the replication is the one that the policy asks for.
fn between(before: &Values, after: &Values) -> Option<Values> {
    let of = |values: &'_ Values, name: &str| -> Vec<String> {
        let found = values.get(name).and_then(roles).unwrap_or_default();
        found.into_iter().map(str::to_owned).collect()
    };
    let mut middle = Values::new();
    for name in [WRITER, OPEN] {
        let (before, after) = (of(before, name), of(after, name));
        let mut both: Vec<&str> = before.iter().chain(&after).map(String::as_str).collect();
        both.sort_unstable();
        both.dedup();
        let value = match (before.is_empty(), after.is_empty()) {
            (true, false) if name == WRITER => Value::Null,
            (false, false) => one_or_many(&both),
            _ => continue,
        };
        middle.insert(name.to_owned(), value);
    }
    Some(middle)
}

fn tls(bucket: &str) -> Value {
    let bucket = arn(bucket);
    json!({
        "Sid": TLS_ID,
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [bucket, format!("{bucket}/*")],
        "Condition": without_tls(),
    })
}

fn writer(bucket: &str, roles: &[&str]) -> Value {
    json!({
        "Sid": WRITER_ID,
        "Effect": "Deny",
        "Principal": "*",
        "Action": WRITES,
        "Resource": format!("{}/*", arn(bucket)),
        "Condition": spares(roles),
    })
}

/// What lets a role of another account write copies, which then belong to the owner of the bucket. S3's own example also allows
/// `PutBucketVersioning`, with which the other account could end what keeps old versions here: it is left out, as S3 only has to see
/// that versioning is enabled (Amazon S3 User Guide, "Granting permissions when the source and destination buckets are owned by
/// different AWS accounts").
fn open(bucket: &str, roles: &[&str]) -> [Value; 2] {
    let mut writes = WRITES.to_vec();
    writes.insert(0, "s3:ObjectOwnerOverrideToBucketOwner");
    let statement = |id: &str, actions: &[&str], resource: String| {
        json!({
            "Sid": id,
            "Effect": "Allow",
            "Principal": {"AWS": one_or_many(roles)},
            "Action": actions,
            "Resource": resource,
        })
    };
    let sees = ["s3:GetBucketVersioning", "s3:ListBucket"];
    [statement(OPEN_ID, &writes, format!("{}/*", arn(bucket))), statement(SEES_ID, &sees, arn(bucket))]
}

/// The policy of a bucket with the statements that these attributes ask for in the place of ours, and those of others. `None`: there
/// is nothing left in it.
#[must_use]
pub fn document(found: &Value, wanted: &Values) -> Option<Value> {
    let bucket = wanted.get(BUCKET).and_then(Value::as_str).unwrap_or_default();
    // A statement that stands in the place of ours, and that the policy leaves as it is.
    let left = |name: &str| wanted.get(name).filter(|value| value.is_object()).cloned();
    let tls = wanted.get(TLS).filter(|tls| **tls == true).map(|_| tls(bucket)).or_else(|| left(TLS));
    let by = wanted.get(WRITER).and_then(roles);
    let writer = by.map(|by| writer(bucket, &by)).or_else(|| left(WRITER));
    let others = statements(found).filter(|one| !is_ours(one)).cloned();
    let opened = wanted.get(OPEN).and_then(roles).filter(|roles| !roles.is_empty());
    let opened = opened.map(|roles| open(bucket, &roles).to_vec());
    let opened = opened.or_else(|| wanted.get(OPEN)?.as_array().cloned()).unwrap_or_default();
    let all = others.chain(tls).chain(writer).chain(opened);
    let all: Vec<Value> = all.collect();
    if all.is_empty() {
        return None;
    }
    let mut document = found
        .as_object()
        .cloned()
        .unwrap_or_else(|| Map::from_iter([("Version".to_owned(), "2012-10-17".into())]));
    document.insert("Statement".to_owned(), all.into());
    Some(Value::Object(document))
}

/// What the policy of a bucket says in our statements; nothing if it has none of them. The document is in normal form.
#[must_use]
pub fn attributes(bucket: &str, region: &str, found: &Value) -> Option<Values> {
    let ours: Vec<&Value> = statements(found).filter(|one| is_ours(one)).collect();
    if ours.is_empty() {
        return None;
    }
    let find = |id: &str| ours.iter().copied().find(|one| one.get("Sid").is_some_and(|sid| sid == id));
    let said = |one: &Value, value: Option<Value>| value.unwrap_or_else(|| one.clone());
    let tls_only =
        find(TLS_ID).map_or(Value::Null, |one| said(one, (*one == tls(bucket)).then(|| true.into())));
    let only_by = find(WRITER_ID).map_or(Value::Null, |one| {
        let by = one.get("Condition").and_then(spared).filter(|by| *one == writer(bucket, by));
        said(one, by.map(|by| one_or_many(&by)))
    });
    let opened: Vec<&Value> = [OPEN_ID, SEES_ID].into_iter().filter_map(find).collect();
    let to = opened.first().and_then(|one| one.get("Principal")?.get("AWS")).and_then(roles);
    let to = to.filter(|to| open(bucket, to).iter().eq(opened.iter().copied()));
    let opened = match (opened.is_empty(), to) {
        (true, _) => Value::Null,
        (false, Some(to)) => one_or_many(&to),
        (false, None) => json!(opened),
    };
    let all = [
        (BUCKET, bucket.into()),
        (REGION, region.into()),
        (TLS, tls_only),
        (WRITER, only_by),
        (OPEN, opened),
    ];
    Some(all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn statements(document: &Value) -> impl Iterator<Item = &Value> {
    document.get("Statement").and_then(Value::as_array).into_iter().flatten()
}

fn is_ours(statement: &Value) -> bool {
    statement.get("Sid").is_some_and(|id| [TLS_ID, WRITER_ID, OPEN_ID, SEES_ID].iter().any(|ours| id == ours))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLE: &str = "arn:aws:iam::111122223333:role/holdfast-acme";

    fn wanted(role: Value) -> Values {
        let all = [(BUCKET, "acme-copy".into()), (TLS, true.into()), (WRITER, role)];
        all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn seen(document: &Value) -> Values {
        attributes("acme-copy", "eu-west-1", document).unwrap_or_default()
    }

    #[test]
    fn what_is_written_is_what_is_seen() {
        for role in [ROLE.into(), Value::Null] {
            let written = document(&Value::Null, &wanted(role.clone())).unwrap();
            let seen = seen(&written);
            assert_eq!((seen.get(TLS), seen.get(WRITER)), (Some(&true.into()), Some(&role)), "{written}");
        }
    }

    #[test]
    fn role_of_another_account_is_let_in_and_cannot_touch_versioning() {
        let mut wanted = wanted(ROLE.into());
        wanted.insert(OPEN.to_owned(), ROLE.into());
        let written = document(&Value::Null, &wanted).unwrap();
        assert_eq!(seen(&written)[OPEN], ROLE, "{written}");
        assert!(!written.to_string().contains("PutBucketVersioning"));
        let mut other = written.clone();
        other["Statement"][2]["Principal"] = json!({"AWS": "arn:aws:iam::1:role/x"});
        assert!(seen(&other)[OPEN].is_array(), "statements that do not belong together are shown");
        let seen = seen(&other);
        assert_eq!(document(&other, &seen), Some(other), "and stay where the policy leaves them");
    }

    #[test]
    fn two_roles_may_write_while_one_takes_over() {
        let (one, other) = (wanted(ROLE.into()), wanted("arn:aws:iam::111122223333:role/holdfast-b".into()));
        let mut both = one.clone();
        both.extend(between(&one, &other).unwrap());
        let written = document(&Value::Null, &both).unwrap();
        assert_eq!(seen(&written)[WRITER], json!([ROLE, "arn:aws:iam::111122223333:role/holdfast-b"]));
        assert_eq!(between(&one, &one).unwrap()[WRITER], ROLE, "nothing takes over");
        assert_eq!(
            between(&wanted(Value::Null), &one).unwrap()[WRITER],
            Value::Null,
            "nobody is shut out yet"
        );
    }

    #[test]
    fn statements_of_others_stay() {
        let theirs =
            json!({"Sid": "Team", "Effect": "Allow", "Principal": "*", "Action": "s3:Get*", "Resource": "*"});
        let before = json!({"Version": "2008-10-17", "Id": "x", "Statement": [theirs]});
        assert_eq!(attributes("acme-copy", "eu-west-1", &before), None, "none of them is ours");
        let after = document(&before, &wanted(ROLE.into())).unwrap();
        assert_eq!((&after["Version"], &after["Id"]), (&"2008-10-17".into(), &"x".into()));
        assert_eq!(after["Statement"].as_array().map(Vec::len), Some(3));
        assert_eq!(after["Statement"][0], theirs);
        assert_eq!(document(&after, &wanted(ROLE.into())), Some(after.clone()), "once");
        assert_eq!(document(&after, &Values::new()), Some(before), "and without ours as before");
    }

    #[test]
    fn nothing_is_left_of_a_policy_without_others() {
        let written = document(&Value::Null, &wanted(ROLE.into())).unwrap();
        assert_eq!(document(&written, &Values::new()), None);
        assert_eq!(document(&Value::Null, &Values::new()), None);
    }

    #[test]
    fn altered_statement_is_shown_as_it_stands() {
        let mut written = document(&Value::Null, &wanted(ROLE.into())).unwrap();
        for statement in written["Statement"].as_array_mut().unwrap() {
            statement["Effect"] = "Allow".into();
        }
        let seen = seen(&written);
        assert_eq!((&seen[TLS]["Effect"], &seen[WRITER]["Effect"]), (&"Allow".into(), &"Allow".into()));
    }
}
