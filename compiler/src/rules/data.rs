//! Data that is missing at the site that takes over, and more data than can be backed up.

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, codes};
use crate::document::Disruption;
use crate::policy::{DataSet, Policy, Site, StepAction};
use crate::provider::facts::Word;
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

/// Alarms that do not watch the copies of a data set or the endpoints of a name, because its provider has none that Holdfast makes.
pub(super) fn not_watched(policy: &Policy, _: Option<Date>, out: &mut Vec<Diagnostic>) {
    if policy.alarms.is_none() {
        return;
    }
    for (name, set) in policy.services.values().flat_map(|service| &service.data) {
        let Some(refused) = (set.primary.site.region.provider.refuses)(Word::WatchedCopy) else { continue };
        if !set.copies.is_empty() {
            out.push(
                Diagnostic::new(codes::NOT_WATCHED, format!("no alarm tells when a copy of `{name}` fails"))
                    .at(set.backups, refused.why)
                    .help(refused.cure),
            );
        }
    }
    for (name, traffic) in policy.services.values().flat_map(|service| &service.traffic) {
        let Some((refused, probe)) =
            (traffic.provider.refuses)(Word::WatchedEndpoint).zip(traffic.probe.as_ref())
        else {
            continue;
        };
        out.push(
            Diagnostic::new(codes::NOT_WATCHED, format!("no alarm tells when an endpoint of `{name}` fails"))
                .at(probe.span, refused.why)
                .help(refused.cure),
        );
    }
}

/// A standby whose copy of the data nobody can write to.
pub(super) fn read_only_copy(policy: &Policy, _: Option<Date>, out: &mut Vec<Diagnostic>) {
    for service in policy.services.values() {
        for (name, set) in &service.data {
            let storage = &set.primary.site.region.provider.storage;
            let takes_over = service.sites.iter().skip(1);
            let at = |site: &&Site| set.copies.iter().any(|copy| copy.site.name == site.name);
            let Some((why, site)) = storage.read_only_copies.zip(takes_over.into_iter().find(at)) else {
                continue;
            };
            out.push(
                Diagnostic::new(
                    codes::READ_ONLY_COPY,
                    format!("what takes over at `{}` can read `{name}` and not write to it", site.name),
                )
                .at(service.standby_span, "the first with a copy")
                .at(set.backups, why)
                .help("decide what the service does there, and record it in a waiver"),
            );
        }
    }
}

/// More data sets with backups than the default quotas of an account and of a region: an apply would stop halfway, or a backup
/// would fail.
pub(super) fn many_backups(policy: &Policy, _: Option<Date>, out: &mut Vec<Diagnostic>) {
    let mut sets: BTreeMap<(&str, Option<&str>), Vec<&DataSet>> = BTreeMap::new();
    let all = policy.services.values().flat_map(|service| service.data.values());
    for set in all.filter(|set| !set.schedules.is_empty()) {
        let region = &set.primary.site.region;
        let (account, here) = ((region.provider.name, None), (region.provider.name, Some(region.as_str())));
        sets.entry(account).or_default().push(set);
        sets.entry(here).or_default().push(set);
    }
    for ((_, region), sets) in sets {
        let Some(backup) = sets.first().map(|set| &set.primary.site.region.provider.backup) else { continue };
        let (most, of) = match region {
            None => (backup.most_sets.0, "an account may have".to_owned()),
            Some(region) => (backup.most_sets.1, format!("an account may have in {region}")),
        };
        if let Some(set) = sets.get(most) {
            let message = format!("{} data sets with backups are more than the {most} {of}", sets.len());
            out.push(
                Diagnostic::new(codes::MANY_BACKUPS, message)
                    .at(set.backups, "beyond the quota from here on")
                    .help(backup.more_sets),
            );
        }
    }
}
