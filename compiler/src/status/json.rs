//! The status as versioned JSON.
//!
//! ```text
//! format_version  "1.0": 1.x only adds fields; a field never changes its meaning
//! estate, cloud, accounts, today
//! holds           whether every objective holds
//! objectives[]    {state (holds | missed | unknown), service, disruption, measure (rto | rpo), objective_seconds,
//!                 seconds (null: no limit, or nobody can tell), assurance, because}; missed ones first
//! copies[]        {from, to, state (new | works | {broken: why}), last_whole: {run, date} or null}
//! copies_unknown  how many real-time copies cannot be seen
//! drift           {drifted, pending, unknown, taken}: numbers of resources and changes
//! lost[]          {address, name, copies} of primary buckets that are gone
//! last_run        {number, started, end} or null
//! due[]           {what, last, on, overdue}; the earliest first
//! not_looked_at[] what objectives rest on and nobody has looked at
//! ```

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Due, Standing, Status};
use crate::plan::Assumed;

/// The version of the format.
pub const FORMAT_VERSION: &str = "1.0";

/// The status as JSON. Same status, same bytes.
#[must_use]
pub fn json(status: &Status<'_>) -> String {
    let context = &status.plan.context;
    let run = status.last_run.as_ref();
    let document = json!({
        "format_version": FORMAT_VERSION,
        "estate": context.estate,
        "cloud": context.cloud,
        "accounts": context.accounts,
        "today": status.today.to_string(),
        "holds": status.all_hold(),
        "objectives": status.objectives.iter().map(objective).collect::<Vec<_>>(),
        "copies": copies(status),
        "copies_unknown": status.unseen_copies,
        "drift": {
            "drifted": status.drifted(),
            "pending": status.plan.pending().count(),
            "unknown": status.unknown().count(),
            "taken": status.taken().count(),
        },
        "lost": status.plan.lost,
        "last_run": run.map(|run| json!({"number": run.number, "started": run.started, "end": run.end})),
        "due": status.due.iter().map(due).collect::<Vec<_>>(),
        "not_looked_at": status.unread,
    });
    format!("{document:#}\n")
}

fn objective(standing: &Standing) -> Value {
    json!({
        "state": standing.state.word(),
        "service": standing.service,
        "disruption": standing.disruption,
        "measure": standing.measure,
        "objective_seconds": standing.objective,
        "seconds": standing.seconds,
        "assurance": standing.assurance,
        "because": standing.because,
    })
}

fn copies(status: &Status<'_>) -> Vec<Value> {
    let assumed = status.plan.assumed.iter().map(|one| ((one.from.as_str(), one.to.as_str()), one));
    let assumed: BTreeMap<(&str, &str), &Assumed> = assumed.collect();
    let copies = status.plan.copies.iter().map(|copy| {
        let whole = assumed.get(&(copy.from.as_str(), copy.to.as_str()));
        json!({"from": copy.from, "to": copy.to, "state": copy.state, "last_whole": whole.map(|one| one.whole)})
    });
    copies.collect()
}

fn due(due: &Due) -> Value {
    let day = |day: Option<crate::units::Date>| day.map(|day| day.to_string());
    json!({"what": due.what, "last": day(due.last), "on": day(due.on), "overdue": due.overdue})
}
