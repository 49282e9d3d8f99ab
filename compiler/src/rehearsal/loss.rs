//! How much of a data set is lost.

use super::Disaster;
use super::backups::{self, Kept, signed};
use super::choices::{Choices, Question};
use super::tasks::{is_left, lacks_old_objects};
use crate::document::{Disruption, Encryption, KmsKey, Lock, Name};
use crate::policy::{DataSet, Service, Site};

/// How far back backups are played, whatever the windows say: with such windows backups have no longest distance.
const LONGEST: i64 = 400 * 86_400;

/// Seconds of data lost: from the newest state that could be brought back until the disaster. `None`: all of it. `begun`
/// is when the restore of the data began, in seconds after the disaster.
pub(super) fn of(
    service: &Service,
    name: &Name,
    set: &DataSet,
    disaster: &Disaster<'_>,
    account: Option<&str>,
    begun: Option<u64>,
    choices: &mut dyn Choices,
) -> Option<u64> {
    let case = Case { service, name, set, disaster, account };
    let mut least = case.kept_as_it_is(begun, choices);
    if let Some(begun) = begun {
        let restored = case.restored(disaster.at.saturating_add(signed(begun)), choices);
        least = [least, restored].into_iter().flatten().min();
    }
    least
}

struct Case<'a> {
    service: &'a Service,
    name: &'a Name,
    set: &'a DataSet,
    disaster: &'a Disaster<'a>,
    /// The account of the estate, if the policy says it.
    account: Option<&'a str>,
}

impl Case<'_> {
    fn key<'s>(&self, site: &'s Site) -> Option<&'s KmsKey> {
        (self.set.encryption.value == Encryption::Kms).then_some(site.kms_key.as_ref()).flatten()
    }

    fn is_lost(&self, site: &Site) -> bool {
        self.disaster.lost.contains(&site.name)
    }

    /// Whether a site's copies are encrypted with another key than the lost one.
    fn has_another_key(&self, site: &Site) -> bool {
        let home = &self.set.primary.site;
        site.name != home.name && !home.region.provider.one_key(self.key(site), self.key(home))
    }

    /// Whether some setting of the data set is left to somebody else.
    fn is_left(&self) -> bool {
        is_left(self.service, self.name)
    }

    /// Whether the live copies have the objects that are older than they are.
    fn has_old_objects(&self) -> bool {
        !lacks_old_objects(self.service, self.name, self.set)
    }

    /// Whether the vault of a site is in another account than the compromised one.
    fn is_elsewhere(&self, site: &Site) -> bool {
        let vault = site.vault.as_ref().and_then(|vault| vault.account.as_deref());
        let theirs = vault.or(site.account.as_ref().map(|account| account.id.as_str()));
        theirs.zip(self.account).is_some_and(|(theirs, own)| theirs != own)
    }

    /// Whether a site is in another account than the compromised one.
    fn is_in_another_account(&self, site: &Site) -> bool {
        let theirs = site.account.as_ref().map(|account| account.id.as_str());
        theirs.zip(self.account).is_some_and(|(theirs, own)| theirs != own)
    }

    /// Whether an attacker cannot delete the key of a copy in another account.
    fn has_a_safe_copy_key(&self, site: &Site) -> bool {
        let Some(key) = self.key(site).map(KmsKey::as_str) else { return true };
        let owner = key.strip_prefix("arn:").and_then(|arn| arn.split(':').nth(3));
        owner.is_none_or(|owner| self.account.is_some_and(|own| owner != own))
    }

    /// Whether an attacker cannot delete the key of a vault.
    fn has_a_safe_key(&self, site: &Site) -> bool {
        let Some(key) = site.vault_key().map(KmsKey::as_str) else { return true };
        let owner = key.strip_prefix("arn:").and_then(|arn| arn.split(':').nth(3));
        let of_site = owner.or(site.account.as_ref().map(|account| account.id.as_str()));
        key.starts_with("alias/aws/") || of_site.zip(self.account).is_some_and(|(owner, own)| owner != own)
    }

    /// Whether a vault has another key than the lost one. At the same site another name may name the same key.
    fn has_another_vault_key(&self, site: &Site) -> bool {
        let home = &self.set.primary.site;
        let (Some(key), Some(lost)) = (site.vault_key(), self.key(home)) else { return true };
        let (key, lost) = (key.as_str(), lost.as_str());
        if key == lost || key.starts_with("alias/aws/") {
            return key != lost;
        }
        let id = |key: &str| key.split_once(":key/").map(|(_, id)| id.to_owned());
        match id(key).zip(id(lost)) {
            Some((key, lost)) => key != lost,
            None => site.name != home.name,
        }
    }

    /// Whether the versions from before the disaster are still there when the restore begins.
    fn has_versions(&self, begun: Option<u64>) -> bool {
        let kept = self.set.keep_versions.as_ref().map(|kept| kept.value.as_seconds());
        kept.is_none_or(|kept| begun.is_some_and(|begun| begun <= kept))
    }

    /// What needs no restore from a backup: versions, live copies, keys that were not lost.
    fn kept_as_it_is(&self, begun: Option<u64>, choices: &mut dyn Choices) -> Option<u64> {
        let mut behind = |counts: &dyn Fn(&Site) -> bool| {
            let copied = self.set.copies.iter().any(|copy| copy.timed && counts(&copy.site))
                && !self.is_left()
                && self.has_old_objects();
            let most = self.set.primary.site.region.provider.storage.copy.value.as_seconds();
            copied.then(|| choices.up_to(Question::Behind, most))
        };
        match self.disaster.disruption {
            Disruption::SiteLoss => behind(&|site| !self.is_lost(site)),
            Disruption::Corruption => (!self.is_left() && self.has_versions(begun)).then_some(0),
            Disruption::AccountCompromise if self.has_versions(begun) && begun.is_some() => {
                behind(&|site| self.is_in_another_account(site) && self.has_a_safe_copy_key(site))
            }
            Disruption::AccountCompromise => None,
            Disruption::KeyLoss if self.key(&self.set.primary.site).is_none() && !self.is_left() => Some(0),
            Disruption::KeyLoss => behind(&|site| self.has_another_key(site)),
        }
    }

    /// The newest backup that can be restored at a moment.
    fn restored(&self, begun: i64, choices: &mut dyn Choices) -> Option<u64> {
        let at = self.disaster.at;
        // Only the newest backups matter: those of some days, or of some weeks.
        let longest = self.set.schedules.iter().map(|rule| {
            let runs = signed(rule.start.plus(rule.complete).as_seconds());
            let days = if rule.on.is_some() { 29 * 86_400 } else { 6 * 86_400 };
            runs.saturating_mul(2).saturating_add(days)
        });
        let from = at.saturating_sub(longest.max()?.min(LONGEST));
        let all = backups::made(self.service, self.name, self.set, from, at + 86_400, choices);
        let usable = all.iter().filter(|kept| self.is_usable(kept, begun) && kept.expires > begun);
        let newest = usable.map(|kept| kept.content).max()?;
        u64::try_from(at - newest).ok()
    }

    fn is_usable(&self, kept: &Kept<'_>, begun: i64) -> bool {
        let at = self.disaster.at;
        let Some(rule) = self.set.schedules.get(kept.rule) else { return false };
        if kept.content > at {
            return false;
        }
        match self.disaster.disruption {
            // What was still on its way is lost with the site.
            Disruption::SiteLoss => kept.arrived <= at && !self.is_lost(kept.site),
            // A backup that still ran may have the corruption. Its copy may arrive later.
            Disruption::Corruption => kept.ended <= at && kept.arrived <= begun,
            // An attacker stops every job, and deletes what can be deleted.
            Disruption::AccountCompromise => {
                let locked = rule.lock == Some(Lock::Compliance);
                kept.arrived <= at
                    && (locked || self.is_elsewhere(kept.site))
                    && self.has_a_safe_key(kept.site)
            }
            Disruption::KeyLoss => kept.arrived <= at && self.has_another_vault_key(kept.site),
        }
    }
}
