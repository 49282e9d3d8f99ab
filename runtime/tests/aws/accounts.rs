//! A copy in another account, as AWS's own command line shows it to both accounts.

use serde_json::{Value, json};

use crate::support::weather::{Fault, Weather};
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
