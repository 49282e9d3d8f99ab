//! The derivation as versioned JSON.
//!
//! ```text
//! format_version  "1.0": 1.x only adds fields; a field never changes its meaning
//! estate, as_of
//! services[]      {name, tier, critical, objectives[]}
//! objectives[]    {disruption, rto, rpo, data[]}; rpo is that of the data set with the largest loss, null without data
//! rto, rpo        {seconds (null: unbounded), at_least_seconds, assurance, objective_seconds, objective_from, met, terms[]}
//! data[]          {name, rpo}
//! terms[]         {phase, what, seconds, assurance, source, place {file, line, column}}
//! ```

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Bound, Derivation, Derived, Term};
use crate::document::Name;
use crate::policy::{Origin, Policy, Setting};
use crate::source::Sources;
use crate::units::{Date, Duration};

/// The derivation as JSON. The same policy gives the same bytes.
#[must_use]
pub fn json(
    policy: &Policy,
    all: &BTreeMap<&Name, Derived>,
    sources: &Sources,
    as_of: Option<Date>,
) -> String {
    let services: Vec<Value> = all
        .iter()
        .map(|(name, derived)| {
            let service = policy.services.get(*name);
            json!({
                "name": name.as_str(),
                "tier": service.and_then(|s| s.tier.as_ref()).map(|(tier, _)| tier.as_str()),
                "critical": service.is_some_and(|service| service.critical),
                "objectives": derived.iter().map(|one| derivation(one, sources)).collect::<Vec<_>>(),
            })
        })
        .collect();
    let document = json!({
        "format_version": "1.0",
        "estate": policy.estate.as_str(),
        "as_of": as_of.map(|day| day.to_string()),
        "services": services,
    });
    format!("{document:#}\n")
}

fn derivation(derivation: &Derivation, sources: &Sources) -> Value {
    let asked = &derivation.asked;
    let rpo = |bound: &Bound| self::bound(bound, asked.rpo.as_ref(), sources);
    let data: Vec<Value> = derivation
        .rpo
        .iter()
        .map(|(name, bound)| json!({"name": name.as_str(), "rpo": rpo(bound)}))
        .collect();
    json!({
        "disruption": derivation.disruption.key(),
        "rto": bound(&derivation.rto, asked.rto.as_ref(), sources),
        "rpo": derivation.worst_rpo().map(|(_, bound)| rpo(bound)),
        "data": data,
    })
}

fn bound(bound: &Bound, asked: Option<&Setting<Duration>>, sources: &Sources) -> Value {
    json!({
        "seconds": bound.value().map(Duration::as_seconds),
        "at_least_seconds": bound.at_least().as_seconds(),
        "assurance": bound.assurance(),
        "objective_seconds": asked.map(|asked| asked.value.as_seconds()),
        "objective_from": asked.map(|asked| origin(&asked.origin, sources)),
        "met": asked.map(|_| bound.meets(asked)),
        "terms": bound.terms.iter().map(|one| term(one, sources)).collect::<Vec<_>>(),
    })
}

fn term(term: &Term, sources: &Sources) -> Value {
    json!({
        "phase": term.phase,
        "what": term.what,
        "seconds": term.value.map(Duration::as_seconds),
        "assurance": term.assurance,
        "source": term.source,
        "place": term.span.map(|span| sources.place(span)),
    })
}

fn origin(origin: &Origin, sources: &Sources) -> Value {
    let place = origin.span().map(|span| sources.place(span));
    match origin {
        Origin::Service(_) => json!({"level": "service", "place": place}),
        Origin::Tier(name, _) => json!({"level": "tier", "tier": name.as_str(), "place": place}),
        Origin::Estate(_) => json!({"level": "estate", "place": place}),
        Origin::BuiltIn(why) => json!({"level": "built-in", "because": why}),
    }
}
