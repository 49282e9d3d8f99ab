//! A copy in another account, as AWS's own command line shows it to both accounts.

use serde_json::{Value, json};

use crate::support::{Bench, Standin};

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
}
