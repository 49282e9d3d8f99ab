//! The derivation as versioned JSON.
//!
//! ```text
//! format_version  "1.1": 1.x only adds fields; a field never changes its meaning
//! estate, as_of
//! services[]      {name, tier, critical, objectives[]}
//! objectives[]    {disruption, rto, rpo, data[], orders[]}; rpo is that of the data set with the largest loss, null without data
//! orders[]        {person, steps[][]}: each list of steps after the one before it, within it any order (1.1)
//! losses[]        {site or shares, sites[], services[]}: what is lost together (1.1)
//!   services[]    {name, rto, rpo, data[]}
//! rto, rpo        {seconds (null: unbounded), at_least_seconds, assurance, objective_seconds, objective_from, met, terms[]}
//! data[]          {name, rpo}
//! terms[]         {phase, what, seconds, assurance, source, place {file, line, column}}
//! ```

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Bound, Derivation, Derived, Fate, Loss, Order, Term};
use crate::document::Name;
use crate::policy::{Origin, Policy, Setting};
use crate::source::Sources;
use crate::units::{Date, Duration};

/// The derivation as JSON. The same policy gives the same bytes.
#[must_use]
pub fn json(
    policy: &Policy,
    all: &BTreeMap<&Name, Derived>,
    losses: &[Loss<'_>],
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
        "format_version": "1.1",
        "estate": policy.estate.as_str(),
        "as_of": as_of.map(|day| day.to_string()),
        "services": services,
        "losses": losses.iter().map(|one| loss(one, sources)).collect::<Vec<_>>(),
    });
    format!("{document:#}\n")
}

fn loss(loss: &Loss<'_>, sources: &Sources) -> Value {
    let (key, name) = match loss.fate {
        Fate::Site(site) => ("site", site),
        Fate::Shared(shared) => ("shares", shared),
    };
    let service = |(name, derivation): (&&Name, &Derivation)| {
        let mut value = bounds(derivation, sources);
        value.insert("name".to_owned(), json!(name.as_str()));
        Value::Object(value)
    };
    json!({
        (key): name.as_str(),
        "sites": loss.sites.iter().map(|site| site.as_str()).collect::<Vec<_>>(),
        "services": loss.services.iter().map(service).collect::<Vec<_>>(),
    })
}

fn derivation(derivation: &Derivation, sources: &Sources) -> Value {
    let mut value = bounds(derivation, sources);
    value.insert("disruption".to_owned(), json!(derivation.disruption.key()));
    let names = |group: &Vec<Name>| group.iter().map(|name| json!(name.as_str())).collect::<Vec<_>>();
    let order = |order: &Order| {
        let steps: Vec<Vec<Value>> = order.groups.iter().map(names).collect();
        json!({"person": order.person.as_str(), "steps": steps})
    };
    let orders: Vec<Value> = derivation.orders.iter().map(order).collect();
    value.insert("orders".to_owned(), json!(orders));
    Value::Object(value)
}

fn bounds(derivation: &Derivation, sources: &Sources) -> Map<String, Value> {
    let asked = &derivation.asked;
    let rpo = |bound: &Bound| self::bound(bound, asked.rpo.as_ref(), sources);
    let data = derivation.rpo.iter().map(|(name, bound)| json!({"name": name.as_str(), "rpo": rpo(bound)}));
    let mut map = Map::new();
    map.insert("rto".to_owned(), bound(&derivation.rto, asked.rto.as_ref(), sources));
    map.insert("rpo".to_owned(), json!(derivation.worst_rpo().map(|(_, bound)| rpo(bound))));
    map.insert("data".to_owned(), json!(data.collect::<Vec<_>>()));
    map
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
