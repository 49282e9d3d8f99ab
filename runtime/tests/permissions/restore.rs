//! The document of a restore is enough, and nothing in it is too much.

use std::collections::BTreeSet;

use holdfast::provider::aws::permissions::{Use, calls, of};
use holdfast::provider::aws::permissions_page::policy;
use serde_json::{Value, json};

use crate::permissions::requests::{check, recorded};
use crate::permissions::user::User;
use crate::permissions::{ACCOUNT, shapes};
use crate::support::weather::Weather;
use crate::support::{Bench, Ran, Standin};

/// What cannot be tried: the stand-in asks neither for the tags of a copy nor for keys or roles, and nothing is given up.
const UNTRIED: [&str; 6] = [
    "s3:GetObjectVersionTagging",
    "s3:PutObjectTagging",
    "s3:AbortMultipartUpload",
    "kms:Decrypt",
    "kms:GenerateDataKey",
    "iam:PassRole",
];

/// Whether a restore of versions needs it, and the stand-in asks for it.
fn is_tried(action: &str) -> bool {
    !UNTRIED.contains(&action) && !action.starts_with("backup:")
}

/// A user, two objects, and an empty bucket that is none of the estate's.
fn objects(standin: &Standin) -> User<'_> {
    let user = User::new(standin);
    let orders = "--bucket acme-shop-orders --region eu-central-1";
    let place = "--create-bucket-configuration LocationConstraint=eu-central-1";
    standin.aws(&format!("s3api create-bucket {orders} {place}"));
    standin.aws(&format!("s3api put-bucket-versioning {orders} --versioning-configuration Status=Enabled"));
    standin.aws("s3api create-bucket --bucket rescue --region us-east-1");
    // Without a checksum, so that they are read as well.
    for key in ["order", "secret"] {
        standin.put_bare("acme-shop-orders", "eu-central-1", key, "text");
    }
    user
}

/// The moment that includes all that was written until now.
fn now() -> String {
    format!("{:.3}", jiff::Timestamp::now())
}

/// The statements of `apply` about the journal, which is in a bucket here, beside those of a document.
fn with_journal(document: &Value) -> Value {
    let (mut document, apply) = (document.clone(), policy(Use::Apply));
    let of_journal = |one: &&Value| one["Resource"].as_str().is_some_and(|on| on.contains(":::JOURNAL"));
    let journal = apply["Statement"].as_array().unwrap().iter().filter(of_journal).cloned();
    document["Statement"].as_array_mut().unwrap().extend(journal);
    document
}

/// Restore them with a document and the statements of `apply` about the journal, which is in a bucket here. Each time to another place, so
/// that everything is done.
fn restore(user: &User<'_>, document: &Value, place: usize) -> Ran {
    let document = with_journal(document);
    let words = "restore policies --service web-shop --data orders --yes --to-time";
    user.run(&document, &format!("{words} {} --into rescue/{place}/", now()))
}

#[test]
fn every_request_of_a_restore_names_the_owner_and_is_in_the_table() {
    let standin = Standin::start();
    let bench = Bench::aws(&standin);
    bench.shipped_policies();
    for bucket in ["acme-payments-ledger", "rescue"] {
        standin.aws(&format!("s3api create-bucket --bucket {bucket} --region us-east-1"));
        let versioning = "put-bucket-versioning --versioning-configuration Status=Enabled";
        standin.aws(&format!("s3api {versioning} --bucket {bucket} --region us-east-1"));
    }
    standin.put_bare("acme-payments-ledger", "us-east-1", "entry", "one");
    standin.put_bare("acme-payments-ledger", "us-east-1", "large", &"more ".repeat(1 << 20 | 1));
    let words =
        "restore policies --service payments --data ledger --into rescue --part-size 5MiB --yes --to-time";
    let (_, requests) = recorded(&bench, &standin, &format!("{words} {}", now()));
    let seen = check(&requests, Use::Restore);
    let wrong = shapes::faults(&requests);
    assert!(wrong.is_empty(), "{wrong:#?}");
    for listed in calls().iter().filter(|listed| listed.is_of_a_restore()) {
        let operation = listed.call.operation;
        // Those of a recovery point are tried below.
        let rare = operation == "s3:AbortMultipartUpload" || operation.starts_with("backup:");
        assert!(rare || seen.contains(operation), "{operation} was never made");
    }
}

#[test]
fn documented_permissions_of_a_restore_are_sufficient_and_none_is_too_much() {
    let standin = Standin::guarded();
    let user = objects(&standin);
    let whole = policy(Use::Restore);
    restore(&user, &whole, 0).expect(0);
    let actions: BTreeSet<&str> = of(Use::Restore).iter().map(|permission| permission.action).collect();
    for (place, action) in actions.iter().filter(|action| is_tried(action)).enumerate() {
        let mut document = whole.clone();
        for statement in document["Statement"].as_array_mut().unwrap() {
            statement["Action"].as_array_mut().unwrap().retain(|one| one != action);
        }
        document["Statement"].as_array_mut().unwrap().retain(|one| one["Action"] != json!([]));
        let ran = restore(&user, &document, place + 1);
        let said = format!("{}{}", ran.stdout, ran.stderr);
        // Without the rules of the lifecycle, nobody knows what may be gone.
        assert_eq!(ran.code, i32::from(*action != "sts:AssumeRole"), "without {action}: {said}");
    }
}

#[test]
fn object_that_may_not_be_read_is_listed_and_the_others_are_restored() {
    let standin = Standin::guarded();
    let user = objects(&standin);
    let mut document = policy(Use::Restore);
    let secret = json!({"Effect": "Deny", "Action": "s3:GetObject*", "Resource": "arn:aws:s3:::acme-shop-orders/secret"});
    document["Statement"].as_array_mut().unwrap().push(secret);
    let ran = restore(&user, &document, 0).expect(1);
    assert!(ran.stdout.contains("Copied and verified: 1 object (4 bytes)."), "{}", ran.stdout);
    assert!(ran.stdout.contains("NOT RESTORED, OR NOT VERIFIED: 1\n  secret  (version "), "{}", ran.stdout);
    assert!(ran.stdout.contains("NOT COMPLETE"), "{}", ran.stdout);
    // Once it may be read, the same command restores what is missing.
    let ran = restore(&user, &policy(Use::Restore), 0).expect(0);
    assert!(ran.stdout.contains("Copied and verified: 1 object (4 bytes)."), "{}", ran.stdout);
    assert!(ran.stdout.contains("There already, and verified: 1 object (4 bytes)."), "{}", ran.stdout);
}

const SMALL: &str = "
kind: estate
name: acme
sites: { virginia: { aws: us-east-1 } }
---
kind: service
name: files
primary: virginia
data:
  docs:
    bucket: acme-docs
    backups: [{ strategy: daily, at: \"03:00\", to: [virginia], keep: 35d }]
objectives: { rto: undecided, rpo: undecided }
assumptions:
  detection: { value: 5m, because: the test is about restores }
  noticed: { value: 5m, because: the test is about restores }
recovery: [{ step: restore-it, does: restore data.docs, takes: 30m }]
";

/// A backup of an object, and an empty bucket. Returns the role of a restore job.
fn backed_up(standin: &Standin) -> String {
    standin.aws("s3api create-bucket --bucket rescue --region us-east-1");
    let versioning = "put-bucket-versioning --versioning-configuration Status=Enabled";
    standin.aws(&format!("s3api {versioning} --bucket rescue --region us-east-1"));
    standin.put_bare("acme-docs", "us-east-1", "one", "text");
    let vault = standin.aws("backup list-backup-vaults --region us-east-1")["BackupVaultList"][0].clone();
    let role = format!("arn:aws:iam::{ACCOUNT}:role/restore-AWSBackup");
    standin.aws(&format!(
        "backup start-backup-job --backup-vault-name {} --resource-arn arn:aws:s3:::acme-docs --iam-role-arn {role} \
         --idempotency-token whole-1 --region us-east-1",
        vault["BackupVaultName"].as_str().unwrap()
    ));
    role
}

/// The document without an action.
fn without(document: &Value, action: &str) -> Value {
    let mut document = document.clone();
    for statement in document["Statement"].as_array_mut().unwrap() {
        if let Some(actions) = statement["Action"].as_array_mut() {
            actions.retain(|one| one != action);
        }
    }
    document["Statement"].as_array_mut().unwrap().retain(|one| one["Action"] != json!([]));
    document
}

#[test]
fn documented_permissions_restore_a_recovery_point_and_none_is_too_much() {
    let standin = Standin::guarded();
    let user = User::new(&standin);
    user.bench.write("small/all.yaml", SMALL);
    user.bench.run("apply small --yes --journal s3://team-journal/acme").expect(0);
    let role = backed_up(&standin);
    let whole = with_journal(&policy(Use::Restore));
    let words = format!(
        "restore small --service files --data docs --yes --from backup --role {role} --ask-every 0s --into rescue --to-time {}",
        now()
    );
    let dry = format!("{words} --dry-run");
    user.run(&whole, &dry).expect(0);
    for [action, words] in [
        ["backup:ListRecoveryPointsByBackupVault", &dry],
        // Without them nobody can tell whether it is whole.
        ["backup:ListBackupJobs", &dry],
        ["backup:ListCopyJobs", &dry],
        ["backup:StartRestoreJob", &words],
        ["backup:DescribeRestoreJob", &words],
    ] {
        let ran = user.run(&without(&whole, action), words);
        assert_eq!(ran.code, 1, "without {action}: {}{}", ran.stdout, ran.stderr);
    }
    let weather = Weather::start(standin.url(), 0, &[]);
    let ran = user.run_at(&weather.url(), &whole, &words).expect(0);
    assert!(ran.stdout.contains("Restored and verified: 1 object (4 bytes)."), "{}", ran.stdout);
    assert!(ran.stderr.contains("recorded as run 2 of the journal"), "{}", ran.stderr);
    let requests: Vec<_> =
        weather.requests().into_iter().filter(|one| !one.line().contains("/team-journal")).collect();
    let seen = check(&requests, Use::Restore);
    let wrong = shapes::faults(&requests);
    assert!(wrong.is_empty(), "{wrong:#?}");
    // The job was asked for and looked at by the run that was not allowed to look on.
    let earlier = ["backup:StartRestoreJob"];
    for listed in calls().iter().filter(|listed| listed.call.operation.starts_with("backup:")) {
        let operation = listed.call.operation;
        let made = seen.contains(operation) || earlier.contains(&operation);
        assert!(!listed.is_of_a_restore() || made, "{operation} was never made");
    }
}
