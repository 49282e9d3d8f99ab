//! The terms of detection, failover and assumptions.

use super::facts::{Detection, Facts, Traffic, is_built_in};
use super::{Assurance, Phase, Term, assurance_of, source_of};
use crate::document::Name;
use crate::policy::{Assumed, Setting};
use crate::source::Span;
use crate::units::{Date, Duration};

/// The term of an assumption. Unbounded if nobody states it.
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

/// The time until health checks count an endpoint as down, by the formula of its provider.
pub(super) fn detect(traffic: &Traffic, facts: &Facts<'_>, as_of: Option<Date>) -> Term {
    match &traffic.detection {
        Detection::Probe { interval, failures, request, span } => Term {
            phase: Phase::Detect,
            what: "until health checks count the endpoint as down".to_owned(),
            value: Some(Duration::seconds(traffic.dns.detection(*interval, *failures, *request))),
            assurance: traffic.dns.detects,
            source: traffic.dns.detection_in_words(*interval, *failures, *request),
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
    let unbounded =
        |what: String, why: &str| vec![Term::unbounded(Phase::Propagate, what, why, Some(traffic.span))];
    if !traffic.moves || traffic.stopped.is_some() {
        let why = traffic.stopped.as_deref().unwrap_or("there is no failover");
        return unbounded(format!("traffic `{name}` does not fail over"), why);
    }
    if let Some(why) = &traffic.doubted {
        return unbounded(format!("nobody can tell whether traffic `{name}` fails over now"), why);
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
        of(Phase::Propagate, "resolvers that cache answers for longer", &given.resolver_slack),
        of(Phase::Drain, "connections that clients keep open", &given.keep_alive),
    ]
}
