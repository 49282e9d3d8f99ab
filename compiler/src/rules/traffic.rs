//! Traffic that fails over too slowly, or has too many health checks.

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, codes};
use crate::policy::{EndpointTarget, Policy, Probe};
use crate::provider::facts::Dns;
use crate::units::Date;

/// SS13: a TTL that takes most of the time allowed for a failover.
pub(super) fn long_ttl(policy: &Policy, _: Option<Date>, out: &mut Vec<Diagnostic>) {
    for service in policy.services.values() {
        for (name, traffic) in &service.traffic {
            // Aliases answer with the TTL of their targets.
            let alias = traffic
                .endpoints
                .iter()
                .all(|endpoint| matches!(endpoint.target, EndpointTarget::Alias { .. }));
            let Some(span) = traffic
                .ttl
                .origin
                .span()
                .filter(|_| !alias && traffic.ttl.value > traffic.provider.dns.longest_ttl)
            else {
                continue;
            };
            let message = format!(
                "clients of `{name}` can keep the lost site's address for {}",
                traffic.ttl.value.in_words()
            );
            out.push(
                Diagnostic::new(codes::LONG_TTL, message)
                    .at(span, "a long TTL for a name that fails over")
                    .help(traffic.provider.dns.ttl_advice),
            );
        }
    }
}

/// More health checks than the default quota of an account: an apply would stop halfway.
pub(super) fn many_checks(policy: &Policy, _: Option<Date>, out: &mut Vec<Diagnostic>) {
    let mut checks: BTreeMap<&str, Vec<(&Probe, usize, &Dns)>> = BTreeMap::new();
    for traffic in policy.services.values().flat_map(|service| service.traffic.values()) {
        if let Some(probe) = &traffic.probe {
            let one = (probe, traffic.endpoints.len(), &traffic.provider.dns);
            checks.entry(traffic.provider.name).or_default().push(one);
        }
    }
    for probed in checks.values() {
        let all: usize = probed.iter().map(|(_, endpoints, _)| endpoints).sum();
        let mut sum = 0;
        let first = probed.iter().find(|(_, endpoints, dns)| {
            sum += endpoints;
            sum > dns.most_checks
        });
        if let Some((probe, _, dns)) = first {
            let most = dns.most_checks;
            let message = format!("{all} health checks are more than the {most} an account may have");
            out.push(
                Diagnostic::new(codes::MANY_CHECKS, message)
                    .at(probe.span, "beyond the quota from here on")
                    .help(dns.more_checks),
            );
        }
    }
}
