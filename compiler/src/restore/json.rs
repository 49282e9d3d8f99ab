//! The report as versioned JSON.
//!
//! ```text
//! format_version  "1.3": 1.x only adds fields; a field never changes its meaning
//! service, data, moment (RFC 3339)
//! source          {bucket, site, replica, prefix}
//! into            {bucket, prefix}
//! planned         whether nothing was written, because only the plan was asked for
//! complete        whether every object of the moment is known, restored and verified; of a plan: whether it would be. Never if there is
//!                 no object of the moment, or if a copy is read
//! wanted          {objects, bytes} of the moment
//! absent          the number of keys that did not exist at the moment
//! restored        {objects, bytes} that were copied and verified
//! there           {objects, bytes} that were there already, and verified
//! verified        {algorithm of a checksum of the whole object, or "data": number of objects}
//! uncertain[]     {key, version, code, why, instead (the version that it may have been, or null)} of objects that were restored and whose
//!                 state at the moment is not certain
//! unknown[]       the same of keys whose state nobody can tell (version: null); nothing was restored
//! failed[]        the same of objects that were not restored or not verified
//! newer[]         keys at the destination that did not exist at the moment, and stay
//! foreign[]       keys at the destination that the source does not have, and that stay
//! gaps[]          {code, why}: why the source as a whole may lack something
//! point           null if versions are copied; else {id, vault, region, made, as_of, continuous, bytes (or null),
//!                 whole: {code: "yes", "no" or "unknown", why}, passed[]: {id, made, why} of those that are nearer to the moment,
//!                 job: null or {id, state: "running", "completed", "aborted" or "failed", said, milliseconds},
//!                 compared_with: the bucket whose versions the restored objects were compared with, or null,
//!                 uncompared: {objects, bytes} at the destination that nothing could be compared with}
//! measured        {on, milliseconds, objects, bytes, restore_throughput (null: below 1 KiB/s)} or null
//! ```

use serde_json::{Value, json};

use super::point::{Chosen, Whole};
use super::report::{Counted, FromPoint, Problem, Report};
use super::text::time;

/// The version of the format.
pub const FORMAT_VERSION: &str = "1.3";

/// The report as JSON. Same report, same bytes.
#[must_use]
pub fn json(report: &Report) -> String {
    let gaps: Vec<Value> =
        report.gaps.iter().map(|gap| json!({"code": gap.word(), "why": gap.to_string()})).collect();
    let verified: serde_json::Map<String, Value> =
        report.verified.iter().map(|(how, count)| (how.word().to_owned(), (*count).into())).collect();
    let measured = report.measured.as_ref().map(|measured| {
        json!({
            "on": measured.on.to_string(),
            "milliseconds": measured.milliseconds,
            "objects": measured.copied.objects,
            "bytes": measured.copied.bytes,
            "restore_throughput": measured.throughput.map(|rate| rate.to_string()),
        })
    });
    let document = json!({
        "format_version": FORMAT_VERSION,
        "service": report.service,
        "data": report.data,
        "moment": time(report.moment),
        "source": {
            "bucket": report.source, "site": report.site, "replica": report.replica, "prefix": report.prefix,
        },
        "into": {"bucket": report.into, "prefix": report.into_prefix},
        "planned": report.only_planned,
        "complete": report.is_complete(),
        "wanted": counted(report.wanted),
        "absent": report.absent,
        "restored": counted(report.restored),
        "there": counted(report.there),
        "verified": verified,
        "uncertain": problems(&report.uncertain),
        "unknown": problems(&report.unknown),
        "failed": problems(&report.failed),
        "newer": report.newer,
        "foreign": report.foreign,
        "gaps": gaps,
        "measured": measured,
        "point": report.point.as_ref().map(point),
    });
    format!("{document:#}\n")
}

fn point(from: &FromPoint) -> Value {
    let Chosen { point, as_of, passed } = &from.chosen;
    let why = match &point.whole {
        Whole::Yes => None,
        Whole::No(why) | Whole::Unknown(why) => Some(why),
    };
    let passed: Vec<Value> = passed
        .iter()
        .map(|(other, why)| json!({"id": other.id, "made": time(other.made), "why": why}))
        .collect();
    let job = from.job.as_ref().map(|job| {
        json!({"id": job.id, "state": job.state.word(), "said": job.said, "milliseconds": job.milliseconds})
    });
    json!({
        "id": point.id,
        "vault": point.vault,
        "region": point.region,
        "made": time(point.made),
        "as_of": time(*as_of),
        "continuous": point.window.is_some(),
        "bytes": point.bytes,
        "whole": {"code": point.whole.word(), "why": why},
        "passed": passed,
        "job": job,
        "compared_with": from.compared,
        "uncompared": counted(from.uncompared),
    })
}

fn counted(counted: Counted) -> Value {
    json!({"objects": counted.objects, "bytes": counted.bytes})
}

fn problems(problems: &[Problem]) -> Vec<Value> {
    let one = |problem: &Problem| {
        json!({"key": problem.key, "version": problem.version, "code": problem.word, "why": problem.why,
            "instead": problem.instead})
    };
    problems.iter().map(one).collect()
}
