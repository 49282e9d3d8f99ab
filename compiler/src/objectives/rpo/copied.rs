//! What is lost where a copy is made as data is written.

use crate::copies::{JobState, Moment};
use crate::objectives::facts::{Backfill, Copy, Data};
use crate::objectives::{Assurance, Bound, Phase, Term, assurance_of, source_of};
use crate::units::{Date, Duration};

pub(super) fn replicated(data: &Data<'_>, copy: &Copy<'_>, as_of: Option<Date>) -> Bound {
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
        let why = data.provider.storage.no_bound;
        let why = match &copy.bucket.instead {
            Some(site) => format!("the copies to `{site}` have the promise in its place: {why}"),
            None => why.to_owned(),
        };
        Term::unbounded(Phase::Loss, what, why, span)
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
