//! Absence: a region that is lost raises no alarm about itself, so each region with alarms is listened for in another one.
//!
//! A rule on a schedule sends an event every minute to the event bus of the next region. A rule there takes it, and CloudWatch counts the
//! events that match that rule, in that region. An alarm there tells when nothing was counted for some minutes: with missing figures as
//! breaching it needs nothing of the lost region. That is two rules and an alarm for each region, and one role for all.
//!
//! A new alarm has no figures yet, so it is raised at once, and ends when the first heartbeats are counted. Another region in the estate
//! can change who listens to whom, so that alarms are made anew. Their description says so.
//!
//! A health check of Route 53 on an endpoint of each region takes less, but its figures are in us-east-1 only, so nobody would say that
//! us-east-1 is lost. An alarm cannot look at figures of another region.
//!
//! Nothing tells that CloudWatch or SNS fails in a region where EventBridge runs.
//!
//! Sources: Amazon EventBridge User Guide, "Sending and receiving events between AWS Regions", "Creating a rule that runs on a schedule" and
//! "Monitoring Amazon EventBridge" (`MatchedEvents`, by the name of the rule on the default bus; sent every minute, as well as it can);
//! AWS Compute Blog, "Expanding cross-Region event routing with Amazon EventBridge" (any region to any region).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{OF_HEALTH_CHECKS, alarm};
use crate::lower::context::{Context, ESTATE_TAG};
use crate::policy::{Policy, Severity};
use crate::provider::aws::events::{self, bus_arn, rule, rule_arn};
use crate::provider::aws::iam::{events as role_of_events, role_arn};
use crate::provider::aws::name::AWS;
use crate::provider::aws::named::generated;
use crate::provider::aws::sns;
use crate::resource::{Address, ESTATE, Resource};

/// How often a heartbeat is sent. Events to another region are billed as custom events.
const EVERY_MINUTE: &str = "rate(1 minute)";

/// The heartbeats of a month of 30 days.
pub(in crate::provider::aws) const OF_A_MONTH: usize = 30 * 24 * 60;

/// The minutes without a heartbeat after which an alarm is raised. Figures may be late or get lost.
const SILENT: u64 = 5;

/// The regions whose alarms are listened for, each with the region that listens. None if there is only one: nobody could listen.
///
/// Alarms are where buckets, copies and vaults are, and those of health checks in us-east-1.
pub(in crate::provider::aws) fn watched(policy: &Policy) -> BTreeMap<&str, &str> {
    let mut all: BTreeSet<&str> = BTreeSet::new();
    for service in policy.services.values() {
        for set in service.data.values().filter(|set| !set.copies.is_empty() || !set.schedules.is_empty()) {
            let copies = set.copies.iter().map(|copy| &copy.site);
            let vaults = set.schedules.iter().flat_map(|schedule| schedule.to.iter().map(|(site, _)| site));
            let sites = std::iter::once(&set.primary.site).chain(copies).chain(vaults);
            let sites = sites.filter(|site| site.region.provider.name == AWS && site.account.is_none());
            all.extend(sites.map(|site| site.region.as_str()));
        }
        let checked = |traffic: &crate::policy::Traffic| {
            traffic.probe.is_some() && !traffic.endpoints.is_empty() && traffic.provider.name == AWS
        };
        if service.traffic.values().any(checked) {
            all.insert(OF_HEALTH_CHECKS);
        }
    }
    all.retain(|region| !policy.elsewhere.keys().any(|elsewhere| elsewhere.as_str() == *region));
    let next = all.iter().copied().cycle().skip(1);
    match all.len() {
        0 | 1 => BTreeMap::new(),
        _ => all.iter().copied().zip(next).collect(),
    }
}

/// The address of the rule that sends the heartbeats of a region.
pub(in crate::provider::aws) fn sender(region: &str) -> Address {
    Address::new(rule::KIND, &["heartbeat", region])
}

/// Lowers who listens for each region of the estate that has alarms.
pub(in crate::provider::aws) fn lower(context: &Context<'_>, out: &mut Vec<Resource>) {
    let Some(alarms) = &context.policy.alarms else { return };
    let watched = watched(context.policy);
    if watched.is_empty() {
        return;
    }
    let account = context.target.account(AWS);
    let estate = context.policy.estate.as_str();
    let tags = || json!({ESTATE_TAG: estate});
    let buses: BTreeSet<String> = watched.values().map(|region| bus_arn(region, account)).collect();
    let span = alarms.of(Severity::Critical).1.span;
    let (role, role_name) = role_of_events::role(context, &buses, span);
    for (region, listens) in &watched {
        let topic = sns::lower::lower(context, alarms, Severity::Critical, listens, out);
        let sends = generated(&[estate, "heartbeat", region], "", events::LONGEST_NAME);
        let hears = generated(&[estate, "hears", region], "", events::LONGEST_NAME);
        let what = |purpose: String, address: Address, name: &str, region: &str| {
            Resource::new(address, purpose, span)
                .set(rule::NAME, name)
                .set(rule::REGION, region)
                .set(rule::STATE, rule::ENABLED)
                .set(rule::MESSAGE, Value::Null)
                .set(rule::TAGS, tags())
        };
        let purpose = format!("tells {listens} every minute that {region} is there");
        let sender = what(purpose, sender(region), &sends, region)
            .set(rule::DESCRIPTION, format!("Tells {listens} that this region is there."))
            .set(rule::PATTERN, Value::Null)
            .set(rule::SCHEDULE, EVERY_MINUTE)
            .set(rule::TARGETS, json!([bus_arn(listens, account)]))
            .set(rule::ROLE, role_arn(account, &role_name))
            .after(&role.address);
        let address = Address::new(rule::KIND, &["hears", region]);
        let listener = what(format!("hears in {listens} that {region} is there"), address, &hears, listens)
            .set(rule::DESCRIPTION, format!("Hears that {region} is there."))
            .set(rule::PATTERN, pattern(&rule_arn(region, account, &sends)))
            .set(rule::SCHEDULE, Value::Null)
            .set(rule::TARGETS, json!([]))
            .set(rule::ROLE, Value::Null);
        let says = format!(
            "{}: {listens} has heard nothing of {region} for {SILENT} min. If it is lost, no alarm of {region} says so. In the first \
             minutes after the apply that made this alarm, it rings although nothing is lost.",
            topic.told.level_in_words()
        );
        let purpose = format!("says in {listens} when nothing is heard of {region}");
        let silent = Resource::new(Address::new(alarm::KIND, &[ESTATE, region, "silent"]), purpose, span)
            .set(alarm::NAME, generated(&[estate, region, "silent"], "", alarm::LONGEST_NAME))
            .set(alarm::REGION, *listens)
            .set(alarm::DESCRIPTION, says)
            .set(alarm::NAMESPACE, "AWS/Events")
            .set(alarm::METRIC, "MatchedEvents")
            .set(alarm::DIMENSIONS, json!({"RuleName": hears}))
            .set(alarm::HEALTH_CHECK, Value::Null)
            .set(alarm::STATISTIC, "Sum")
            .set(alarm::UNIT, Value::Null)
            .set(alarm::PERIOD, 60)
            .set(alarm::FIGURES, SILENT)
            .set(alarm::OF_THEM, Value::Null)
            .set(alarm::THRESHOLD, 1)
            .set(alarm::COMPARISON, alarm::BELOW)
            .set(alarm::MISSING, "breaching")
            .set(alarm::ENABLED, true)
            .set(alarm::ACTIONS, json!([topic.arn]))
            .set(alarm::OK_ACTIONS, json!([topic.arn]))
            .set(alarm::UNKNOWN_ACTIONS, json!([]))
            .set(alarm::TAGS, tags())
            .after(&topic.address)
            .after(&listener.address)
            .after(&sender.address);
        out.extend([sender, listener, silent]);
    }
    out.push(role);
}

/// The events of a schedule (Amazon EventBridge User Guide, "Creating a rule that runs on a schedule": `resources` has the ARN of the rule).
fn pattern(rule: &str) -> Value {
    json!({"source": ["aws.events"], "detail-type": ["Scheduled Event"], "resources": [rule]})
}
