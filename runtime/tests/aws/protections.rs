//! What protects a bucket besides its own settings, as AWS's own command line shows it: our statements in its policy and our rule in its
//! lifecycle configuration, beside those of others.

use serde_json::{Value, json};

use crate::support::{Bench, Standin};

const POLICY: &str = r"
kind: estate
name: acme
sites:
  virginia: { aws: us-east-1 }
  oregon: { aws: us-west-2 }
defaults:
  assumptions:
    detection: { value: 5m, because: the test is about buckets }
    noticed: { value: 1h, because: the same }
---
kind: service
name: files
primary: virginia
data:
  docs:
    bucket: acme-kept-docs
    keep-versions: 30d
    backups: [{ strategy: real-time, to: [oregon] }]
recovery: [{ step: restore, does: restore data.docs, takes: 1h }]
";

const COPY: &str = "acme-kept-docs-us-west-2";

fn policy(standin: &Standin, bucket: &str, region: &str) -> Value {
    let answer = standin.aws(&format!("s3api get-bucket-policy --bucket {bucket} --region {region}"));
    serde_json::from_str(answer["Policy"].as_str().unwrap()).unwrap()
}

fn rules(standin: &Standin, bucket: &str, region: &str) -> Value {
    let command = format!("s3api get-bucket-lifecycle-configuration --bucket {bucket} --region {region}");
    standin.aws(&command)["Rules"].clone()
}

#[test]
fn buckets_are_protected_beside_what_others_set_up() {
    let standin = Standin::start();
    standin.reset();
    standin.aws("s3api create-bucket --bucket acme-kept-docs --region us-east-1");
    let theirs = json!({
        "Sid": "Auditors", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000001:root"},
        "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-kept-docs/*",
    });
    let document = json!({"Version": "2012-10-17", "Statement": [theirs]});
    let put = |command: &str, option: &str, document: &Value| {
        standin.aws_args(&["s3api", command, "--bucket", "acme-kept-docs", option, &document.to_string()]);
    };
    put("put-bucket-policy", "--policy", &document);
    let logs =
        json!({"ID": "logs", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 10}});
    put("put-bucket-lifecycle-configuration", "--lifecycle-configuration", &json!({"Rules": [logs]}));

    let bench = Bench::aws(&standin);
    bench.write("policies/all.yaml", POLICY);
    bench.run("apply policies --yes").expect(0);
    let source = policy(&standin, "acme-kept-docs", "us-east-1");
    let ids = |policy: &Value| -> Vec<String> {
        let all = policy["Statement"].as_array().unwrap().iter();
        all.map(|one| one["Sid"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(&source), ["Auditors", "HoldfastTlsOnly"], "{source}");
    assert_eq!(source["Statement"][0], theirs, "what others set up stays");
    let copy = policy(&standin, COPY, "us-west-2");
    assert_eq!(ids(&copy), ["HoldfastTlsOnly", "HoldfastReplicatedOnlyBy"], "{copy}");
    let role = standin.aws("iam list-roles")["Roles"][0]["Arn"].clone();
    assert_eq!(copy["Statement"][1]["Condition"]["ArnNotEquals"]["aws:PrincipalArn"], role, "{copy}");
    for (bucket, region, count) in [("acme-kept-docs", "us-east-1", 2), (COPY, "us-west-2", 1)] {
        let rules = rules(&standin, bucket, region);
        assert_eq!(rules.as_array().map(Vec::len), Some(count), "{rules}");
        let ours = &rules[count - 1];
        assert_eq!(ours["NoncurrentVersionExpiration"]["NoncurrentDays"], 30, "{rules}");
        assert_eq!(ours["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"], 7, "{rules}");
    }
    bench.run("plan policies --detailed-exitcode").expect(0);

    // The copy without its policy, and a rule that keeps versions for a shorter time, are found.
    standin.aws(&format!("s3api delete-bucket-policy --bucket {COPY} --region us-west-2"));
    let shorter = json!({"Rules": [logs, {
        "ID": "holdfast-versions", "Status": "Enabled", "Filter": {"Prefix": ""},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
    }]});
    put("put-bucket-lifecycle-configuration", "--lifecycle-configuration", &shorter);
    let drift = bench.run("plan policies").expect(0).stdout;
    assert!(drift.contains("+ aws.bucket-policy.files.docs.oregon create (drift)"), "{drift}");
    assert!(drift.contains("~ aws.bucket-lifecycle.files.docs.virginia update (drift)"), "{drift}");
    bench.run("apply policies --yes").expect(0);
    bench.run("plan policies --detailed-exitcode").expect(0);

    // Without the key our rules go, and those of others stay.
    bench.write("policies/all.yaml", &POLICY.replace("    keep-versions: 30d\n", ""));
    bench.run("apply policies --yes").expect(0);
    assert_eq!(rules(&standin, "acme-kept-docs", "us-east-1")[0]["ID"], "logs");
    let asked = ["s3api", "get-bucket-lifecycle-configuration", "--bucket", COPY, "--region", "us-west-2"];
    let none = standin.try_aws(&asked).2;
    assert!(none.contains("NoSuchLifecycleConfiguration"), "{none}");
}
