//! Backups: real-time copies and scheduled backups.

use super::binder::Binder;
use super::elsewhere::{self, Place};
use super::{Bucket, DataSet, Schedule, Setting, StoreName, buckets, schedule, settings, versions};
use crate::diagnostic::{Diagnostic, codes};
use crate::document::{self, BackupTarget, Encryption, Name, Step, Strategy};
use crate::provider::facts::KeyOwner;
use crate::source::Span;
use crate::units::Duration;

/// The default completion window: the provider's own limit of 7 days would make a daily backup overlap with
/// six others.
pub(super) const COMPLETE: Duration = Duration::hours(8);

impl Binder<'_> {
    pub(super) fn data(
        &self,
        name: &Name,
        body: &document::Data,
        out: &mut Vec<Diagnostic>,
    ) -> Option<DataSet> {
        let at: [Step<'_>; 2] = ["data".into(), name.as_str().into()];
        let span = |key: &'static str| self.document.span(&[at[0], at[1], key.into()]);
        let site = self.sites.get(&self.service.primary)?.clone();
        let store = body.store()?;
        let place = Place { key: store.key, span: span(store.key) };
        if store.provider != site.region.provider.name {
            elsewhere::key(&place, &store, &site, out);
            return None;
        }
        let primary =
            Bucket { name: StoreName::new(store.name), site, span: place.span, timed: true, instead: None };
        dotted(&primary, out);
        let mut copies: Vec<Bucket> = Vec::new();
        let mut schedules: Vec<Schedule> = Vec::new();
        for (nth, backup) in body.backups.iter().enumerate() {
            let path = [at[0], at[1], "backups".into(), nth.into()];
            match backup.strategy {
                Strategy::RealTime => self.copies(name, backup, path, &primary, &mut copies, out),
                Strategy::Daily | Strategy::Weekly => {
                    schedules.extend(self.schedule(name, backup, path, out))
                }
            }
        }
        let mut continuous = schedules.iter().filter(|schedule| schedule.continuous);
        if let (Some(first), Some(second)) = (continuous.next(), continuous.next()) {
            out.push(
                Diagnostic::new(
                    codes::TOO_MANY_BACKUPS,
                    format!("`{name}` cannot have two continuous backups"),
                )
                .at(first.span, "continuous")
                .at(second.span, "continuous as well")
                .help("make one of them continuous: it contains every second of the days that it is kept"),
            );
        }
        let most = self.provider().backup.most_rules;
        if let Some(beyond) = schedules.get(most) {
            let (service, count) = (self.provider().backup.service, schedules.len());
            out.push(
                Diagnostic::new(codes::TOO_MANY_BACKUPS, format!("`{name}` cannot have {count} schedules"))
                    .at(beyond.span, "beyond the limit from here on")
                    .help(format!(
                        "{service} makes at most {most} different backups of a data set: remove some"
                    )),
            );
        }
        let copy = self.assumptions().backup_copy.map(|copy| copy.value.value);
        let runs = self.calendar.runs(&schedules, &primary.site.name, copy);
        for (schedule, runs) in schedules.iter_mut().zip(runs) {
            (schedule.interval, schedule.delay) = (runs.interval, runs.delay);
        }
        let encryption = self
            .first(&[at[0], at[1], "encrypt".into()], [body.encrypt, None, None])
            .or_else(|| {
                let tier = self.tier.and_then(|(_, tier)| tier.encrypt);
                self.first(&["encrypt".into()], [None, tier, self.defaults.encrypt])
            })
            .unwrap_or(Setting {
                value: Encryption::Aes256,
                origin: settings::Origin::BuiltIn(self.provider().storage.default_encryption),
            });
        self.in_accounts(name, &primary, &copies, encryption.value, out);
        let own = |key: &'static str| settings::Origin::Service(span(key));
        let size =
            body.size.as_ref().map(|size| Setting { value: settings::assumed(size), origin: own("size") });
        let changes = body.changes.as_ref();
        let changes =
            changes.map(|changes| Setting { value: settings::assumed(changes), origin: own("changes") });
        let backfilled = body.backfilled.as_ref();
        let backfilled =
            backfilled.map(|day| Setting { value: settings::assumed(day), origin: own("backfilled") });
        let backfill = body.backfill.map(|how| (how, span("backfill")));
        if let Some((_, span)) = backfill.filter(|_| copies.is_empty()) {
            out.push(
                Diagnostic::new(codes::NOTHING_TO_FILL, format!("`{name}` has no real-time copy to fill"))
                    .at(span, "copies what replication does not")
                    .help("remove `backfill`, or add a `real-time` copy"),
            );
        }
        let two_way = body.two_way.then(|| span("two-way"));
        two_way.into_iter().for_each(|span| self.two_way(name, span, &copies, out));
        let keep_versions = body.keep_versions.map(|value| Setting { value, origin: own("keep-versions") });
        if let Some(kept) = &keep_versions {
            versions::check_kept(kept.value, span("keep-versions"), self.provider(), out);
        }
        let lock = body.lock.map(|value| Setting { value, origin: own("lock") });
        let locked_for = self.document.span(&[at[0], at[1], "lock".into(), "keep".into()]);
        versions::check_lock(body, span, locked_for, self.provider(), out);
        self.refused(name, body, &encryption, span, out);
        let backups = self.document.key_span(&[at[0], at[1], "backups".into()]);
        Some(DataSet {
            primary,
            copies,
            schedules,
            encryption,
            size,
            changes,
            backfilled,
            backfill,
            two_way,
            keep_versions,
            lock,
            backups,
        })
    }

    /// What is in another account than the estate's: only copies, and none that a default key encrypts.
    fn in_accounts(
        &self,
        name: &Name,
        primary: &Bucket,
        copies: &[Bucket],
        encryption: Encryption,
        out: &mut Vec<Diagnostic>,
    ) {
        if let Some(account) = &primary.site.account {
            let message = format!("the primary bucket of `{name}` would be in account {}", account.id);
            out.push(
                Diagnostic::new(codes::PRIMARY_ELSEWHERE, message)
                    .at(primary.span, "the primary bucket")
                    .at(account.span, format!("`{}` is in another account", primary.site.name))
                    .help("choose a primary site in the estate's account: only copies and backups can be in another one"),
            );
        }
        for copy in copies.iter().filter(|_| encryption == Encryption::Kms) {
            let Some(account) = copy.site.account.as_ref().filter(|_| copy.site.kms_key.is_none()) else {
                continue;
            };
            let message =
                format!("the copy of `{name}` at `{}` has no key that can encrypt it", copy.site.name);
            out.push(
                Diagnostic::new(codes::DEFAULT_KEY_ELSEWHERE, message)
                    .at(copy.span, "copied there with `aws:kms`")
                    .at(account.span, "another account, and no `kms-key`")
                    .help(self.provider().storage.default_key_elsewhere),
            );
        }
    }

    /// Copies that cannot go both ways.
    fn two_way(&self, name: &Name, span: Span, copies: &[Bucket], out: &mut Vec<Diagnostic>) {
        if copies.is_empty() {
            let message = format!("`{name}` has no real-time copy that could go both ways");
            out.push(
                Diagnostic::new(codes::NOT_TWO_WAY, message)
                    .at(span, "copies back what is written elsewhere")
                    .help("remove `two-way`, or add a `real-time` copy"),
            );
        }
        let elsewhere = copies.iter().filter_map(|copy| Some((copy, copy.site.account.as_ref()?)));
        out.extend(elsewhere.map(|(copy, account)| {
            let message = format!("the copy of `{name}` at `{}` cannot go both ways", copy.site.name);
            Diagnostic::new(codes::NOT_TWO_WAY, message)
                .at(span, "copies back what is written elsewhere")
                .at(account.span, self.provider().storage.one_way_elsewhere)
                .help(format!("remove `two-way`, or have no `real-time` copy at `{}`", copy.site.name))
        }));
    }

    fn copies(
        &self,
        name: &Name,
        backup: &document::Backup,
        path: [Step<'_>; 4],
        primary: &Bucket,
        copies: &mut Vec<Bucket>,
        out: &mut Vec<Diagnostic>,
    ) {
        for (item, target) in backup.to.iter().enumerate() {
            let span = self.to(path, item);
            let (site, bucket) = match target {
                BackupTarget::Site(site) => (site, None),
                BackupTarget::Bucket(both) => (&both.site, both.store()),
            };
            let at =
                |name: &Name| std::iter::once(primary).chain(copies.iter()).find(|b| b.site.name == *name);
            let place = self.site_of(path, item, target);
            let Some(site) = self.sites.find_unless(site, |name| at(name).is_some(), "", place, out) else {
                continue;
            };
            if let Some(other) = at(&site.name) {
                out.push(
                    Diagnostic::new(codes::REPEATED_SITE, format!("`{name}` is at `{}` already", site.name))
                        .at(span, "repeated here")
                        .at(other.span, "already at this site")
                        .help("name another site, or remove it: two copies at one site are lost together"),
                );
                continue;
            }
            if site.region.provider.name != primary.site.region.provider.name {
                self.across(name, (site, place), &primary.site, out);
                continue;
            }
            if let Some(store) = bucket.as_ref().filter(|store| store.provider != site.region.provider.name) {
                elsewhere::key(&Place { key: store.key, span }, store, site, out);
                continue;
            }
            let own = bucket.is_some();
            let bucket = bucket.map(|store| StoreName::new(store.name));
            let bucket = bucket.or_else(|| buckets::name_at(&primary.name, site, span, out));
            let timed = (site.region.provider.storage.promises)(primary.site.region, site.region);
            let copy = bucket.map(|name| Bucket { name, site: site.clone(), span, timed, instead: None });
            copy.iter().filter(|_| own).for_each(|copy| dotted(copy, out));
            copies.extend(copy);
        }
    }

    fn to(&self, path: [Step<'_>; 4], item: usize) -> Span {
        let [data, name, backups, nth] = path;
        self.document.span(&[data, name, backups, nth, "to".into(), item.into()])
    }

    /// The place of the name of a site.
    fn site_of(&self, path: [Step<'_>; 4], item: usize, target: &BackupTarget) -> Span {
        let [data, name, backups, nth] = path;
        match target {
            BackupTarget::Site(_) => self.to(path, item),
            BackupTarget::Bucket(_) => {
                self.document.span(&[data, name, backups, nth, "to".into(), item.into(), "site".into()])
            }
        }
    }

    /// The vaults in other accounts need keys of their own.
    fn vaults_elsewhere(&self, name: &Name, to: &[(super::Site, Span)], out: &mut Vec<Diagnostic>) {
        for (site, place) in to {
            let Some(account) = site.account.as_ref() else { continue };
            if site.vault_key().is_some_and(|key| (self.provider().key_owner)(key) != KeyOwner::Provider) {
                continue;
            }
            let message = format!("the vault at `{}` has no key for backups of `{name}`", site.name);
            out.push(
                Diagnostic::new(codes::DEFAULT_KEY_ELSEWHERE, message)
                    .at(*place, "copied there")
                    .at(account.span, "another account, and no key of its own")
                    .help(self.provider().backup.vault_key_elsewhere),
            );
        }
    }

    /// The keys of the vaults that backups to these sites need, including the vault in the data's own region.
    fn vault_keys(&self, to: &[(super::Site, Span)], own: Span, out: &mut Vec<Diagnostic>) {
        let home = self.sites.get(&self.service.primary).map(|site| (site, own));
        let home = home.filter(|(site, _)| to.iter().all(|(other, _)| other.name != site.name));
        for (site, place) in to.iter().map(|(site, place)| (site, *place)).chain(home) {
            let fault = |key| Some((key, (self.provider().backup.vault_key_fault)(key)?));
            let Some((key, cure)) = site.vault_key().and_then(fault) else { continue };
            let message = format!("the vault at `{}` cannot have the key `{key}`", site.name);
            out.push(
                Diagnostic::new(codes::VAULT_KEY_ALIAS, message)
                    .at(place, "would be stored there")
                    .help(cure),
            );
        }
    }

    fn schedule(
        &self,
        of: &Name,
        backup: &document::Backup,
        path: [Step<'_>; 4],
        out: &mut Vec<Diagnostic>,
    ) -> Option<Schedule> {
        let [data, name, backups, nth] = path;
        let span = |key: &'static str| self.document.span(&[data, name, backups, nth, key.into()]);
        let mut to = Vec::new();
        for (item, target) in backup.to.iter().enumerate() {
            let place = self.to(path, item);
            let site = match target {
                BackupTarget::Site(site) => site,
                BackupTarget::Bucket(both) => {
                    out.push(
                        Diagnostic::new(
                            codes::NO_BUCKET_IN_VAULT,
                            "a scheduled backup is stored in a vault, not in a bucket",
                        )
                        .at(place, "a bucket name")
                        .at(span("strategy"), "only real-time copies are buckets")
                        .help(format!("name only the site: `{}`", both.site)),
                    );
                    &both.site
                }
            };
            let Some(site) = self.sites.find(site, place, out) else { continue };
            if let Some(home) = self.sites.get(&self.service.primary)
                && site.region.provider.name != home.region.provider.name
            {
                self.across(of, (site, place), home, out);
                continue;
            }
            if to.iter().any(|(other, _): &(super::Site, Span)| other.name == site.name) {
                let message = format!("the backup is at `{}` already", site.name);
                out.push(
                    Diagnostic::new(codes::REPEATED_SITE, message)
                        .at(place, "repeated here")
                        .help("name each site once"),
                );
            } else {
                to.push((site.clone(), place));
            }
        }
        self.vault_keys(&to, span("strategy"), out);
        self.vaults_elsewhere(of, &to, out);
        let away = to.iter().filter(|(site, _)| site.name != self.service.primary).count();
        let provider = &self.provider().backup;
        if away > provider.most_copies {
            let message = format!("a backup cannot be copied to {away} sites");
            out.push(
                Diagnostic::new(codes::TOO_MANY_BACKUPS, message)
                    .at(span("to"), format!("{away} sites"))
                    .help(format!(
                        "{} copies a backup to at most {} sites",
                        provider.service, provider.most_copies
                    )),
            );
        }
        let windows = backup.windows.unwrap_or(document::Windows { start: None, complete: None });
        // The schema guarantees that these keys are present.
        let (at, keep) = (backup.at.clone()?, backup.keep?);
        let zone = backup.zone.as_ref().map_or("UTC", |zone| zone.as_str()).to_owned();
        let schedule = Schedule {
            strategy: backup.strategy,
            on: backup.on,
            interval: None,
            delay: Duration::default(),
            at,
            zone,
            start: windows.start.unwrap_or(self.provider().backup.start.value),
            complete: windows.complete.unwrap_or(COMPLETE),
            keep,
            continuous: backup.continuous,
            lock: backup.lock,
            removable_until: None,
            to,
            span: span("strategy"),
        };
        let home = &self.service.primary;
        if schedule.continuous && schedule.to.iter().all(|(site, _)| site.name != *home) {
            let message = "no objective counts this continuous backup";
            out.push(
                Diagnostic::new(codes::CONTINUOUS_ELSEWHERE, message)
                    .at(span("continuous"), format!("is made at `{home}`"))
                    .at(span("to"), format!("does not name `{home}`"))
                    .help(format!("add `{home}` to `to`, or remove `continuous`")),
            );
        }
        schedule::check(&schedule, &self.provider().backup, span, out);
        Some(schedule)
    }
}

/// Names with dots break virtual-hosted requests over TLS, because a wildcard certificate covers only one
/// label (Amazon S3 User Guide, "General purpose bucket naming rules").
fn dotted(bucket: &Bucket, out: &mut Vec<Diagnostic>) {
    if bucket.name.as_str().contains('.') {
        out.push(
            Diagnostic::new(codes::DOTTED_BUCKET, "dots in a bucket's name break TLS")
                .at(bucket.span, "the storage service's certificate does not match such a host name")
                .help("use hyphens, unless the bucket exists already"),
        );
    }
}
