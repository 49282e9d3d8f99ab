//! How much data is lost.
//!
//! Numbers and guarantees come from the provider, with their sources. Replication does not protect against
//! corruption (AWS Well-Architected Framework, REL13).

use super::facts::{Backfill, Copy, Data, Facts, is_built_in};
use super::{Assurance, Bound, Deriver, Phase, Term, assurance_of, source_of, vaults};
use crate::copies::{JobState, Moment};
use crate::document::{Disruption, Encryption, Name, Strategy};
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

fn replicated(data: &Data<'_>, copy: &Copy<'_>, as_of: Option<Date>) -> Bound {
    let site = &copy.bucket.site.name;
    let what = format!("real-time copy to `{site}`");
    let mut terms = Vec::new();
    match &copy.backfill {
        Backfill::NotNeeded => {}
        Backfill::Unsaid => terms.push(Term {
            phase: Phase::Loss,
            what: "objects older than the replication, if the bucket is new".to_owned(),
            value: Some(Duration::default()),
            assurance: Assurance::Attested,
            source:
                "assumed by Holdfast: `plan` sees whether the bucket exists; if it does, state `backfilled`"
                    .to_owned(),
            span: Some(data.primary.span),
        }),
        Backfill::Done(day) if as_of.is_some_and(|today| day.value.value > today) => {
            let what = format!("objects older than the replication to `{site}`");
            let why = format!("copied on {}, a day in the future", day.value.value);
            terms.push(Term::unbounded(Phase::Loss, what, why, day.origin.span()));
        }
        Backfill::Done(day) => terms.push(Term {
            phase: Phase::Loss,
            what: format!("objects older than the replication, copied by {}", day.value.value),
            value: Some(Duration::default()),
            assurance: assurance_of(day.value.measured, as_of),
            source: source_of(&day.value.because, day.value.measured, false),
            span: day.origin.span(),
        }),
        Backfill::Copied(job) => {
            let ended = job.ended.map(|day| format!(" on {day}")).unwrap_or_default();
            let copied = job.copied.map(|copied| format!(", after {copied} objects")).unwrap_or_default();
            terms.push(Term {
                phase: Phase::Loss,
                what: format!("objects older than the replication, copied by the job `{}`", job.id),
                value: Some(Duration::default()),
                assurance: Assurance::Measured,
                source: format!("seen: it was done{ended}{copied}, and none failed"),
                span: Some(data.primary.span),
            });
        }
        Backfill::Missing => terms.push(Term::unbounded(
            Phase::Loss,
            format!("not met until backfilled: objects older than the replication to `{site}`"),
            until_copied(data, copy, ""),
            Some(data.primary.span),
        )),
        Backfill::Gap { worked, seen, why } => {
            let seen_in = |moment: &Moment| format!("in run {} on {}", moment.run, moment.date);
            let since = worked.as_ref().map(|worked| format!("last seen to work {}", seen_in(worked)));
            let until = seen.as_ref().map(|seen| format!("seen {}", seen_in(seen)));
            let when: Vec<String> = since.into_iter().chain(until).collect();
            let when = if when.is_empty() { String::new() } else { format!(" ({})", when.join("; ")) };
            let what = match worked {
                Some(_) => "what was written while not everything was copied",
                None => "objects older than the replication",
            };
            let after =
                seen.map_or_else(|| "after the apply".to_owned(), |seen| format!("{} or later", seen.date));
            terms.push(Term::unbounded(
                Phase::Loss,
                format!("not met until backfilled: {what} to `{site}`"),
                format!("{why}{when}; {}", until_copied(data, copy, &format!(", dated {after}"))),
                Some(data.primary.span),
            ));
        }
    }
    let span = Some(copy.bucket.span);
    if let Some(failed) = copy.lag.failed.filter(|failed| *failed > 0) {
        let what = format!(
            "not met until backfilled: {failed} changes of the last day that were not copied to `{site}`"
        );
        terms.push(Term::unbounded(Phase::Loss, what, data.provider.storage.failed_copies, span));
    }
    let promised = data.provider.storage.copy.value;
    let behind = copy.lag.behind.filter(|behind| copy.timed && *behind > promised);
    terms.push(if let Some(why) = &copy.stopped {
        Term::unbounded(Phase::Loss, what, why.as_str(), span)
    } else if let Some((what_is, span)) = copy.left {
        let why = format!("{what_is} left unmanaged, so no time is guaranteed");
        Term::unbounded(Phase::Loss, what, why, Some(span))
    } else if let Some(why) = &copy.late {
        Term::unbounded(Phase::Loss, what, why.as_str(), span)
    } else if let Some(behind) = behind {
        let source = format!("measured: the promise is {}", promised.in_words());
        let what = format!("{what}, which is behind now");
        Term { phase: Phase::Loss, what, value: Some(behind), assurance: Assurance::Proven, source, span }
    } else if copy.timed {
        Term {
            phase: Phase::Loss,
            what,
            value: Some(promised),
            assurance: Assurance::Sla,
            source: data.provider.storage.copy.why.to_owned(),
            span,
        }
    } else {
        Term::unbounded(Phase::Loss, what, data.provider.storage.no_bound, span)
    });
    Bound::of(terms)
}

/// What copies the objects that a copy lacks, or has to. `dated` is said of a statement in the policy.
fn until_copied(data: &Data<'_>, copy: &Copy<'_>, dated: &str) -> String {
    let storage = &data.provider.storage;
    let words = match (&copy.job, copy.filled) {
        (Some(job), _) if matches!(job.state, JobState::Running | JobState::Paused) => job.in_words(),
        (Some(job), true) if job.state == JobState::Waiting => {
            format!("{}: the next apply confirms it", job.in_words())
        }
        (Some(job), true) => format!("{}; the next apply begins another one", job.in_words()),
        (Some(job), false) => format!("{}; {}{dated}", job.in_words(), storage.backfill),
        (None, true) => storage.backfill_job.to_owned(),
        (None, false) => format!("{}{dated}", storage.backfill),
    };
    let all = data.objects.filter(|_| copy.job.is_none());
    let all = all.map(|all| format!("; the bucket has {all} objects, by the last daily count"));
    words + &all.unwrap_or_default()
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

/// Interval + start window + completion + copies: data is safe once the first backup that begins after its creation has
/// arrived. The windows are attested, because a backup that misses one is not made.
fn scheduled(
    facts: &Facts<'_>,
    data: &Data<'_>,
    deriver: &Deriver<'_>,
    compromised: bool,
    counts: &dyn Fn(&Schedule, &Site) -> bool,
) -> Vec<Backup> {
    let estate = deriver.policy.accounts.get(data.provider.name).map(|(id, _)| id.as_str());
    let as_of = deriver.as_of;
    let mut all = Vec::new();
    for schedule in &data.schedules {
        let away = |site: &Site| site.name != data.primary.site.name;
        for (site, span) in schedule.to.iter().filter(|(site, _)| counts(schedule, site)) {
            if schedule.continuous && !away(site) {
                let fact = &data.provider.backup.continuous;
                let term = Term {
                    phase: Phase::Loss,
                    what: "continuous backup".to_owned(),
                    value: Some(fact.value),
                    assurance: Assurance::Attested,
                    source: fact.why.to_owned(),
                    span: Some(schedule.span),
                };
                all.push((Bound::of(vec![term]), Kept::backups(schedule)));
                continue;
            }
            // A window says when a backup is given up, and jobs that are done that it was long enough.
            let made = data.jobs_at(schedule, site).map(|jobs| jobs.made).filter(|made| made.done > 0);
            let measured = made.map(|made| format!("; {}", made.in_words("jobs"))).unwrap_or_default();
            let assurance = if made.is_some() { Assurance::Measured } else { Assurance::Attested };
            let term = |what: &str, value, source: String| Term {
                phase: Phase::Loss,
                what: what.to_owned(),
                value: Some(value),
                assurance,
                source: format!("{source}{measured}"),
                span: Some(schedule.span),
            };
            let mut terms = vec![
                interval(data, schedule, is_made(deriver, data, site)),
                term("until a backup starts", schedule.start, data.provider.backup.start.why.to_owned()),
                term(
                    "until a backup is complete",
                    schedule.complete,
                    "its completion window: a longer one is cancelled".to_owned(),
                ),
            ];
            if schedule.delay > Duration::default() {
                let what = "until other backups of the same data are done";
                terms.push(term(what, schedule.delay, data.provider.backup.one_job.to_owned()));
            }
            // Copies of a backup delay the next one, also of what stays here.
            let elsewhere = data.schedules.iter().flat_map(|rule| &rule.to).find(|(site, _)| away(site));
            if let (false, None, Some((_, span))) = (away(site), &facts.assumptions.backup_copy, elsewhere) {
                let what = "until copies of earlier backups are done";
                let why = data.provider.backup.no_copy_bound;
                terms.push(Term::unbounded(Phase::Loss, what, why, Some(*span)));
            }
            terms.extend(away(site).then(|| copying(facts, data, schedule, (site, *span), as_of)));
            terms.extend(vaults::across_accounts(data, schedule, (site, *span), estate, compromised));
            all.push((Bound::of(terms), Kept::backups(schedule)));
        }
    }
    all
}

/// Whether Holdfast makes the backups at a site: those in an account without a role for it are what somebody says.
fn is_made(deriver: &Deriver<'_>, data: &Data<'_>, site: &Site) -> bool {
    let own = deriver.policy.accounts.get(data.provider.name).map(|(id, _)| id.as_str());
    site.has_made_vault(own)
}

/// The longest time between two backups.
fn interval(data: &Data<'_>, schedule: &Schedule, made: bool) -> Term {
    let backup = &data.provider.backup;
    let what = match schedule.strategy {
        Strategy::Weekly => "between two weekly backups",
        Strategy::Daily | Strategy::RealTime => "between two daily backups",
    };
    let Some(interval) = schedule.interval else {
        return Term::unbounded(Phase::Loss, what, backup.skipped, Some(schedule.span));
    };
    let (assurance, by) = match made {
        true => (Assurance::Proven, "which Holdfast sets up with"),
        false => (Assurance::Attested, "for which somebody sets up"),
    };
    let mut source = format!("the schedule, {by} {}", backup.service);
    if interval > schedule.nominal() {
        source.push_str(", including the longest gap around a change to summer time or for other backups of the same data");
    }
    Term {
        phase: Phase::Loss,
        what: what.to_owned(),
        value: Some(interval),
        assurance,
        source,
        span: Some(schedule.span),
    }
}

/// The copy of a backup to another site. Copies to several sites run one after the other, in any order.
fn copying(
    facts: &Facts<'_>,
    data: &Data<'_>,
    schedule: &Schedule,
    (site, span): (&Site, Span),
    as_of: Option<Date>,
) -> Term {
    let away = || schedule.to.iter().map(|(to, _)| to).filter(|to| to.name != data.primary.site.name);
    let copies = away().count();
    let what = match copies {
        0 | 1 => format!("copying the backup to `{}`", site.name),
        _ => format!("copying the backup to {copies} sites, `{}` last", site.name),
    };
    // Once copies were made, how long they took counts, and not what somebody assumes.
    let took: Option<Vec<(Duration, String)>> = away().map(|to| data.copy_took(schedule, to)).collect();
    if let Some(took) = took {
        let longest = took.iter().max_by_key(|(took, _)| *took).map(|(_, how)| how.clone());
        let value = took.iter().fold(Duration::default(), |sum, (took, _)| sum.plus(*took));
        let (source, assurance) = (longest.unwrap_or_default(), Assurance::Measured);
        return Term { phase: Phase::Loss, what, value: Some(value), assurance, source, span: Some(span) };
    }
    match &facts.assumptions.backup_copy {
        Some(copy) => Term {
            phase: Phase::Loss,
            what,
            value: Some((0..copies).fold(Duration::default(), |sum, _| sum.plus(copy.value.value))),
            assurance: assurance_of(copy.value.measured, as_of),
            source: source_of(&copy.value.because, copy.value.measured, is_built_in(&copy.origin)),
            span: copy.origin.span(),
        },
        None => Term::unbounded(Phase::Loss, what, data.provider.backup.no_copy_bound, Some(span)),
    }
}
