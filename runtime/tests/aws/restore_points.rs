//! Recovery points of AWS Backup, restored by jobs: which one is chosen, what it lacks, a process that is killed, and what is refused.

use std::process::Stdio;
use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::weather::{Stop, Weather};
use crate::support::{Bench, Ran, Standin, aws_environment};

const POLICY: &str = "
kind: estate
name: acme
sites:
  virginia: { aws: us-east-1 }
  ireland: { aws: eu-west-1 }
---
kind: service
name: files
primary: virginia
data:
  docs:
    bucket: acme-docs
    backups: [{ strategy: daily, at: \"03:00\", to: [ireland], keep: 35d }]
objectives: { rto: undecided, rpo: undecided }
assumptions:
  detection: { value: 5m, because: the test is about restores }
  noticed: { value: 5m, because: the test is about restores }
recovery: [{ step: restore-it, does: restore data.docs, takes: 30m }]
";

const ROLE: &str = "arn:aws:iam::000000000001:role/restore-AWSBackup";

/// The estate, applied, and an empty bucket with versions in each region.
fn applied(standin: &Standin) -> Bench<'_> {
    let bench = Bench::aws(standin);
    bench.write("policies/all.yaml", POLICY);
    bench.run("apply policies --yes").expect(0);
    for [bucket, region, place] in [
        ["acme-restored", "us-east-1", ""],
        ["acme-restored-ireland", "eu-west-1", "--create-bucket-configuration LocationConstraint=eu-west-1"],
    ] {
        standin.aws(&format!("s3api create-bucket --bucket {bucket} --region {region} {place}"));
        let versioning = "put-bucket-versioning --versioning-configuration Status=Enabled";
        standin.aws(&format!("s3api {versioning} --bucket {bucket} --region {region}"));
    }
    bench
}

fn put(bench: &Bench<'_>, key: &str, text: &str) {
    bench.cloud.unwrap().put_bare("acme-docs", "us-east-1", key, text);
}

fn delete(bench: &Bench<'_>, key: &str) {
    let delete = ["s3api", "delete-object", "--bucket", "acme-docs", "--region", "us-east-1", "--key", key];
    bench.cloud.unwrap().aws_args(&delete);
}

fn vault(standin: &Standin, region: &str) -> Value {
    standin.aws(&format!("backup list-backup-vaults --region {region}"))["BackupVaultList"][0].clone()
}

/// A backup in the vault of Virginia. Its token says how it ends.
fn back_up(standin: &Standin, token: &str) -> String {
    let vault = vault(standin, "us-east-1")["BackupVaultName"].as_str().unwrap().to_owned();
    let made = standin.aws(&format!(
        "backup start-backup-job --backup-vault-name {vault} --resource-arn arn:aws:s3:::acme-docs \
         --iam-role-arn {ROLE} --idempotency-token {token} --region us-east-1"
    ));
    made["RecoveryPointArn"].as_str().unwrap().to_owned()
}

fn now() -> String {
    format!("{:.3}", jiff::Timestamp::now())
}

/// Run a restore of the data set to a moment.
fn restore(bench: &Bench<'_>, moment: &str, words: &str) -> Ran {
    bench.run(&format!(
        "restore policies --service files --data docs --yes --ask-every 0s --role {ROLE} --to-time {moment} {words}"
    ))
}

fn report(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap()
}

/// The keys of a bucket.
fn keys(standin: &Standin, bucket: &str, region: &str) -> Vec<String> {
    let list = standin.aws(&format!("s3api list-objects-v2 --bucket {bucket} --region {region}"));
    let all = list["Contents"].as_array().into_iter().flatten();
    all.map(|one| one["Key"].as_str().unwrap().to_owned()).collect()
}

/// Without the frame and the line breaks of a finding.
fn said(ran: &Ran) -> String {
    ran.stderr.replace('│', " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn recovery_point_is_restored_by_a_job_and_compared() {
    let standin = Standin::start();
    let bench = applied(&standin);
    put(&bench, "a.txt", "first");
    put(&bench, "dir/kept", "kept");
    let whole = back_up(&standin, "whole-1");
    let partial = back_up(&standin, "issues-1");
    let moment = now();

    let plan = restore(&bench, &moment, "--from backup --into acme-restored --dry-run").expect(0);
    assert!(plan.stdout.contains(&format!("  from  {whole}\n")), "{}", plan.stdout);
    assert!(plan.stdout.contains("its job ended with success"), "{}", plan.stdout);
    assert_eq!(keys(&standin, "acme-restored", "us-east-1"), [""; 0], "a dry run writes nothing");

    let ran = restore(&bench, &moment, "--from backup --into acme-restored --format json").expect(0);
    let found = report(&ran);
    assert_eq!(found["restored"], json!({"objects": 2, "bytes": 9}), "{found}");
    assert_eq!((&found["complete"], &found["verified"]), (&json!(true), &json!({"data": 2})), "{found}");
    assert_eq!(
        (&found["point"]["id"], &found["point"]["job"]["state"]),
        (&json!(whole), &json!("completed"))
    );
    assert_eq!(found["measured"]["milliseconds"], 60_000, "as AWS Backup dates the job: {found}");
    assert_eq!(keys(&standin, "acme-restored", "us-east-1"), ["a.txt", "dir/kept"]);

    assert_eq!(found["point"]["compared_with"], "acme-docs", "{found}");
    let dry = restore(&bench, &moment, "--from backup --into acme-restored --dry-run").expect(0);
    assert!(dry.stdout.contains("This command wrote nothing. An earlier one has started"), "{}", dry.stdout);

    // It is the same restore: its job is found, and compared once more.
    let weather = Weather::start(standin.url(), 0, &[]);
    let words = format!(
        "restore policies --service files --data docs --yes --ask-every 0s --role {ROLE} --to-time {moment} --from backup \
         --into acme-restored --format json"
    );
    let mut command = bench.command(&words.split(' ').collect::<Vec<_>>());
    aws_environment(&mut command, &weather.url());
    let again = Ran::from(command.output().unwrap()).expect(0);
    assert_eq!(report(&again)["point"]["job"]["id"], found["point"]["job"]["id"]);
    assert!(
        weather.requests().iter().all(|request| !request.line().starts_with("PUT /restore-jobs")),
        "no second job"
    );

    // Another restore would skip the keys that are there.
    let full = restore(&bench, &now(), "--from backup --into acme-restored").expect(4);
    assert!(full.stderr.starts_with("E0773\n"), "{}", full.stderr);
    assert!(said(&full).contains("`acme-restored` has 2 objects"), "{}", full.stderr);
    // One that lacks something is restored only by its name.
    let named = format!("--from backup --point {partial} --into acme-restored --dry-run");
    let named = restore(&bench, &moment, &named).expect(4);
    assert!(said(&named).contains("`acme-restored` has 2 objects"), "{}", named.stderr);
}

/// The newest backup is not whole, and says so; the one before it loses an object, and nobody says so.
#[test]
fn what_a_recovery_point_lacks_or_has_too_much_is_listed() {
    let standin = Standin::start();
    let bench = applied(&standin);
    for key in ["changed", "gone", "kept", "lost/one"] {
        put(&bench, key, "text");
    }
    let lossy = back_up(&standin, "lossy-1");
    let partial = back_up(&standin, "issues-1");
    put(&bench, "changed", "other");
    delete(&bench, "gone");
    put(&bench, "new", "text");
    let moment = now();
    let plan =
        restore(&bench, &moment, "--from backup --into acme-restored --dry-run --format json").expect(0);
    let found = report(&plan);
    // Both have the same second, so that which is nearer is not decided.
    let passed = found["point"]["passed"].as_array().unwrap();
    assert!(passed.iter().all(|one| one["id"] == json!(partial)), "{found}");
    assert_eq!(found["point"]["id"], json!(lossy), "{found}");

    let ran = restore(&bench, &moment, "--from backup --into acme-restored --format json").expect(1);
    let found = report(&ran);
    let failed: Vec<(&str, &str)> = found["failed"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["key"].as_str().unwrap(), one["code"].as_str().unwrap()))
        .collect();
    let wanted = [("changed", "differs"), ("gone", "deleted"), ("lost/one", "missing"), ("new", "missing")];
    assert_eq!(failed, wanted, "{found}");
    assert_eq!(
        (&found["restored"]["objects"], &found["wanted"]["objects"]),
        (&json!(1), &json!(4)),
        "{found}"
    );
    assert_eq!(found["gaps"][0]["code"], "job-message", "{found}");
    assert_eq!((&found["complete"], &found["measured"]), (&json!(false), &Value::Null), "{found}");
}

/// Killed after the job was asked for and before its id was recorded, and while it was followed: the same job is found.
#[test]
fn restore_job_is_found_again_after_a_kill() {
    let standin = Standin::start();
    let bench = applied(&standin);
    put(&bench, "a", "first");
    back_up(&standin, "whole-1");
    let moment = now();
    let command = |url: &str, into: &str| {
        let words = format!(
            "restore policies --service files --data docs --yes --ask-every 0s --role {ROLE} --to-time {moment} --from backup \
             --into {into} --format json"
        );
        let mut command = bench.command(&words.split(' ').collect::<Vec<_>>());
        aws_environment(&mut command, url);
        command
    };
    // A dry run shows how many requests come before the job is asked for.
    let calm = Weather::start(standin.url(), 0, &[]);
    let mut dry = command(&calm.url(), "acme-restored");
    Ran::from(dry.arg("--dry-run").output().unwrap()).expect(0);
    let before = calm.requests().len() as u64;
    // The job is asked for, and then it is looked at.
    for stop in [before + 1, before + 2] {
        let (tell, told) = mpsc::channel();
        let weather = Weather::stopping(standin.url(), Stop { number: stop, after: true, tell });
        let mut child = command(&weather.url(), "acme-restored");
        let mut child = child.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        told.recv_timeout(Duration::from_secs(60)).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let weather = Weather::start(standin.url(), 0, &[]);
    let found = report(&Ran::from(command(&weather.url(), "acme-restored").output().unwrap()).expect(0));
    assert_eq!((&found["restored"]["objects"], &found["complete"]), (&json!(1), &json!(true)), "{found}");
    let list = "s3api list-object-versions --bucket acme-restored --region us-east-1";
    assert_eq!(standin.aws(list)["Versions"].as_array().unwrap().len(), 1, "it was written once");
    // Asked for by its token, it is the job that was asked for first.
    let asked = weather.requests();
    let looks = asked.iter().filter(|request| request.line().starts_with("GET /restore-jobs/"));
    let id = found["point"]["job"]["id"].as_str().unwrap();
    let ours: Vec<bool> = looks.map(|request| request.line().contains(id)).collect();
    assert!(ours.iter().all(|ours| *ours) && !ours.is_empty(), "{ours:?}");
    assert!(asked.iter().all(|request| !request.line().starts_with("PUT /restore-jobs")), "it was recorded");
}

/// The second of a continuous recovery point is that of the moment, and its lag counts.
#[test]
fn continuous_recovery_point_does_not_reach_the_last_minutes() {
    let standin = Standin::start();
    let bench = applied(&standin);
    put(&bench, "a", "first");
    let point = back_up(&standin, "continuous-1");
    let ran = restore(&bench, &now(), "--from backup --into acme-restored").expect(4);
    assert!(ran.stderr.starts_with("E0772\n"), "{}", ran.stderr);
    let said = said(&ran);
    assert!(said.contains(&point) && said.contains("its window does not reach the moment yet"), "{said}");
}

/// What a restore job cannot do is said before it begins.
#[test]
fn what_a_restore_job_cannot_do_is_refused() {
    let standin = Standin::start();
    let bench = applied(&standin);
    put(&bench, "a", "first");
    let early = now();
    let none = restore(&bench, &early, "--from backup --into acme-restored").expect(4);
    assert!(
        said(&none).contains("there is no recovery point of `files.docs` at `virginia`"),
        "{}",
        none.stderr
    );
    back_up(&standin, "whole-1");
    let moment = now();
    let cannot = |words: &str, why: &str| {
        let ran = restore(&bench, &moment, words).expect(4);
        assert!(ran.stderr.starts_with("E0773\n") && said(&ran).contains(why), "{words}: {}", ran.stderr);
    };
    cannot("--from backup --into acme-restored/november/", "under the keys of its objects");
    cannot("--from backup --into acme-restored --prefix a", "under the keys of its objects");
    cannot("--from backup --into acme-docs --over-live acme-docs", "replaces no object");
    cannot(
        "--from backup:ireland --into acme-restored",
        "is in us-east-1, and the recovery point in eu-west-1",
    );
    let suspend = "put-bucket-versioning --versioning-configuration Status=Suspended";
    standin.aws(&format!("s3api {suspend} --bucket acme-restored --region us-east-1"));
    cannot("--from backup --into acme-restored", "keeps no versions");
    let live = restore(&bench, &moment, "--from backup --into acme-docs").expect(4);
    assert!(live.stderr.starts_with("E0770\n"), "{}", live.stderr);
    let site = restore(&bench, &moment, "--from backup:tokyo --into acme-restored").expect(64);
    assert!(site.stderr.contains("there is `ireland`, `virginia`"), "{}", site.stderr);
    let words =
        format!("restore policies --service files --data docs --yes --to-time {moment} --into acme-restored");
    let role = bench.run(&format!("{words} --from backup")).expect(4);
    assert!(role.stderr.contains("--role ARN"), "{}", role.stderr);
    bench.run(&format!("{words} --role {ROLE}")).expect(64);
    // The vault in Ireland has no copy of the backup.
    let ran = restore(&bench, &moment, "--from backup:ireland --into acme-restored-ireland").expect(4);
    assert!(ran.stderr.starts_with("E0772\n"), "{}", ran.stderr);
}
