//! The built-in values, which apply where neither the document nor what it inherits from says one.

use super::matches;
use crate::document::Interval;
use crate::policy::{REVIEW_EVERY, approvals, backups, settings};
use crate::provider::Facts;

/// The built-in value of the key that a path ends in, as the language writes it. `None` if nothing is built in.
#[must_use]
pub fn unsaid(path: &[&str], facts: &Facts) -> Option<String> {
    let ends = |pattern| matches(pattern, path);
    let value = match () {
        // The loss of a site has built-in objectives; other disruptions have none.
        () if ends("objectives.rto") => settings::RTO,
        () if ends("objectives.rpo") => settings::RPO,
        () if ends("assumptions.keep-alive.value") => facts.dns.keep_alive.value,
        () if ends("assumptions.resolver-slack.value") => settings::RESOLVER_SLACK.value,
        () if ends("assumptions.health-propagation.value") => facts.dns.health_propagation.value,
        () if ends("traffic.*.ttl") => facts.dns.ttl.value,
        () if ends("probe.every") => return Some(format!("{}s", Interval::default().seconds())),
        () if ends("probe.failures") => return Some(facts.dns.failures.to_string()),
        () if ends("windows.start") => facts.backup.start.value,
        () if ends("windows.complete") => backups::COMPLETE,
        () if ends("approvals.hold") => approvals::HOLD,
        () if ends("review-every") => REVIEW_EVERY,
        () if ends("encrypt") => return Some("AES256".to_owned()),
        () if ends("critical") && !ends("alarms.critical") => return Some("false".to_owned()),
        () => return None,
    };
    Some(value.to_string())
}
