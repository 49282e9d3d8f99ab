//! A continuous backup: what AWS's own command line shows of it, and what a status says of the one that AWS Backup makes.

use serde_json::{Value, json};

use crate::support::{Bench, Standin};

const POLICY: &str = r#"
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
    bucket: acme-live-docs
    size: { value: 1GiB, because: the test is small }
    backups:
      - { strategy: daily, at: "03:00", keep: 35d, to: [virginia, ireland], continuous: true }
objectives: { rto: 24h, rpo: 48h }
assumptions:
  backup-copy: { value: 1h, because: the same }
  detection: { value: 5m, because: the test is about backups }
  restore-throughput: { value: 1MiB/s, because: the same }
recovery: [{ step: restore, does: restore data.docs }]
"#;

const CALLER: &str = "arn:aws:iam::000000000001:role/any";

/// EventBridge gets the events of the bucket, and whoever got them before still does.
#[test]
fn continuous_backup_has_the_events_of_its_bucket() {
    let standin = Standin::start();
    standin.reset();
    standin.aws("s3api create-bucket --bucket acme-live-docs --region us-east-1");
    let topic = standin.aws("sns create-topic --name others --region us-east-1")["TopicArn"].clone();
    let others = json!({"TopicConfigurations": [{
        "Id": "theirs", "TopicArn": topic, "Events": ["s3:ObjectCreated:*"],
    }]});
    standin.aws_args(&[
        "s3api",
        "put-bucket-notification-configuration",
        "--bucket",
        "acme-live-docs",
        "--notification-configuration",
        &others.to_string(),
    ]);
    let bench = Bench::aws(&standin);
    bench.write("policies/all.yaml", POLICY);
    bench.run("apply policies --yes").expect(0);
    let seen =
        standin.aws("s3api get-bucket-notification-configuration --bucket acme-live-docs --region us-east-1");
    assert_eq!(seen["EventBridgeConfiguration"], json!({}), "{seen}");
    assert_eq!(seen["TopicConfigurations"], others["TopicConfigurations"], "what others set up stays");
    let plan = standin.aws("backup list-backup-plans --region us-east-1")["BackupPlansList"][0].clone();
    let id = plan["BackupPlanId"].as_str().unwrap();
    let plan = standin.aws(&format!("backup get-backup-plan --backup-plan-id {id} --region us-east-1"));
    assert_eq!(plan["BackupPlan"]["Rules"][0]["EnableContinuousBackup"], true, "{plan}");
    bench.run("plan policies --detailed-exitcode").expect(0);

    let status =
        || -> Value { serde_json::from_str(&bench.run("status policies --format json").stdout).unwrap() };
    let vault = standin.aws("backup list-backup-vaults --region us-east-1")["BackupVaultList"][0].clone();
    let make = |token: &str| {
        let vault = vault["BackupVaultName"].as_str().unwrap();
        standin.aws(&format!(
            "backup start-backup-job --backup-vault-name {vault} --resource-arn arn:aws:s3:::acme-live-docs \
             --iam-role-arn {CALLER} --idempotency-token {token} --region us-east-1"
        ));
    };
    // AWS Backup makes snapshots where it cannot make a continuous backup, and says nothing.
    make("whole-1");
    let fault = status()["backups"][0]["fault"].clone();
    assert!(fault.as_str().unwrap().contains("is not continuous: the last one is a snapshot"), "{fault}");
    make("continuous-1");
    let seen = status()["backups"][0].clone();
    assert_eq!(
        (&seen["continuous"], &seen["age_seconds"], &seen["fault"]),
        (&true.into(), &900.into(), &Value::Null)
    );

    // Somebody turns the events off: the next plan turns them on again.
    standin.aws(
        "s3api put-bucket-notification-configuration --bucket acme-live-docs --notification-configuration {}",
    );
    let drift = bench.run("plan policies").expect(0).stdout;
    assert!(drift.contains("+ aws.bucket-events.files.docs create"), "{drift}");
}
