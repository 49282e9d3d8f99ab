//! The facts that the policy declares.

use super::facts::{Backfill, Copy, Data, Detection, Facts, Traffic};
use crate::policy::{EndpointTarget, Service};
use crate::provider;
use crate::signals::Lag;

impl<'p> Facts<'p> {
    /// The facts that the policy declares for a service.
    #[must_use]
    pub fn wanted(service: &'p Service) -> Self {
        let traffic = service.traffic.iter().map(|(name, traffic)| {
            // When the primary is lost, clients hold the primary's answer.
            let alias =
                traffic.endpoints.first().is_some_and(|e| matches!(e.target, EndpointTarget::Alias { .. }));
            let dns = &traffic.provider.dns;
            let detection = match &traffic.probe {
                Some(probe) => Detection::Probe {
                    interval: probe.interval,
                    failures: u64::from(probe.failures),
                    request: probe.request,
                    span: probe.span,
                },
                None => Detection::Target(traffic.span),
            };
            let (span, ttl) = (traffic.span, traffic.ttl.clone());
            (
                name,
                Traffic {
                    span,
                    dns,
                    moves: true,
                    stopped: None,
                    unmeasured: None,
                    doubted: None,
                    detection,
                    ttl,
                    alias,
                },
            )
        });
        let data = service.data.iter().filter_map(|(name, set)| {
            let facts = set.primary.site.region.provider;
            let evidence = provider::find(facts.name)?.evidence;
            let exists = (evidence.exists)(service, name, &set.primary);
            let unsaid = if exists { Backfill::Missing } else { Backfill::Unsaid };
            let backfill = || set.backfilled.clone().map_or_else(|| unsaid.clone(), Backfill::Done);
            let copies = set.copies.iter().map(|bucket| {
                let left = (evidence.left)(service, name, &[&set.primary, bucket]);
                let (timed, lag) = (left.is_none() && bucket.timed, Lag::default());
                Copy {
                    bucket,
                    timed,
                    filled: set.backfill.is_some() && left.is_none(),
                    left,
                    backfill: backfill(),
                    job: None,
                    stopped: None,
                    lag,
                    unmeasured: None,
                    late: None,
                }
            });
            let data = Data {
                span: set.backups,
                provider: facts,
                primary: &set.primary,
                versioned: !(evidence.leaves_versions)(service, name, &set.primary),
                keep_versions: set.keep_versions.as_ref(),
                any_key: (evidence.leaves_key)(service, name, &set.primary),
                objects: None,
                encryption: set.encryption.value,
                copies: copies.collect(),
                schedules: set.schedules.clone(),
                jobs: Vec::new(),
                size: set.size.clone(),
            };
            Some((name, data))
        });
        Self {
            span: service.span,
            traffic: traffic.collect(),
            data: data.collect(),
            recovery: service.recovery.clone(),
            assumptions: service.assumptions.clone(),
            waits: true,
            undecided: None,
        }
    }
}
