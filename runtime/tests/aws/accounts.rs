//! A copy in another account, as AWS's own command line shows it to both accounts.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::weather::{Fault, Request, Weather};
use crate::support::{Bench, Ran, Standin, aws_environment};

const POLICY: &str = r#"
kind: estate
name: acme
account: "000000000001"
sites:
  virginia: { aws: us-east-1, kms-key: managed }
  ireland:
    aws: eu-west-1
    account: { id: "000000000002", role: holdfast-operator, external-id: acme-recovery }
    kms-key: managed
defaults:
  assumptions:
    detection: { value: 5m, because: the test is about accounts }
    noticed: { value: 1h, because: the same }
---
kind: service
name: files
primary: virginia
data:
  docs:
    bucket: acme-two-accounts
    encrypt: aws:kms
    keep-versions: 30d
    backups: [{ strategy: real-time, to: [ireland] }]
recovery: [{ step: restore, does: restore data.docs, takes: 1h }]
"#;

const COPY: &str = "acme-two-accounts-eu-west-1";

#[test]
fn copy_in_another_account_is_made_there_and_let_in_from_here() {
    let standin = Standin::start();
    standin.reset();
    let bench = Bench::aws(&standin);
    bench.write("policies/all.yaml", POLICY);
    bench.run("apply policies --yes").expect(0);
    bench.run("plan policies --detailed-exitcode").expect(0);
    // Nobody says in which account S3 publishes how far such a copy is behind.
    let status = bench.run("status policies").expect(3).stdout;
    let status = status.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(status.contains("account 000000000002, where the copy is, has no figure"), "{status}");

    let there = |words: &str| -> Value {
        let mut arguments: Vec<&str> = words.split_whitespace().collect();
        arguments.extend(["--region", "eu-west-1"]);
        standin.aws_as("000000000002", &arguments)
    };
    let bucket = there("s3api list-buckets")["Buckets"][0]["Name"].clone();
    assert_eq!(bucket, COPY, "the only bucket of the other account");
    let here = standin.aws("s3api list-buckets")["Buckets"].clone();
    assert_eq!(here.as_array().map(Vec::len), Some(1), "{here}");
    let policy = there(&format!("s3api get-bucket-policy --bucket {COPY}"));
    let policy: Value = serde_json::from_str(policy["Policy"].as_str().unwrap()).unwrap();
    let role = standin.aws("iam list-roles")["Roles"][0]["Arn"].clone();
    let lets_in =
        policy["Statement"].as_array().unwrap().iter().find(|one| one["Sid"] == "HoldfastReplicates");
    let lets_in = lets_in.unwrap();
    assert_eq!((&lets_in["Effect"], &lets_in["Principal"]["AWS"]), (&json!("Allow"), &role), "{policy}");
    let keys = there("kms list-aliases")["Aliases"].clone();
    assert!(keys.to_string().contains("alias/holdfast-acme-ireland"), "{keys}");
    let rules = standin.aws("s3api get-bucket-replication --bucket acme-two-accounts --region us-east-1");
    let to = &rules["ReplicationConfiguration"]["Rules"][0]["Destination"];
    assert_eq!(to["Account"], "000000000002", "{to}");
    assert_eq!(to["AccessControlTranslation"]["Owner"], "Destination", "{to}");

    // What the bucket there loses, the next plan gives back.
    there(&format!("s3api delete-bucket-policy --bucket {COPY}"));
    let drift = bench.run("plan policies").expect(0).stdout;
    assert!(drift.contains("+ aws.bucket-policy.files.docs.ireland create (drift)"), "{drift}");
    bench.run("apply policies --yes").expect(0);
    bench.run("plan policies --detailed-exitcode").expect(0);

    // Versions are kept for ever again: the rule there goes too.
    bench.write("policies/all.yaml", &POLICY.replace("    keep-versions: 30d\n", ""));
    bench.run("apply policies --yes").expect(0);
    bench.run("plan policies --detailed-exitcode").expect(0);
    let asked = json!(["s3api", "get-bucket-lifecycle-configuration", "--bucket", COPY]);
    let none = standin.ask_aws(&json!({"as": "000000000002", "arguments": asked})).2;
    assert!(none.contains("NoSuchLifecycleConfiguration"), "{none}");
}

/// Such a copy is restored into a bucket of its own account.
#[test]
fn copy_in_another_account_is_restored_there() {
    let standin = Standin::start();
    standin.reset();
    let bench = Bench::aws(&standin);
    bench.write("policies/all.yaml", POLICY);
    bench.run("apply policies --yes").expect(0);
    bench.write("body", "text");
    let body = bench.folder.path().join("body").display().to_string();
    let there =
        |words: &[&str]| standin.aws_as("000000000002", &[words, &["--region", "eu-west-1"]].concat());
    there(&["s3api", "put-object", "--bucket", COPY, "--key", "a", "--body", &body]);
    let place = "LocationConstraint=eu-west-1";
    there(&["s3api", "create-bucket", "--bucket", "acme-rescue", "--create-bucket-configuration", place]);
    standin.aws(&format!(
        "s3api create-bucket --bucket acme-here --region eu-west-1 --create-bucket-configuration {place}"
    ));
    let words = format!(
        "restore policies --service files --data docs --yes --from ireland --to-time {:.3} --into",
        jiff::Timestamp::now()
    );
    let ran = bench.run(&format!("{words} acme-rescue")).expect(1);
    assert!(ran.stdout.contains("Copied and verified: 1 object (4 bytes)."), "{}", ran.stdout);
    assert!(ran.stdout.contains("! a copy is read:"), "{}", ran.stdout);
    let list = there(&["s3api", "list-objects-v2", "--bucket", "acme-rescue"]);
    assert_eq!(list["Contents"][0]["Key"], "a", "{list}");
    // Nothing is copied across accounts.
    let here = bench.run(&format!("{words} acme-here")).expect(1);
    assert!(here.stderr.contains("acme-here"), "{}", here.stderr);
    let live = bench.run(&format!("{words} acme-two-accounts --over-live acme-two-accounts")).expect(4);
    assert!(live.stderr.starts_with("E0771\n"), "{}", live.stderr);
}

/// What the other account or its region does not show is unknown: nothing ends for that, and the rest is planned.
#[test]
fn other_account_that_answers_nothing_hides_only_itself() {
    let standin = Standin::start();
    standin.reset();
    let bench = Bench::aws(&standin);
    bench.write("policies/all.yaml", POLICY);
    bench.run("apply policies --yes").expect(0);
    standin.aws(
        "s3api put-bucket-versioning --bucket acme-two-accounts --region us-east-1 --versioning-configuration \
         Status=Suspended",
    );
    for fault in [Fault::Refuse, Fault::Reset] {
        let proxy = Weather::losing_region(standin.url(), "eu-west-1", fault);
        let mut command = bench.command(&["plan", "policies", "--format", "json"]);
        aws_environment(&mut command, &proxy.url());
        command.env("AWS_MAX_ATTEMPTS", "2");
        let ran = Ran::from(command.output().unwrap()).expect(0);
        let plan: Value = serde_json::from_str(&ran.stdout).unwrap();
        let unknown = plan["unknown"].as_array().unwrap();
        assert!(unknown.iter().any(|one| one["address"] == "aws.bucket.files.docs.ireland"), "{unknown:#?}");
        assert!(unknown.iter().all(|one| one["taken"] != true), "{unknown:#?}");
        let changes = plan["resource_changes"].as_array().unwrap().iter();
        let changes = changes.filter(|one| one["change"]["actions"][0] != "no-op");
        let steps: Vec<&str> = changes.map(|one| one["address"].as_str().unwrap()).collect();
        let reasons = |one: &Value| {
            one["reason"].as_str().unwrap().contains("in account 000000000002 cannot be assumed")
        };
        assert!(unknown.iter().all(reasons), "{unknown:#?}");
        assert_eq!(steps, ["aws.bucket.files.docs.virginia"], "{fault:?}: {}", ran.stderr);
    }
}

const BACKUPS: &str = r#"
kind: estate
name: acme
account: "000000000001"
sites:
  virginia: { aws: us-east-1 }
  ireland:
    aws: eu-west-1
    account: { id: "000000000002", role: holdfast-operator, external-id: acme-recovery }
    vault: { kms-key: managed }
---
kind: service
name: files
primary: virginia
objectives: { rto: 24h, rpo: 48h }
data:
  docs:
    bucket: acme-backed-up-elsewhere
    size: { value: 1GiB, because: the test is small }
    backups: [{ strategy: daily, at: "03:00", keep: 35d, to: [ireland] }]
assumptions:
  backup-copy: { value: 1h, because: the test is about accounts }
  detection: { value: 5m, because: the same }
  noticed: { value: 1h, because: the same }
  restore-throughput: { value: 1MiB/s, because: the same }
recovery: [{ step: restore, does: restore data.docs }]
"#;

/// The backups of one account are copied to a vault of another one, which whoever holds the first account cannot harm. The stand-in
/// has no roles of the other account, so it does not show who may assume the one there.
#[test]
fn backups_in_another_account_outlive_the_first_one() {
    let standin = Standin::start();
    standin.reset();
    let bench = Bench::aws(&standin);
    bench.write("policies/all.yaml", BACKUPS);
    let proxy = Weather::start(standin.url(), 0, &[]);
    let mut command = bench.command(&["apply", "policies", "--yes"]);
    aws_environment(&mut command, &proxy.url());
    Ran::from(command.output().unwrap()).expect(0);
    sessions_name_the_run(&proxy);
    bench.run("plan policies --detailed-exitcode").expect(0);
    let as_account = |account: &str, words: &str| {
        let arguments: Vec<&str> = words.split_whitespace().collect();
        standin.ask_aws(&json!({"as": account, "arguments": arguments}))
    };
    let there = |words: &str| -> Value {
        let (code, out, err) = as_account("000000000002", &format!("{words} --region eu-west-1"));
        assert_eq!(code, 0, "{words}: {err}");
        if out.trim().is_empty() { Value::Null } else { serde_json::from_str(&out).unwrap() }
    };
    let text = |value: &Value, name: &str| value[name].as_str().unwrap().to_owned();
    let vault = there("backup list-backup-vaults")["BackupVaultList"][0].clone();
    let (name, arn, key) =
        (text(&vault, "BackupVaultName"), text(&vault, "BackupVaultArn"), text(&vault, "EncryptionKeyArn"));
    assert!(key.starts_with("arn:aws:kms:eu-west-1:000000000002:key/"), "{key}");
    let policy = there(&format!("backup get-backup-vault-access-policy --backup-vault-name {name}"));
    let policy: Value = serde_json::from_str(policy["Policy"].as_str().unwrap()).unwrap();
    let lets_in = policy["Statement"].as_array().unwrap().iter().filter(|one| one["Effect"] == "Allow");
    let lets_in: Vec<_> = lets_in.map(|one| (&one["Principal"], &one["Action"])).collect();
    let root = json!({"AWS": "arn:aws:iam::000000000001:root"});
    assert_eq!(lets_in, [(&root, &json!("backup:CopyIntoBackupVault"))], "{policy}");
    let key_policy = there(&format!("kms get-key-policy --policy-name default --key-id {key}"));
    assert!(!key_policy.to_string().contains("000000000001"), "the estate has no use for it: {key_policy}");
    let plan = standin.aws("backup list-backup-plans --region us-east-1")["BackupPlansList"][0].clone();
    let plan = standin.aws(&format!(
        "backup get-backup-plan --backup-plan-id {} --region us-east-1",
        text(&plan, "BackupPlanId")
    ));
    assert_eq!(plan["BackupPlan"]["Rules"][0]["CopyActions"][0]["DestinationBackupVaultArn"], json!(arn));

    standin.put_bare("acme-backed-up-elsewhere", "us-east-1", "kept", "text");
    // A backup and its copy, as the plan makes them; and what others copy.
    let status =
        || -> Value { serde_json::from_str(&bench.run("status policies --format json").stdout).unwrap() };
    let fault = text(&status()["backups"][0], "fault");
    assert!(fault.contains("there is no complete backup of files.docs at `ireland` yet"), "{fault}");
    let home = standin.aws("backup list-backup-vaults --region us-east-1")["BackupVaultList"][0].clone();
    let role = standin.aws("iam list-roles")["Roles"][0].clone();
    let role = text(&role, "Arn");
    let copy = |account: &str, home: &str, role: &str| {
        let make = format!(
            "backup start-backup-job --backup-vault-name {home} --resource-arn arn:aws:s3:::acme-backed-up-elsewhere \
             --iam-role-arn {role} --idempotency-token whole-{account} --region us-east-1"
        );
        assert_eq!(as_account(account, &make).0, 0);
        let list = format!(
            "backup list-recovery-points-by-backup-vault --backup-vault-name {home} --region us-east-1"
        );
        let points: Value = serde_json::from_str(&as_account(account, &list).1).unwrap();
        let point = text(&points["RecoveryPoints"][0], "RecoveryPointArn");
        let copies = format!(
            "backup start-copy-job --recovery-point-arn {point} --source-backup-vault-name {home} \
             --destination-backup-vault-arn {arn} --iam-role-arn {role} --idempotency-token whole-{account} --region us-east-1"
        );
        assert_eq!(as_account(account, &copies).0, 0);
        let jobs: Value =
            serde_json::from_str(&as_account(account, "backup list-copy-jobs --region us-east-1").1).unwrap();
        text(&jobs["CopyJobs"][0], "State")
    };
    assert_eq!(copy("000000000001", &text(&home, "BackupVaultName"), &role), "COMPLETED");
    let others = "backup create-backup-vault --backup-vault-name others --region us-east-1";
    assert_eq!(as_account("000000000003", others).0, 0);
    let stranger = "arn:aws:iam::000000000003:role/any";
    assert_eq!(copy("000000000003", "others", stranger), "FAILED", "only the estate's account is let in");
    let seen = status()["backups"][0].clone();
    assert_eq!((&seen["fault"], &seen["site"]), (&Value::Null, &json!("ireland")), "{seen}");

    let list = format!("backup list-recovery-points-by-backup-vault --backup-vault-name {name}");
    let points = there(&list)["RecoveryPoints"].clone();
    let point = text(&points[0], "RecoveryPointArn");
    for harm in [
        format!("backup delete-recovery-point --backup-vault-name {name} --recovery-point-arn {point}"),
        format!("backup delete-backup-vault-access-policy --backup-vault-name {name}"),
        format!("backup delete-backup-vault --backup-vault-name {name}"),
        format!("kms schedule-key-deletion --key-id {key}"),
        format!("kms disable-key --key-id {key}"),
    ] {
        let (code, _, err) = as_account("000000000001", &format!("{harm} --region eu-west-1"));
        assert_ne!(code, 0, "{harm}");
        assert!(err.contains("NotFound"), "{harm}: {err}");
    }
    assert_eq!(there(&list)["RecoveryPoints"], points);
    let state = there(&format!("kms describe-key --key-id {key}"))["KeyMetadata"]["KeyState"].clone();
    assert_eq!(state, "Enabled");
    bench.run("plan policies --detailed-exitcode").expect(0);

    // It is restored there, with the role of the site, and compared with the versions here.
    there(
        "s3api create-bucket --bucket acme-rescue --create-bucket-configuration LocationConstraint=eu-west-1",
    );
    there("s3api put-bucket-versioning --bucket acme-rescue --versioning-configuration Status=Enabled");
    let restore = format!(
        "restore policies --service files --data docs --yes --from backup:ireland --into acme-rescue --ask-every 0s --kms-key {key} \
         --role arn:aws:iam::000000000002:role/restore-AWSBackup --to-time {:.3} --format json",
        jiff::Timestamp::now()
    );
    let restored: Value = serde_json::from_str(&bench.run(&restore).expect(0).stdout).unwrap();
    assert_eq!(
        (&restored["point"]["id"], &restored["restored"]["objects"]),
        (&json!(point), &json!(1)),
        "{restored}"
    );

    // The policy of the vault keeps the backups from mistakes there, too.
    let delete = format!(
        "backup delete-recovery-point --backup-vault-name {name} --recovery-point-arn {point} --region eu-west-1"
    );
    assert!(as_account("000000000002", &delete).2.contains("AccessDenied"));

    // Somebody there closes the vault: the objective is not met, and the next apply opens it again.
    there(&format!("backup delete-backup-vault-access-policy --backup-vault-name {name}"));
    assert_eq!(as_account("000000000002", &delete).0, 0, "nothing else kept the backup");
    let drift = bench.run("plan policies").expect(0).stdout;
    assert!(drift.contains("~ aws.backup-vault.ireland update (drift)"), "{drift}");
    assert!(drift.contains("RPO  unbounded → 34 h"), "no copy could arrive: {drift}");
    bench.run("apply policies --yes").expect(0);
    bench.run("plan policies --detailed-exitcode").expect(0);
}

/// What looks has a session of the estate, and what changes has one of the run.
fn sessions_name_the_run(proxy: &Weather) {
    let requests = proxy.requests();
    let names: Vec<String> = requests
        .iter()
        .filter(|request| request.body().contains("Action=AssumeRole&"))
        .filter_map(|request| {
            let body = request.body();
            let name = body.split('&').find_map(|part| part.strip_prefix("RoleSessionName="))?;
            Some(name.to_owned())
        })
        .collect();
    assert_eq!(names, ["holdfast-acme", "holdfast-acme-run-1"]);
    let keys = |is: &dyn Fn(&str) -> bool| -> BTreeSet<String> {
        let there = requests.iter().filter(|request| is(request.line()));
        let key = |request: &Request| {
            let header = request.header("authorization")?;
            let (key, scope) = header.split_once("Credential=")?.1.split_once('/')?;
            scope.contains("/eu-west-1/backup/").then(|| key.to_owned())
        };
        there.filter_map(key).collect()
    };
    let (looks, changes) = (keys(&|line| line.starts_with("GET")), keys(&|line| line.starts_with("PUT")));
    assert_eq!((looks.len(), changes.len()), (1, 1), "{looks:?} {changes:?}");
    assert!(looks.is_disjoint(&changes), "{looks:?} {changes:?}");
}
