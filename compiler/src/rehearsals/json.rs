//! The result as versioned JSON.
//!
//! ```text
//! format_version  "1.1": 1.x only adds fields; a field never changes its meaning
//! estate, disruption, lost[], at (null: moments of 2026), runs, seed
//! away[]          the people who never answer (since 1.1). The bounds are for people who do
//! within          whether every objective holds in every run
//! services[]      {name, rto, data[]}
//!   data[]        {name, rpo}
//! rto, rpo        {median_seconds, worst_seconds (null: unknown), worst_run, worst_moment (of that run), bound_seconds
//!                 (null: unbounded), assurance, objective_seconds, within (null: no objective), missed_runs, unknown_runs,
//!                 above_bound, loose (null, or a term of the largest part of the difference: {phase, what, seconds, source})}
//! not_affected[]  {name, depends_on[]}: those of its dependencies that are affected
//! worst_run       null, or {run, service, back_seconds (null: unknown), at, timeline[], phases[]}
//!   timeline[]    {seconds, began_seconds, service (null: none), by, phase, what}
//!   phases[]      {service, seconds {PHASE: seconds}}: the critical path of each service that was back
//! ```

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::report::{Comparison, Measure, Report, Verdict, WorstRun};
use super::text::moment;
use crate::document::Name;
use crate::units::Duration;

/// The result as JSON. The same report gives the same bytes.
#[must_use]
pub fn json(report: &Report<'_>) -> String {
    let names =
        |all: &mut dyn Iterator<Item = &Name>| all.map(|name| json!(name.as_str())).collect::<Vec<_>>();
    let spared = report
        .spared
        .iter()
        .map(|(name, needs)| json!({"name": name.as_str(), "depends_on": names(&mut needs.iter().copied())}));
    let services = report.services.iter().map(|(name, all)| service(name, all));
    let document = json!({
        "format_version": "1.1",
        "estate": report.estate.as_str(),
        "disruption": report.disruption.key(),
        "lost": names(&mut report.lost.iter().copied()),
        "away": names(&mut report.away.iter().copied()),
        "at": report.at.map(moment),
        "runs": report.runs,
        "seed": report.seed,
        "within": report.all_within(),
        "services": services.collect::<Vec<_>>(),
        "not_affected": spared.collect::<Vec<_>>(),
        "worst_run": report.worst.as_ref().map(worst),
    });
    format!("{document:#}\n")
}

fn service(name: &Name, all: &[Comparison]) -> Value {
    let mut value = Map::from_iter([("name".to_owned(), json!(name.as_str()))]);
    let mut data = Vec::new();
    for one in all {
        match &one.measure {
            Measure::Rto => {
                value.insert("rto".to_owned(), comparison(one));
            }
            Measure::Rpo(name) => data.push(json!({"name": name.as_str(), "rpo": comparison(one)})),
        }
    }
    value.insert("data".to_owned(), json!(data));
    Value::Object(value)
}

fn comparison(one: &Comparison) -> Value {
    let (within, missed, never) = match one.verdict {
        Verdict::NotAsked => (None, 0, 0),
        Verdict::Within => (Some(true), 0, 0),
        Verdict::Missed { missed, never } => (Some(false), missed, never),
    };
    let loose = one.loose.as_ref().map(|loose| {
        json!({
                        "phase": loose.term.phase,
            "what": loose.term.what,
            "seconds": loose.term.value.map(Duration::as_seconds),
            "source": loose.term.source,
        })
    });
    json!({
        "median_seconds": one.median,
        "worst_seconds": one.worst,
        "worst_run": one.run,
        "worst_moment": one.moment.map(moment),
        "bound_seconds": one.bound.value().map(Duration::as_seconds),
        "assurance": one.bound.assurance(),
        "objective_seconds": one.objective.as_ref().map(|asked| asked.value.as_seconds()),
        "within": within,
        "missed_runs": missed,
        "unknown_runs": never,
        "above_bound": one.above_bound,
        "loose": loose,
    })
}

fn worst(worst: &WorstRun<'_>) -> Value {
    let timeline = worst.timeline.iter().map(|event| {
        json!({
            "seconds": event.after,
            "began_seconds": event.began,
            "service": (!event.service.is_empty()).then_some(&event.service),
            "by": event.by.as_ref().map(Name::as_str),
            "phase": event.phase,
            "what": event.what,
        })
    });
    let phases = worst.spent.iter().filter(|(_, spent)| !spent.is_empty()).map(|(name, spent)| {
        let seconds: BTreeMap<String, u64> =
            spent.iter().map(|(phase, seconds)| (phase.to_string(), *seconds)).collect();
        json!({"service": name.as_str(), "seconds": seconds})
    });
    json!({
        "run": worst.run,
        "service": worst.service.as_str(),
        "back_seconds": worst.back,
        "at": worst.at.map(moment),
        "timeline": timeline.collect::<Vec<_>>(),
        "phases": phases.collect::<Vec<_>>(),
    })
}
