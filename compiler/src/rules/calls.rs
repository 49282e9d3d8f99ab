//! Static stability: a recovery should not need a control plane, in particular not one that runs in a single
//! region. The providers know which calls need one.

use crate::diagnostic::Diagnostic;
use crate::policy::{Policy, Service};
use crate::provider::PROVIDERS;
use crate::units::Date;

/// SS01 to SS07, SS10 and SS11: recovery steps with calls to a control plane.
pub(super) fn control_planes(policy: &Policy, _: Option<Date>, out: &mut Vec<Diagnostic>) {
    // A call names its provider's service, wherever the service of the policy runs: traffic can be at another provider than the primary.
    let groups = || PROVIDERS.iter().flat_map(|provider| provider.facts.control_planes);
    for service in policy.services.values() {
        for step in service.recovery.values().flatten() {
            for (call, span) in &step.calls {
                let Some(group) = groups().find(|group| group.covers(call)) else { continue };
                let message = format!("step `{}` of `{}` {}", step.name, service.name, group.what);
                out.push(
                    Diagnostic::new(group.code, message)
                        .at(*span, "may fail during a disaster")
                        .at(step.span, "in this step")
                        .help(named(group.instead, service)),
                );
            }
        }
    }
}

/// An advice with the service's own entry of traffic in the place of `NAME`.
fn named(advice: &str, service: &Service) -> String {
    let entry = service.traffic.keys().next();
    entry.map_or_else(|| advice.to_owned(), |entry| advice.replace("NAME", entry.as_str()))
}
