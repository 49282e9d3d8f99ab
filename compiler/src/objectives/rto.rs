//! How long recovery takes: the critical path through detection, notification, decision, action, propagation,
//! draining, restore and verification.
//!
//! Numbers come from the provider, with their sources. The interval of a health check counts from a response
//! to the next request. Source of the phases: AWS whitepaper "Disaster Recovery of Workloads on AWS",
//! "Detection".

use std::collections::BTreeMap;

use super::facts::{Copy, Data, Facts};
use super::procedure::{Procedure, Recovered, Work};
use super::terms::{assumed, detect};
use super::{Assurance, Bound, Deriver, Phase, Term, rpo};
use crate::document::{Disruption, Name};
use crate::policy::{Service, Site, StepAction, Traffic};
use crate::provider::facts::Ground;
use crate::source::Span;
use crate::units::Duration;

/// The longest path through everything that must happen.
pub(super) fn recovered<'p>(
    deriver: &Deriver<'p>,
    service: &'p Service,
    facts: &Facts<'p>,
    disruption: Disruption,
    beside: &Work,
) -> Recovered {
    let detection = detection(deriver, facts, disruption);
    match disruption {
        Disruption::KeyLoss if !facts.data.values().any(uses_key) => {
            return nothing_lost(NO_KEY, unsure_of_keys(facts));
        }
        Disruption::Corruption if facts.data.is_empty() && service.data.is_empty() => {
            return nothing_lost(NO_DATA, None);
        }
        _ => {}
    }
    let silent = disruption != Disruption::SiteLoss;
    let mut procedure = Procedure::new(deriver, facts, detection, silent);
    let steps = facts.steps(disruption);
    // Corruption or a lost key in one service does not make others wait.
    let shared = matches!(disruption, Disruption::SiteLoss | Disruption::AccountCompromise);
    for (other, span) in service.depends_on.iter().filter(|_| shared && facts.waits) {
        if let Some(theirs) = deriver.known.get(&(other, disruption)) {
            procedure.wait(other, theirs, *span);
        }
    }
    // People begin when somebody has decided. What no monitoring sees does not begin by itself either.
    let first = steps.iter().find(|step| silent || step.by.is_some());
    if let Some(first) = first.filter(|_| !steps.iter().any(|step| step.action == StepAction::Declare)) {
        match decider(deriver, disruption) {
            Some((who, within, span)) => procedure.decide(who, within, span),
            None => procedure.nobody_decides(disruption, first.span),
        }
    }
    steps.iter().for_each(|step| procedure.step(step));
    if disruption == Disruption::SiteLoss {
        // Traffic without a step fails over once the health checks fail.
        for (name, traffic) in &facts.traffic {
            procedure.failover_unless_done(name, traffic);
        }
        let sites = take_over(deriver, service);
        for (name, data) in &facts.data {
            let holds = |site: &&Site| is_copied(deriver, data, &|at| at.name == site.name);
            if sites.is_empty() || !sites.iter().all(holds) {
                restore_unless_done(&mut procedure, name, data, &sites);
            }
        }
        for (name, traffic) in &service.traffic {
            if facts.traffic.contains_key(name) && next(deriver, service, traffic).is_none() {
                let what = format!("traffic `{name}` fails over to nowhere");
                procedure.never(Phase::Propagate, &what, "every endpoint is at a lost site", traffic.span);
            }
        }
        if facts.traffic.is_empty() && steps.is_empty() {
            let why = "no traffic with automatic failover, and no `recovery`";
            procedure.never(Phase::Act, NOTHING, why, facts.span);
        }
    } else if steps.is_empty() {
        let why = format!("no steps in `recovery-from.{}`", disruption.key());
        procedure.never(Phase::Act, NOTHING, &why, facts.span);
    } else {
        // Corrupted data must be restored by somebody. What a lost key encrypts is there if a copy has another key.
        for (name, data) in &facts.data {
            let another = |site: &Site| !data.provider.one_key(data.key(site), data.key(&data.primary.site));
            let is_there = disruption == Disruption::KeyLoss
                && (!uses_key(data) || !data.any_key && is_copied(deriver, data, &another));
            if !is_there {
                restore_unless_done(&mut procedure, name, data, &[]);
            }
        }
    }
    let mut recovered = procedure.recovered(beside);
    if disruption == Disruption::SiteLoss {
        recovered.rto.terms.extend(read_only(deriver, service, facts));
    }
    recovered
}

/// What users can only read where they go. It takes no time, and the service is not back as it was.
fn read_only(deriver: &Deriver<'_>, service: &Service, facts: &Facts<'_>) -> Vec<Term> {
    let sites = take_over(deriver, service);
    let mut terms = Vec::new();
    for (name, data) in &facts.data {
        let Some(why) = data.provider.storage.read_only_copies else { continue };
        let there = |copy: &&Copy<'_>| sites.iter().any(|site| site.name == copy.bucket.site.name);
        terms.extend(data.copies.iter().filter(there).map(|copy| Term {
            phase: Phase::Restore,
            what: format!("the standby `{}` only reads `{name}`", copy.bucket.site.name),
            value: Some(Duration::default()),
            assurance: Assurance::Attested,
            source: why.to_owned(),
            span: Some(copy.bucket.span),
        }));
    }
    terms
}

/// The sites to which the users of a service go when its primary site is lost: those to which its traffic fails over; without
/// traffic, the first standby.
fn take_over<'p>(deriver: &Deriver<'_>, service: &'p Service) -> Vec<&'p Site> {
    let Some(home) = service.sites.first() else { return Vec::new() };
    if service.traffic.is_empty() {
        return service.sites.iter().find(|site| !deriver.is_lost(site, home)).into_iter().collect();
    }
    let sites = service.traffic.values().filter_map(|traffic| next(deriver, service, traffic));
    let mut sites: Vec<&Site> = sites.collect();
    sites.dedup_by_key(|site| &site.name);
    sites
}

/// The first site of an entry of traffic that is not lost.
fn next<'p>(deriver: &Deriver<'_>, service: &Service, traffic: &'p Traffic) -> Option<&'p Site> {
    let home = service.sites.first()?;
    traffic.endpoints.iter().map(|endpoint| &endpoint.site).find(|site| !deriver.is_lost(site, home))
}

/// Whether a data set has a real-time copy at a site away from its primary. An incomplete copy is still used, unless a backup
/// has the missing objects.
fn is_copied(deriver: &Deriver<'_>, data: &Data<'_>, at: &dyn Fn(&Site) -> bool) -> bool {
    let away = |site: &Site| !deriver.is_lost(site, &data.primary.site);
    let backed_up = data.schedules.iter().any(|schedule| schedule.to.iter().any(|(site, _)| away(site)));
    let whole = |copy: &Copy<'_>| copy.is_whole(deriver.as_of) || copy.timed && !backed_up;
    data.copies.iter().any(|copy| whole(copy) && away(&copy.bucket.site) && at(&copy.bucket.site))
}

/// Whether the loss of a key can hurt a data set: it has one, or nobody says whether it has.
fn uses_key(data: &Data<'_>) -> bool {
    data.any_key || data.key(&data.primary.site).is_some()
}

/// Why the loss of a key does not touch a service.
const NO_KEY: (&str, &str) = (
    "nothing of the service depends on a key that can be lost",
    "no data set is encrypted with a key that the account can delete",
);
/// Why corruption does not touch a service.
const NO_DATA: (&str, &str) = ("nothing of the service can be corrupted", "it has no data set");

/// Why it is not proven that no data set has a key that can be lost.
fn unsure_of_keys(facts: &Facts<'_>) -> Option<Ground> {
    let grounds = facts.data.values().map(|data| rpo::instead_of_a_key(data).1);
    grounds.filter(|ground| ground.assurance < Assurance::Proven).min_by_key(|ground| ground.assurance)
}

/// A disruption that does not touch the service. `unsure`: why that is not proven.
fn nothing_lost((what, source): (&str, &str), unsure: Option<Ground>) -> Recovered {
    let term = Term {
        phase: Phase::Act,
        what: what.to_owned(),
        value: Some(Duration::default()),
        assurance: unsure.map_or(Assurance::Proven, |ground| ground.assurance),
        source: unsure.map_or(source, |ground| ground.why).to_owned(),
        span: None,
    };
    Recovered { rto: Bound::of(vec![term]), begins: BTreeMap::new(), work: Work::new(), own: Work::new() }
}

const NOTHING: &str = "nothing recovers the service";

/// Data that is nowhere else must be restored in a step. `sites`: where its users go.
fn restore_unless_done(procedure: &mut Procedure<'_, '_>, name: &Name, data: &Data<'_>, sites: &[&Site]) {
    if procedure.restores(name) {
        return;
    }
    let what = format!("restoring `{name}`");
    let step = format!("no step does `restore data.{name}`");
    let why = match sites
        .iter()
        .find(|site| data.copies.iter().all(|copy| copy.bucket.site.name != site.name))
    {
        Some(site) if !data.copies.is_empty() => {
            let site = &site.name;
            format!("users go to `{site}`, which has no copy: {step}; add `{site}` to a `real-time` backup")
        }
        _ => step,
    };
    procedure.never(Phase::Restore, &what, &why, data.span);
}

/// Who declares an incident of this kind, the deadline, and the place that says so.
fn decider<'p>(deriver: &Deriver<'p>, disruption: Disruption) -> Option<(&'p Name, Option<Duration>, Span)> {
    let plan = deriver.policy.continuity.as_ref()?;
    let mut levels = plan.body.levels.iter().enumerate();
    let (nth, level) = levels.find(|(_, level)| level.disruptions.contains(&disruption))?;
    let key = if level.within.is_some() { "within" } else { "declared-by" };
    Some((&level.declared_by, level.within, plan.span(&["levels".into(), nth.into(), key.into()])))
}

/// How long detection takes.
fn detection(deriver: &Deriver<'_>, facts: &Facts<'_>, disruption: Disruption) -> Bound {
    let term = if disruption == Disruption::SiteLoss {
        let probes = facts.traffic.values().map(|traffic| detect(traffic, facts, deriver.as_of));
        let slowest = probes.max_by_key(|term| (term.value.is_none(), term.value));
        slowest.unwrap_or_else(|| {
            let what = "until the loss is noticed";
            let why = "nothing monitors the service: state `assumptions.detection`";
            assumed(Phase::Detect, what, facts.assumptions.detection.as_ref(), why, facts.span, deriver.as_of)
        })
    } else {
        let what = format!("until {disruption} is noticed");
        let why = "no time is stated: state `assumptions.noticed`";
        assumed(Phase::Detect, &what, facts.assumptions.noticed.as_ref(), why, facts.span, deriver.as_of)
    };
    Bound::of(vec![term])
}
