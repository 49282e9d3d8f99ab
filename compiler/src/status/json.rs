//! The status as versioned JSON.
//!
//! ```text
//! format_version  "3.1": 3.x only adds fields; a field never changes its meaning
//! estate, cloud, accounts, today
//! evacuated[]     the evacuated sites; missing if there are none
//! return_prepared[]  those of them to which a return is prepared; missing if there are none
//! holds           whether every objective holds
//! objectives[]    {state (holds | missed | unknown), service, disruption, measure (rto | rpo), objective_seconds,
//!                 seconds (null: no limit, or nobody can tell), assurance, because}; missed ones first
//! copies[]        {from, to, state (new | works | {broken: why}), last_whole: {run, date} or null,
//!                 job: the newest job that copies what replication does not, {id, state (running | done | incomplete | failed),
//!                 ended, total, copied, failed, why, report} or null}
//! backups[]       {service, data, strategy, site, vault (null: in another account), keep_days, continuous, age_seconds and bytes of
//!                 the newest complete one (null: none, or not known), allowed_seconds (null: no limit), longest_job_seconds and
//!                 longest_copy_seconds of the last fifteen days (null: none is done), job_fault: {age_seconds, said} of the last job
//!                 that has ended (null if all is well), fault (null if it is in time)} at each site
//! lags[]          {service, data, site, behind_seconds, pending, pending_bytes, failed_last_day (each null: no figure),
//!                 unseen (null, or why it cannot be seen)} of every real-time copy
//! health_checks[] {service, traffic, site, passes (null: no figure), unseen}
//! copies_unknown  how many real-time copies cannot be seen
//! awaited[]       {address, what, asked: {run, date} of the run that asked, or null} of resources that are as declared and wait for a
//!                 person; missing if there are none
//! blocked[]       {code, message} of what keeps a plan from being made; missing if nothing does
//! drift           {drifted, pending, unknown, taken}: numbers of resources and changes; the first two are null while something
//!                 keeps a plan from being made
//! lost[]          {address, name, copies} of primary buckets that are gone
//! last_run        {number, started, ended (open | finished | interrupted | taken-over | died), complete} or null
//! due[]           {what, last, on, overdue}; the earliest first
//! drills_outdated[] what no longer is as the last record of a drill shows it, as sentences; missing if there is nothing
//! not_looked_at[] what objectives rest on and nobody has looked at
//! ```

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Due, Standing, Status};
use crate::backups::{KeptBackups, Times};
use crate::diagnostic::Diagnostic;
use crate::document::Strategy;
use crate::plan::{Assumed, Awaited};
use crate::signals::{CheckHealth, CopyLag};
use crate::units::Duration;

/// The version of the format.
pub const FORMAT_VERSION: &str = "3.1";

/// The status as JSON. Same status, same bytes.
#[must_use]
pub fn json(status: &Status<'_>) -> String {
    let context = &status.plan.context;
    let run = status.last_run.as_ref();
    let planned = status.blocks.is_empty();
    let mut document = json!({
        "format_version": FORMAT_VERSION,
        "estate": context.estate,
        "cloud": context.cloud,
        "accounts": context.accounts,
        "today": status.today.to_string(),
        "holds": status.all_hold(),
        "objectives": status.objectives.iter().map(objective).collect::<Vec<_>>(),
        "copies": copies(status),
        "backups": status.plan.backups.iter().map(backup).collect::<Vec<_>>(),
        "lags": status.plan.lags.iter().map(lag).collect::<Vec<_>>(),
        "health_checks": status.plan.checks.iter().map(check).collect::<Vec<_>>(),
        "copies_unknown": status.unseen_copies,
        "drift": {
            "drifted": planned.then(|| status.drifted()),
            "pending": planned.then(|| status.plan.pending().count()),
            "unknown": status.unknown().count(),
            "taken": status.taken().count(),
        },
        "lost": status.plan.lost,
        "last_run": run.map(|run| {
            json!({"number": run.number, "started": run.started, "ended": run.ended, "complete": run.complete})
        }),
        "due": status.due.iter().map(due).collect::<Vec<_>>(),
        "not_looked_at": status.unread,
    });
    if let (false, Value::Object(document)) = (planned, &mut document) {
        let block = |block: &Diagnostic| json!({"code": block.code.to_string(), "message": block.message});
        document.insert("blocked".to_owned(), status.blocks.iter().map(block).collect());
    }
    if let (false, Value::Object(document)) = (status.outdated.is_empty(), &mut document) {
        document.insert("drills_outdated".to_owned(), json!(status.outdated));
    }
    if let (false, Value::Object(document)) = (status.plan.awaited.is_empty(), &mut document) {
        document.insert("awaited".to_owned(), awaited(status));
    }
    if let (false, Value::Object(document)) = (status.plan.posture.is_normal(), &mut document) {
        let posture = &status.plan.posture;
        document.insert("evacuated".to_owned(), posture.sites().collect());
        if posture.prepared().next().is_some() {
            document.insert("return_prepared".to_owned(), posture.prepared().collect());
        }
    }
    format!("{document:#}\n")
}

fn awaited(status: &Status<'_>) -> Value {
    let each = |one: &Awaited| {
        let asked = status
            .asked
            .get(&one.address)
            .map(|asked| json!({"run": asked.run, "date": asked.day.to_string()}));
        json!({"address": one.address, "what": one.waits, "asked": asked})
    };
    status.plan.awaited.iter().map(each).collect()
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

fn backup(kept: &KeptBackups) -> Value {
    let newest = kept.newest();
    let jobs = kept.seen.jobs.as_ref().ok();
    let longest = |times: Times| (times.done > 0).then(|| times.longest.as_seconds());
    json!({
        "service": kept.service,
        "data": kept.data,
        "strategy": match kept.strategy {
            Strategy::Weekly => "weekly",
            Strategy::Daily | Strategy::RealTime => "daily",
        },
        "site": kept.site,
        "vault": kept.vault,
        "keep_days": kept.days,
        "continuous": newest.map(|newest| newest.continuous),
        "age_seconds": newest.map(|newest| newest.age.as_seconds()),
        "bytes": newest.and_then(|newest| newest.bytes),
        "allowed_seconds": kept.allowed.map(Duration::as_seconds),
        "longest_job_seconds": jobs.and_then(|jobs| longest(jobs.made)),
        "longest_copy_seconds": jobs.and_then(|jobs| longest(jobs.copied)),
        "job_fault": kept.job_fault().map(|fault| json!({"age_seconds": fault.age.as_seconds(), "said": fault.said})),
        "fault": kept.any_fault(),
    })
}

fn lag(one: &CopyLag) -> Value {
    let lag = one.seen.as_ref().ok().copied().unwrap_or_default();
    json!({
        "service": one.service,
        "data": one.data,
        "site": one.site,
        "behind_seconds": lag.behind.map(Duration::as_seconds),
        "pending": lag.pending,
        "pending_bytes": lag.bytes,
        "failed_last_day": lag.failed,
        "unseen": one.seen.as_ref().err(),
    })
}

fn check(one: &CheckHealth) -> Value {
    json!({
        "service": one.service,
        "traffic": one.traffic,
        "site": one.site,
        "passes": one.passes.as_ref().ok().copied().flatten(),
        "unseen": one.passes.as_ref().err(),
    })
}

fn copies(status: &Status<'_>) -> Vec<Value> {
    let assumed = status.plan.assumed.iter().map(|one| ((one.from.as_str(), one.to.as_str()), one));
    let assumed: BTreeMap<(&str, &str), &Assumed> = assumed.collect();
    let copies = status.plan.copies.iter().map(|copy| {
        let whole = assumed.get(&(copy.from.as_str(), copy.to.as_str()));
        json!({"from": copy.from, "to": copy.to, "state": copy.state, "last_whole": whole.map(|one| one.whole), "job": copy.job})
    });
    copies.collect()
}

fn due(due: &Due) -> Value {
    let day = |day: Option<crate::units::Date>| day.map(|day| day.to_string());
    json!({"what": due.what, "last": day(due.last), "on": day(due.on), "overdue": due.overdue})
}
