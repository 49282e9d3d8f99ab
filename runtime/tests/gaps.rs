//! Objects that no copy has: written while replication did not work, or lost with a bucket. The next plan does not forget
//! them when replication works again, until somebody states a backfill that is younger than the gap.

use crate::support::{Bench, Standin};
use serde_json::Value;

const PRIMARY: &str = "acme-docs";
const COPY: &str = "acme-docs-us-west-2";

/// What somebody does by hand.
type Break = fn(&Standin);

/// A gap: its name, how it is made, and whether the stand-in then really copies nothing. It ignores roles and versioning.
const GAPS: &[(&str, Break, bool)] = &[
    ("replication is deleted", |s| drop(s3(s, "delete-bucket-replication", PRIMARY)), true),
    ("rule is disabled", |s| rule(s, |rule| rule["Status"] = "Disabled".into()), true),
    ("rule is narrowed", |s| rule(s, |rule| rule["Filter"] = serde_json::json!({"Prefix": "2025/"})), true),
    (
        "role is denied",
        |s| {
            let names = s.aws("iam list-roles")["Roles"].as_array().unwrap().clone();
            for role in names.iter().filter_map(|role| role["RoleName"].as_str()) {
                for policy in s.aws(&format!("iam list-role-policies --role-name {role}"))["PolicyNames"]
                    .as_array()
                    .unwrap()
                {
                    s.aws(&format!(
                        "iam delete-role-policy --role-name {role} --policy-name {}",
                        policy.as_str().unwrap()
                    ));
                }
            }
        },
        false,
    ),
    ("versioning of the primary is suspended", |s| suspend(s, PRIMARY), false),
    ("versioning of the copy is suspended", |s| suspend(s, COPY), false),
    ("copy is lost", |s| remove(s, COPY), false),
];

fn region(bucket: &str) -> &'static str {
    if bucket == COPY { "us-west-2" } else { "us-east-1" }
}

fn s3(standin: &Standin, what: &str, bucket: &str) -> Value {
    standin.aws(&format!("s3api {what} --bucket {bucket} --region {}", region(bucket)))
}

fn suspend(standin: &Standin, bucket: &str) {
    s3(standin, "put-bucket-versioning --versioning-configuration Status=Suspended", bucket);
}

fn rule(standin: &Standin, change: impl Fn(&mut Value)) {
    let mut configuration =
        s3(standin, "get-bucket-replication", PRIMARY)["ReplicationConfiguration"].clone();
    configuration["Rules"].as_array_mut().unwrap().iter_mut().for_each(change);
    let text = configuration.to_string();
    standin.aws_args(&[
        "s3api",
        "put-bucket-replication",
        "--bucket",
        PRIMARY,
        "--replication-configuration",
        &text,
    ]);
}

/// Delete a bucket with all versions of its objects.
fn remove(standin: &Standin, bucket: &str) {
    let versions = s3(standin, "list-object-versions", bucket);
    for version in versions["Versions"].as_array().into_iter().flatten() {
        let (key, id) = (version["Key"].as_str().unwrap(), version["VersionId"].as_str().unwrap());
        s3(standin, &format!("delete-object --key {key} --version-id {id}"), bucket);
    }
    s3(standin, "delete-bucket", bucket);
}

fn write(standin: &Standin, key: &str) {
    s3(standin, &format!("put-object --key {key}"), PRIMARY);
}

fn keys(standin: &Standin, bucket: &str) -> Vec<String> {
    let objects = s3(standin, "list-objects-v2", bucket);
    let keys = objects["Contents"].as_array().into_iter().flatten();
    keys.map(|object| object["Key"].as_str().unwrap().to_owned()).collect()
}

/// The policy. `backfilled` is a day that somebody states.
fn policy(bench: &Bench<'_>, backfilled: Option<&str>) {
    let backfilled = backfilled.map_or_else(String::new, |day| {
        format!("    backfilled: {{ value: {day}, because: \"S3 Batch Replication, job 4711\" }}\n")
    });
    bench.write(
        "estate.yaml",
        &format!(
            "kind: estate\nname: acme\nsites:\n  virginia: {{ aws: us-east-1 }}\n  oregon: {{ aws: us-west-2 }}\n\
             defaults:\n  assumptions:\n    detection: {{ value: 5m, because: the monitoring pages }}\n---\n\
             kind: service\nname: files\nprimary: virginia\nstandby: [oregon]\ndata:\n  docs:\n    bucket: {PRIMARY}\n\
             {backfilled}    backups:\n      - {{ strategy: real-time, to: [oregon] }}\n\
             recovery: [{{ step: read-the-copy, takes: 30m }}]\n"
        ),
    );
}

fn applied<'a>(standin: &'a Standin) -> Bench<'a> {
    let bench = Bench::aws(standin);
    policy(&bench, None);
    bench.run("apply . --yes").expect(0);
    bench
}

/// Why the RPO for the loss of the site is not met after an apply, if it is not.
fn unmet(bench: &Bench<'_>) -> Option<String> {
    let plan: Value = serde_json::from_str(&bench.run("plan . --format json").stdout).unwrap();
    let objectives = plan["objectives"].as_array().unwrap();
    let rpo =
        objectives.iter().find(|one| one["measure"] == "rpo" && one["disruption"] == "site-loss").unwrap();
    assert_eq!(rpo["met"], rpo["after"]["seconds"].is_number(), "{rpo}");
    rpo["after"]["because"].as_str().map(str::to_owned)
}

/// The day of the last run, as the journal wrote it: what the clock says now may be the next one.
fn day(bench: &Bench<'_>) -> String {
    let log: Value = serde_json::from_str(&bench.run("journal log --format json").expect(0).stdout).unwrap();
    log["runs"][0]["started"].as_str().unwrap()[..10].to_owned()
}

#[test]
fn gap_keeps_the_objective_unmet_until_a_younger_backfill_is_stated() {
    for (name, break_it, copies_nothing) in GAPS {
        let standin = Standin::start();
        let bench = applied(&standin);
        write(&standin, "before");
        assert_eq!(unmet(&bench), None, "{name}: whole before");
        break_it(&standin);
        write(&standin, "during");
        let broken = unmet(&bench).unwrap_or_else(|| panic!("{name}: the gap is open"));
        assert!(broken.contains("last seen to work in run 1 on "), "{name}: {broken}");
        bench.run("apply . --yes").expect(0);
        write(&standin, "after");
        let held = keys(&standin, COPY);
        assert!(held.contains(&"after".to_owned()), "{name}: it works again: {held:?}");
        if *copies_nothing {
            assert!(!held.contains(&"during".to_owned()), "{name}: no copy has what was written meanwhile");
        }
        for _ in 0..2 {
            let because = unmet(&bench).unwrap_or_else(|| panic!("{name}: forgotten"));
            let day = day(&bench);
            assert!(
                because.starts_with(
                    "not met until backfilled: what was written while not everything was copied to `oregon`"
                ),
                "{name}: {because}"
            );
            assert!(
                because.contains(&format!("last seen to work in run 1 on {day}; seen in run 2 on {day}")),
                "{name}: {because}"
            );
            bench.run("plan . --fail-on miss").expect(3);
        }
        policy(&bench, Some("2026-01-01"));
        assert!(unmet(&bench).is_some(), "{name}: a backfill before the gap copied nothing of it");
        policy(&bench, Some(&day(&bench)));
        assert_eq!(unmet(&bench), None, "{name}: backfilled");
        policy(&bench, None);
        assert!(unmet(&bench).is_some(), "{name}: the statement is gone");
    }
}

#[test]
fn lost_primary_is_not_made_anew_without_consent() {
    let standin = Standin::start();
    let bench = applied(&standin);
    write(&standin, "before");
    remove(&standin, PRIMARY);
    let plan = bench.run("plan .").expect(0).stdout;
    let text = plan.split_whitespace().collect::<Vec<_>>().join(" ");
    let told =
        format!("DATA IS GONE: the bucket `{PRIMARY}` (aws.bucket.files.docs.virginia) no longer exists.");
    let first = plan.lines().nth(2).unwrap();
    assert!(first.starts_with("Dangerous    data is gone: 1") && text.contains(&told), "{plan}");
    assert!(text.contains(&format!("copy in `{COPY}`: last seen to be copied to in run 1, on ")), "{plan}");
    let refused = bench.run("apply . --yes").expect(4);
    let said = refused.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        said.contains("E0728") && said.contains("--allow=empty-primary:aws.bucket.files.docs.virginia"),
        "{}",
        refused.stderr
    );
    bench.run("apply . --yes --allow empty-primary:aws.bucket.files.docs.virginia").expect(0);
    let because = unmet(&bench).expect("the copies hold what the primary lacks");
    assert!(because.contains("the primary bucket was gone"), "{because}");
    assert_eq!(keys(&standin, COPY), ["before"]);
}

#[test]
fn interrupted_apply_leaves_the_objectives_of_one_that_was_not() {
    let standin = Standin::start();
    let bench = Bench::aws(&standin);
    policy(&bench, None);
    // The primary is made, then the copy cannot be: its name belongs to somebody else.
    standin.aws("s3api create-bucket --bucket acme-docs-us-west-2");
    bench.run("apply . --yes").expect(3);
    standin.aws("s3api delete-bucket --bucket acme-docs-us-west-2");
    bench.run("apply . --yes --timeout 1s --parallelism 1 --limit s3=1/1");
    bench.run("apply . --yes").expect(0);
    assert_eq!(unmet(&bench), None);
}
