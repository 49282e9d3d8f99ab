//! A backup plan that somebody made by hand, for a bucket that a policy backs up.

use serde_json::json;

use crate::support::{Bench, Standin};

const POLICY: &str = r#"
kind: estate
name: acme
sites: { virginia: { aws: us-east-1 }, ireland: { aws: eu-west-1 } }
---
kind: service
name: files
primary: virginia
data:
  docs:
    bucket: acme-backed-up-twice
    size: { value: 1GiB, because: the test is small }
    backups: [{ strategy: daily, at: "03:00", keep: 35d, to: [ireland] }]
objectives: { rto: 24h, rpo: 48h }
assumptions:
  backup-copy: { value: 1h, because: the test is about plans }
  detection: { value: 5m, because: the same }
  restore-throughput: { value: 1MiB/s, because: the same }
recovery: [{ step: restore, does: restore data.docs }]
"#;

/// The plan says that the bucket is backed up twice, before the first apply and after it, and leaves what others made.
#[test]
fn backup_plan_of_others_for_the_same_bucket_is_told() {
    let standin = Standin::start();
    standin.reset();
    let aws = |service: &str, operation: &str, more: &[&str]| {
        standin.aws_args(&[&[service, operation, "--region", "us-east-1"], more].concat())
    };
    aws("s3api", "create-bucket", &["--bucket", "acme-backed-up-twice"]);
    aws("backup", "create-backup-vault", &["--backup-vault-name", "theirs"]);
    let make = |name: &str, selection: serde_json::Value| {
        let plan = json!({"BackupPlanName": name, "Rules": [{
            "RuleName": "nightly", "TargetBackupVaultName": "theirs", "ScheduleExpression": "cron(0 1 * * ? *)",
            "Lifecycle": {"DeleteAfterDays": 7},
        }]});
        let made = aws("backup", "create-backup-plan", &["--backup-plan", &plan.to_string()]);
        let id = made["BackupPlanId"].as_str().unwrap().to_owned();
        let selection = selection.to_string();
        aws(
            "backup",
            "create-backup-selection",
            &["--backup-plan-id", &id, "--backup-selection", &selection],
        );
    };
    let role = "arn:aws:iam::000000000001:role/theirs";
    let selects = |resources: serde_json::Value| json!({"SelectionName": "theirs", "IamRoleArn": role, "Resources": resources});
    make("nightly", selects(json!(["arn:aws:s3:::acme-backed-*"])));
    make("unrelated", selects(json!(["arn:aws:s3:::acme-other"])));
    let tags = json!([{"ConditionType": "STRINGEQUALS", "ConditionKey": "backup", "ConditionValue": "yes"}]);
    make("holdfast-other-docs-1234", selects(json!(["arn:aws:s3:::*-twice"])));
    make("tagged", json!({"SelectionName": "theirs", "IamRoleArn": role, "ListOfTags": tags}));

    let bench = Bench::aws(&standin);
    bench.write("policies/all.yaml", POLICY);
    let told = |said: &str| {
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            said.contains(
                "the bucket `acme-backed-up-twice` is also backed up by the backup plan `nightly` and may also be backed up by the \
                 backup plans `holdfast-other-docs-1234`, `tagged` ("
            ),
            "{said}"
        );
        assert!(
            said.contains(
                "Before you stop one of them, check that a backup of the other one can be restored."
            ),
            "{said}"
        );
        assert!(!said.contains("decides an objective"), "{said}");
        assert!(!said.contains("unrelated"), "{said}");
    };
    told(&bench.run("plan policies").expect(0).stdout);
    bench.run("apply policies --yes").expect(0);
    told(&bench.run("plan policies").expect(0).stdout);
    let names = aws("backup", "list-backup-plans", &[])["BackupPlansList"].clone();
    assert_eq!(names.as_array().map(Vec::len), Some(5), "{names}");
}
