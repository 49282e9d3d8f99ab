//! Evidence from the cloud about data: copies, backups, encryption and locks.

use super::context::Context;
use super::item::{Item, Standing};
use crate::backups::KeptBackups;
use crate::copies::{CopyState, SeenCopy};
use crate::document::{Encryption, Evidence, Lock, Name};
use crate::plan::{Assumed, Behind};
use crate::policy::{Bucket, DataSet, Schedule, Service, Site};

/// Every data set: its service, its name and itself.
pub(super) fn data<'c>(
    context: &'c Context<'_>,
) -> impl Iterator<Item = (&'c Service, &'c Name, &'c DataSet)> {
    let of = |service: &'c Service| service.data.iter().map(move |(name, set)| (service, name, set));
    context.policy().services.values().flat_map(of)
}

/// How a real-time copy stands.
pub(super) fn copy(
    context: &Context<'_>,
    set: &DataSet,
    copy: &Bucket,
) -> (Standing, String, Option<String>) {
    let Some(status) = context.status() else { return (Standing::Unknown, context.unseen(), None) };
    let same = |one: &&SeenCopy| one.from == set.primary.name.as_str() && one.to == copy.name.as_str();
    match status.plan.copies.iter().find(same) {
        None => (Standing::Unknown, "the copy could not be seen".to_owned(), None),
        Some(seen) => {
            let by = Some(seen.by.to_string());
            match &seen.state {
                CopyState::Works => {
                    let (standing, says) = working(&status.plan.behind, &status.plan.assumed, seen);
                    (standing, says, by)
                }
                CopyState::New => (Standing::Fails, "it is not made yet".to_owned(), by),
                CopyState::Broken(why) => (Standing::Fails, why.clone(), by),
            }
        }
    }
}

/// How a copy that works stands. The journal says whether it has what was written before: it is whole as far as each run saw.
pub(super) fn working(behind: &[Behind], assumed: &[Assumed], seen: &SeenCopy) -> (Standing, String) {
    if let Some(behind) = behind.iter().find(|one| one.now == seen.from) {
        let says = format!("it works now, but objects stay in {}, which was the primary bucket", behind.name);
        return (Standing::Fails, says);
    }
    if assumed.iter().any(|one| one.from == seen.from && one.to == seen.to) {
        return (Standing::Holds, "it is set up so that new objects are copied".to_owned());
    }
    let lacks = "it works now, but lacks what was written while it did not";
    match (&seen.job, seen.stated) {
        // The next run records whether this ended the gap.
        (Some(job), _) if job.is_done() => {
            (Standing::Unknown, format!("{}, and no run has recorded since that it is whole", job.in_words()))
        }
        (Some(job), _) => (Standing::Fails, format!("{lacks}; {}", job.in_words())),
        (None, Some(day)) => {
            let says = format!("it works now; the policies state that older objects were copied by {day}");
            (Standing::Stated, says)
        }
        (None, None) => (Standing::Fails, lacks.to_owned()),
    }
}

/// The backups of a schedule at a site, as somebody saw.
fn kept<'c>(
    context: &'c Context<'_>,
    service: &Service,
    data: &Name,
    schedule: &Schedule,
    site: &Site,
) -> Option<&'c KeptBackups> {
    context.status()?.plan.backups.iter().find(|one| {
        one.service == service.name.as_str()
            && one.data == data.as_str()
            && one.site == site.name.as_str()
            && one.strategy == schedule.strategy
            && one.days == schedule.keep.as_seconds() / 86_400
    })
}

/// How the backups of a schedule at a site stand.
pub(super) fn backup(
    context: &Context<'_>,
    (service, name): (&Service, &Name),
    schedule: &Schedule,
    site: &Site,
) -> (Standing, String, Option<String>) {
    if context.status().is_none() {
        return (Standing::Unknown, context.unseen(), None);
    }
    let Some(kept) = kept(context, service, name, schedule, site) else {
        return (Standing::Unknown, "the backups could not be seen".to_owned(), None);
    };
    let vault = kept.vault.clone();
    match kept.fault() {
        Some(why) if kept.is_seen() => (Standing::Fails, why, vault),
        Some(why) => (Standing::Unknown, why, vault),
        None => {
            let newest = kept.newest().map(|newest| newest.in_words()).unwrap_or_default();
            let job = kept.job_fault().map(|fault| format!("; the last job {}", fault.said));
            (Standing::Holds, format!("the newest backup is {newest}{}", job.unwrap_or_default()), vault)
        }
    }
}

/// Whether real-time copies work.
pub(super) fn copies(context: &Context<'_>) -> Vec<Item> {
    let mut items = Vec::new();
    for (service, name, set) in data(context) {
        for to in &set.copies {
            let (standing, says, by) = copy(context, set, to);
            let about = format!("{}.{name} at {}", service.name, to.site.name);
            let item = Item::new(Evidence::Copies, about, standing, says).of(by).seen();
            items.push(item.at(context.place(to.span)));
        }
    }
    items
}

/// Whether scheduled backups are made.
pub(super) fn backups(context: &Context<'_>) -> Vec<Item> {
    let mut items = Vec::new();
    for (service, name, set) in data(context) {
        if set.schedules.is_empty() {
            let about = format!("{}.{name}", service.name);
            let item = Item::new(Evidence::Backups, about, Standing::Fails, "it has no scheduled backup");
            items.push(item.at(context.place(set.backups)));
        }
        for schedule in &set.schedules {
            for (site, span) in &schedule.to {
                let (standing, says, vault) = backup(context, (service, name), schedule, site);
                let about = of_schedule(service, name, schedule, site);
                let item = Item::new(Evidence::Backups, about, standing, says).of(address(context, vault));
                items.push(item.at(context.place(*span)).seen());
            }
        }
    }
    items
}

/// Whether buckets and vaults encrypt as declared.
pub(super) fn encryption(context: &Context<'_>) -> Vec<Item> {
    let mut items = Vec::new();
    for (service, name, set) in data(context) {
        for bucket in std::iter::once(&set.primary).chain(&set.copies) {
            let about = format!("{}.{name} at {}", service.name, bucket.site.name);
            let seen = context.encrypted.get(bucket.name.as_str());
            let (standing, says) = match (seen, set.encryption.value) {
                (None, _) => (Standing::Unknown, unseen(context)),
                (Some(how), Encryption::Kms) if !how.starts_with("aws:kms") => {
                    (Standing::Fails, format!("it encrypts with {how}, and aws:kms is declared"))
                }
                (Some(how), _) => (Standing::Holds, format!("it encrypts with {how}")),
            };
            let resource = context.addresses.get(bucket.name.as_str()).cloned();
            let item = Item::new(Evidence::Encryption, about, standing, says).of(resource).seen();
            items.push(item.at(context.place(set.encryption.origin.span().unwrap_or(bucket.span))));
        }
        for schedule in &set.schedules {
            for (site, span) in &schedule.to {
                let vault = kept(context, service, name, schedule, site).and_then(|kept| kept.vault.clone());
                let how = vault.as_ref().and_then(|vault| context.encrypted.get(vault));
                let (standing, says) = match how {
                    None => (Standing::Unknown, unseen(context)),
                    Some(how) => (Standing::Holds, format!("its vault encrypts with {how}")),
                };
                let about = of_schedule(service, name, schedule, site);
                let item = Item::new(Evidence::Encryption, about, standing, says).of(address(context, vault));
                items.push(item.at(context.place(*span)).seen());
            }
        }
    }
    items
}

/// Whether each data set has backups that nobody can delete.
pub(super) fn locks(context: &Context<'_>) -> Vec<Item> {
    let mut items = Vec::new();
    for (service, name, set) in data(context) {
        let about = format!("{}.{name}", service.name);
        let locked = set.schedules.iter().filter(|schedule| schedule.lock == Some(Lock::Compliance));
        let mut places =
            locked.flat_map(|schedule| schedule.to.iter().map(move |to| (schedule, to))).peekable();
        if places.peek().is_none() {
            let says = match set.schedules.iter().any(|schedule| schedule.lock.is_some()) {
                true => "its backups are locked only against those without a special permission",
                false => "no backup of it is locked",
            };
            let item = Item::new(Evidence::Locks, about, Standing::Fails, says);
            items.push(item.at(context.place(set.backups)));
            continue;
        }
        for (schedule, (site, span)) in places {
            let kept = kept(context, service, name, schedule, site);
            let (standing, says) = match kept {
                None => (Standing::Unknown, context.unseen()),
                Some(kept) => match (&kept.lock_fault, kept.is_seen()) {
                    (Some(why), true) => (Standing::Fails, why.clone()),
                    (Some(why), false) => (Standing::Unknown, why.clone()),
                    (None, true) => (Standing::Holds, "its vault is locked as declared".to_owned()),
                    (None, false) => (Standing::Unknown, "its vault could not be seen".to_owned()),
                },
            };
            let about = of_schedule(service, name, schedule, site);
            let resource = address(context, kept.and_then(|kept| kept.vault.clone()));
            let item = Item::new(Evidence::Locks, about, standing, says).of(resource).seen();
            items.push(item.at(context.place(*span)));
        }
    }
    items
}

/// `payments.ledger, daily backup at ireland, kept 35 d`.
fn of_schedule(service: &Service, name: &Name, schedule: &Schedule, site: &Site) -> String {
    let how = match schedule.strategy {
        crate::document::Strategy::Weekly => "weekly",
        _ => "daily",
    };
    let keep = schedule.keep.in_words();
    format!("{}.{name}, {how} backup at {}, kept {keep}", service.name, site.name)
}

/// The address of a vault, or its name if it has none.
fn address(context: &Context<'_>, vault: Option<String>) -> Option<String> {
    vault.map(|vault| context.addresses.get(&vault).cloned().unwrap_or(vault))
}

fn unseen(context: &Context<'_>) -> String {
    match context.status() {
        None => context.unseen(),
        Some(_) => "its encryption was not seen".to_owned(),
    }
}
