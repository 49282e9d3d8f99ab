//! What AWS's own command line shows of the keys that Holdfast makes.

use serde_json::{Value, json};

use crate::support::weather::Weather;
use crate::support::{Bench, Ran, Standin, aws_environment};

const ACCOUNT: &str = "000000000001";

/// One multi-Region key at two sites, and a vault with a key of its own.
const POLICY: &str = r#"
kind: estate
name: acme
sites:
  virginia: { aws: us-east-1, kms-key: managed }
  oregon: { aws: us-west-2, kms-key: { replica-of: virginia }, vault: { kms-key: managed } }
---
kind: service
name: files
primary: virginia
standby: [oregon]
data:
  docs:
    bucket: acme-keys-docs
    encrypt: aws:kms
    backups:
      - { strategy: real-time, to: [oregon] }
      - { strategy: daily, at: "03:00", keep: 35d, to: [oregon] }
assumptions:
  detection: { value: 5m, because: the test is about keys }
  backup-copy: { value: 1h, because: the same }
recovery: [{ step: read-the-copy, takes: 30m }]
"#;

fn bench(standin: &Standin) -> Bench<'_> {
    standin.reset();
    let bench = Bench::aws(standin);
    bench.write("policies/all.yaml", POLICY);
    bench
}

/// The keys of a region, each with its aliases.
fn keys(standin: &Standin, region: &str) -> Vec<(Value, Vec<String>)> {
    let all = standin.aws(&format!("kms list-keys --region {region}"))["Keys"].clone();
    let one = |key: &Value| {
        let id = key["KeyId"].as_str().unwrap();
        let found =
            standin.aws(&format!("kms describe-key --key-id {id} --region {region}"))["KeyMetadata"].clone();
        let aliases =
            standin.aws(&format!("kms list-aliases --key-id {id} --region {region}"))["Aliases"].clone();
        let name = |alias: &Value| alias["AliasName"].as_str().unwrap().to_owned();
        (found, aliases.as_array().unwrap().iter().map(name).collect())
    };
    all.as_array().unwrap().iter().map(one).collect()
}

/// The only key of a region whose alias begins like this.
fn key(standin: &Standin, region: &str, prefix: &str) -> (Value, String) {
    let mut found = keys(standin, region);
    found.retain(|(_, aliases)| aliases.iter().any(|alias| alias.starts_with(prefix)));
    assert_eq!(found.len(), 1, "{region}: {found:?}");
    let (key, aliases) = found.remove(0);
    assert_eq!(aliases.len(), 1, "{aliases:?}");
    (key, aliases[0].clone())
}

#[test]
fn managed_keys_are_made_used_and_rotated() {
    let standin = Standin::start();
    let bench = bench(&standin);
    bench.run("apply policies --yes").expect(0);
    bench.run("plan policies --detailed-exitcode").expect(0);
    let (primary, alias) = key(&standin, "us-east-1", "alias/holdfast-acme-virginia-");
    let (replica, same) = key(&standin, "us-west-2", "alias/holdfast-acme-virginia-");
    let (of_vault, _) = key(&standin, "us-west-2", "alias/holdfast-acme-oregon-vault-");
    assert_eq!(alias, same, "a replica has the name of its primary key");
    assert_eq!(primary["KeyId"], replica["KeyId"]);
    assert_eq!(replica["MultiRegionConfiguration"]["PrimaryKey"]["Arn"], primary["Arn"]);
    assert_eq!((&of_vault["MultiRegion"], &of_vault["KeyState"]), (&json!(false), &json!("Enabled")));
    for (key, region) in [(&primary, "us-east-1"), (&replica, "us-west-2"), (&of_vault, "us-west-2")] {
        let id = key["KeyId"].as_str().unwrap();
        let get = format!("kms get-key-policy --policy-name default --key-id {id} --region {region}");
        let policy: Value = serde_json::from_str(standin.aws(&get)["Policy"].as_str().unwrap()).unwrap();
        let root = json!({"AWS": format!("arn:aws:iam::{ACCOUNT}:root")});
        assert_eq!(policy["Statement"][0]["Principal"], root);
        assert_eq!(policy["Statement"][1]["Action"], json!(["kms:DisableKey", "kms:ScheduleKeyDeletion"]));
    }
    let rotation = format!(
        "kms get-key-rotation-status --key-id {} --region us-east-1",
        primary["KeyId"].as_str().unwrap()
    );
    let rotation = standin.aws(&rotation);
    assert_eq!(
        (&rotation["KeyRotationEnabled"], &rotation["RotationPeriodInDays"]),
        (&json!(true), &json!(365))
    );

    let of_site = |region: &str| format!("arn:aws:kms:{region}:{ACCOUNT}:{alias}");
    for (bucket, region) in [("acme-keys-docs", "us-east-1"), ("acme-keys-docs-us-west-2", "us-west-2")] {
        let found = standin.aws(&format!("s3api get-bucket-encryption --bucket {bucket} --region {region}"));
        let rule =
            &found["ServerSideEncryptionConfiguration"]["Rules"][0]["ApplyServerSideEncryptionByDefault"];
        assert_eq!(rule["KMSMasterKeyID"], of_site(region), "{bucket}");
    }
    let rules = standin.aws("s3api get-bucket-replication --bucket acme-keys-docs --region us-east-1");
    let rule = &rules["ReplicationConfiguration"]["Rules"][0];
    assert_eq!(rule["Destination"]["EncryptionConfiguration"]["ReplicaKmsKeyID"], of_site("us-west-2"));
    let vaults = standin.aws("backup list-backup-vaults --region us-west-2")["BackupVaultList"].clone();
    assert_eq!(vaults[0]["EncryptionKeyArn"], of_vault["Arn"], "AWS Backup takes no alias");
}

#[test]
fn key_whose_creation_was_not_answered_is_not_made_twice() {
    let standin = Standin::start();
    let bench = bench(&standin);
    let proxy = Weather::losing_writes(standin.url());
    let mut command = bench.command(&["apply", "policies", "--yes"]);
    aws_environment(&mut command, &proxy.url());
    Ran::from(command.output().unwrap()).expect(0);
    assert_eq!((keys(&standin, "us-east-1").len(), keys(&standin, "us-west-2").len()), (1, 2));
    bench.run("plan policies --detailed-exitcode").expect(0);
}

#[test]
fn disabled_key_is_enabled_and_a_scheduled_deletion_is_cancelled() {
    let standin = Standin::start();
    let bench = bench(&standin);
    bench.run("apply policies --yes").expect(0);
    let id =
        |region: &str, prefix: &str| key(&standin, region, prefix).0["KeyId"].as_str().unwrap().to_owned();
    let primary = id("us-east-1", "alias/holdfast-acme-virginia-");
    let of_vault = id("us-west-2", "alias/holdfast-acme-oregon-vault-");
    standin.aws(&format!("kms disable-key --key-id {primary} --region us-east-1"));
    standin.aws(&format!("kms schedule-key-deletion --key-id {of_vault} --region us-west-2"));
    let plan = bench.run("plan policies --detailed-exitcode").expect(2);
    assert!(plan.stdout.contains("aws.kms-key.virginia update (drift)"), "{}", plan.stdout);
    assert!(
        plan.stdout.contains("somebody has scheduled its deletion, which this cancels"),
        "{}",
        plan.stdout
    );
    bench.run("apply policies --yes").expect(0);
    for (region, prefix) in
        [("us-east-1", "alias/holdfast-acme-virginia-"), ("us-west-2", "alias/holdfast-acme-oregon-vault-")]
    {
        assert_eq!(key(&standin, region, prefix).0["KeyState"], "Enabled", "{region}");
    }
    bench.run("plan policies --detailed-exitcode").expect(0);
}

#[test]
fn key_that_no_policy_asks_for_any_more_stays_whatever_is_allowed() {
    let standin = Standin::start();
    let bench = bench(&standin);
    bench.run("apply policies --yes").expect(0);
    bench.write("policies/all.yaml", &POLICY.replace("    encrypt: aws:kms\n", ""));
    let applied = bench.run("apply policies --yes --allow many --allow destroy:aws.kms-key.oregon").expect(0);
    assert!(applied.stdout.contains("aws.kms-key.oregon stays"), "{}", applied.stdout);
    assert_eq!((keys(&standin, "us-east-1").len(), keys(&standin, "us-west-2").len()), (1, 2));
}

#[test]
fn key_that_cannot_be_used_is_refused_before_a_bucket_begins_to_use_it() {
    let standin = Standin::start();
    let bench = bench(&standin);
    let named =
        |key: &str| POLICY.replace("us-east-1, kms-key: managed", &format!("us-east-1, kms-key: \"{key}\""));
    let named = |key: &str| {
        named(key)
            .replace("kms-key: { replica-of: virginia }, ", "")
            .replace("      - { strategy: daily, at: \"03:00\", keep: 35d, to: [oregon] }\n", "")
    };
    bench.write("policies/all.yaml", &named("alias/acme-docs"));
    let refused = bench.run("plan policies").expect(3);
    assert!(
        refused.stderr.contains("E0607") && refused.stderr.contains("does not exist in us-east-1"),
        "{}",
        refused.stderr
    );
    let made =
        standin.aws("kms create-key --region us-east-1")["KeyMetadata"]["KeyId"].as_str().unwrap().to_owned();
    standin.aws(&format!(
        "kms create-alias --region us-east-1 --alias-name alias/acme-docs --target-key-id {made}"
    ));
    standin.aws(&format!("kms disable-key --key-id {made} --region us-east-1"));
    let refused = bench.run("apply policies --yes").expect(3);
    assert!(refused.stderr.contains("is in the state Disabled"), "{}", refused.stderr);
    assert!(standin.aws("s3api list-buckets")["Buckets"].as_array().unwrap().is_empty());
    standin.aws(&format!("kms enable-key --key-id {made} --region us-east-1"));
    bench.run("apply policies --yes").expect(0);
    // A key that fails later holds up nothing else.
    standin.aws(&format!("kms disable-key --key-id {made} --region us-east-1"));
    bench.run("plan policies --detailed-exitcode").expect(0);
    let status = bench.run("status policies").expect(3);
    assert!(status.stdout.contains("is in the state Disabled"), "{}", status.stdout);
}
