//! Data that is missing at the site that takes over.

use crate::diagnostic::{Diagnostic, codes};
use crate::policy::Policy;
use crate::units::Date;

/// Traffic fails over to a site without the data. A service without traffic does not fail over automatically.
pub(super) fn not_at_the_standby(policy: &Policy, _: Option<Date>, out: &mut Vec<Diagnostic>) {
    for service in policy.services.values().filter(|service| !service.traffic.is_empty()) {
        // The first standby takes the traffic; further entries fail over in the same order.
        let first = service.traffic.values().find_map(|traffic| traffic.endpoints.get(1));
        let Some(standby) = first.map(|endpoint| &endpoint.site) else { continue };
        for (name, set) in &service.data {
            let there = set.copies.iter().any(|copy| copy.site.name == standby.name);
            if !there && !set.copies.is_empty() {
                let message = format!("`{}` takes over without data `{name}`", standby.name);
                out.push(
                    Diagnostic::new(codes::DATA_ELSEWHERE, message)
                        .at(set.backups, "no real-time copy there")
                        .at(service.standby_span, "the first to take over")
                        .help(format!(
                            "add `{}` to a `real-time` backup, or expect slow reads from another region",
                            standby.name
                        )),
                );
            }
        }
    }
}
