//! The steps of a recovery in words.

use crate::policy::{RecoveryStep, Service, StepAction};
use crate::report::Phrase;
use crate::units::Duration;

/// What a step does, and how.
pub(super) fn what(step: &RecoveryStep, service: &Service) -> Phrase {
    let does = match &step.action {
        StepAction::Declare => "Declare the incident.".to_owned(),
        StepAction::Verify => "Verify that the service works.".to_owned(),
        StepAction::Failover(name) => {
            let sites = service.traffic.get(name).map(|traffic| &traffic.endpoints);
            let next: Vec<&str> =
                sites.into_iter().flatten().skip(1).map(|endpoint| endpoint.site.name.as_str()).collect();
            format!("Traffic {name} fails over to {}.", next.join(", then "))
        }
        StepAction::Restore(name) => format!("Restore the data set {name}{}.", backups(service, name)),
        StepAction::Act => String::new(),
    };
    let parts = [does, step.how.clone().unwrap_or_default()].into_iter().filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join(" ").into()
}

/// `, whose backups are in ireland`.
fn backups(service: &Service, name: &crate::document::Name) -> String {
    let schedules = service.data.get(name).into_iter().flat_map(|set| &set.schedules);
    let mut sites: Vec<&str> =
        schedules.flat_map(|schedule| &schedule.to).map(|(site, _)| site.name.as_str()).collect();
    sites.sort_unstable();
    sites.dedup();
    if sites.is_empty() { String::new() } else { format!(", whose backups are in {}", sites.join(", ")) }
}

/// Who does a step.
pub(super) fn who(step: &RecoveryStep) -> Phrase {
    match &step.by {
        Some((person, _)) => Phrase::new().strong(person.as_str()),
        None => "by itself".into(),
    }
}

/// The longest time that a step takes: as stated, or for a restore as its data and throughput say, if that is longer.
pub(super) fn takes(step: &RecoveryStep, service: &Service) -> Option<Duration> {
    let stated = step.takes.map(|(takes, _)| takes);
    let StepAction::Restore(name) = &step.action else { return stated };
    let size = service.data.get(name).and_then(|set| set.size.as_ref());
    let rate = service.assumptions.restore_throughput.as_ref();
    let derived = size.zip(rate).map(|(size, rate)| rate.value.value.time_for(size.value.value));
    stated.max(derived)
}
