//! A functional drill: the data of the services is restored into an isolated place, verified object by object, and measured.

use std::collections::BTreeMap;

use futures::{FutureExt as _, StreamExt as _};
use holdfast_compiler::drill::{Achieved, Finding, Limits, Measure, Outcome, Record, Restored, limits};
use holdfast_compiler::restore::{Gap, Report};
use holdfast_compiler::units::Date;

use super::DrillError;
use super::exercise::{Exercise, Part};
use super::left::remove;
use super::loss::between;
use super::order::{Front, Order};
use super::session::{Log, Session, now, timed};
use super::talk::talk;
use crate::cloud::Objects;
use crate::estate::load;
use crate::files;
use crate::journal::{DrillMade, Event};
use crate::restore::{self, Record as Restores, Refused, survey};

/// Restore, verify, measure, ask, and take back what was made. Whatever goes wrong is a finding; the place is cleaned in any case.
pub(super) async fn functional(
    session: &Session,
    order: &Order,
    exercise: &Exercise,
    log: &Log,
    front: &dyn Front,
    record: &mut Record,
) -> Result<(), DrillError> {
    let cloud = session.cloud().await?;
    let Some(objects) = cloud.objects(exercise.provider) else { return Ok(()) };
    let made = DrillMade::Objects {
        provider: exercise.provider.to_owned(),
        bucket: exercise.into.bucket.clone(),
        region: exercise.into.region.clone(),
        prefix: exercise.prefix.clone(),
        kept: order.keep,
    };
    log.add(Event::DrillMakes(made.clone())).await?;
    if order.keep {
        let stays = format!("what was restored stays in s3://{}/{}", exercise.into.bucket, exercise.prefix);
        record.deviations.push(stays);
    }
    let mut requests = front.requests_to_end().map_err(|error| DrillError::Usage(error.to_string()))?;
    let work = async {
        restore_all(session, exercise, objects, front, record).await?;
        talk(session, order, front, record).await
    };
    let ended = tokio::select! {
        biased;
        _ = requests.next() => None,
        done = work => Some(done),
    };
    // A request may have come while nobody looked.
    tokio::task::yield_now().await;
    let ended = ended.filter(|_| requests.next().now_or_never().is_none());
    record.outcome = match ended {
        None => {
            let cause = "the drill was stopped".to_owned();
            record.findings.push(Finding { cause, owner: None, due: None });
            Outcome::Aborted
        }
        Some(Err(error)) => {
            let cause = format!("the drill broke off: {error}");
            record.findings.push(Finding { cause, owner: None, due: None });
            Outcome::Aborted
        }
        Some(Ok(())) => Outcome::Passed,
    };
    if order.keep {
        return Ok(());
    }
    match timed(record, "removal of what was restored", remove(objects, &exercise.into, &exercise.prefix))
        .await
    {
        Ok(removed) => {
            let (bucket, prefix) = (&exercise.into.bucket, &exercise.prefix);
            front.tell(&format!("removed {removed} objects of s3://{bucket}/{prefix}"));
            if record.outcome == Outcome::Aborted {
                record.deviations.push("what was restored until then was removed".to_owned());
            }
            log.add(Event::DrillRemoved(made)).await
        }
        Err(error) => {
            let cause = format!(
                "what the drill restored is still in s3://{}/{}, and the next drill tries again: {error}",
                exercise.into.bucket, exercise.prefix
            );
            record.findings.push(Finding { cause, owner: None, due: None });
            Ok(())
        }
    }
}

async fn restore_all(
    session: &Session,
    exercise: &Exercise,
    objects: &dyn Objects,
    front: &dyn Front,
    record: &mut Record,
) -> Result<(), DrillError> {
    let limits = limits(session.policy(), session.drill()?, None);
    let mut spent: BTreeMap<&str, Option<u64>> = BTreeMap::new();
    for part in &exercise.parts {
        let entry = format!("{}.{}", part.service, part.data);
        front.tell(&format!(
            "restoring {entry} from s3://{} (at {})",
            part.request.source.bucket, part.request.site
        ));
        // Before the restore: what arrives at the copy during it would have been lost.
        let achieved = lost(part, objects, limits.get(&part.service)).await;
        let began = now();
        let took = restore_one(session, part, objects, record).await?;
        let phase =
            holdfast_compiler::drill::Phase { name: format!("restore of {entry}"), began, ended: now() };
        record.phases.push(phase);
        let sum = spent.entry(&part.service).or_insert(Some(0));
        *sum = sum.zip(took).map(|(sum, took)| sum + took);
        record.achieved.push(achieved);
    }
    for (service, milliseconds) in spent {
        let limit = limits.get(service).map(|limits| limits.rto).unwrap_or_default();
        record.achieved.push(Achieved {
            service: service.to_owned(),
            data: None,
            measure: Measure::Rto,
            seconds: milliseconds.map(|milliseconds| milliseconds.div_ceil(1000)),
            objective: limit.objective,
            bound: limit.bound,
            how:
                "the restore alone, one data set after the other: detection, people and traffic are not in it"
                    .to_owned(),
        });
    }
    Ok(())
}

/// Restore a data set. Returns how many milliseconds that took; `None` if not all of it was restored and verified.
async fn restore_one(
    session: &Session,
    part: &Part,
    objects: &dyn Objects,
    record: &mut Record,
) -> Result<Option<u64>, DrillError> {
    let (request, entry) = (&part.request, format!("{}.{}", part.service, part.data));
    let mut found = |cause: String| record.findings.push(Finding { cause, owner: None, due: None });
    let policies = &session.policies;
    let home = load::home(&policies.sources.place(session.policy().estate_span).file);
    let restores = match Restores::open(&home, &session.context.cloud, request) {
        Ok(restores) => restores,
        Err(error) => {
            found(format!("`{entry}` was not restored: {error}"));
            return Ok(None);
        }
    };
    let surveyed = match survey(objects, request, &restores).await? {
        Ok(surveyed) => surveyed,
        Err(Refused::Taken(keys)) => {
            found(format!("`{entry}` was not restored: {} keys are there already", keys.len()));
            return Ok(None);
        }
        Err(Refused::Unversioned) => {
            found(format!("`{entry}` was not restored: the place keeps no versions"));
            return Ok(None);
        }
    };
    if surveyed.report.wanted.objects == 0 {
        let what = if request.replica { "the standby has no data" } else { "there is no data" };
        found(format!(
            "{what}: `{}` at `{}`, of `{entry}`, holds no object",
            request.source.bucket, request.site
        ));
        return Ok(None);
    }
    let on = Date::parse(record.began.get(..10).unwrap_or_default())
        .ok_or_else(|| DrillError::Usage("the clock of this machine shows no date".to_owned()))?;
    let report = restore::run(objects, request, &surveyed, &restores, on, &mut |_| ()).await?;
    // The place is used once, so nobody continues this restore.
    let _ = files::remove(restores.path());
    problems(&entry, &report).into_iter().for_each(&mut found);
    let measured = report.measured.as_ref();
    record.restored.push(Restored {
        entry,
        from: format!("s3://{}", request.source.bucket),
        into: format!("s3://{}/{}", request.into.bucket, request.into_prefix),
        objects: report.restored.objects,
        bytes: report.restored.bytes,
        verified: report.verified.iter().map(|(how, count)| (how.word().to_owned(), *count)).collect(),
        milliseconds: measured.map_or(0, |measured| measured.milliseconds),
    });
    Ok(measured.map(|measured| measured.milliseconds))
}

/// What is wrong with a restore, each with its cause. That a copy is read is no fault: what it lacks is measured.
fn problems(entry: &str, report: &Report) -> Vec<String> {
    let all = [
        (&report.failed, "were not restored, or not verified"),
        (&report.unknown, "had a state that nobody can tell"),
        (&report.uncertain, "were restored, and their state is not certain"),
    ];
    let counted = all.into_iter().filter_map(|(problems, what)| {
        let first = problems.first()?;
        Some(format!(
            "{} objects of `{entry}` {what}; the first, `{}`: {}",
            problems.len(),
            first.key,
            first.why
        ))
    });
    let gaps = report.gaps.iter().filter(|gap| **gap != Gap::Copy).map(|gap| format!("`{entry}`: {gap}"));
    counted.chain(gaps).collect()
}

/// What would have been lost of a data set.
async fn lost(part: &Part, objects: &dyn Objects, limits: Option<&Limits>) -> Achieved {
    let limit = limits.and_then(|limits| limits.rpo.get(&part.data)).copied().unwrap_or_default();
    let moment = part.request.moment;
    let (seconds, how) = match &part.primary {
        None => (Some(0), "every change is a version of the bucket itself".to_owned()),
        Some(primary) => between(objects, primary.as_ref(), &part.request.source, moment).await,
    };
    Achieved {
        service: part.service.clone(),
        data: Some(part.data.clone()),
        measure: Measure::Rpo,
        seconds,
        objective: limit.objective,
        bound: limit.bound,
        how,
    }
}
