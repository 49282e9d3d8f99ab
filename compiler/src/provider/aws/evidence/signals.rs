//! What CloudWatch measures of copies and health checks.

use serde_json::Value;

use super::bucket_at;
use super::copy::rule;
use crate::document::Name;
use crate::objectives::view::View;
use crate::observation::{Object, Observation};
use crate::policy::{Bucket, Site};
use crate::provider::aws::cloudwatch::{OF_COPIES, of_bucket, of_check, of_copy};
use crate::provider::aws::route53::health_check;
use crate::provider::aws::s3::replication;
use crate::signals::{Counts, Lag, SeenHealth, SeenLag, SeenSignals, Signal};
use crate::units::Duration;

/// How far a copy is behind. CloudWatch has no figure for a while after a rule is made, and where nothing was measured nobody can tell.
pub(super) fn lag(view: &View<'_, '_>, data: &Name, from: &Bucket, to: &Bucket) -> Option<SeenLag> {
    (view.live.find)(&bucket_at(view, data, to))?;
    by_rule(view.find(replication::KIND, &[data.as_str()])?, from, to, |signal| view.measured(signal))
}

/// How far a bucket is behind another one that is copied to it.
pub(super) fn behind(
    observation: &Observation,
    signals: &SeenSignals,
    [from, to]: [&Bucket; 2],
) -> Option<SeenLag> {
    let copies = observation.objects.iter().find(|object| {
        object.kind == replication::KIND
            && object.attributes.get(replication::BUCKET).is_some_and(|name| *name == *from.name.as_str())
    });
    by_rule(copies?, from, to, |signal| {
        signals.get(signal).cloned().unwrap_or_else(|| Err("nobody has looked".to_owned()))
    })
}

fn by_rule(
    copies: &Object,
    from: &Bucket,
    to: &Bucket,
    measured: impl Fn(&Signal) -> Result<Option<u64>, String>,
) -> Option<SeenLag> {
    let id = rule(copies, to)?.get(replication::rule::ID).and_then(Value::as_str);
    let Some(id) = id else { return Some(Err("the rule that copies has no id".to_owned())) };
    let account = to.site.own_account();
    let place = |bucket: &'_ Bucket| (bucket.name.to_string(), bucket.site.region.to_string());
    let (from, to) = (place(from), place(to));
    let asked = OF_COPIES.map(|counts| {
        measured(&of_copy(counts, (&from.0, &from.1), (&to.0, &to.1), id)).map(|found| (counts, found))
    });
    let mut lag = Lag::default();
    for one in asked {
        let (counts, found) = match one {
            Ok(found) => found,
            Err(why) => return Some(Err(why)),
        };
        match counts {
            Counts::Behind => lag.behind = found.map(Duration::seconds),
            Counts::Pending => lag.pending = found,
            Counts::PendingBytes => lag.bytes = found,
            Counts::FailedCopies => lag.failed = found,
            Counts::Healthy | Counts::Objects => {}
        }
    }
    // The region of the copy was asked as the account of the copy. What failed is counted at the source, in the estate's account.
    let is_silent = lag.behind.is_none() && lag.failed.is_none_or(|failed| failed == 0);
    match account.filter(|_| is_silent) {
        Some(account) => Some(Err(format!(
            "account {account}, where the copy is, has no figure, and AWS does not document in which account S3 publishes those of a \
             copy in another account"
        ))),
        None => Some(Ok(lag)),
    }
}

/// How many versions of objects a bucket has, if S3 has counted them.
pub(super) fn objects(view: &View<'_, '_>, at: &Bucket) -> Option<u64> {
    view.measured(&of_bucket(at.name.as_str(), at.site.region.as_str())).ok().flatten()
}

/// Whether the health check of a site passes.
pub(super) fn passes(view: &View<'_, '_>, traffic: &Name, site: &Site) -> Option<SeenHealth> {
    let check = view.find(health_check::KIND, &[traffic.as_str(), site.name.as_str()])?;
    let id = check.outputs.get(health_check::ID).and_then(Value::as_str);
    let Some(id) = id else { return Some(Err("its id was not seen".to_owned())) };
    Some(view.measured(&of_check(id)).map(|found| found.map(|found| found > 0)))
}
