//! `holdfast import` on an estate as Terraform builds it: the same names, rule ids, priorities, set identifiers,
//! caller references and missing tags. Terraform is not available from package registries, so the AWS command line
//! tool builds the estate in the same way as its AWS provider (5.100).

use crate::support::{Bench, Standin};
use serde_json::{Value, json};

const SERVICES: usize = 3;

/// The buckets of a service: the suffix of the name and the region.
const BUCKETS: [(&str, &str); 3] = [("p", "us-east-1"), ("w", "us-west-2"), ("e", "eu-west-1")];

/// Build an estate in the way of Terraform, and return the id of its hosted zone.
fn built(standin: &Standin) -> String {
    let zone = standin.zone("acme.example");
    for service in 0..SERVICES {
        buckets(standin, service);
        replication(standin, service);
        traffic(standin, service, &zone);
    }
    zone
}

fn buckets(standin: &Standin, service: usize) {
    for (suffix, region) in BUCKETS {
        let (bucket, at) = (format!("acme-s{service}{suffix}"), format!("--region {region}"));
        let place = match region {
            "us-east-1" => String::new(),
            other => format!("--create-bucket-configuration LocationConstraint={other}"),
        };
        let on =
            "BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true";
        for call in [
            format!("create-bucket --bucket {bucket} {place} {at}"),
            format!(
                "put-bucket-tagging --bucket {bucket} --tagging TagSet=[{{Key=service,Value=s{service}}}] {at}"
            ),
            format!("put-bucket-versioning --bucket {bucket} --versioning-configuration Status=Enabled {at}"),
            format!(
                "put-public-access-block --bucket {bucket} --public-access-block-configuration {on} {at}"
            ),
        ] {
            standin.aws(&format!("s3api {call}"));
        }
    }
}

fn replication(standin: &Standin, service: usize) {
    let role = format!("repl-s{service}");
    let document = |statement: Value| json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
    let trust = document(
        json!({"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sts:AssumeRole"}),
    );
    let made = ["iam", "create-role", "--role-name", &role, "--assume-role-policy-document", &trust];
    let arn = standin.aws_args(&made)["Role"]["Arn"].as_str().unwrap().to_owned();
    let source = format!("arn:aws:s3:::acme-s{service}p");
    let actions = ["s3:GetReplicationConfiguration", "s3:ListBucket"];
    let policy = document(json!({"Effect": "Allow", "Action": actions, "Resource": source}));
    let named = "terraform-20261123223335255600000016";
    standin.aws_args(&[
        "iam",
        "put-role-policy",
        "--role-name",
        &role,
        "--policy-name",
        named,
        "--policy-document",
        &policy,
    ]);
    let rule = |id: &str, priority: u8| {
        json!({
            "ID": id, "Priority": priority, "Status": "Enabled", "Filter": {},
            "DeleteMarkerReplication": {"Status": "Enabled"},
            "Destination": {"Bucket": format!("arn:aws:s3:::acme-s{service}{id}")},
        })
    };
    let rules = json!({"Role": arn, "Rules": [rule("w", 1), rule("e", 2)]}).to_string();
    let bucket = format!("acme-s{service}p");
    standin.aws_args(&[
        "s3api",
        "put-bucket-replication",
        "--bucket",
        &bucket,
        "--replication-configuration",
        &rules,
    ]);
}

fn traffic(standin: &Standin, service: usize, zone: &str) {
    for (nth, (role, ip)) in [("primary", "192.0.2.10"), ("secondary", "198.51.100.10")].iter().enumerate() {
        let config = json!({
            "Type": "HTTPS", "FullyQualifiedDomainName": format!("{role}.s{service}.acme.example"), "Port": 443,
            "ResourcePath": "/healthz", "FailureThreshold": 3, "RequestInterval": 10, "EnableSNI": true,
        });
        let reference = format!("terraform-2026112322333525560000{service:02}{nth:02}");
        let config = config.to_string();
        let made = standin.aws_args(&[
            "route53",
            "create-health-check",
            "--caller-reference",
            &reference,
            "--health-check-config",
            &config,
        ]);
        change(
            standin,
            zone,
            &json!({
                "Name": format!("s{service}.acme.example"), "Type": "A", "TTL": 60, "SetIdentifier": role,
                "Failover": role.to_uppercase(), "HealthCheckId": made["HealthCheck"]["Id"],
                "ResourceRecords": [{"Value": ip}],
            }),
        );
    }
}

fn change(standin: &Standin, zone: &str, set: &Value) {
    let batch = json!({"Changes": [{"Action": "CREATE", "ResourceRecordSet": set}]}).to_string();
    standin.aws_args(&[
        "route53",
        "change-resource-record-sets",
        "--hosted-zone-id",
        zone,
        "--change-batch",
        &batch,
    ]);
}

/// All resources, as the AWS command line tool sees them.
fn everything(standin: &Standin, zone: &str) -> Vec<Value> {
    let mut all = vec![
        standin.aws("s3api list-buckets")["Buckets"].clone(),
        standin.aws("route53 list-health-checks")["HealthChecks"].clone(),
        standin.aws(&format!("route53 list-resource-record-sets --hosted-zone-id {zone}"))["ResourceRecordSets"].clone(),
        standin.aws("iam get-account-authorization-details")["RoleDetailList"].clone(),
    ];
    for service in 0..SERVICES {
        for (suffix, region) in BUCKETS {
            let of = format!("--bucket acme-s{service}{suffix} --region {region}");
            for read in [
                "get-bucket-versioning",
                "get-bucket-encryption",
                "get-public-access-block",
                "get-bucket-tagging",
            ] {
                all.push(standin.aws(&format!("s3api {read} {of}")));
            }
        }
        all.push(
            standin
                .aws(&format!("s3api get-bucket-replication --bucket acme-s{service}p --region us-east-1")),
        );
    }
    all
}

#[test]
fn resources_made_by_terraform_are_adopted_without_changes() {
    let standin = Standin::start();
    let zone = built(&standin);
    let before = everything(&standin, &zone);
    let bench = Bench::aws(&standin);
    let imported = bench.run("import --out estate.yaml --yes").expect(0);
    assert!(imported.stderr.contains("shows no changes"), "{}", imported.stderr);
    bench.run("validate estate.yaml").expect(0);
    bench.run("fmt --check estate.yaml").expect(0);
    let plan = bench.run("plan estate.yaml --detailed-exitcode").expect(0);
    assert!(plan.stdout.contains("No changes. All 28 resources"), "{}", plan.stdout);
    let again = bench.run("import estate.yaml").expect(0);
    assert_eq!(again.stdout, "");
    assert!(again.stderr.contains("Nothing to adopt"), "{}", again.stderr);
    assert_eq!(everything(&standin, &zone), before);
}

#[test]
fn leave_lists_can_be_removed_one_by_one() {
    let standin = Standin::start();
    built(&standin);
    let bench = Bench::aws(&standin);
    bench.run("import --out estate.yaml --yes").expect(0);
    let lines = ["  replication.acme-s0p: { leave: [rules] }\n", ", leave: [policy, tags, trust] }"];
    let text = bench.read("estate.yaml");
    let mended = text.replacen(lines[0], "", 1).replacen(lines[1], ", leave: [tags] }", 1);
    assert_ne!(text, mended);
    bench.write("policies/estate.yaml", &mended);
    // Terraform's policy is still on the role, so the role would have rights beyond Holdfast's policy.
    let refused = bench.run("import policies --yes").expect(3);
    assert!(refused.stderr.contains("\nE0605\n"), "{}", refused.stderr);
    let named = "terraform-20261123223335255600000016";
    assert!(refused.stderr.contains("`repl-s0`") && refused.stderr.contains(named), "{}", refused.stderr);
    standin.aws(&format!("iam delete-role-policy --role-name repl-s0 --policy-name {named}"));
    bench.run("import policies --yes").expect(0);
    let update = |address: &str| ("update".to_owned(), address.to_owned());
    assert_eq!(bench.pending(), [update("aws.role.s0.acme-s0p"), update("aws.replication.s0.acme-s0p")]);
    bench.run("apply policies --yes").expect(0);
    bench.run("plan policies --detailed-exitcode").expect(0);
    let rules = standin.aws("s3api get-bucket-replication --bucket acme-s0p --region us-east-1");
    let rules = rules["ReplicationConfiguration"]["Rules"].as_array().unwrap().clone();
    assert_eq!(rules.len(), 2);
    assert!(
        rules.iter().all(|rule| rule["Destination"]["ReplicationTime"]["Status"] == "Enabled"),
        "{rules:?}"
    );
    let policies = standin.aws("iam list-role-policies --role-name repl-s0");
    assert_eq!(policies["PolicyNames"], json!(["holdfast-replication"]));
}

#[test]
fn resources_no_policy_can_express_are_left_out_with_the_reason() {
    let standin = Standin::start();
    let zone = built(&standin);
    standin.aws("s3api create-bucket --bucket acme-alone --region us-east-1");
    change(
        &standin,
        &zone,
        &json!({
            "Name": "split.acme.example", "Type": "A", "TTL": 60, "SetIdentifier": "half", "Weight": 1,
            "ResourceRecords": [{"Value": "192.0.2.1"}],
        }),
    );
    change(
        &standin,
        &zone,
        &json!({
            "Name": "lonely.acme.example", "Type": "A", "TTL": 60, "SetIdentifier": "a: [b", "Failover": "PRIMARY",
            "ResourceRecords": [{"Value": "192.0.2.1"}],
        }),
    );
    let bench = Bench::aws(&standin);
    let imported = bench.run("import --quiet --out quiet.yaml --yes").expect(0);
    assert_eq!((imported.stdout.as_str(), imported.stderr.as_str()), ("", ""));
    let bench = Bench::aws(&standin);
    let imported = bench.run("import").expect(0);
    for left_out in [
        "bucket acme-alone: it has no replication that can be imported",
        "record split.acme.example A: its routing policy is weighted; Holdfast supports failover only",
        "record lonely.acme.example A: it is not a pair of a PRIMARY and a SECONDARY",
    ] {
        assert!(imported.stderr.contains(left_out), "{}", imported.stderr);
    }
    bench.write("estate.yaml", &imported.stdout);
    bench.run("plan estate.yaml --detailed-exitcode").expect(0);
    // Described resources that the estate does not own yet are adopted only after confirmation.
    let refused = bench.run("import estate.yaml").expect(4);
    assert!(refused.stderr.contains("E0705"), "{}", refused.stderr);
    bench.run("import estate.yaml --yes").expect(0);
    bench.run("import estate.yaml").expect(0);
}
