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

#[test]
fn versions_are_locked_at_the_copy_and_at_the_source() {
    let standin = Standin::start();
    standin.reset();
    // A bucket that exists, with an object that is older than the lock.
    standin.aws("s3api create-bucket --bucket acme-kept-docs --region us-east-1");
    standin.aws("s3api put-object --bucket acme-kept-docs --key old --region us-east-1");
    let bench = Bench::aws(&standin);
    let locked = POLICY.replace("    keep-versions: 30d\n", "    lock: { mode: compliance, keep: 30d }\n");
    bench.write("policies/all.yaml", &locked);
    let consents =
        ["virginia", "oregon"].map(|site| format!("--allow lock:aws.bucket-lock.files.docs.{site}"));
    let consents = consents.join(" ");
    bench.run("apply policies --yes").expect(4);
    bench.run(&format!("apply policies --yes {consents}")).expect(0);
    for (bucket, region) in [("acme-kept-docs", "us-east-1"), (COPY, "us-west-2")] {
        let asked = format!("s3api get-object-lock-configuration --bucket {bucket} --region {region}");
        let found = standin.aws(&asked)["ObjectLockConfiguration"].clone();
        let retention = json!({"Mode": "COMPLIANCE", "Days": 30});
        let rule = json!({"DefaultRetention": retention});
        assert_eq!(found, json!({"ObjectLockEnabled": "Enabled", "Rule": rule}), "{bucket}");
    }
    bench.run("plan policies --detailed-exitcode").expect(0);

    // A version that is written from now on stays, one that is older does not.
    let versions = |key: &str| {
        let listed = standin.aws(&format!(
            "s3api list-object-versions --bucket acme-kept-docs --prefix {key} --region us-east-1"
        ));
        listed["Versions"][0]["VersionId"].as_str().unwrap().to_owned()
    };
    let delete = |key: &str| {
        let version = versions(key);
        let bucket = ["s3api", "delete-object", "--bucket", "acme-kept-docs", "--region", "us-east-1"];
        standin.try_aws(&[&bucket[..], &["--key", key, "--version-id", &version]].concat())
    };
    standin.aws("s3api put-object --bucket acme-kept-docs --key new --region us-east-1");
    let refused = delete("new").2;
    assert!(refused.contains("AccessDenied"), "{refused}");
    assert_eq!(delete("old").2, "");

    // Somebody makes it a year: whether that is longer or shorter, nobody says, so the way back needs a consent and has a warning.
    let put = "s3api put-object-lock-configuration --bucket acme-kept-docs --region us-east-1";
    let year =
        r#"{"ObjectLockEnabled":"Enabled","Rule":{"DefaultRetention":{"Mode":"COMPLIANCE","Years":1}}}"#;
    standin.aws(&format!("{put} --object-lock-configuration {year}"));
    let years = bench.run("plan policies").expect(0).stdout;
    assert!(years.contains("1 years → 30") && years.contains("! new versions are then locked"), "{years}");
    assert!(years.contains("CANNOT BE UNDONE: aws.bucket-lock.files.docs.virginia"), "{years}");

    // Somebody takes the retention of new versions away: a difference, and taking it back needs a consent again.
    let off = r#"{"ObjectLockEnabled":"Enabled"}"#;
    standin.aws(&format!("{put} --object-lock-configuration {off}"));
    let drift = bench.run("plan policies").expect(0).stdout;
    assert!(drift.contains("~ aws.bucket-lock.files.docs.virginia update (drift)"), "{drift}");
    assert!(drift.contains("CANNOT BE UNDONE: aws.bucket-lock.files.docs.virginia"), "{drift}");
    bench.run(&format!("apply policies --yes {consents}")).expect(0);
    bench.run("plan policies --detailed-exitcode").expect(0);
}
