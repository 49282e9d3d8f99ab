//! What a drill has to keep, and what the policies say that can be kept.

use std::collections::BTreeMap;

use super::{Achieved, Measure};
use crate::document::Name;
use crate::objectives::{Bound, Derived, Deriver, Facts};
use crate::policy::{Drill, Policy};
use crate::rehearsals::{self, Report};
use crate::units::{Date, Duration};

/// A limit and a bound, in seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limit {
    /// What is allowed at most: what the drill's `success` says, or the objective of the service. `None`: nothing is asked.
    pub objective: Option<u64>,
    /// What the compiler derives. `None`: nothing limits it.
    pub bound: Option<u64>,
}

/// The limits of a service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    /// Of its RTO.
    pub rto: Limit,
    /// Of the RPO of each data set.
    pub rpo: BTreeMap<String, Limit>,
}

/// The limits of the services of a drill, by name. `as_of` is the date for the age of measurements.
#[must_use]
pub fn limits(policy: &Policy, drill: &Drill, as_of: Option<Date>) -> BTreeMap<String, Limits> {
    limits_in(&Deriver::new(policy, as_of).all(Facts::wanted), drill)
}

/// The same, from what is derived of all services.
pub(super) fn limits_in(all: &BTreeMap<&Name, Derived>, drill: &Drill) -> BTreeMap<String, Limits> {
    let mut limits = BTreeMap::new();
    for (name, derived) in all {
        let derived = derived.iter().find(|one| one.disruption == drill.disruption);
        let Some(derived) = derived.filter(|_| drill.services.contains_key(name)) else { continue };
        let rto = drill.rto.map(|(rto, _)| rto).or(derived.asked.rto.as_ref().map(|asked| asked.value));
        let rpo = drill.rpo.map(|(rpo, _)| rpo).or(derived.asked.rpo.as_ref().map(|asked| asked.value));
        let limit = |objective: Option<Duration>, bound: &Bound| Limit {
            objective: objective.map(Duration::as_seconds),
            bound: bound.value().map(Duration::as_seconds),
        };
        let data = derived.rpo.iter().map(|(data, bound)| (data.to_string(), limit(rpo, bound)));
        limits.insert(name.to_string(), Limits { rto: limit(rto, &derived.rto), rpo: data.collect() });
    }
    limits
}

/// What a rehearsal showed of the services of a drill: the worst run of each.
#[must_use]
pub fn rehearsed(policy: &Policy, drill: &Drill, report: &Report<'_>) -> Vec<Achieved> {
    let limits = limits(policy, drill, None);
    let of = |(service, one): (&Name, &rehearsals::Comparison)| {
        let all = limits.get(service.as_str())?;
        let (measure, data, limit) = match &one.measure {
            rehearsals::Measure::Rto => (Measure::Rto, None, all.rto),
            rehearsals::Measure::Rpo(data) => (
                Measure::Rpo,
                Some(data.to_string()),
                all.rpo.get(data.as_str()).copied().unwrap_or_default(),
            ),
        };
        Some(Achieved {
            service: service.to_string(),
            data,
            measure,
            seconds: one.worst,
            objective: limit.objective,
            bound: one.bound.value().map(Duration::as_seconds),
            how: format!(
                "the worst of {} rehearsed runs (run {}): a simulation, not a measurement",
                report.runs, one.run
            ),
        })
    };
    report.comparisons().filter_map(of).collect()
}
