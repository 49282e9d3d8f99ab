//! The steps of a recovery in words.

use super::context::Context;
use super::redact::redacted;
use crate::document::{Disruption, Name};
use crate::policy::{RecoveryStep, Service, StepAction};
use crate::report::Phrase;
use crate::units::Duration;

/// What a step does after a disruption, and how.
pub(crate) fn what(
    context: &Context<'_>,
    step: &RecoveryStep,
    service: &Service,
    disruption: Disruption,
) -> Phrase {
    let does = match &step.action {
        StepAction::Declare => "Declare the incident.".to_owned(),
        StepAction::Verify => "Verify that the service works.".to_owned(),
        StepAction::Failover(name) => {
            let sites = service.traffic.get(name).map(|traffic| &traffic.endpoints);
            let next: Vec<&str> =
                sites.into_iter().flatten().skip(1).map(|endpoint| endpoint.site.name.as_str()).collect();
            format!("Traffic {name} fails over to {}.", next.join(", then "))
        }
        StepAction::Restore(name) => {
            format!("Restore the data set {name}{}.", backups(service, name, disruption))
        }
        StepAction::Act => String::new(),
    };
    let how = step.how.as_ref().map(|how| redacted(context, how));
    let parts = [does, how.unwrap_or_default()].into_iter().filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join(" ").into()
}

/// `, whose backups are in ireland`.
fn backups(service: &Service, name: &Name, disruption: Disruption) -> String {
    let sites = sites_of_backups(service, name, disruption);
    match disruption {
        _ if !sites.is_empty() => format!(", whose backups are in {}", sites.join(", ")),
        Disruption::SiteLoss => ". No backup outside the lost site is declared".to_owned(),
        _ => String::new(),
    }
}

/// The sites with backups of a data set that a disruption leaves.
pub(super) fn sites_of_backups<'s>(
    service: &'s Service,
    name: &Name,
    disruption: Disruption,
) -> Vec<&'s str> {
    let Some(set) = service.data.get(name) else { return Vec::new() };
    let home = service.sites.first().map(|site| &site.name);
    let is_lost = |site: &Name| {
        disruption == Disruption::SiteLoss && (Some(site) == home || *site == set.primary.site.name)
    };
    let scheduled = set.schedules.iter().flat_map(|schedule| &schedule.to).map(|(site, _)| &site.name);
    // What corrupts the data corrupts its real-time copies too, and who has the account has them.
    let live = set.copies.iter().map(|copy| &copy.site.name);
    let all = scheduled.chain(live.filter(|_| disruption == Disruption::SiteLoss));
    let mut sites: Vec<&str> = all.filter(|site| !is_lost(site)).map(Name::as_str).collect();
    sites.sort_unstable();
    sites.dedup();
    sites
}

/// Who does a step.
pub(crate) fn who(step: &RecoveryStep) -> Phrase {
    match &step.by {
        Some((person, _)) => Phrase::new().strong(person.as_str()),
        None => "by itself".into(),
    }
}

/// The longest time that a step takes: as stated, or for a restore as its data and throughput say, if that is longer.
pub(crate) fn takes(step: &RecoveryStep, service: &Service) -> Option<Duration> {
    let stated = step.takes.map(|(takes, _)| takes);
    let StepAction::Restore(name) = &step.action else { return stated };
    let size = service.data.get(name).and_then(|set| set.size.as_ref());
    let rate = service.assumptions.restore_throughput.as_ref();
    let derived = size.zip(rate).map(|(size, rate)| rate.value.value.time_for(size.value.value));
    stated.max(derived)
}
