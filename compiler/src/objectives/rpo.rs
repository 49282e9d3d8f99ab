//! How much data is lost.
//!
//! Sources: Amazon S3 User Guide, "Meeting compliance requirements with S3 Replication Time Control" and the S3
//! Replication Time Control SLA; AWS Backup Developer Guide, "Backup plan options and configuration" and "AWS
//! Backup Vault Lock"; AWS Well-Architected Framework REL13: replication does not protect from corruption.

use super::facts::{Backfill, Copy, Data, Facts, same_key};
use super::{Assurance, Bound, Phase, Term, assurance_of, source_of};
use crate::document::{Disruption, Encryption, Lock, Strategy};
use crate::policy::{Origin, Schedule};
use crate::units::{Date, Duration};

/// Replication time control: 99.9 % of the new objects within 15 minutes.
pub(super) const REPLICATION: Duration = Duration::minutes(15);

/// The least loss that one of the data set's copies, backups or versions allows.
pub(super) fn bound(
    facts: &Facts<'_>,
    data: &Data<'_>,
    disruption: Disruption,
    as_of: Option<Date>,
) -> Bound {
    let mut all = candidates(facts, data, disruption, as_of);
    // Of equals the surer one, then the first one in the text.
    all.sort_by_key(|bound| (bound.rank(), std::cmp::Reverse(bound.assurance())));
    all.into_iter().next().unwrap_or_else(|| {
        let (what, why) = nothing(disruption);
        Bound { terms: vec![Term::unbounded(Phase::Loss, what, why, Some(data.span))] }
    })
}

fn nothing(disruption: Disruption) -> (&'static str, &'static str) {
    match disruption {
        Disruption::SiteLoss => ("no copy outlives the site", "every copy and backup is at the primary site"),
        Disruption::Corruption => {
            ("nothing keeps an older state", "a copy in real time copies the corruption too")
        }
        Disruption::AccountCompromise => (
            "nothing is out of the account's reach",
            "only backups with `lock: compliance` cannot be deleted",
        ),
        Disruption::KeyLoss => ("no copy has another key", "what one key encrypts is lost with that key"),
    }
}

fn candidates(facts: &Facts<'_>, data: &Data<'_>, disruption: Disruption, as_of: Option<Date>) -> Vec<Bound> {
    let lost = &data.primary.site;
    let key = data.key(lost);
    let away = |site: &crate::policy::Site| site.name != lost.name;
    let mut all = Vec::new();
    match disruption {
        Disruption::SiteLoss => {
            all.extend(data.copies.iter().map(|copy| replicated(data, copy, as_of)));
            all.extend(scheduled(facts, data, as_of, |_, site| away(site)));
        }
        Disruption::Corruption => {
            all.extend(data.versioned.then(|| versions(data)));
            all.extend(scheduled(facts, data, as_of, |_, _| true));
        }
        Disruption::AccountCompromise => {
            all.extend(scheduled(facts, data, as_of, |schedule, _| schedule.lock == Some(Lock::Compliance)));
        }
        Disruption::KeyLoss if key.is_none() => all.push(no_key(data)),
        Disruption::KeyLoss => {
            let other = |site: &crate::policy::Site| away(site) && !same_key(data.key(site), key);
            all.extend(
                data.copies
                    .iter()
                    .filter(|copy| other(&copy.bucket.site))
                    .map(|c| replicated(data, c, as_of)),
            );
            // Backups are encrypted with the key of the vault, at each site its own.
            all.extend(scheduled(facts, data, as_of, |_, site| away(site)));
        }
    }
    all
}

fn replicated(data: &Data<'_>, copy: &Copy<'_>, as_of: Option<Date>) -> Bound {
    let site = &copy.bucket.site.name;
    let what = format!("copying to `{site}` in real time");
    let mut terms = Vec::new();
    match &copy.backfill {
        Backfill::NotNeeded => {}
        Backfill::Done(day) => terms.push(Term {
            phase: Phase::Loss,
            what: format!("objects older than the replication, copied by {}", day.value.value),
            value: Some(Duration::default()),
            assurance: assurance_of(day.value.measured, as_of),
            source: source_of(&day.value.because, day.value.measured, false),
            span: day.origin.span(),
        }),
        Backfill::Missing => terms.push(Term::unbounded(
            Phase::Loss,
            format!("not met until backfilled: objects older than the replication to `{site}`"),
            "S3 replicates new objects only: copy the others once with S3 Batch Replication, or see that there are none, \
             and state `backfilled`",
            Some(data.primary.span),
        )),
    }
    let span = Some(copy.bucket.span);
    terms.push(if copy.timed {
        Term {
            phase: Phase::Loss,
            what,
            value: Some(REPLICATION),
            assurance: Assurance::Sla,
            source: "S3 Replication Time Control SLA: 99.9 % of new objects within 15 minutes".to_owned(),
            span,
        }
    } else {
        let why = "without replication time control S3 promises no time";
        Term::unbounded(Phase::Loss, what, why, span)
    });
    Bound { terms }
}

fn versions(data: &Data<'_>) -> Bound {
    let term = Term {
        phase: Phase::Loss,
        what: "versions of every object in the primary bucket".to_owned(),
        value: Some(Duration::default()),
        assurance: Assurance::Proven,
        source: "S3 Versioning, which Holdfast turns on; as long as no lifecycle rule expires them"
            .to_owned(),
        span: Some(data.primary.span),
    };
    Bound { terms: vec![term] }
}

fn no_key(data: &Data<'_>) -> Bound {
    let (what, source) = match data.encryption {
        Encryption::Aes256 => ("no key of the account is involved", "SSE-S3: S3 keeps the keys"),
        Encryption::Kms => {
            ("the key cannot be deleted", "`aws/s3` is managed by AWS (AWS KMS Developer Guide)")
        }
    };
    let term = Term {
        phase: Phase::Loss,
        what: what.to_owned(),
        value: Some(Duration::default()),
        assurance: Assurance::Proven,
        source: source.to_owned(),
        span: Some(data.primary.span),
    };
    Bound { terms: vec![term] }
}

/// Interval + start window + completion + copy: the data of a moment is safe when the first backup that begins
/// after it has arrived. That Holdfast does not make AWS Backup's plans yet is why these are attested.
fn scheduled(
    facts: &Facts<'_>,
    data: &Data<'_>,
    as_of: Option<Date>,
    counts: impl Fn(&Schedule, &crate::policy::Site) -> bool,
) -> Vec<Bound> {
    let mut all = Vec::new();
    for schedule in &data.schedules {
        for (site, span) in schedule.to.iter().filter(|(site, _)| counts(schedule, site)) {
            let term = |what: &str, value, source: &str| Term {
                phase: Phase::Loss,
                what: what.to_owned(),
                value: Some(value),
                assurance: Assurance::Attested,
                source: source.to_owned(),
                span: Some(schedule.span),
            };
            let every = match schedule.strategy {
                Strategy::Weekly => "between two weekly backups",
                Strategy::Daily | Strategy::RealTime => "between two daily backups",
            };
            let mut terms = vec![
                term(every, schedule.interval(), "the schedule; AWS Backup has to be set up for it"),
                term("until a backup starts", schedule.start, "its start window (AWS Backup: 1 h at least)"),
                term(
                    "until a backup is complete",
                    schedule.complete,
                    "its completion window: a longer one is cancelled",
                ),
            ];
            if site.name != data.primary.site.name {
                let what = format!("copying the backup to `{}`", site.name);
                terms.push(match &facts.assumptions.backup_copy {
                    Some(copy) => Term {
                        phase: Phase::Loss,
                        what,
                        value: Some(copy.value.value),
                        assurance: assurance_of(copy.value.measured, as_of),
                        source: source_of(
                            &copy.value.because,
                            copy.value.measured,
                            matches!(copy.origin, Origin::BuiltIn(_)),
                        ),
                        span: copy.origin.span(),
                    },
                    None => {
                        let why = "AWS promises no time for copies: state `assumptions.backup-copy`";
                        Term::unbounded(Phase::Loss, what, why, Some(*span))
                    }
                });
            }
            all.push(Bound { terms });
        }
    }
    all
}
