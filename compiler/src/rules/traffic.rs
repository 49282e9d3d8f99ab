//! Traffic that moves too slowly, or is watched too often.

use crate::diagnostic::{Diagnostic, codes};
use crate::policy::{Policy, Target};
use crate::units::{Date, Duration};

/// What is common for records that fail over (Amazon Route 53 Developer Guide, "Best practices for Amazon Route 53
/// DNS": 60 or 120 seconds).
const LONGEST_TTL: Duration = Duration::seconds(120);
/// Health checks of an account, unless AWS has raised it (Amazon Route 53 Developer Guide, "Quotas").
const MOST_CHECKS: usize = 200;

/// SS13: a TTL that spends the budget of a failover.
pub(super) fn long_ttl(policy: &Policy, _: Option<Date>, out: &mut Vec<Diagnostic>) {
    for service in policy.services.values() {
        for (name, traffic) in &service.traffic {
            // Aliases answer with their targets' TTL.
            let alias =
                traffic.endpoints.iter().all(|endpoint| matches!(endpoint.target, Target::Alias { .. }));
            let Some(span) = traffic.ttl.origin.span().filter(|_| !alias && traffic.ttl.value > LONGEST_TTL)
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
                    .help("Route 53 advises 60 s for records with health checks, 120 s at the most"),
            );
        }
    }
}

/// More health checks than an account has by default: the apply would stop half-way.
pub(super) fn many_checks(policy: &Policy, _: Option<Date>, out: &mut Vec<Diagnostic>) {
    let traffic = policy.services.values().flat_map(|service| service.traffic.values());
    let probed: Vec<_> =
        traffic.filter_map(|traffic| Some((traffic.probe.as_ref()?, traffic.endpoints.len()))).collect();
    let checks: usize = probed.iter().map(|(_, endpoints)| endpoints).sum();
    let mut sum = 0;
    let first = probed.iter().find(|(_, endpoints)| {
        sum += endpoints;
        sum > MOST_CHECKS
    });
    if let Some((probe, _)) = first {
        let message = format!("{checks} health checks are more than the {MOST_CHECKS} an account may have");
        out.push(
            Diagnostic::new(codes::MANY_CHECKS, message)
                .at(probe.span, "beyond the quota from here on")
                .help("have the quota raised (Service Quotas, Route 53), and say so in a waiver"),
        );
    }
}
