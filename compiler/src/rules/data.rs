//! Data that is missing at the site that takes over.

use crate::diagnostic::{Diagnostic, codes};
use crate::document::Disruption;
use crate::policy::{Policy, StepAction};
use crate::units::Date;

/// Traffic fails over to a site without the data. A service without traffic does not fail over automatically.
pub(super) fn not_at_the_standby(policy: &Policy, _: Option<Date>, out: &mut Vec<Diagnostic>) {
    for service in policy.services.values().filter(|service| !service.traffic.is_empty()) {
        // The first standby takes the traffic; further entries fail over in the same order.
        let first = service.traffic.values().find_map(|traffic| traffic.endpoints.get(1));
        let Some(standby) = first.map(|endpoint| &endpoint.site) else { continue };
        for (name, set) in &service.data {
            let there = set.copies.iter().any(|copy| copy.site.name == standby.name);
            let steps = service.recovery.get(&Disruption::SiteLoss).into_iter().flatten();
            let mut steps =
                steps.filter(|step| matches!(&step.action, StepAction::Restore(data) if data == name));
            if !there && !set.copies.is_empty() && steps.next().is_none() {
                let message = format!("`{}` takes over without data `{name}`", standby.name);
                out.push(
                    Diagnostic::new(codes::DATA_ELSEWHERE, message)
                        .at(service.standby_span, "the first to take over")
                        .at(set.backups, "no real-time copy there")
                        .help(format!(
                            "add `{}` to a `real-time` backup, or a step to `recovery` that does `restore data.{name}` there",
                            standby.name
                        )),
                );
            }
        }
    }
}
