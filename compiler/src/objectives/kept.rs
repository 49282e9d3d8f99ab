//! Which scheduled backups of a service were seen, and whether they are young enough.

use super::facts::Facts;
use super::view::{Live, View};
use crate::backups::{KeptBackups, SeenBackup, SetUp};
use crate::document::Lock;
use crate::policy::{Schedule, Service, Site};
use crate::provider;
use crate::units::{Date, Duration};

/// The backups of a service that somebody has looked at, in the order of the policy. `today` are the observed facts.
#[must_use]
pub fn kept(
    service: &Service,
    live: Live<'_>,
    today: Option<&Facts<'_>>,
    as_of: Option<Date>,
) -> Vec<KeptBackups> {
    let Some(seen) = live.backups else { return Vec::new() };
    let view = View { service, live };
    let facts = Facts::wanted(service);
    let mut all = Vec::new();
    for (name, data) in &facts.data {
        let Some(provider) = provider::find(data.provider.name) else { continue };
        for schedule in &data.schedules {
            let today = today.and_then(|today| today.data.get(name));
            let now = today.and_then(|today| today.schedules.iter().find(|one| one.span == schedule.span));
            for (site, _) in &schedule.to {
                let place = (provider.evidence.backup_place)(&view, data, schedule, site);
                let unseen = SeenBackup::unseen;
                let here = match &place {
                    Some(place) => seen.get(place).cloned().unwrap_or_else(|| unseen("nobody has looked")),
                    None => unseen("its vault is in another account, for which no site names a role"),
                };
                let away = |site: &Site| site.name != data.primary.site.name;
                let assumed = facts.assumptions.backup_copy.as_ref().map(|copy| copy.value.value);
                let longest = |site: &Site| {
                    let copied = today?.jobs_at(schedule, site)?.copied;
                    (copied.done > 0).then_some(copied.longest)
                };
                let copies: Vec<_> = schedule.to.iter().filter(|(to, _)| away(site) && away(to)).collect();
                let copies = copies.into_iter().map(|(to, _)| assumed.or_else(|| longest(to)));
                all.push(KeptBackups {
                    service: service.name.to_string(),
                    data: name.to_string(),
                    strategy: schedule.strategy,
                    continuous: schedule.continuous && !away(site),
                    site: site.name.to_string(),
                    vault: place.map(|place| place.vault.parts().collect::<Vec<_>>().join(" ")),
                    days: schedule.keep.as_days(),
                    set_up: if now.is_some_and(|now| now.to.iter().any(|(to, _)| to.name == site.name)) {
                        SetUp::Yes
                    } else {
                        let unseen = (provider.evidence.backup_unseen)(&view, name, data, schedule, site);
                        unseen.map_or(SetUp::No, SetUp::Unknown)
                    },
                    lock_fault: now.and_then(|now| lock_fault(schedule, now, site, as_of)),
                    allowed: allowed(schedule, copies),
                    seen: here,
                });
            }
        }
    }
    all
}

/// Why a compliance lock that the policy asks for does not keep the backups.
fn lock_fault(wanted: &Schedule, now: &Schedule, site: &Site, as_of: Option<Date>) -> Option<String> {
    if wanted.lock != Some(Lock::Compliance) {
        return None;
    }
    match (now.lock, now.lock_removable(as_of)) {
        (Some(Lock::Compliance), None) => None,
        (Some(Lock::Compliance), Some(until)) => Some(format!(
            "whoever holds the account can remove the lock of the vault at `{}` until {until}",
            site.name
        )),
        _ => Some(format!("the vault at `{}` has no compliance lock", site.name)),
    }
}

/// How old the newest backup may be: one is due, and everything takes as long as it may.
fn allowed(schedule: &Schedule, mut copies: impl Iterator<Item = Option<Duration>>) -> Option<Duration> {
    copies.try_fold(schedule.until_made()?, |sum, copy| Some(sum.plus(copy?)))
}

/// The facts without the backups that are missing, too old, or unseen.
#[must_use]
pub fn with_kept<'p>(mut facts: Facts<'p>, kept: &[KeptBackups]) -> Facts<'p> {
    for (name, data) in &mut facts.data {
        for schedule in &mut data.schedules {
            let (strategy, days) = (schedule.strategy, schedule.keep.as_days());
            let is_missing = |site: &str| {
                kept.iter().any(|one| {
                    let same = one.data == name.as_str() && one.site == site;
                    same && (one.strategy, one.days) == (strategy, days) && one.fault().is_some()
                })
            };
            schedule.to.retain(|(site, _)| !is_missing(site.name.as_str()));
        }
        data.schedules.retain(|schedule| !schedule.to.is_empty());
    }
    facts
}
