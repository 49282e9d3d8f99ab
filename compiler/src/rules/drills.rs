//! What drills test, and how thoroughly.
//!
//! Sources: NIST SP 800-34 rev. 1 §3.5.4 (discussion alone does not validate a recovery; high impact needs a full-scale
//! functional exercise); DORA, Regulation (EU) 2022/2554, article 11(6) (every critical function, every year).

use std::collections::BTreeSet;

use crate::diagnostic::{Diagnostic, codes, one_of};
use crate::policy::{Criterion, Drill, Policy, Service};
use crate::units::Date;

fn drills_of<'p>(policy: &'p Policy, service: &'p Service) -> impl Iterator<Item = &'p Drill> {
    policy.drills.values().filter(|drill| drill.services.contains_key(&service.name))
}

fn critical(policy: &Policy) -> impl Iterator<Item = (&Service, crate::source::Span)> {
    let services = policy.services.values().filter(|service| service.critical);
    services.filter_map(|service| Some((service, service.tier.as_ref()?.1)))
}

/// A critical service that no drill tests.
pub(super) fn never_drilled(policy: &Policy, _: Option<Date>, out: &mut Vec<Diagnostic>) {
    for (service, tier) in critical(policy).filter(|(service, _)| drills_of(policy, service).next().is_none())
    {
        let message = format!("no drill tests the recovery of `{}`, a critical service", service.name);
        out.push(
            Diagnostic::new(codes::NEVER_DRILLED, message)
                .at(tier, "critical because of this tier")
                .help("add it to `services` of a document of kind `drill`"),
        );
    }
}

/// A critical service whose drills are discussions or simulations only.
pub(super) fn discussion_only(policy: &Policy, _: Option<Date>, out: &mut Vec<Diagnostic>) {
    for (service, tier) in critical(policy) {
        let best = drills_of(policy, service).max_by_key(|drill| drill.form.0);
        let Some(best) = best.filter(|drill| drill.form.0.recovers_nothing()) else { continue };
        let message =
            format!("the recovery of `{}`, a critical service, is only discussed or simulated", service.name);
        out.push(
            Diagnostic::new(codes::ONLY_TALK, message)
                .at(best.form.1, format!("a {} recovers nothing", best.form.0))
                .at(tier, "critical because of this tier")
                .help("add a drill of type `functional` or `full-scale`"),
        );
    }
}

/// A drill whose success criteria are weaker than the objective of a service it tests.
pub(super) fn weak_criteria(policy: &Policy, _: Option<Date>, out: &mut Vec<Diagnostic>) {
    for drill in policy.drills.values() {
        let services = drill.services.keys().filter_map(|name| policy.services.get(name));
        let asked: Vec<_> =
            services.filter_map(|s| Some((s, s.objectives.get(&drill.disruption)?))).collect();
        for (what, passed) in [("RTO", drill.rto), ("RPO", drill.rpo)] {
            let Some((passed, span)) = passed else { continue };
            let stricter = asked.iter().filter_map(|(service, asked)| {
                let setting = if what == "RTO" { asked.rto.as_ref() } else { asked.rpo.as_ref() };
                setting.filter(|setting| setting.value < passed).map(|setting| (service, setting))
            });
            let Some((service, setting)) = stricter.min_by_key(|(_, setting)| setting.value) else {
                continue;
            };
            let message =
                format!("drill `{}` can pass although `{}` misses its {what}", drill.name, service.name);
            let finding = Diagnostic::new(codes::LOOSE_DRILL, message)
                .at(span, format!("passed within {}", passed.in_words()));
            let label = format!("the objective: {}", setting.value.in_words());
            let finding = match setting.origin.span() {
                Some(place) => finding.at(place, label),
                None => finding,
            };
            out.push(finding.help("remove it: then every service must meet its own objective"));
        }
    }
}

/// A probe that requests a page outside the zones of the drill's services. It runs inside the network of whoever holds the drill, so a
/// policy must not name any host there.
pub(super) fn foreign_probe(policy: &Policy, _: Option<Date>, out: &mut Vec<Diagnostic>) {
    for drill in policy.drills.values() {
        let services = drill.services.keys().filter_map(|name| policy.services.get(name));
        let zones: BTreeSet<&str> = services
            .flat_map(|service| service.traffic.values())
            .map(|traffic| traffic.domain.as_str())
            .collect();
        let is_ours = |host: &str| zones.iter().any(|zone| is_within(host, zone));
        for (criterion, span) in &drill.criteria {
            let Criterion::Page { page, .. } = criterion else { continue };
            if is_ours(&page.host) {
                continue;
            }
            let cure = match one_of(zones.iter().copied()) {
                zones if zones.is_empty() => {
                    "remove it: the services of the drill have no `traffic`".to_owned()
                }
                zones => format!("request a page of a name in {zones}"),
            };
            let message = format!("`{}` is in no zone of the services of the drill", page.host);
            out.push(Diagnostic::new(codes::FOREIGN_PROBE, message).at(*span, "not requested").help(cure));
        }
    }
}

fn is_within(name: &str, zone: &str) -> bool {
    name == zone || name.strip_suffix(zone).is_some_and(|rest| rest.ends_with('.'))
}
