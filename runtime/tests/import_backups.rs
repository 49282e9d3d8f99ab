//! `holdfast import` of AWS Backup plans that somebody made with the AWS command line tool.

use serde_json::{Value, json};

use crate::support::{Bench, Standin};

/// What is there: three buckets, and the plans that back them up.
struct There<'a> {
    standin: &'a Standin,
}

impl There<'_> {
    fn aws(&self, service: &str, operation: &str, more: &[&str]) -> Value {
        self.standin.aws_args(&[&[service, operation, "--region", "us-east-1"], more].concat())
    }

    fn bucket(&self, name: &str) {
        self.aws("s3api", "create-bucket", &["--bucket", name]);
        let on = "Status=Enabled";
        self.aws("s3api", "put-bucket-versioning", &["--bucket", name, "--versioning-configuration", on]);
    }

    fn plan(&self, name: &str, rules: &Value, selection: &Value) {
        let plan = json!({"BackupPlanName": name, "Rules": rules}).to_string();
        let made = self.aws("backup", "create-backup-plan", &["--backup-plan", &plan]);
        let id = made["BackupPlanId"].as_str().unwrap();
        let mut selection = selection.clone();
        selection["SelectionName"] = json!("theirs");
        selection["IamRoleArn"] = json!("arn:aws:iam::000000000000:role/theirs");
        let of = ["--backup-plan-id", id, "--backup-selection", &selection.to_string()];
        self.aws("backup", "create-backup-selection", &of);
    }

    /// Everything of AWS Backup in the region, as the command line tool sees it.
    fn backups(&self) -> Vec<Value> {
        let plans = self.aws("backup", "list-backup-plans", &[])["BackupPlansList"].clone();
        let mut all = vec![self.aws("backup", "list-backup-vaults", &[])];
        for plan in plans.as_array().unwrap() {
            let id = plan["BackupPlanId"].as_str().unwrap();
            all.push(self.aws("backup", "get-backup-plan", &["--backup-plan-id", id])["BackupPlan"].clone());
            all.push(self.aws("backup", "list-backup-selections", &["--backup-plan-id", id]));
        }
        all
    }
}

fn rule(name: &str, schedule: &str, more: &Value) -> Value {
    let mut rule = json!({
        "RuleName": name, "TargetBackupVaultName": "theirs", "ScheduleExpression": schedule,
        "StartWindowMinutes": 120, "CompletionWindowMinutes": 600, "Lifecycle": {"DeleteAfterDays": 35},
    });
    for (key, value) in more.as_object().unwrap() {
        rule[key] = value.clone();
    }
    rule
}

#[test]
fn backup_plans_of_others_are_written_as_far_as_a_policy_can_say_them() {
    let standin = Standin::start();
    let there = There { standin: &standin };
    ["acme-ledger", "acme-media", "acme-web"].into_iter().for_each(|bucket| there.bucket(bucket));
    for region in ["us-east-1", "eu-west-1"] {
        let named = ["backup", "create-backup-vault", "--backup-vault-name", "theirs", "--region", region];
        standin.aws_args(&named);
    }
    let account = standin.aws("sts get-caller-identity")["Account"].as_str().unwrap().to_owned();
    let copy = json!({"CopyActions": [{
        "DestinationBackupVaultArn": format!("arn:aws:backup:eu-west-1:{account}:backup-vault:theirs"),
        "Lifecycle": {"DeleteAfterDays": 35},
    }]});
    let nightly =
        [rule("night", "cron(30 5 ? * * *)", &copy), rule("month", "cron(0 5 1 * ? *)", &json!({}))];
    there.plan("nightly", &json!(nightly), &json!({"Resources": ["arn:aws:s3:::acme-ledger"]}));
    let cold = json!({"Lifecycle": {"DeleteAfterDays": 120, "MoveToColdStorageAfterDays": 30}});
    let archive = json!([rule("cold", "cron(0 5 * * ? *)", &cold)]);
    there.plan("archive", &archive, &json!({"Resources": ["arn:aws:s3:::acme-media"]}));
    let tags = json!([{"ConditionType": "STRINGEQUALS", "ConditionKey": "backup", "ConditionValue": "yes"}]);
    let daily = json!([rule("day", "cron(0 5 * * ? *)", &json!({}))]);
    there.plan("tagged", &daily, &json!({"ListOfTags": tags}));
    let before = there.backups();

    let bench = Bench::aws(&standin);
    let imported = bench.run("import --out estate.yaml --yes").expect(0);
    for said in [
        "backups of acme-ledger by the plan nightly: its rule `month` is due by `cron(0 5 1 * ? *)`, which is neither",
        "backups of acme-media by the plan archive: its rule `cold` has a `cold-after-days`, which a policy cannot say",
        "backup plan tagged: it may select acme-ledger, acme-media, acme-web: `holdfast import` does not evaluate tags",
    ] {
        assert!(imported.stderr.contains(said), "{}", imported.stderr);
    }
    let text = bench.read("estate.yaml");
    let written = "      - strategy: daily\n        at: \"05:30\"\n        to: [us-east-1, eu-west-1]\n        keep: 35d\n        \
                   windows: { start: 2h, complete: 10h }\n";
    assert!(text.contains(written), "{text}");
    assert_eq!(text.matches("strategy:").count(), 1, "{text}");
    assert!(text.contains("# Not written: `tagged` of AWS Backup."), "{text}");
    bench.run("fmt --check estate.yaml").expect(0);
    bench.run("validate estate.yaml").expect(0);

    // The next plan makes the vaults and the plan of Holdfast beside theirs, and says so.
    let plan = bench.run("plan estate.yaml").expect(0).stdout;
    assert!(plan.contains("+ aws.backup-vault.eu-west-1 create"), "{plan}");
    let words = plan.split_whitespace().collect::<Vec<_>>().join(" ");
    let also = "the bucket `acme-ledger` is also backed up by the backup plan `nightly` and may also be backed up by the backup \
                plan `tagged`";
    assert!(words.contains(also), "{plan}");
    assert_eq!(there.backups(), before);
}
