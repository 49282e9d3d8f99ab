//! What AWS's own command line shows of the backups of the shipped policies.

use serde_json::{Value, json};

use crate::support::Standin;

const ACCOUNT: &str = "000000000001";

fn vaults(standin: &Standin, region: &str) -> Vec<Value> {
    let list = standin.aws(&format!("backup list-backup-vaults --region {region}"));
    list["BackupVaultList"].as_array().unwrap().clone()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("{name} of {value}"))
}

/// The daily backup of the ledger is made in Virginia, where nobody asks for a lock, and is copied to a locked vault in
/// Ireland.
pub(crate) fn backups(standin: &Standin) {
    let [here] = vaults(standin, "us-east-1").try_into().unwrap();
    let [there] = vaults(standin, "eu-west-1").try_into().unwrap();
    assert!(text(&here, "BackupVaultName").starts_with("holdfast-acme-virginia-"));
    assert!(text(&there, "BackupVaultName").starts_with("holdfast-acme-ireland-compliance-"));
    assert_eq!((&here["Locked"], &there["Locked"]), (&json!(false), &json!(true)));
    assert!(!there["LockDate"].is_null() && here["LockDate"].is_null());
    for (vault, region) in [(&here, "us-east-1"), (&there, "eu-west-1")] {
        let (name, arn) = (text(vault, "BackupVaultName"), text(vault, "BackupVaultArn"));
        let get =
            format!("backup get-backup-vault-access-policy --backup-vault-name {name} --region {region}");
        let policy: Value = serde_json::from_str(text(&standin.aws(&get), "Policy")).unwrap();
        let [statement] = <[Value; 1]>::try_from(policy["Statement"].as_array().unwrap().clone()).unwrap();
        assert_eq!((&statement["Effect"], &statement["Principal"]), (&json!("Deny"), &json!("*")));
        assert!(statement["Action"].as_array().unwrap().contains(&json!("backup:DeleteRecoveryPoint")));
        let tags =
            standin.aws(&format!("backup list-tags --resource-arn {arn} --region {region}"))["Tags"].clone();
        let site = if region == "us-east-1" { "virginia" } else { "ireland" };
        assert_eq!(tags, json!({"holdfast:estate": "acme", "holdfast:site": site}));
    }

    let plans = standin.aws("backup list-backup-plans --region us-east-1")["BackupPlansList"].clone();
    let [plan] = <[Value; 1]>::try_from(plans.as_array().unwrap().clone()).unwrap();
    let id = text(&plan, "BackupPlanId");
    let get = format!("backup get-backup-plan --backup-plan-id {id} --region us-east-1");
    let rules = standin.aws(&get)["BackupPlan"]["Rules"].clone();
    assert_eq!(
        rules,
        json!([{
            "RuleName": "daily-0300",
            "TargetBackupVaultName": here["BackupVaultName"],
            "ScheduleExpression": "cron(0 3 * * ? *)",
            "ScheduleExpressionTimezone": "Etc/UTC",
            "StartWindowMinutes": 60,
            "CompletionWindowMinutes": 480,
            "Lifecycle": {"DeleteAfterDays": 35},
            "CopyActions": [{
                "DestinationBackupVaultArn": there["BackupVaultArn"],
                "Lifecycle": {"DeleteAfterDays": 35},
            }],
        }])
    );
    let list = format!("backup list-backup-selections --backup-plan-id {id} --region us-east-1");
    let selections = standin.aws(&list)["BackupSelectionsList"].clone();
    let [selection] = <[Value; 1]>::try_from(selections.as_array().unwrap().clone()).unwrap();
    let get = format!(
        "backup get-backup-selection --backup-plan-id {id} --selection-id {} --region us-east-1",
        text(&selection, "SelectionId")
    );
    let selection = standin.aws(&get)["BackupSelection"].clone();
    assert_eq!(selection["Resources"], json!(["arn:aws:s3:::acme-payments-ledger"]));
    let role = text(&selection, "IamRoleArn").rsplit('/').next().unwrap().to_owned();
    // AWS Backup API Reference, `BackupJob`: other roles cannot back up.
    assert!(role.contains("AWSBackup"), "{role}");
    let trust = &standin.aws(&format!("iam get-role --role-name {role}"))["Role"]["AssumeRolePolicyDocument"];
    assert_eq!(trust["Statement"][0]["Principal"], json!({"Service": "backup.amazonaws.com"}));
    assert_eq!(trust["Statement"][0]["Condition"], json!({"StringEquals": {"aws:SourceAccount": ACCOUNT}}));
    let get = format!("iam get-role-policy --role-name {role} --policy-name holdfast-replication");
    let statements = standin.aws(&get)["PolicyDocument"]["Statement"].clone();
    for statement in statements.as_array().unwrap() {
        let actions = statement["Action"].to_string();
        assert!(!actions.contains('*') && !actions.contains("Delete\""), "{actions}");
        if actions.contains("s3:GetObject") {
            assert_eq!(statement["Resource"], json!(["arn:aws:s3:::acme-payments-ledger/*"]));
        }
    }
}
