//! How long recovery takes: the critical path through detect, notify, decide, act, propagate, drain, restore and
//! verify.
//!
//! Numbers come from the provider, with their sources. The interval of a health check counts from an answer to the next
//! request. Source of the phases: AWS whitepaper "Disaster Recovery of Workloads on AWS", "Detection".

use super::facts::{Copy, Detection, Facts, Traffic, is_built_in};
use super::procedure::Procedure;
use super::{Assurance, Bound, Deriver, Phase, Term, assurance_of, source_of};
use crate::document::{Disruption, Name};
use crate::policy::{Assumed, Deed, Service, Setting, Site};
use crate::source::Span;
use crate::units::{Date, Duration};

/// The longest way through everything that has to happen.
pub(super) fn bound<'p>(
    deriver: &Deriver<'p>,
    service: &'p Service,
    facts: &Facts<'p>,
    disruption: Disruption,
) -> Bound {
    let detection = detection(deriver, facts, disruption);
    let mut procedure = Procedure::new(deriver, facts, detection);
    let steps = facts.steps(disruption);
    // Wrong data or a lost key in one service keeps no other one away.
    let shared = matches!(disruption, Disruption::SiteLoss | Disruption::AccountCompromise);
    for (other, span) in service.depends_on.iter().filter(|_| shared && facts.waits) {
        if let Some(theirs) = deriver.known.get(&(other, disruption)) {
            procedure.wait(other, theirs, *span);
        }
    }
    let manual = steps.iter().any(|step| step.by.is_some());
    if let Some((who, within, span)) = decider(deriver, disruption)
        && manual
        && !steps.iter().any(|step| step.deed == Deed::Declare)
    {
        procedure.decide(who, within, span);
    }
    steps.iter().for_each(|step| procedure.step(step));
    if disruption == Disruption::SiteLoss {
        // What no step mentions moves by itself, as soon as the health checks say so.
        for (name, traffic) in &facts.traffic {
            procedure.failover_unless_done(name, traffic);
        }
        for (name, data) in &facts.data {
            // A copy that lacks older objects is no reason to restore, unless a backup has them.
            let away = |site: &Site| site.name != data.primary.site.name;
            let backed_up =
                data.schedules.iter().any(|schedule| schedule.to.iter().any(|(site, _)| away(site)));
            let whole = |copy: &Copy<'_>| copy.is_whole(deriver.as_of) || copy.timed && !backed_up;
            let elsewhere = data.copies.iter().any(|copy| whole(copy) && away(&copy.bucket.site));
            procedure.restore_unless_done(name, data, elsewhere);
        }
        if facts.traffic.is_empty() && steps.is_empty() {
            procedure.nothing(facts.span, "no traffic that moves by itself, and no `recovery`");
        }
    } else if steps.is_empty() {
        procedure.nothing(facts.span, &format!("no steps in `recovery-from.{}`", disruption.key()));
    } else if disruption != Disruption::KeyLoss {
        // Wrong data comes back only if somebody brings it back.
        for (name, data) in &facts.data {
            procedure.restore_unless_done(name, data, false);
        }
    }
    procedure.longest()
}

/// Who declares an incident of this kind, how fast, and the place that says so.
fn decider<'p>(deriver: &Deriver<'p>, disruption: Disruption) -> Option<(&'p Name, Option<Duration>, Span)> {
    let plan = deriver.policy.continuity.as_ref()?;
    let mut levels = plan.body.levels.iter().enumerate();
    let (nth, level) = levels.find(|(_, level)| level.disruptions.contains(&disruption))?;
    let key = if level.within.is_some() { "within" } else { "declared-by" };
    Some((&level.declared_by, level.within, plan.span(&["levels".into(), nth.into(), key.into()])))
}

/// How long it takes until somebody or something notices.
fn detection(deriver: &Deriver<'_>, facts: &Facts<'_>, disruption: Disruption) -> Bound {
    let term = if disruption == Disruption::SiteLoss {
        let probes = facts.traffic.values().map(|traffic| detect(traffic, facts, deriver.as_of));
        let slowest = probes.max_by_key(|term| (term.value.is_none(), term.value));
        slowest.unwrap_or_else(|| {
            let what = "until the loss is noticed";
            let why = "nothing watches the service: state `assumptions.detection`";
            assumed(Phase::Detect, what, facts.assumptions.detection.as_ref(), why, facts.span, deriver.as_of)
        })
    } else {
        let what = format!("until {disruption} is noticed");
        let why = "nobody says how: state `assumptions.noticed`";
        assumed(Phase::Detect, &what, facts.assumptions.noticed.as_ref(), why, facts.span, deriver.as_of)
    };
    Bound::of(vec![term])
}

/// A term of an assumption, unbounded where nobody states it.
pub(super) fn assumed(
    phase: Phase,
    what: &str,
    assumption: Option<&Setting<Assumed<Duration>>>,
    missing: &str,
    span: Span,
    as_of: Option<Date>,
) -> Term {
    let Some(Setting { value, origin }) = assumption else {
        return Term::unbounded(phase, what, missing, Some(span));
    };
    Term {
        phase,
        what: what.to_owned(),
        value: Some(value.value),
        assurance: assurance_of(value.measured, as_of),
        source: source_of(&value.because, value.measured, is_built_in(origin)),
        span: origin.span(),
    }
}

/// How long it takes until health checks count an endpoint as down: failures × (interval + the time a request may take).
pub(super) fn detect(traffic: &Traffic, facts: &Facts<'_>, as_of: Option<Date>) -> Term {
    match &traffic.detection {
        Detection::Probe { interval, failures, request, span } => Term {
            phase: Phase::Detect,
            what: "until health checks count the endpoint as down".to_owned(),
            value: Some(Duration::seconds(failures * (interval + request))),
            assurance: Assurance::Proven,
            source: format!(
                "{}: {failures} failures × ({interval} s between requests + {request} s for one)",
                traffic.dns.service
            ),
            span: Some(*span),
        },
        Detection::Target(span) => {
            let why = "no time is documented for targets of aliases: add a `probe`, or state `assumptions.detection`";
            let what = "until the alias's target counts as down";
            assumed(Phase::Detect, what, facts.assumptions.detection.as_ref(), why, *span, as_of)
        }
    }
}

/// What happens between the failed health check and the last client at the standby.
pub(super) fn failover(name: &Name, traffic: &Traffic, facts: &Facts<'_>, as_of: Option<Date>) -> Vec<Term> {
    if !traffic.moves {
        let what = format!("traffic `{name}` does not move");
        return vec![Term::unbounded(Phase::Propagate, what, "there is no failover", Some(traffic.span))];
    }
    let given = &facts.assumptions;
    let of = |phase, what: &str, setting| assumed(phase, what, Some(setting), "", traffic.span, as_of);
    let ttl = if traffic.alias {
        Term {
            phase: Phase::Propagate,
            what: format!("TTL of the answers for `{name}`"),
            value: Some(traffic.dns.alias_ttl.value),
            assurance: Assurance::Attested,
            source: traffic.dns.alias_ttl.why.to_owned(),
            span: None,
        }
    } else {
        Term {
            phase: Phase::Propagate,
            what: format!("TTL of the answers for `{name}`"),
            value: Some(traffic.ttl.value),
            assurance: Assurance::Proven,
            source: "the record's TTL".to_owned(),
            span: traffic.ttl.origin.span(),
        }
    };
    vec![
        of(
            Phase::Propagate,
            &format!("until {} answers with the standby", traffic.dns.service),
            &given.health_propagation,
        ),
        ttl,
        of(Phase::Propagate, "resolvers that keep answers for longer", &given.resolver_slack),
        of(Phase::Drain, "connections that clients keep open", &given.keep_alive),
    ]
}
