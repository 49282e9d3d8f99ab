//! Whether a bucket is copied: the rules, the role, and the versioning of both ends.

use serde_json::{Value, json};

use super::{find_bucket, key, versioned};
use crate::document::{Encryption, Name};
use crate::objectives::facts::Data;
use crate::objectives::view::View;
use crate::observation::Object;
use crate::policy::Bucket;
use crate::provider::aws::iam::grant::{GRANTS, HAND_OVER};
use crate::provider::aws::iam::{rights, role};
use crate::provider::aws::s3::{self, bucket, replication};

pub(super) fn data(view: &View<'_, '_>, name: &Name, data: &mut Data<'_>) -> bool {
    if find_bucket(view, name, data.primary).is_none() {
        return false;
    }
    let source = data.primary;
    data.versioned = versioned(view, name, source);
    let replication = view.find(replication::KIND, &[name.as_str()]);
    let encrypted = find_bucket(view, name, source).is_some_and(under_kms);
    let readable = !encrypted || is_under_our_key(view, name, source);
    let readable = readable && owns_its_objects(view, name, source);
    data.copies.retain_mut(|copy| {
        let rule = replication.and_then(|replication| rule(replication, copy.bucket));
        let wanted = view.wanted(replication::KIND, &[name.as_str()], replication::RULES);
        let wanted: Vec<&Value> = wanted.into_iter().filter_map(|rules| to(rules, copy.bucket)).collect();
        let rule = rule.filter(|rule| is_ours(rule, &wanted) && (!encrypted || copies_kms(rule)));
        // Permissions that are left unmanaged are not evaluated.
        let rule =
            rule.filter(|_| copy.left.is_some() || may_copy(view, name, source, copy.bucket, encrypted));
        let timed = |rule: &Value| rule.get(replication::rule::TIME).is_some_and(Value::is_number);
        copy.timed = rule.is_some_and(timed);
        readable && versioned(view, name, copy.bucket) && rule.is_some()
    });
    if data.encryption == Encryption::Kms {
        for copy in &mut data.copies {
            copy.stopped = key::stops_today(view, name, [source, copy.bucket]);
        }
    }
    true
}

/// Whether new objects of a bucket are encrypted with a KMS key. S3 names the algorithm `aws:kms` or `aws:kms:dsse`.
pub(super) fn under_kms(bucket: &Object) -> bool {
    let algorithm = bucket.attributes.get(bucket::ENCRYPTION).and_then(Value::as_str);
    algorithm.is_some_and(|algorithm| algorithm.starts_with("aws:kms"))
}

/// Whether a bucket encrypts with the key that the policy declares for it, or that was last applied: the role has no right on
/// any other.
fn is_under_our_key(view: &View<'_, '_>, data: &Name, at: &Bucket) -> bool {
    view.is_as_declared(bucket::KIND, &[data.as_str(), at.site.name.as_str()], &[bucket::KMS_KEY])
}

/// Whether the owner of a bucket owns all its objects. An object that another account wrote and owns is copied only if that
/// account lets the bucket's owner read it (Amazon S3 User Guide, "Requirements and considerations for replication").
fn owns_its_objects(view: &View<'_, '_>, data: &Name, at: &Bucket) -> bool {
    view.is_as_declared(bucket::KIND, &[data.as_str(), at.site.name.as_str()], &[bucket::OWNERSHIP])
}

/// Whether a rule copies objects under SSE-KMS: it must say so and name a key for the copies. Source: Amazon S3 User Guide,
/// "Replicating encrypted objects".
fn copies_kms(rule: &Value) -> bool {
    use replication::rule::{ON, REPLICA_KEY, SSE_KMS};
    rule.get(SSE_KMS).is_some_and(|on| on == ON) && rule.get(REPLICA_KEY).is_some_and(Value::is_string)
}

/// Whether a rule names the key and the owner that the wanted one names: any other may not exist, may not be usable by the
/// role, or may not own the bucket, in which case S3 copies nothing. One that names no owner copies to whoever owns the bucket.
fn is_ours(rule: &Value, wanted: &[&Value]) -> bool {
    use replication::rule::{ACCOUNT, REPLICA_KEY};
    let value = |rule: &Value, key: &str| rule.get(key).cloned().unwrap_or_default();
    let same = |wanted: &&Value| {
        let account = value(rule, ACCOUNT);
        (account.is_null() || account == value(wanted, ACCOUNT))
            && value(rule, REPLICA_KEY) == value(wanted, REPLICA_KEY)
    };
    wanted.is_empty() || wanted.iter().any(same)
}

/// Whether S3 may copy from one bucket to the other: the configuration names the role, S3 may assume it, and it allows all
/// that replication needs. Rights about keys are compared with the declared ones only if the whole document is, because
/// their resources are keys and their conditions are Holdfast's own.
fn may_copy(view: &View<'_, '_>, data: &Name, from: &Bucket, to: &Bucket, encrypted: bool) -> bool {
    let rest = [data.as_str()];
    let Some(role) = view.find(role::KIND, &rest) else { return false };
    let Some(policy) = role.attributes.get(role::POLICY) else { return false };
    let allowed = |id: &str, resource: &str| {
        let grant = GRANTS.iter().find(|grant| grant.id == id);
        let allows = |action: &&str| rights::allows(policy, action, resource);
        grant.is_some_and(|grant| grant.actions.iter().all(allows))
    };
    let bucket = |at: &Bucket| s3::arn(at.name.as_str());
    let objects = |at: &Bucket| format!("{}/*", s3::arn(at.name.as_str()));
    view.is_as_declared(replication::KIND, &rest, &[replication::ROLE])
        && view.is_as_declared(role::KIND, &rest, &[role::TRUST])
        && allowed("ReadConfiguration", &bucket(from))
        && allowed("ReadObjects", &objects(from))
        && allowed(if to.site.account.is_some() { HAND_OVER } else { "WriteCopies" }, &objects(to))
        && (!encrypted || view.is_as_declared(role::KIND, &rest, &[role::POLICY]))
}

/// The rule that copies the whole of a bucket to another one.
pub(super) fn rule<'o>(replication: &'o Object, copy: &Bucket) -> Option<&'o Value> {
    let whole = |rule: &&Value| {
        rule.get(replication::rule::FILTER).is_none_or(|filter| *filter == json!({"prefix": ""}))
    };
    to(replication.attributes.get(replication::RULES)?, copy).filter(whole)
}

/// The rule that decides what is copied to a bucket: the enabled one of the highest priority. Rules are in that order.
fn to<'o>(rules: &'o Value, copy: &Bucket) -> Option<&'o Value> {
    use replication::rule::{DESTINATION, ON, STATUS};
    let arn = s3::arn(copy.name.as_str());
    rules.as_array()?.iter().find(|rule| {
        rule.get(DESTINATION).is_some_and(|to| *to == arn) && rule.get(STATUS).is_some_and(|on| on == ON)
    })
}
