//! Observed facts: what the live cloud can meet today, and what it will meet after the plan.

use super::facts::{Backfill, Copy, Data, Facts, JobsAt};
use super::view::{Live, View};
use crate::copies::{CopyJob, CopyState, KnownCopy, SeenCopy};
use crate::document::Name;
use crate::policy::{DataSet, Service};
use crate::provider;
use crate::provider::evidence::{Begin, Obstacle};
use crate::signals::{CheckHealth, CopyLag};
use crate::units::Date;

/// The facts of a service today. `None` if none of its resources exist.
#[must_use]
pub fn observed<'p>(service: &'p Service, live: Live<'_>) -> Option<Facts<'p>> {
    let view = View { service, live };
    let mut facts = Facts::wanted(service);
    let mut there = false;
    for (name, traffic) in &mut facts.traffic {
        let Some(wanted) = service.traffic.get(*name) else { continue };
        traffic.moves = false;
        if let Some(provider) = provider::find(wanted.provider.name) {
            there |= (provider.evidence.traffic)(&view, name, wanted, traffic);
        }
    }
    facts.data.retain(|name, data| {
        let Some(provider) = provider::find(data.provider.name) else { return false };
        (provider.evidence.backups)(&view, name, data);
        (provider.evidence.data)(&view, name, data)
    });
    backfill(&view, &mut facts);
    stop(&view, &mut facts);
    if live.signals.is_some() {
        measure(&view, &mut facts);
    }
    jobs(&view, &mut facts);
    facts.undecided = service.data.iter().find_map(|(name, set)| {
        let provider = provider::find(set.primary.site.region.provider.name)?;
        (provider.evidence.undecided)(&view, name, set)
    });
    (there || !facts.data.is_empty()).then_some(facts)
}

/// Why data of a service is gone today: a primary bucket that the journal knows no longer exists.
#[must_use]
pub fn gone_primary(service: &Service, live: Live<'_>) -> Option<String> {
    let view = View { service, live };
    Facts::wanted(service).data.iter().find_map(|(name, data)| {
        let primary = (provider::find(data.provider.name)?.evidence.bucket)(&view, name, data.primary);
        let gone = (live.had)(&primary) && (live.find)(&primary).is_none();
        gone.then(|| {
            format!("the data of `{name}` is gone: the bucket `{}` no longer exists", data.primary.name)
        })
    })
}

/// The facts of a service after the plan: the declared facts, combined with what existing objects determine.
#[must_use]
pub fn planned<'p>(service: &'p Service, live: Live<'_>) -> Facts<'p> {
    let mut facts = Facts::wanted(service);
    let view = View { service, live };
    backfill(&view, &mut facts);
    stop(&view, &mut facts);
    facts
}

/// What is seen of the copies of a service, in the order of the policy. A data set of which the observation does not decide
/// whether it is copied is left out.
#[must_use]
pub fn copies(service: &Service, live: Live<'_>) -> Vec<SeenCopy> {
    let view = View { service, live };
    let mut seen = Vec::new();
    for (name, wanted) in &Facts::wanted(service).data {
        let Some(set) = service.data.get(*name) else { continue };
        let Some(provider) = provider::find(wanted.provider.name) else { continue };
        let evidence = provider.evidence;
        if (evidence.undecided)(&view, name, set).is_some() {
            continue;
        }
        let mut today = wanted.clone();
        let there = (evidence.data)(&view, name, &mut today);
        // Replication needs versioning. How long versions are kept, which `stop` judges, is nothing to it.
        let versioned = today.versioned;
        (evidence.stop)(&view, name, &mut today);
        let primary = (evidence.bucket)(&view, name, wanted.primary);
        for copy in &wanted.copies {
            let bucket = (evidence.bucket)(&view, name, copy.bucket);
            let now = today.copies.iter().find(|one| one.bucket.site.name == copy.bucket.site.name);
            let works = there && versioned && now.is_some();
            let declared = (live.declared)(&bucket);
            let taken = declared.and_then(|it| (live.taken)(bucket.kind(), &it.identity()));
            let state = match now.and_then(|now| now.stopped.clone()) {
                _ if !there && !(live.had)(&primary) => CopyState::New,
                _ if !there => CopyState::Broken("the primary bucket was gone".to_owned()),
                Some(why) => CopyState::Broken(why),
                None if let Some(why) = taken => CopyState::Broken(why.to_owned()),
                None if works => CopyState::Works,
                None if (live.find)(&bucket).is_some() => {
                    CopyState::Broken("the replication did not copy every object".to_owned())
                }
                None if (live.had)(&bucket) => {
                    CopyState::Broken("the bucket of the copy was gone".to_owned())
                }
                None => CopyState::Broken("the copy did not exist yet".to_owned()),
            };
            seen.push(SeenCopy {
                from: wanted.primary.name.to_string(),
                to: copy.bucket.name.to_string(),
                by: (evidence.copier)(&view, name, copy.bucket),
                job: (evidence.copy_job)(&view, name),
                state,
                stated: stated(&copy.backfill),
            });
        }
    }
    seen
}

/// The jobs that have to be begun: each copies what the copies of a data set lack, and is begun when all of those work.
#[must_use]
pub fn begins(service: &Service, live: Live<'_>) -> Vec<Begin> {
    let view = View { service, live };
    let home = |(name, set): (&Name, &DataSet)| {
        let provider = provider::find(set.primary.site.region.provider.name);
        provider.map(|provider| (provider.evidence.begin_back)(&view, name, set)).unwrap_or_default()
    };
    let home: Vec<Begin> = service.data.iter().flat_map(home).collect();
    if service.data.values().all(|set| set.backfill.is_none()) {
        return home;
    }
    let facts = planned(service, live);
    let seen = copies(service, live);
    let works = |copy: &&Copy<'_>| {
        let mut now = seen.iter().filter(|seen| seen.to == copy.bucket.name.as_str());
        now.any(|seen| seen.state == CopyState::Works)
    };
    let begin = |(name, data): (&&Name, &Data<'_>)| {
        let provider = provider::find(data.provider.name)?;
        let lacking: Vec<&Copy<'_>> = data.copies.iter().filter(|copy| copy.needs_job()).collect();
        let to: Vec<String> = lacking.iter().map(|copy| format!("`{}`", copy.bucket.site.name)).collect();
        // What one job has left counts only if it was to copy all that they lack.
        let last = lacking.first().and_then(|copy| copy.job.as_ref());
        let last = last.filter(|job| lacking.iter().all(|copy| copy.job.as_ref() == Some(*job)));
        let why = last.map(|job| format!(": {}", job.in_words())).unwrap_or_default();
        let reason = format!("not every object is copied to {}{why}", to.join(", "));
        let (address, attributes) = (provider.evidence.begin)(&view, name, last);
        (!lacking.is_empty() && lacking.iter().all(works)).then_some(Begin { address, attributes, reason })
    };
    facts.data.iter().filter_map(begin).chain(home).collect()
}

/// What of the existing things of a service keeps Holdfast from managing them.
#[must_use]
pub fn obstacles(service: &Service, live: Live<'_>) -> Vec<Obstacle> {
    let view = View { service, live };
    let of = |(name, set): (&Name, &DataSet)| {
        let provider = provider::find(set.primary.site.region.provider.name);
        provider.map(|provider| (provider.evidence.obstacles)(&view, name, set)).unwrap_or_default()
    };
    service.data.iter().flat_map(of).collect()
}

fn stated(backfill: &Backfill) -> Option<Date> {
    match backfill {
        Backfill::Done(day) => Some(day.value.value),
        _ => None,
    }
}

/// Find out which copies lack objects: from what exists, and from what the journal remembers.
/// What no policy manages stays as it is, so it decides the facts of today and those after the plan.
fn stop(view: &View<'_, '_>, facts: &mut Facts<'_>) {
    for (name, data) in &mut facts.data {
        if let Some(provider) = provider::find(data.provider.name) {
            (provider.evidence.stop)(view, name, data);
        }
    }
    for (name, traffic) in &mut facts.traffic {
        let wanted = view.service.traffic.get(*name);
        let provider = wanted.and_then(|wanted| Some((wanted, provider::find(wanted.provider.name)?)));
        if let Some((wanted, provider)) = provider {
            traffic.stopped = (provider.evidence.diverted)(view, name, wanted);
        }
    }
}

/// How far copies are behind, and whether a standby passes its health check: users are sent to the first one that does.
fn measure(view: &View<'_, '_>, facts: &mut Facts<'_>) {
    for (name, data) in &mut facts.data {
        let Some(provider) = provider::find(data.provider.name) else { continue };
        data.objects = (provider.evidence.objects)(view, data.primary);
        for copy in data.copies.iter_mut().filter(|copy| copy.stopped.is_none()) {
            let what = format!("how far the copy of `{name}` at `{}` is behind", copy.bucket.site.name);
            match (provider.evidence.lag)(view, name, data.primary, copy.bucket) {
                None => {}
                Some(Err(why)) => copy.unmeasured = Some(format!("{what} cannot be seen: {why}")),
                Some(Ok(lag)) if lag.behind.is_none() => {
                    copy.unmeasured = Some(format!("{what} is not known: the cloud has no figure"));
                }
                Some(Ok(lag)) => copy.lag = lag,
            }
        }
    }
    for (name, traffic) in &mut facts.traffic {
        let Some(wanted) = view.service.traffic.get(*name) else { continue };
        let Some(provider) = provider::find(wanted.provider.name) else { continue };
        let standbys = wanted.endpoints.iter().skip(1).map(|endpoint| &endpoint.site);
        let health: Vec<_> =
            standbys.map(|site| (site, (provider.evidence.passes)(view, name, site))).collect();
        // Without a probe, a site always answers.
        let answers = |passes: &Option<_>| match passes {
            None => wanted.probe.is_none(),
            Some(passes) => matches!(passes, Ok(Some(true))),
        };
        if health.is_empty() || health.iter().any(|(_, passes)| answers(passes)) {
            continue;
        }
        let unknown = health.iter().find_map(|(site, passes)| {
            let what = format!("the health check of `{}`", site.name);
            match passes {
                Some(Err(why)) => Some(format!("{what} cannot be seen: {why}")),
                Some(Ok(None)) => Some(format!("{what} has no state: the cloud has no figure")),
                None => Some(format!("{what} was not seen")),
                Some(Ok(Some(_))) => None,
            }
        });
        match unknown {
            Some(why) => traffic.unmeasured = Some(why),
            None => {
                traffic.stopped.get_or_insert_with(|| "no standby passes its health check now".to_owned());
            }
        }
    }
}

/// What was seen of the jobs that make backups.
fn jobs(view: &View<'_, '_>, facts: &mut Facts<'_>) {
    let Some(seen) = view.live.backups else { return };
    for data in facts.data.values_mut() {
        let Some(provider) = provider::find(data.provider.name) else { continue };
        let all = data.schedules.iter().flat_map(|one| one.to.iter().map(move |(site, _)| (one, site)));
        let at = all.filter_map(|(schedule, site)| {
            let seen = seen.get(&(provider.evidence.backup_place)(view, data, schedule, site)?)?;
            Some(JobsAt { schedule: schedule.span, site: site.name.clone(), seen: seen.clone() })
        });
        data.jobs = at.collect();
    }
}

/// How far the copies of a service are behind, in the order of the policy; nothing where nobody has looked.
#[must_use]
pub fn lags(service: &Service, live: Live<'_>) -> Vec<CopyLag> {
    let view = View { service, live };
    let sets = service.data.iter().filter(|_| live.signals.is_some());
    let all = sets.flat_map(|(name, set)| set.copies.iter().map(move |copy| (name, set, copy)));
    all.filter_map(|(name, set, copy)| {
        let provider = provider::find(set.primary.site.region.provider.name)?;
        let seen = (provider.evidence.lag)(&view, name, &set.primary, copy)?;
        let (service, data, site) = (service.name.to_string(), name.to_string(), copy.site.name.to_string());
        Some(CopyLag { service, data, site, seen })
    })
    .collect()
}

/// Whether the health checks of a service pass; nothing where nobody has looked.
#[must_use]
pub fn checks(service: &Service, live: Live<'_>) -> Vec<CheckHealth> {
    let view = View { service, live };
    let all = service.traffic.iter().filter(|_| live.signals.is_some());
    let all = all.flat_map(|(name, traffic)| traffic.endpoints.iter().map(move |one| (name, traffic, one)));
    all.filter_map(|(name, traffic, endpoint)| {
        let provider = provider::find(traffic.provider.name)?;
        let passes = (provider.evidence.passes)(&view, name, &endpoint.site)?;
        let (service, traffic, site) =
            (service.name.to_string(), name.to_string(), endpoint.site.name.to_string());
        Some(CheckHealth { service, traffic, site, passes })
    })
    .collect()
}

fn backfill(view: &View<'_, '_>, facts: &mut Facts<'_>) {
    let seen = copies(view.service, view.live);
    for (name, data) in &mut facts.data {
        let Some(provider) = provider::find(data.provider.name) else { continue };
        let primary = (provider.evidence.bucket)(view, name, data.primary);
        // Whoever made the bucket before may have written to it.
        let own = (view.live.find)(&primary).is_none() || (view.live.made)(&primary).is_some();
        for copy in data.copies.iter_mut().filter(|copy| own && copy.backfill == Backfill::Missing) {
            copy.backfill = Backfill::Unsaid;
        }
        let said: Vec<Backfill> = data.copies.iter().map(|copy| copy.backfill.clone()).collect();
        (provider.evidence.backfill)(view, name, data);
        let from = data.primary.name.as_str();
        for (copy, said) in data.copies.iter_mut().zip(said) {
            let now = seen.iter().find(|seen| seen.from == from && seen.to == copy.bucket.name.as_str());
            let known = (view.live.known)(from, copy.bucket.name.as_str());
            remember(copy, said, now, known, own);
            by_job(copy, now, known);
            if copy.backfill == Backfill::Unsaid {
                copy.backfill = Backfill::NotNeeded;
            }
        }
    }
}

/// Whether a job copies, or has copied, what a copy lacks. One counts that was created since the copy was last seen broken.
fn by_job(copy: &mut Copy<'_>, now: Option<&SeenCopy>, known: Option<&KnownCopy>) {
    let lacks = matches!(copy.backfill, Backfill::Missing | Backfill::Gap { seen: Some(_), .. });
    let works = now.is_some_and(|seen| seen.state == CopyState::Works);
    let gap = known.and_then(|known| known.gap.as_ref());
    let counts = |job: &&CopyJob| lacks && works && gap.is_none_or(|gap| gap.is_before(job));
    // The newest one may be for another copy of the data, and one that is done stays done.
    let newest = now.and_then(|seen| seen.job.as_ref()).filter(counts);
    let remembered = known.and_then(|known| known.job.as_ref()).filter(counts);
    match remembered.or(newest) {
        Some(job) if job.is_done() => copy.backfill = Backfill::Copied(job.clone()),
        _ => copy.job = newest.cloned(),
    }
}

/// What is remembered of a copy, put together with what is seen. `said` is what the policy states.
fn remember(
    copy: &mut Copy<'_>,
    said: Backfill,
    now: Option<&SeenCopy>,
    known: Option<&KnownCopy>,
    own: bool,
) {
    let worked = known.and_then(|known| known.worked);
    let being_made = known.is_some_and(KnownCopy::is_being_made) && own;
    match now.map(|seen| &seen.state) {
        Some(CopyState::Broken(why)) if !being_made => {
            copy.backfill = match worked {
                Some(_) => Backfill::Gap { worked, seen: None, why: why.clone() },
                None => Backfill::Missing,
            };
        }
        _ => match known.and_then(|known| known.gap.as_ref()) {
            Some(gap) if !gap.ends_with(stated(&said)) => {
                let (seen, why) = (Some(gap.seen), gap.why.clone());
                copy.backfill = Backfill::Gap { worked, seen, why };
            }
            Some(_) => copy.backfill = said,
            None if own && known.is_some_and(|known| known.together) => copy.backfill = said,
            None => {}
        },
    }
}
