//! The alarms of copies and health checks.

use serde_json::{Map, Value, json};

use super::{alarm, metric, of_check, of_copy};
use crate::document::Name;
use crate::lower::context::Context;
use crate::policy::{Bucket, DataSet, Severity, Told, Traffic};
use crate::provider::aws::named::generated;
use crate::provider::aws::route53::health_check;
use crate::provider::aws::s3::replication;
use crate::provider::aws::sns;
use crate::resource::{Address, Resource};
use crate::signals::{Counts, Signal};
use crate::source::Span;

/// When an alarm is raised.
struct Rule {
    /// The last part of its address.
    name: &'static str,
    severity: Severity,
    counts: Counts,
    statistic: &'static str,
    period: i32,
    figures: u64,
    comparison: &'static str,
    threshold: u64,
    /// What a missing figure counts as.
    missing: &'static str,
    /// What it says of a copy or an endpoint.
    says: &'static str,
    /// Whether what it says is over once the figures are well again.
    ends: bool,
}

/// The seconds in which S3 Replication Time Control copies (Amazon S3 User Guide, "Meeting compliance requirements with S3 Replication
/// Time Control").
const IN_TIME: u64 = replication::MINUTES * 60;

/// The bytes that wait when more waits than is copied in time: 1 Gbps, the default quota of replication time control (the same, "Best
/// practices and guidelines for S3 RTC").
const BYTES_IN_TIME: u64 = 1_000_000_000 / 8 * IN_TIME;

/// The operations that wait when more wait than one prefix takes in time: 3,500 a second, those of the replication among them (the same).
const OPERATIONS_IN_TIME: u64 = 3_500 * IN_TIME;

/// The rules for copies. S3 publishes these metrics every minute, as well as it can, and none of a bucket that is gone: a missing
/// figure keeps the state (Amazon S3 User Guide, "Monitoring progress with replication metrics"). Where no operation failed, it may
/// publish no figure.
const OF_COPIES: [Rule; 4] = [
    Rule {
        name: "late",
        severity: Severity::Critical,
        counts: Counts::Behind,
        statistic: "Maximum",
        period: 300,
        figures: 1,
        comparison: alarm::ABOVE,
        threshold: IN_TIME,
        missing: "ignore",
        says: "is more than 15 min behind",
        ends: true,
    },
    Rule {
        name: "failed",
        severity: Severity::Critical,
        counts: Counts::FailedCopies,
        statistic: "Sum",
        period: 300,
        figures: 1,
        comparison: alarm::ABOVE,
        threshold: 0,
        missing: "notBreaching",
        says: "lacks changes: S3 could not copy them, and does not try again",
        ends: false,
    },
    Rule {
        name: "bytes",
        severity: Severity::Warning,
        counts: Counts::PendingBytes,
        statistic: "Maximum",
        period: 300,
        figures: 3,
        comparison: alarm::ABOVE,
        threshold: BYTES_IN_TIME,
        missing: "ignore",
        says: "waits for more bytes than S3 copies in 15 min at its default quota of 1 Gbps",
        ends: true,
    },
    Rule {
        name: "operations",
        severity: Severity::Warning,
        counts: Counts::Pending,
        statistic: "Maximum",
        period: 300,
        figures: 3,
        comparison: alarm::ABOVE,
        threshold: OPERATIONS_IN_TIME,
        missing: "ignore",
        says: "waits for more operations than a prefix takes in 15 min, 3500 a second",
        ends: true,
    },
];

/// The rule for health checks: one figure of a minute that is not 1.
const OF_CHECK: Rule = Rule {
    name: "unhealthy",
    severity: Severity::Critical,
    counts: Counts::Healthy,
    statistic: "Minimum",
    period: 60,
    figures: 1,
    comparison: alarm::BELOW,
    threshold: 1,
    missing: "missing",
    says: "fails its health check",
    ends: true,
};

/// Lowers the alarms of the copies of a data set.
pub(in crate::provider::aws) fn of_data(
    context: &Context<'_>,
    name: &Name,
    set: &DataSet,
    out: &mut Vec<Resource>,
) {
    for (copy, rule) in set.copies.iter().flat_map(|copy| OF_COPIES.iter().map(move |rule| (copy, rule))) {
        let place = |bucket: &Bucket| (bucket.name.to_string(), bucket.site.region.to_string());
        let ((from, from_region), (to, to_region)) = (place(&set.primary), place(copy));
        let id = replication::rule_id(&copy.site.name);
        let signal = of_copy(rule.counts, (&from, &from_region), (&to, &to_region), &id);
        let about = About { entry: name, part: "data", site: &copy.site.name, span: copy.span };
        let what = format!("the copy of {}.{name} at {}", context.service.name, copy.site.name);
        let after = context.address(replication::KIND, &[name.as_str()]);
        if let Some(made) = about.alarm(context, rule, &signal, &what, out) {
            let dimensions: Map<String, Value> =
                signal.about.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
            let made = made.set(alarm::DIMENSIONS, Value::Object(dimensions));
            out.push(made.set(alarm::HEALTH_CHECK, Value::Null).after(&after));
        }
    }
}

/// Lowers the alarms of the health checks of an entry of traffic.
pub(in crate::provider::aws) fn of_traffic(
    context: &Context<'_>,
    name: &Name,
    traffic: &Traffic,
    out: &mut Vec<Resource>,
) {
    for endpoint in traffic.endpoints.iter().filter(|_| traffic.probe.is_some()) {
        let site = &endpoint.site.name;
        let about = About { entry: name, part: "traffic", site, span: endpoint.span };
        let what = format!("{}.{name} at {site}", context.service.name);
        let check = context.address(health_check::KIND, &[name.as_str(), site.as_str()]);
        if let Some(made) = about.alarm(context, &OF_CHECK, &of_check(""), &what, out) {
            let made = made.set(alarm::DIMENSIONS, Value::Null);
            out.push(made.refer(alarm::HEALTH_CHECK, &check, health_check::ID));
        }
    }
}

/// What an alarm is about.
struct About<'a> {
    entry: &'a Name,
    part: &'a str,
    site: &'a Name,
    span: Span,
}

impl About<'_> {
    /// The alarm without what its metric is about. Its topic is added if it is not there. `None` if nobody is to be told of anything.
    fn alarm(
        &self,
        context: &Context<'_>,
        rule: &Rule,
        signal: &Signal,
        what: &str,
        out: &mut Vec<Resource>,
    ) -> Option<Resource> {
        let alarms = context.policy.alarms.as_ref()?;
        let region = signal.region.as_str();
        // There, the account of a site has topics of its own, and no figures of what is copied to it.
        if context.policy.elsewhere.keys().any(|elsewhere| elsewhere.as_str() == region) {
            return None;
        }
        let topic = sns::lower::lower(context, alarms, rule.severity, region, out);
        let (entry, site) = (self.entry.as_str(), self.site.as_str());
        let service = context.service.name.as_str();
        let parts = [context.policy.estate.as_str(), service, entry, site, rule.name];
        let address: Address = context.address(alarm::KIND, &[entry, site, rule.name]);
        let metric = metric(rule.counts);
        let made = Resource::new(address, format!("says when {what} {}", brief(rule.says)), self.span)
            .set(alarm::NAME, generated(&parts, "", alarm::LONGEST_NAME))
            .set(alarm::REGION, region)
            .set(alarm::DESCRIPTION, description(topic.told, what, rule.says))
            .set(alarm::NAMESPACE, metric.namespace)
            .set(alarm::METRIC, metric.name)
            .set(alarm::STATISTIC, rule.statistic)
            .set(alarm::UNIT, Value::Null)
            .set(alarm::PERIOD, rule.period)
            .set(alarm::FIGURES, rule.figures)
            .set(alarm::OF_THEM, Value::Null)
            .set(alarm::THRESHOLD, rule.threshold)
            .set(alarm::COMPARISON, rule.comparison)
            .set(alarm::MISSING, rule.missing)
            .set(alarm::ENABLED, true)
            .set(alarm::ACTIONS, json!([topic.arn]))
            .set(alarm::OK_ACTIONS, if rule.ends { json!([topic.arn]) } else { json!([]) })
            .set(alarm::UNKNOWN_ACTIONS, json!([]))
            .set(alarm::TAGS, context.tags(self.part, self.entry));
        Some(made.after(&topic.address))
    }
}

/// `Level 1 (disaster): the copy of payments.ledger at oregon is more than 15 min behind.`
fn description(told: &Told, what: &str, says: &str) -> String {
    format!("{}: {what} {says}.", told.level_in_words())
}

/// The first clause of what an alarm says.
fn brief(says: &str) -> &str {
    says.split_once(':').map_or(says, |(first, _)| first)
}
