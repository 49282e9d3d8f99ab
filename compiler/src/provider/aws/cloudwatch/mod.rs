//! Amazon CloudWatch: the metrics of S3 and Route 53 that a status reads, and the alarms on them.

pub mod alarm;
pub(super) mod heartbeat;
pub(super) mod lower;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::name::AWS;
use super::route53::health_check;
use super::s3::{self, bucket, replication};
use crate::observation::Observation;
use crate::resource::Values;
use crate::signals::{Counts, Signal};

/// The most metrics of a call (Amazon CloudWatch API Reference, `GetMetricData`).
pub const MOST_METRICS: usize = 500;

/// A metric of CloudWatch, and how a signal is read from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// Its namespace.
    pub namespace: &'static str,
    /// Its name.
    pub name: &'static str,
    /// `Maximum`, `Minimum` or `Sum`.
    pub statistic: &'static str,
    /// The seconds of one figure.
    pub period: i32,
    /// The seconds that are looked back.
    pub window: i64,
}

/// The metric of a signal.
///
/// Sources: Amazon S3 User Guide, "Using S3 Replication metrics" (published every minute, also while nothing is copied, but not if the
/// destination is deleted; from 15 minutes after they are enabled; failed operations in the region of the source, the others in that of
/// the destination) and "Amazon S3 metrics and dimensions"; Amazon Route 53 Developer Guide, "Monitoring health checks using CloudWatch"
/// (1 is healthy, 0 is not; every minute, in us-east-1).
#[must_use]
pub const fn metric(counts: Counts) -> Metric {
    let recent = Metric { namespace: "AWS/S3", name: "", statistic: "Maximum", period: 60, window: 15 * 60 };
    match counts {
        Counts::Behind => Metric { name: "ReplicationLatency", ..recent },
        Counts::Pending => Metric { name: "OperationsPendingReplication", ..recent },
        Counts::PendingBytes => Metric { name: "BytesPendingReplication", ..recent },
        // Where S3 reports that nothing is pending and no figure of failures, none failed.
        Counts::FailedCopies => Metric {
            name: "OperationsFailedReplication",
            statistic: "Sum",
            period: 60 * 60,
            window: 24 * 60 * 60,
            ..recent
        },
        // Once a day, and published up to a day later.
        Counts::Objects => Metric {
            name: "NumberOfObjects",
            statistic: "Average",
            period: 24 * 60 * 60,
            window: 3 * 24 * 60 * 60,
            ..recent
        },
        Counts::Healthy => {
            Metric { namespace: "AWS/Route53", name: "HealthCheckStatus", statistic: "Minimum", ..recent }
        }
    }
}

/// The region of the metrics of health checks.
const OF_HEALTH_CHECKS: &str = "us-east-1";

/// The signals about a rule of a replication.
pub(super) fn of_copy(
    counts: Counts,
    (from, from_region): (&str, &str),
    (to, to_region): (&str, &str),
    rule: &str,
) -> Signal {
    let region = if counts == Counts::FailedCopies { from_region } else { to_region };
    let about = [("SourceBucket", from), ("DestinationBucket", to), ("RuleId", rule)];
    let about = about.into_iter().map(|(name, value)| (name, value.to_owned())).collect();
    Signal { provider: AWS, region: region.to_owned(), counts, about }
}

/// The signal about what is in a bucket.
pub(super) fn of_bucket(bucket: &str, region: &str) -> Signal {
    let about = vec![("BucketName", bucket.to_owned()), ("StorageType", "AllStorageTypes".to_owned())];
    Signal { provider: AWS, region: region.to_owned(), counts: Counts::Objects, about }
}

/// The signal about a health check.
pub(super) fn of_check(id: &str) -> Signal {
    let about = vec![("HealthCheckId", id.to_owned())];
    Signal { provider: AWS, region: OF_HEALTH_CHECKS.to_owned(), counts: Counts::Healthy, about }
}

/// What is measured of a copy.
pub(super) const OF_COPIES: [Counts; 4] =
    [Counts::Behind, Counts::Pending, Counts::PendingBytes, Counts::FailedCopies];

/// Everything that is measured of what was observed.
pub(super) fn signals(observation: &Observation, lacking: &BTreeSet<&str>) -> Vec<Signal> {
    let text =
        |values: &Values, name: &str| values.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let of = |kind| observation.objects.iter().filter(move |object| object.kind == kind);
    let regions: BTreeMap<String, String> = of(bucket::KIND)
        .map(|one| (text(&one.attributes, bucket::NAME), text(&one.attributes, bucket::REGION)))
        .collect();
    let counted = regions.iter().filter(|(bucket, _)| lacking.contains(bucket.as_str()));
    let mut all: Vec<Signal> = counted.map(|(bucket, region)| of_bucket(bucket, region)).collect();
    for one in of(replication::KIND) {
        let from = (text(&one.attributes, replication::BUCKET), text(&one.attributes, replication::REGION));
        let rules = one.attributes.get(replication::RULES).and_then(Value::as_array);
        for rule in rules.into_iter().flatten() {
            let part = |name: &str| rule.get(name).and_then(Value::as_str).unwrap_or_default();
            let to = s3::bucket_of(part(replication::rule::DESTINATION)).unwrap_or_default();
            let Some(region) = regions.get(to) else { continue };
            let id = part(replication::rule::ID);
            all.extend(OF_COPIES.map(|counts| of_copy(counts, (&from.0, &from.1), (to, region), id)));
        }
    }
    let ids = of(health_check::KIND).map(|one| text(&one.outputs, health_check::ID));
    all.extend(ids.filter(|id| !id.is_empty()).map(|id| of_check(&id)));
    all
}
