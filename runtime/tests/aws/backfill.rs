//! Jobs of S3 Batch Replication, over the SDK, on a server of ours that goes one state on with every look.

use serde_json::Value;

use crate::support::{Bench, Standin};

const POLICY: &str = r#"
kind: estate
name: acme
sites:
  virginia: { aws: us-east-1 }
  oregon: { aws: us-west-2 }
---
kind: service
name: files
primary: virginia
standby: [oregon]
data:
  docs:
    bucket: acme-old-docs
    backfill: managed
    backups: [{ strategy: real-time, to: [oregon] }]
objectives: { rpo: 1h }
assumptions:
  detection: { value: 5m, because: the test is about copies }
recovery: [{ step: read-the-copy, takes: 30m }]
"#;

/// A bucket with objects that are older than its replication.
fn old_bucket<'s>(standin: &'s Standin, keys: &[&str]) -> Bench<'s> {
    standin.reset();
    standin.aws("s3api create-bucket --bucket acme-old-docs --region us-east-1");
    for key in keys {
        standin.aws(&format!("s3api put-object --bucket acme-old-docs --key {key} --region us-east-1"));
    }
    let bench = Bench::aws(standin);
    bench.write("policies/all.yaml", POLICY);
    bench
}

/// The same, with a job that an apply has begun.
fn begun<'s>(standin: &'s Standin, keys: &[&str]) -> Bench<'s> {
    let bench = old_bucket(standin, keys);
    bench.run("apply policies --yes").expect(0);
    bench.run("apply policies --yes").expect(0);
    bench
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn plan(bench: &Bench<'_>) -> String {
    words(&bench.run("plan policies").expect(0).stdout)
}

/// What is met now of the RPO for the loss of the site.
fn rpo(bench: &Bench<'_>) -> Value {
    let plan: Value =
        serde_json::from_str(&bench.run("plan policies --format json").expect(0).stdout).unwrap();
    let all = plan["objectives"].as_array().unwrap().clone();
    let rpo = all.into_iter().find(|one| one["measure"] == "rpo" && one["disruption"] == "site-loss");
    rpo.unwrap()["before"].clone()
}

/// Before, during and after a job: the objective is met only when it is done.
#[test]
fn older_objects_are_copied_by_a_job_and_the_objective_follows() {
    let standin = Standin::start();
    let bench = old_bucket(&standin, &["a", "b", "c", "d"]);
    // S3 takes minutes to see a new replication and a new role, so the job is begun by a later apply.
    let first = plan(&bench);
    assert!(first.contains("once the replication works, an apply begins a job"), "{first}");
    assert!(!first.contains("aws.backfill"), "{first}");
    bench.run("apply policies --yes").expect(0);
    let second = plan(&bench);
    assert!(second.contains("+ aws.backfill.files.docs create (policy)"), "{second}");
    let applied = bench.run("apply policies --yes").expect(0);
    assert!(applied.stdout.contains("s3control "), "{}", applied.stdout);
    let id = |text: &str| text.split("the job `").nth(1).unwrap().split('`').next().unwrap().to_owned();
    let counting = plan(&bench);
    assert!(counting.contains("counts them") && counting.contains("No changes."), "{counting}");
    let copying = plan(&bench);
    assert!(
        copying.contains(&format!("the job `{}` copies them, 2 of 4 until now", id(&counting))),
        "{copying}"
    );
    assert!(copying.contains("No changes."), "{copying}");
    let done = rpo(&bench);
    assert_eq!(
        (done["seconds"].as_u64(), done["assurance"].as_str()),
        (Some(900), Some("measured")),
        "{done}"
    );
    let after = bench.run("plan policies --detailed-exitcode").expect(0);
    assert!(after.stdout.contains("No changes."), "{}", after.stdout);
}

/// A job that could not copy everything is followed by another one, which an apply begins.
#[test]
fn job_that_failed_in_part_is_followed_by_another() {
    let standin = Standin::start();
    let bench = begun(&standin, &["a", "b", "c", "fails/d"]);
    plan(&bench);
    plan(&bench);
    let ended = plan(&bench);
    assert!(
        ended.contains("could not copy 1 of 4; its report is in `s3://acme-old-docs/holdfast/backfill/job-"),
        "{ended}"
    );
    assert!(ended.contains("+ aws.backfill.files.docs create"), "{ended}");
    assert!(ended.contains("retries"), "{ended}");
    assert_eq!(rpo(&bench)["seconds"], Value::Null);

    // Somebody mends the reason, and the next apply begins another job.
    standin.aws("s3api delete-object --bucket acme-old-docs --key fails/d --region us-east-1");
    bench.run("apply policies --yes").expect(0);
    plan(&bench);
    plan(&bench);
    let done = plan(&bench);
    assert!(done.contains("No changes.") && !done.contains("NOT MET"), "{done}");

    // What is known of a job outlives the job: S3 forgets it after 90 days.
    bench.run("apply policies --yes").expect(0);
    standin.forget_jobs();
    let later = plan(&bench);
    assert!(later.contains("No changes.") && !later.contains("NOT MET"), "{later}");
}

/// A job that more than half of the objects fail breaks off, and one with nothing to copy is done.
#[test]
fn job_that_breaks_off_and_job_with_nothing_to_copy() {
    let standin = Standin::start();
    let bench = begun(&standin, &["a", "fails/b", "fails/c"]);
    plan(&bench);
    plan(&bench);
    let broke = plan(&bench);
    assert!(
        broke.contains("failed after 0 of 3: Job failure rate is above 50% threshold. (JobFailed)"),
        "{broke}"
    );
    assert!(broke.contains("+ aws.backfill.files.docs create") && !broke.contains("retries"), "{broke}");

    let bench = begun(&standin, &[]);
    plan(&bench);
    let done = rpo(&bench);
    assert_eq!(done["seconds"].as_u64(), Some(900), "{done}");
}

/// Where the policy wants a confirmation, a job counts first, a plan says how many objects they are, and its apply confirms that job.
#[test]
fn job_that_is_to_be_confirmed_counts_first_and_copies_once_an_apply_confirms_it() {
    let standin = Standin::start();
    let bench = old_bucket(&standin, &["a", "b", "c", "d"]);
    bench.write("policies/all.yaml", &POLICY.replace("backfill: managed", "backfill: confirmed"));
    bench.run("apply policies --yes").expect(0);
    bench.run("apply policies --yes").expect(0);
    let counting = plan(&bench);
    assert!(counting.contains("counts them") && counting.contains("No changes."), "{counting}");
    let waits = plan(&bench);
    assert!(waits.contains("has counted 4 objects to copy, and waits for its confirmation"), "{waits}");
    assert!(waits.contains("+ aws.backfill.files.docs create") && waits.contains("confirms"), "{waits}");
    assert!(waits.contains("the next apply confirms it"), "{waits}");
    assert_eq!(rpo(&bench)["seconds"], Value::Null, "nothing is copied yet");
    let id = |text: &str| text.split("the job `").nth(1).unwrap().split('`').next().unwrap().to_owned();
    bench.run("apply policies --yes").expect(0);
    let copying = plan(&bench);
    assert!(
        copying.contains("copies them, 2 of 4 until now") && copying.contains("No changes."),
        "{copying}"
    );
    assert_eq!(id(&copying), id(&waits), "no second job");
    let done = rpo(&bench);
    assert_eq!(done["seconds"].as_u64(), Some(900), "{done}");
    assert!(plan(&bench).contains("No changes."));
}
