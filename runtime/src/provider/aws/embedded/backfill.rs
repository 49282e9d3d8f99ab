//! Jobs of S3 Batch Replication. Sources: Amazon S3 API Reference, `CreateJob`; Amazon S3 User Guide, "Replicating existing objects with
//! Batch Replication" and "Tracking job status and completion reports".

use holdfast_compiler::provider::aws::iam::{grant::GRANTS, grant::Service, rights, role};
use holdfast_compiler::provider::aws::s3::{self, backfill as kind, replication};
use holdfast_compiler::resource::{Kind, Values};
use serde_json::{Value, json};

use super::{text, values};
use crate::local::embedded::{Checked, Embedded, Look};
use crate::local::entries::Ends;
use crate::local::store::State;

/// Jobs in the embedded cloud.
pub(super) struct Backfill;

impl Embedded for Backfill {
    fn kind(&self) -> Kind {
        kind::KIND
    }

    fn made(&self, state: &mut State, wanted: &Values) -> (String, Values) {
        let bucket = text(wanted, kind::BUCKET);
        let region = text(wanted, kind::REGION);
        let confirmed = wanted.get(kind::CONFIRMS).and_then(Value::as_str);
        let waits = |job: &str| {
            let job = state.get(kind::KIND, job);
            job.is_some_and(|job| job.outputs.get(kind::STATE).is_some_and(|state| state == kind::WAITS))
        };
        if let Some(job) = confirmed.filter(|job| !waits(job)) {
            return (job.to_owned(), Values::new());
        }
        // Only the newest one of a bucket is seen.
        let old: Vec<String> = state
            .beginning(kind::KIND, String::new())
            .filter(|job| {
                text(&job.attributes, kind::BUCKET) == bucket && text(&job.attributes, kind::REGION) == region
            })
            .map(|job| job.id.clone())
            .collect();
        old.iter().for_each(|id| state.remove(kind::KIND, id));
        let now = jiff::Timestamp::now().to_string();
        let day = now.get(..10).unwrap_or_default().to_owned();
        let contents = state.contents(&bucket);
        let total = contents.map_or(0, |contents| contents.uncopied);
        let ends = contents.and_then(|contents| contents.jobs).unwrap_or(Ends::Done);
        let lacks = lacking(state, wanted, &bucket);
        let waits = confirmed.is_none() && wanted.get(kind::WAITS_FIRST) == Some(&Value::Bool(true));
        let outputs = match (ends, lacks) {
            (_, None) if waits && total > 0 => json!({
                kind::STATE: kind::WAITS, kind::CREATED: now, kind::TOTAL: total, kind::COPIED: 0, kind::FAILED: 0,
            }),
            (_, Some(right)) => json!({
                kind::STATE: kind::BROKE_OFF, kind::CREATED: now, kind::ENDED: day, kind::TOTAL: 0, kind::COPIED: 0,
                kind::FAILED: 0, kind::WHY: format!("the role may not {right}"),
            }),
            (Ends::Runs, _) => json!({
                kind::STATE: kind::RUNS, kind::CREATED: now, kind::TOTAL: total, kind::COPIED: total / 2, kind::FAILED: 0,
            }),
            (Ends::Fails, _) => json!({
                kind::STATE: kind::BROKE_OFF, kind::CREATED: now, kind::ENDED: day, kind::TOTAL: total,
                kind::COPIED: 0, kind::FAILED: total / 2 + 1,
                kind::WHY: "more than half of the tasks failed (JobFailed)",
            }),
            (Ends::Incomplete, _) => json!({
                kind::STATE: kind::INCOMPLETE, kind::CREATED: now, kind::ENDED: day, kind::TOTAL: total,
                kind::COPIED: total.saturating_sub(1), kind::FAILED: 1,
            }),
            (Ends::Done, _) => json!({
                kind::STATE: kind::DONE, kind::CREATED: now, kind::ENDED: day, kind::TOTAL: total, kind::COPIED: total,
                kind::FAILED: 0,
            }),
        };
        let copied = outputs.get(kind::COPIED).and_then(Value::as_u64).unwrap_or_default();
        state.copy_contents(&bucket, copied);
        let id = confirmed.map_or_else(|| state.next_id("batch"), str::to_owned);
        (id, values(outputs))
    }

    fn check(&self, look: &Look<'_>) -> Checked {
        let bucket = look.text(kind::BUCKET);
        if look.state.get(replication::KIND, bucket).is_none() {
            return look.refuse("InvalidRequest", "the bucket has no replication configuration");
        }
        if look.state.get(role::KIND, name_of(look.text(kind::ROLE))).is_none() {
            return look.refuse("InvalidRequest", "the role does not exist");
        }
        if look.object.outputs.is_empty() {
            return look.refuse("JobStatusException", "only a job that waits can be confirmed");
        }
        Ok(())
    }

    fn delete(&self, look: &Look<'_>) -> Checked {
        look.refuse("MethodNotAllowed", "a job cannot be deleted")
    }
}

fn name_of(role: &str) -> &str {
    role.rsplit('/').next().unwrap_or_default()
}

/// A right that the role of a job lacks. Without it, S3 can list nothing, copy nothing, or write no report.
fn lacking(state: &State, wanted: &Values, bucket: &str) -> Option<&'static str> {
    let role = state.get(role::KIND, name_of(&text(wanted, kind::ROLE)))?;
    let policy = role.attributes.get(role::POLICY)?;
    let arn = s3::arn(bucket);
    GRANTS.iter().filter(|grant| grant.service == Service::Batch).find_map(|grant| {
        let resource = match grant.id {
            "ListObjects" => arn.clone(),
            "WriteReports" => format!("{arn}/{}/*", kind::REPORT_PREFIX),
            _ => format!("{arn}/*"),
        };
        grant.actions.iter().copied().find(|action| !rights::allows(policy, action, &resource))
    })
}
