//! Observed facts: what the live cloud can meet today, and what it will meet after the plan.

use super::facts::{Backfill, Copy, Facts};
use super::view::{Live, View};
use crate::copies::{CopyState, KnownCopy, SeenCopy};
use crate::document::Name;
use crate::policy::{DataSet, Service};
use crate::provider;
use crate::provider::evidence::Obstacle;
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
        provider::find(data.provider.name).is_some_and(|provider| (provider.evidence.data)(&view, name, data))
    });
    backfill(&view, &mut facts);
    stop(&view, &mut facts);
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
        (evidence.stop)(&view, name, &mut today);
        let primary = (evidence.bucket)(&view, name, wanted.primary);
        for copy in &wanted.copies {
            let bucket = (evidence.bucket)(&view, name, copy.bucket);
            let now = today.copies.iter().find(|one| one.bucket.site.name == copy.bucket.site.name);
            let works = there && today.versioned && now.is_some();
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
                by: (evidence.copier)(&view, name),
                state,
                stated: stated(&copy.backfill),
            });
        }
    }
    seen
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
            if copy.backfill == Backfill::Unsaid {
                copy.backfill = Backfill::NotNeeded;
            }
        }
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
