//! How much data is lost.
//!
//! Numbers and guarantees come from the provider, with their sources. Replication does not protect against
//! corruption (AWS Well-Architected Framework, REL13).

mod copied;
mod scheduled;

use copied::replicated;
use scheduled::scheduled;

use super::facts::{Copy, Data, Facts};
use super::{Assurance, Bound, Deriver, Phase, Term, vaults};
use crate::document::{Disruption, Encryption, Name};
use crate::policy::{Schedule, Site};
use crate::provider::facts::{Ground, Word};
use crate::source::Span;
use crate::units::{Date, Duration};

/// The loss that backups or versions allow, and how long they are kept.
type Backup = (Bound, Kept);

/// How long something is kept.
#[derive(Clone, Copy)]
struct Kept {
    /// What is kept, in the plural.
    what: &'static str,
    /// The key that says how long.
    key: &'static str,
    time: Duration,
    span: Option<Span>,
}

impl Kept {
    fn backups(schedule: &Schedule) -> Self {
        Self { what: "backups", key: "keep", time: schedule.keep, span: Some(schedule.span) }
    }
}

/// The smallest loss that a copy, a backup or the versions of the data set allow.
///
/// `begins` is when the restore of the data set begins: until then the backup must not expire. `None`: no step restores it.
pub(super) fn bound(
    facts: &Facts<'_>,
    name: &Name,
    data: &Data<'_>,
    disruption: Disruption,
    begins: Option<&Bound>,
    deriver: &Deriver<'_>,
) -> Bound {
    let mut all = candidates(facts, data, disruption, deriver, &|backups| in_time(backups, name, begins));
    // Of equal losses the one with more assurance, then the first one in the text.
    all.sort_by_key(|bound| (bound.rank(), std::cmp::Reverse(bound.assurance())));
    all.into_iter().next().unwrap_or_else(|| {
        let (what, why) = nothing(disruption);
        // What the provider does not have is no cure.
        let refused = (data.provider.refuses)(Word::Schedule);
        let why = refused.filter(|_| disruption == Disruption::AccountCompromise).map_or(why, |no| no.why);
        Bound::of(vec![Term::unbounded(Phase::Loss, what, why, Some(data.span))])
    })
}

fn nothing(disruption: Disruption) -> (&'static str, &'static str) {
    match disruption {
        Disruption::SiteLoss => (
            "no copy survives the loss of the site",
            "add a copy or a backup at another site: those that exist are lost with it",
        ),
        Disruption::Corruption => (
            "nothing keeps an older state",
            "add `daily` or `weekly` backups: a real-time copy also copies the corruption",
        ),
        Disruption::AccountCompromise => (
            "no backup is beyond the account's reach",
            "add backups with `lock: compliance`, or in a `vault` of another account, or a real-time copy at a site with an `account` of its own: nothing else survives it",
        ),
        Disruption::KeyLoss => (
            "no copy has another key",
            "add a copy at a site with a `kms-key` of its own: what one key encrypts is lost with that key",
        ),
    }
}

fn candidates(
    facts: &Facts<'_>,
    data: &Data<'_>,
    disruption: Disruption,
    deriver: &Deriver<'_>,
    in_time: &dyn Fn(Vec<Backup>) -> Vec<Bound>,
) -> Vec<Bound> {
    let (lost, as_of) = (&data.primary.site, deriver.as_of);
    let key = data.key(lost);
    let away = |site: &Site| site.name != lost.name;
    let survives = |site: &Site| !deriver.is_lost(site, lost);
    let copies = |counts: &dyn Fn(&Site) -> bool| -> Vec<Bound> {
        let counting = data.copies.iter().filter(|copy| counts(&copy.bucket.site));
        counting.map(|copy| replicated(data, copy, as_of)).collect()
    };
    let compromised = disruption == Disruption::AccountCompromise;
    let backups =
        |counts: &dyn Fn(&Schedule, &Site) -> bool| scheduled(facts, data, deriver, compromised, counts);
    match disruption {
        Disruption::SiteLoss => [copies(&survives), in_time(backups(&|_, site| survives(site)))].concat(),
        Disruption::Corruption => {
            let versions = data.versioned.then(|| versions(data));
            let expiring = data.keep_versions.map(|kept| Kept {
                what: "versions",
                key: "keep-versions",
                time: kept.value,
                span: kept.origin.span(),
            });
            let versions = match expiring {
                None => versions.into_iter().collect(),
                Some(kept) => in_time(versions.into_iter().map(|bound| (bound, kept)).collect()),
            };
            [versions, in_time(backups(&|_, _| true))].concat()
        }
        Disruption::AccountCompromise => {
            let account = deriver.policy.accounts.get(data.provider.name).map(|(id, _)| id.as_str());
            let of = |schedule: &Schedule, at: (&Site, Span)| {
                vaults::out_of_reach(data, schedule, at, account, as_of)
            };
            let all = data.schedules.iter().flat_map(|rule| rule.to.iter().map(move |to| (rule, to)));
            let unread = all.filter_map(|(rule, (site, span))| of(rule, (site, *span))?.err());
            let unread: Vec<Bound> = unread.map(|term| Bound::of(vec![term])).collect();
            let counts = |schedule: &Schedule, site: &Site| {
                of(schedule, (site, schedule.span)).is_some_and(|reach| reach.is_ok())
            };
            let safe = |site: &Site| vaults::copy_is_out_of_reach(data, site, account);
            [in_time(elsewhere(data, as_of, &safe)), in_time(backups(&counts)), unread].concat()
        }
        Disruption::KeyLoss if data.any_key => Vec::new(),
        Disruption::KeyLoss if key.is_none() => vec![no_key(data)],
        Disruption::KeyLoss => {
            let other = |site: &Site| away(site) && !data.provider.one_key(data.key(site), key);
            [copies(&other), in_time(backups(&|_, site| vaults::has_another_key(data, site, key)))].concat()
        }
    }
}

/// The live copies in other accounts. Whoever holds the account of the estate can overwrite and delete what they copy, and neither their
/// versions nor their buckets; what was written since is lost.
fn elsewhere(data: &Data<'_>, as_of: Option<Date>, safe: &dyn Fn(&Site) -> bool) -> Vec<Backup> {
    let copies = data.copies.iter().filter(|copy| safe(&copy.bucket.site));
    let kept = |copy: &Copy<'_>| Kept {
        what: "versions",
        key: "keep-versions",
        time: data.keep_versions.map_or(FOR_EVER, |kept| kept.value),
        span: Some(copy.bucket.span),
    };
    let all = copies.map(|copy| {
        let mut bound = replicated(data, copy, as_of);
        bound.terms.push(Term {
            phase: Phase::Loss,
            what: format!("nobody in the estate's account can delete what is at `{}`", copy.bucket.site.name),
            value: Some(Duration::default()),
            assurance: Assurance::Attested,
            source: data.provider.storage.other_account.to_owned(),
            span: copy.bucket.site.account.as_ref().map(|account| account.span),
        });
        (bound, kept(copy))
    });
    all.collect()
}

/// As long as a policy can say.
const FOR_EVER: Duration = Duration::seconds(u64::MAX);

/// The backups that still exist when their restore begins. What has begun is not deleted any more.
fn in_time(backups: Vec<Backup>, name: &Name, begins: Option<&Bound>) -> Vec<Bound> {
    let checked = backups.into_iter().map(|(mut bound, kept)| {
        let Kept { what, key, time, span } = kept;
        let late = match begins.map(|begins| (begins.value(), begins)) {
            None => Some((
                format!("{what} expire before anybody restores them"),
                format!("no step does `restore data.{name}`"),
            )),
            Some((Some(begins), _)) if time >= bound.at_least().plus(begins) => None,
            Some((Some(begins), _)) => Some((
                format!("{what} are kept for {} only", time.in_words()),
                format!(
                    "set `{key}: {}` or longer: it can take {} until the restore begins",
                    bound.at_least().plus(begins).in_days_up(),
                    begins.in_words()
                ),
            )),
            Some((None, begins)) => {
                let unlimited = begins.terms.iter().find(|term| term.value.is_none());
                let why = unlimited.map(|term| format!("{}: {}", term.what, term.source)).unwrap_or_default();
                Some((format!("{what} can expire before their restore begins"), why))
            }
        };
        if let Some((what, why)) = late {
            bound.terms.push(Term::unbounded(Phase::Loss, what, why, span));
        }
        bound
    });
    checked.collect()
}

fn versions(data: &Data<'_>) -> Bound {
    let versions = data.provider.storage.versions;
    let term = Term {
        phase: Phase::Loss,
        what: "versions of every object in the primary bucket".to_owned(),
        value: Some(Duration::default()),
        assurance: versions.assurance,
        source: versions.why.to_owned(),
        span: Some(data.primary.span),
    };
    Bound::of(vec![term])
}

/// What stands for a key that can be lost where a data set has none, and on what that rests.
pub(super) fn instead_of_a_key(data: &Data<'_>) -> (&'static str, Ground) {
    match data.encryption {
        Encryption::Aes256 => data.provider.storage.provider_keys,
        Encryption::Kms => data.provider.storage.managed_key,
    }
}

fn no_key(data: &Data<'_>) -> Bound {
    let (what, ground) = instead_of_a_key(data);
    let term = Term {
        phase: Phase::Loss,
        what: what.to_owned(),
        value: Some(Duration::default()),
        assurance: ground.assurance,
        source: ground.why.to_owned(),
        span: Some(data.primary.span),
    };
    Bound::of(vec![term])
}
