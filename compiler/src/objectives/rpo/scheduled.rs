//! What is lost where backups are made on a schedule.

use super::{Backup, Kept};
use crate::document::Strategy;
use crate::objectives::facts::{Data, Facts, is_built_in};
use crate::objectives::{Assurance, Bound, Deriver, Phase, Term, assurance_of, source_of, vaults};
use crate::policy::{Schedule, Site};
use crate::source::Span;
use crate::units::{Date, Duration};

/// Interval + start window + completion + copies: data is safe once the first backup that begins after its creation has
/// arrived. The windows are attested, because a backup that misses one is not made.
pub(super) fn scheduled(
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
