//! Vaults: whether a backup outlives a lost key, or whoever holds the account.
//!
//! A backup is encrypted with the key of its vault, whatever encrypts the data (AWS Backup Developer Guide, "Encryption for
//! backups in AWS Backup"). Whoever holds an account can delete its keys, and all backups in it that no compliance lock keeps;
//! a copy in a vault of another account is out of their reach (the same, "Creating backup copies across AWS accounts").

use super::facts::Data;
use super::{Assurance, Phase, Term};
use crate::document::{KmsKey, Lock};
use crate::policy::{Schedule, Site};
use crate::provider::facts::KeyOwner;
use crate::source::Span;
use crate::units::{Date, Duration};

/// Whether the backups in the vault of a site outlive the loss of a key of the data set's primary site.
pub(super) fn has_another_key(data: &Data<'_>, site: &Site, lost: Option<&KmsKey>) -> bool {
    let (Some(key), Some(lost)) = (site.vault_key(), lost) else { return true };
    // Two names of keys in one region may be names of one key.
    let home = site.name == data.primary.site.name;
    if home { (data.provider.surely_differ)(key, lost) } else { !(data.provider.same_key)(key, lost) }
}

/// Whether the backups of a rule at a site outlive an attacker who holds the account. `account`: that of the estate, if the
/// policy says it. `None`: the attacker can delete them. A term: they cannot be deleted, but nothing says that they can be read.
pub(super) fn out_of_reach(
    data: &Data<'_>,
    schedule: &Schedule,
    (site, span): (&Site, Span),
    account: Option<&str>,
    as_of: Option<Date>,
) -> Option<Result<(), Term>> {
    let vault = site.vault.as_ref();
    let elsewhere = site.vault_account().map(|theirs| account.map(|own| own != theirs));
    if schedule.lock != Some(Lock::Compliance) && matches!(elsewhere, None | Some(Some(false))) {
        return None;
    }
    let unbounded = |what: String, why: &str| {
        let span = vault.map_or(span, |vault| vault.span);
        Some(Err(Term::unbounded(Phase::Loss, what, why, Some(span))))
    };
    let name = &site.name;
    if schedule.lock != Some(Lock::Compliance) && elsewhere == Some(None) {
        let what = format!("the vault at `{name}` may be in the compromised account");
        return unbounded(what, "the estate does not say which account is its own: state `account`");
    }
    let removable = schedule.lock_removable(as_of);
    if let (Some(until), None) = (removable, elsewhere) {
        let what =
            format!("whoever holds the account can remove the lock of the vault at `{name}` until {until}");
        return unbounded(what, "a new compliance lock has a grace time");
    }
    if site.vault_key().is_none_or(|key| is_safe(data, site, key, account)) {
        return Some(Ok(()));
    }
    unbounded(format!("the key of the vault at `{name}` can be deleted"), data.provider.backup.vault_key)
}

/// What a backup in another account rests on besides its jobs. Once copies have arrived, it is known that they can; who can reach both
/// accounts is never seen.
pub(super) fn across_accounts(
    data: &Data<'_>,
    schedule: &Schedule,
    (site, span): (&Site, Span),
    estate: Option<&str>,
    compromised: bool,
) -> Option<Term> {
    let account = site.vault_account().filter(|theirs| estate.is_some_and(|own| own != *theirs))?;
    let copied = data.jobs_at(schedule, site).map(|jobs| jobs.copied).filter(|copied| copied.done > 0);
    let (assurance, source) = match (compromised, copied) {
        (true, _) => (Assurance::Attested, data.provider.backup.shared_owner.to_owned()),
        (false, Some(copied)) => (Assurance::Measured, copied.in_words("copies")),
        (false, None) => (Assurance::Attested, data.provider.backup.across_accounts.to_owned()),
    };
    Some(Term {
        phase: Phase::Loss,
        what: format!("backups reach the vault at `{}` in account {account}", site.name),
        value: Some(Duration::default()),
        assurance,
        source: format!("{source}. {}", data.provider.backup.restored_there),
        span: Some(site.account.as_ref().map_or(span, |account| account.span)),
    })
}

/// Whether a live copy at a site, with its versions, outlives an attacker who holds the account of the estate.
pub(super) fn copy_is_out_of_reach(data: &Data<'_>, site: &Site, account: Option<&str>) -> bool {
    let elsewhere = site.own_account().is_some_and(|theirs| account.is_some_and(|own| own != theirs));
    elsewhere && data.key(site).is_none_or(|key| is_safe(data, site, key, account))
}

/// Whether an attacker who holds the account of the estate cannot delete a key of a site. Without an account in its name, it is one of
/// the site's account.
fn is_safe(data: &Data<'_>, site: &Site, key: &KmsKey, account: Option<&str>) -> bool {
    match (data.provider.key_owner)(key) {
        KeyOwner::Provider => true,
        KeyOwner::Account(owner) => account.is_some_and(|own| own != owner),
        KeyOwner::Unsaid => site.own_account().is_some_and(|theirs| account.is_some_and(|own| own != theirs)),
    }
}
