//! What a full-scale drill measures: how long users were without an answer of the standby, and what would have been lost.

use std::collections::BTreeMap;

use holdfast_compiler::drill::{Achieved, Measure, Record, limits};
use holdfast_compiler::plan::Plan;
use holdfast_compiler::policy::Service;
use jiff::Timestamp;

use super::loss::loss;
use super::outside::Watch;
use super::session::Session;

/// What the services of the drill achieved with their traffic.
pub(super) fn measured(session: &Session, plan: &Plan, took: u64, watch: &Watch, record: &mut Record) {
    let Ok(drill) = session.drill() else { return };
    record.deviations.extend(watch.silences());
    let limits = limits(session.policy(), drill, None);
    let moved: BTreeMap<&str, bool> =
        plan.turns.iter().map(|turned| (turned.service.as_str(), !turned.traffic.is_empty())).collect();
    for service in drill.services.keys().filter_map(|name| session.policy().services.get(name)) {
        let ttl = service.traffic.values().map(|traffic| traffic.ttl.value.as_seconds()).max();
        let moved = moved.get(service.name.as_str()).copied().unwrap_or(false);
        let limit = limits.get(service.name.as_str()).map(|limits| limits.rto).unwrap_or_default();
        let (seconds, how) = match ttl.filter(|_| moved) {
            Some(ttl) if watch.is_blind() => (
                Some(took.saturating_add(ttl)),
                format!(
                    "from the order to evacuate until the cloud showed the records of the standby, and the TTL of {ttl} s; nobody asked \
                     a resolver, and detection, the decision and lingering connections are not in it"
                ),
            ),
            Some(ttl) => match watch.rto(service.name.as_str()) {
                Ok(seconds) => (
                    Some(seconds),
                    format!(
                        "from the order to evacuate until each of {} answered with the standby, {}; others may \
                         keep an answer for the TTL of {ttl} s, and detection, the decision and lingering connections are not in it",
                        watch.names(),
                        watch.stayed(service.name.as_str())
                    ),
                ),
                Err(clause) => (None, format!("when the drill returned, {clause}")),
            },
            None => (None, "the evacuation moved no traffic of it".to_owned()),
        };
        record.achieved.push(Achieved {
            service: service.name.to_string(),
            data: None,
            measure: Measure::Rto,
            seconds,
            objective: limit.objective,
            bound: limit.bound,
            how,
        });
    }
}

/// What would have been lost of the data whose primary is at the site, had it been lost when the drill began.
pub(super) async fn losses(session: &Session, site: &str) -> Vec<Achieved> {
    let Ok(drill) = session.drill() else { return Vec::new() };
    let limits = limits(session.policy(), drill, None);
    let services = drill.services.keys().filter_map(|name| session.policy().services.get(name));
    let sets: Vec<(&Service, &str, _)> = services
        .flat_map(|service| service.data.iter().map(move |(name, set)| (service, name.as_str(), set)))
        .filter(|(.., set)| set.primary.site.name.as_str() == site)
        .collect();
    let mut all = Vec::new();
    for (service, data, set) in sets {
        let limit = limits.get(service.name.as_str()).and_then(|limits| limits.rpo.get(data)).copied();
        let copy =
            set.copies.iter().find(|copy| copy.site.name.as_str() != site && copy.site.account.is_none());
        let moment = Timestamp::now().as_millisecond();
        let (seconds, how) = match (session.cloud().await, copy) {
            (Err(error), _) => (None, error.to_string()),
            (_, None) => (None, "it has no real-time copy elsewhere that can be read".to_owned()),
            (Ok(cloud), Some(copy)) => loss(cloud.as_ref(), &set.primary, copy, moment).await,
        };
        let limit = limit.unwrap_or_default();
        all.push(Achieved {
            service: service.name.to_string(),
            data: Some(data.to_owned()),
            measure: Measure::Rpo,
            seconds,
            objective: limit.objective,
            bound: limit.bound,
            how,
        });
    }
    all
}
