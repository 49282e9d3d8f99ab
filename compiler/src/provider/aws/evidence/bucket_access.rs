//! What the settings of two buckets that no policy manages mean for the copy from one to the other.
//!
//! Sources: Amazon S3 User Guide, "Requirements and considerations for replication", "Troubleshooting replication",
//! "Amazon S3 replication failure reasons", "Managing the lifecycle of objects", "Using S3 Object Lock".

use serde_json::Value;

use super::{Finding, find_bucket};
use crate::document::Name;
use crate::objectives::view::View;
use crate::observation::Object;
use crate::policy::Bucket;
use crate::provider::aws::iam::grant::{GRANTS, Grant, HAND_OVER, On, READ_LOCKS, Service};
use crate::provider::aws::iam::rights::{Denial, Principal, allows, denies};
use crate::provider::aws::iam::role;
use crate::provider::aws::s3::bucket_access::{self as access, rule};
use crate::provider::aws::s3::{self, bucket, bucket_policy, replication};
use crate::resource::{Identity, Values};
use crate::units::Duration;

/// Storage classes whose objects cannot be read before they are restored, which takes hours (Amazon S3 User Guide,
/// "Understanding S3 Glacier storage classes for long-term data storage"). With Intelligent-Tiering, that is an option of
/// the bucket that is off by default.
const COLD: [&str; 2] = ["GLACIER", "DEEP_ARCHIVE"];

/// The service that assumes the role.
const S3: &str = "s3.amazonaws.com";

/// What stops or may stop the copy.
pub(super) fn findings(view: &View<'_, '_>, data: &Name, source: &Bucket, copy: &Bucket) -> Vec<Finding> {
    let mut found: Vec<Finding> =
        [source, copy].into_iter().filter_map(|bucket| of_somebody_else(view, bucket)).collect();
    found.extend([source, copy].into_iter().filter_map(|bucket| elsewhere(view, data, bucket)));
    let mut look = |bucket: &Bucket| match settings(view, data, bucket) {
        Ok(settings) => settings,
        Err(why) => {
            found.push(Finding::Unclear(format!(
                "the settings of the bucket `{}` cannot be seen: {why}",
                bucket.name
            )));
            None
        }
    };
    let (from, to) = (look(source), look(copy));
    for (bucket, settings) in [(source, from), (copy, to)] {
        found.extend(settings.into_iter().flat_map(|settings| unread(bucket, settings)));
        found.extend(
            settings.and_then(|settings| denied(view, data, bucket, settings, bucket.name == source.name)),
        );
        let pays = settings.and_then(|settings| settings.get(access::PAYER));
        found.extend(pays.filter(|pays| **pays == access::REQUESTER_PAYS).map(|_| {
            Finding::Stops(format!(
                "the requester pays for the bucket `{}`, and S3 does not copy then",
                bucket.name
            ))
        }));
    }
    found.extend(to.and_then(|_| shut(view, data, copy)));
    found.extend(to.and_then(|to| expires(copy, to, from)));
    found.extend(locked(view, data, source, from, copy, to));
    found
}

/// A bucket of another account that has the name that the policy declares: the role may neither read nor write it.
fn of_somebody_else(view: &View<'_, '_>, at: &Bucket) -> Option<Finding> {
    let name = Values::from([(bucket::NAME.to_owned(), at.name.as_str().into())]);
    let why = (view.live.taken)(bucket::KIND, &Identity::of(bucket::KIND, &name))?;
    Some(Finding::Stops(why.to_owned()))
}

/// A bucket of that name in another region: it is lost with another site than the policy says.
fn elsewhere(view: &View<'_, '_>, data: &Name, at: &Bucket) -> Option<Finding> {
    let region = find_bucket(view, data, at)?.attributes.get(bucket::REGION)?.as_str()?;
    let (name, declared) = (&at.name, at.site.region.as_str());
    (region != declared)
        .then(|| Finding::Stops(format!("the bucket `{name}` is in {region}, not in {declared}")))
}

/// Whether versions that are no longer current stay for as long as it may take until somebody notices that they are
/// needed. What cannot be seen does not count as kept.
pub(super) fn keeps_versions(view: &View<'_, '_>, data: &Name, at: &Bucket) -> bool {
    let Ok(settings) = settings(view, data, at) else { return false };
    let Some(settings) = settings else { return true };
    if settings.get(access::UNREAD).is_some_and(|unread| unread.get(access::LIFECYCLE).is_some()) {
        return false;
    }
    let noticed = view.service.assumptions.noticed.as_ref().map(|noticed| noticed.value.value);
    access::enabled_rules(settings).all(|one| match one.get(rule::NONCURRENT_DAYS).and_then(Value::as_u64) {
        None => true,
        Some(days) => noticed.is_some_and(|noticed| noticed < Duration::hours(24 * days)),
    })
}

/// The settings of a bucket; nothing if the bucket does not exist yet, or is not one of a real-time copy.
pub(super) fn settings<'a>(
    view: &View<'a, '_>,
    data: &Name,
    at: &Bucket,
) -> Result<Option<&'a Values>, String> {
    let is_wanted = (view.live.declared)(&view.address(replication::KIND, &[data.as_str()])).is_some();
    if !is_wanted || find_bucket(view, data, at).is_none() {
        return Ok(None);
    }
    let query = Values::from([(access::NAME.to_owned(), at.name.as_str().into())]);
    let found: Option<&Object> = view.look(access::KIND, &query).map_err(str::to_owned)?;
    found.map(|found| Some(&found.attributes)).ok_or_else(|| "nobody looked".to_owned())
}

fn unread(bucket: &Bucket, settings: &Values) -> Vec<Finding> {
    let reasons = settings.get(access::UNREAD).and_then(Value::as_object);
    let one = |(name, why): (&String, &Value)| {
        let why = why.as_str().unwrap_or_default();
        Finding::Unclear(format!("the {name} of the bucket `{}` cannot be seen: {why}", bucket.name))
    };
    reasons.into_iter().flatten().map(one).collect()
}

/// Whether the bucket policy denies what the role needs on the bucket. An `Allow` is not needed: role and bucket belong to
/// one account (IAM User Guide, "Policy evaluation for requests within a single account").
fn denied(view: &View<'_, '_>, data: &Name, at: &Bucket, settings: &Values, source: bool) -> Option<Finding> {
    let policy = settings.get(access::POLICY).filter(|policy| !policy.is_null())?;
    let role = view.find(role::KIND, &[data.as_str()])?;
    let role = role.outputs.get(role::ARN).and_then(Value::as_str).unwrap_or_default();
    let arn = s3::arn(at.name.as_str());
    let needed = |grant: &&Grant| match grant.id {
        "WriteCopies" => !source && at.site.account.is_none(),
        HAND_OVER => !source && at.site.account.is_some(),
        READ_LOCKS => source && has_lock(settings),
        _ => source && grant.on != On::Keys,
    };
    let mut worst = (Denial::No, "");
    for grant in GRANTS.iter().filter(|grant| grant.service == Service::S3).filter(needed) {
        let resource = if matches!(grant.on, On::Objects | On::ObjectsElsewhere) {
            format!("{arn}/*")
        } else {
            arn.clone()
        };
        for action in grant.actions {
            let denial = denies(policy, action, &resource, Principal { role, service: S3 });
            if denial > worst.0 {
                worst = (denial, action);
            }
        }
    }
    let (denial, action) = worst;
    let bucket = &at.name;
    match denial {
        Denial::No => None,
        Denial::Perhaps => Some(Finding::Unclear(format!(
            "the policy of the bucket `{bucket}` may deny {action} to the role: it has a condition that is not evaluated"
        ))),
        Denial::Yes => {
            Some(Finding::Stops(format!("the policy of the bucket `{bucket}` denies {action} to the role")))
        }
    }
}

/// Whether a bucket of another account lets the role in: without its own policy it lets nobody in (IAM User Guide, "Cross-account policy
/// evaluation logic").
fn shut(view: &View<'_, '_>, data: &Name, at: &Bucket) -> Option<Finding> {
    let account = at.site.own_account()?;
    let names = [data.as_str(), at.site.name.as_str()];
    let Some(declared) = (view.live.declared)(&view.address(bucket_policy::KIND, &names)) else {
        let why =
            format!("the policy leaves that of the bucket `{}` as it is, in account {account}", at.name);
        return Some(Finding::Unclear(why));
    };
    let policy = view.find(bucket_policy::KIND, &names).map(|found| &found.attributes);
    let role = view.find(role::KIND, &[data.as_str()])?;
    let role = role.outputs.get(role::ARN).and_then(Value::as_str);
    let lets = policy.and_then(|policy| policy.get(bucket_policy::OPEN)).and_then(bucket_policy::roles);
    if lets.unwrap_or_default().into_iter().any(|one| Some(one) == role) {
        return None;
    }
    let (what, bucket) = ("does not let the role write copies", &at.name);
    let why = format!("the policy of the bucket `{bucket}`, in account {account}, {what}");
    // What the policy leaves as it is may let it in by other words.
    Some(match declared.attributes.contains_key(bucket_policy::OPEN) {
        true => Finding::Stops(why),
        false => Finding::Unclear(why),
    })
}

/// Whether a lifecycle rule of the copy removes or archives objects that the source still has.
fn expires(copy: &Bucket, to: &Values, from: Option<&Values>) -> Option<Finding> {
    let stops = |why: &str, one: &Value| {
        let id = one.get(rule::ID).and_then(Value::as_str).unwrap_or_default();
        Some(Finding::Stops(format!("the lifecycle rule `{id}` of the bucket `{}` {why}", copy.name)))
    };
    access::enabled_rules(to).find_map(|one| {
        let days = one.get(rule::EXPIRES_DAYS).and_then(Value::as_u64);
        let dated = one.get(rule::EXPIRES_ON).is_some_and(|day| !day.is_null());
        if (days.is_some() || dated) && !expires_at_the_source(one, days, from) {
            return stops("expires objects that the primary bucket still has", one);
        }
        let cold = one.get(rule::MOVES_TO).and_then(Value::as_array).into_iter().flatten();
        let cold = cold.filter_map(Value::as_str).find(|class| COLD.contains(class))?;
        stops(&format!("moves objects to {cold}, where nobody can read them before a restore of hours"), one)
    })
}

/// Whether a rule of the source expires the same objects at least as early.
fn expires_at_the_source(one: &Value, days: Option<u64>, from: Option<&Values>) -> bool {
    let same = |other: &&Value, key: &str| other.get(key) == one.get(key);
    let mut rules =
        from.into_iter().flat_map(access::enabled_rules).filter(|other| same(other, rule::FILTER));
    rules.any(|other| match (days, other.get(rule::EXPIRES_DAYS).and_then(Value::as_u64)) {
        (Some(days), Some(earlier)) => earlier <= days,
        (None, None) => same(&other, rule::EXPIRES_ON),
        _ => false,
    })
}

/// Whether a bucket with these settings has Object Lock.
pub(super) fn has_lock(settings: &Values) -> bool {
    settings.get(access::OBJECT_LOCK).is_some_and(Value::is_object)
}

/// Whether Object Lock of the source keeps S3 from copying: the copy needs it too, and the role has to read retention and
/// legal hold, which roles of earlier versions do not.
fn locked(
    view: &View<'_, '_>,
    data: &Name,
    source: &Bucket,
    from: Option<&Values>,
    copy: &Bucket,
    to: Option<&Values>,
) -> Option<Finding> {
    if !from.is_some_and(has_lock) {
        return None;
    }
    let name = &source.name;
    if !to.is_some_and(has_lock) {
        let why =
            format!("the bucket `{name}` has Object Lock and `{}` has not, so S3 does not copy", copy.name);
        return Some(Finding::Stops(why));
    }
    // A role that is yet to be made is made with these rights.
    let role = view.find(role::KIND, &[data.as_str()])?;
    let policy = role.attributes.get(role::POLICY).cloned().unwrap_or_default();
    let resource = format!("{}/*", s3::arn(name.as_str()));
    let grant = GRANTS.iter().find(|grant| grant.id == READ_LOCKS)?;
    let missing = grant.actions.iter().find(|action| !allows(&policy, action, &resource))?;
    Some(Finding::Stops(format!("the bucket `{name}` has Object Lock, and the role may not do {missing}")))
}
