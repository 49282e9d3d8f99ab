//! Every request of every command is one that the table lists for it, names the owner that it expects, and fits the service
//! models of AWS.

use std::collections::BTreeSet;

use holdfast::provider::aws::permissions::{Use, calls};

use crate::permissions::ACCOUNT;
use crate::permissions::shapes;
use crate::support::weather::{Request, Weather};
use crate::support::{Bench, LOCKED_LEDGER, Ran, Standin, aws_environment};

/// Run a command on the stand-in behind a proxy that takes down what is asked.
pub(crate) fn recorded(bench: &Bench<'_>, standin: &Standin, words: &str) -> (Ran, Vec<Request>) {
    let proxy = Weather::start(standin.url(), 0, &[]);
    let mut command = bench.command(&words.split_whitespace().collect::<Vec<_>>());
    aws_environment(&mut command, &proxy.url());
    // What rests on backups is unknown as long as nobody has seen one.
    let code = if words.starts_with("status") { 3 } else { 0 };
    let ran = Ran::from(command.output().unwrap()).expect(code);
    (ran, proxy.requests())
}

/// The operation of a request, such as `s3:PutBucketVersioning`. Source: the service models of AWS.
fn operation(request: &Request) -> String {
    let (method, target) = request.line().split_once(' ').unwrap();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let first = query.split(['&', '=']).next().unwrap();
    for service in ["iam", "sns", "sts"] {
        if request.is_for(service) {
            let body = request.body();
            return format!("{service}:{}", body.strip_prefix("Action=").unwrap().split('&').next().unwrap());
        }
    }
    if request.is_for("kms") {
        let target = request.header("x-amz-target").unwrap();
        return format!("kms:{}", target.strip_prefix("TrentService.").unwrap());
    }
    if request.is_for("events") {
        let target = request.header("x-amz-target").unwrap();
        return format!("eventbridge:{}", target.strip_prefix("AWSEvents.").unwrap());
    }
    if request.is_for("monitoring") {
        return format!("cloudwatch:{}", parts.last().unwrap());
    }
    if request.is_for("route53") {
        let name = match (method, &parts[1..]) {
            ("GET", ["hostedzone"]) => "ListHostedZones",
            ("GET", ["hostedzonesbyname"]) => "ListHostedZonesByName",
            ("GET", ["hostedzone", _, "rrset"]) => "ListResourceRecordSets",
            ("POST", ["hostedzone", _, "rrset"]) => "ChangeResourceRecordSets",
            ("GET", ["change", _]) => "GetChange",
            ("GET", ["healthcheck"]) => "ListHealthChecks",
            ("POST", ["healthcheck"]) => "CreateHealthCheck",
            ("POST", ["healthcheck", _]) => "UpdateHealthCheck",
            ("DELETE", ["healthcheck", _]) => "DeleteHealthCheck",
            ("POST", ["tags", "healthcheck"]) => "ListTagsForResources",
            ("GET", ["tags", "healthcheck", _]) => "ListTagsForResource",
            ("POST", ["tags", "healthcheck", _]) => "ChangeTagsForResource",
            _ => panic!("{}", request.line()),
        };
        return format!("route53:{name}");
    }
    if request.is_for("backup") {
        let name = match (method, parts.as_slice()) {
            ("GET", ["backup-vaults"]) => "ListBackupVaults",
            ("PUT", ["backup-vaults", _]) => "CreateBackupVault",
            ("DELETE", ["backup-vaults", _]) => "DeleteBackupVault",
            ("GET", ["backup-vaults", _, "access-policy"]) => "GetBackupVaultAccessPolicy",
            ("PUT", ["backup-vaults", _, "access-policy"]) => "PutBackupVaultAccessPolicy",
            ("GET", ["backup-vaults", _, "notification-configuration"]) => "GetBackupVaultNotifications",
            ("PUT", ["backup-vaults", _, "notification-configuration"]) => "PutBackupVaultNotifications",
            ("DELETE", ["backup-vaults", _, "notification-configuration"]) => {
                "DeleteBackupVaultNotifications"
            }
            ("PUT", ["backup-vaults", _, "vault-lock"]) => "PutBackupVaultLockConfiguration",
            ("GET", ["backup-vaults", _, "recovery-points"]) => "ListRecoveryPointsByBackupVault",
            ("GET", ["tags", ..]) => "ListTags",
            ("POST", ["tags", ..]) => "TagResource",
            ("GET", ["backup-jobs"]) => "ListBackupJobs",
            ("GET", ["copy-jobs"]) => "ListCopyJobs",
            ("PUT", ["restore-jobs"]) => "StartRestoreJob",
            ("GET", ["restore-jobs", _]) => "DescribeRestoreJob",
            ("GET", ["backup", "plans"]) => "ListBackupPlans",
            ("PUT", ["backup", "plans"]) => "CreateBackupPlan",
            ("GET", ["backup", "plans", _]) => "GetBackupPlan",
            ("POST", ["backup", "plans", _]) => "UpdateBackupPlan",
            ("DELETE", ["backup", "plans", _]) => "DeleteBackupPlan",
            ("GET", ["backup", "plans", _, "selections"]) => "ListBackupSelections",
            ("PUT", ["backup", "plans", _, "selections"]) => "CreateBackupSelection",
            ("GET", ["backup", "plans", _, "selections", _]) => "GetBackupSelection",
            ("DELETE", ["backup", "plans", _, "selections", _]) => "DeleteBackupSelection",
            _ => panic!("{}", request.line()),
        };
        return format!("backup:{name}");
    }
    assert!(request.is_for("s3"), "{}", request.line());
    if target.starts_with(shapes::CONTROL) {
        let name = match (method, parts.as_slice()) {
            ("GET", [_, "jobs"]) => "ListJobs",
            ("GET", [_, "jobs", _]) => "DescribeJob",
            ("POST", [_, "jobs"]) => "CreateJob",
            ("POST", [_, "jobs", _, "status"]) => "UpdateJobStatus",
            _ => panic!("{}", request.line()),
        };
        return format!("s3control:{name}");
    }
    let name = match (method, parts.as_slice(), first) {
        ("GET", [""], _) => "ListBuckets",
        ("GET", [_], "location") => "GetBucketLocation",
        ("GET", [_], "list-type") => "ListObjectsV2",
        ("GET", [_], "encoding-type") if query.contains("list-type=2") => "ListObjectsV2",
        ("GET", [_], _) if query.split('&').any(|part| part == "versions") => "ListObjectVersions",
        ("PUT", [_], "") => "CreateBucket",
        ("DELETE", [_], "") => "DeleteBucket",
        ("HEAD", [_], "") => "HeadBucket",
        ("DELETE", [_], "replication") => "DeleteBucketReplication",
        ("DELETE", [_], "lifecycle") => "DeleteBucketLifecycle",
        ("GET" | "PUT", [_], part) => {
            let what = match part {
                "versioning" => "BucketVersioning",
                "encryption" => "BucketEncryption",
                "publicAccessBlock" => "PublicAccessBlock",
                "ownershipControls" => "BucketOwnershipControls",
                "tagging" => "BucketTagging",
                "replication" => "BucketReplication",
                "policy" => "BucketPolicy",
                "lifecycle" => "BucketLifecycleConfiguration",
                "requestPayment" => "BucketRequestPayment",
                "notification" => "BucketNotificationConfiguration",
                "object-lock" => "ObjectLockConfiguration",
                _ => panic!("{}", request.line()),
            };
            return format!("s3:{}{what}", if method == "GET" { "Get" } else { "Put" });
        }
        ("POST", [_, _, ..], "uploads") => "CreateMultipartUpload",
        ("POST", [_, _, ..], _) => "CompleteMultipartUpload",
        ("PUT", [_, _, ..], _) if query.contains("partNumber=") => "UploadPartCopy",
        ("GET", [_, _, ..], "tagging") => "GetObjectTagging",
        ("HEAD", [_, _, ..], _) => "HeadObject",
        ("PUT", [_, _, ..], _) if request.header("x-amz-copy-source").is_some() => "CopyObject",
        ("GET", [_, _, ..], _) => "GetObject",
        ("PUT", [_, _, ..], _) => "PutObject",
        _ => panic!("{}", request.line()),
    };
    format!("s3:{name}")
}

/// Every request is one that the table knows for this use, and says whose its bucket has to be.
pub(crate) fn check(requests: &[Request], by: Use) -> BTreeSet<String> {
    assert!(!requests.is_empty());
    for request in requests {
        let operation = operation(request);
        let calls = calls();
        let mut listed = calls.iter().filter(|listed| listed.call.operation == operation).peekable();
        assert!(listed.peek().is_some(), "{operation} is not in the table");
        assert!(listed.any(|listed| listed.is_made_by(by)), "{operation} by {by:?}");
        let owner = request.header("x-amz-expected-bucket-owner");
        if !operation.starts_with("s3:")
            || ["s3:CreateBucket", "s3:ListBuckets"].contains(&operation.as_str())
        {
            assert_eq!(owner, None, "{}", request.line());
            continue;
        }
        assert_eq!(owner, Some(ACCOUNT), "{}", request.line());
        let signed = request.header("authorization").unwrap().split("SignedHeaders=").nth(1).unwrap();
        let signed = signed.split(',').next().unwrap();
        assert!(signed.split(';').any(|name| name == "x-amz-expected-bucket-owner"), "{signed}");
    }
    requests.iter().map(operation).collect()
}

/// Change everything on the stand-in that an update of the shipped policies can set.
pub(crate) fn drift(standin: &Standin, bucket: &str, region: &str) {
    for setting in [
        "delete-bucket-encryption",
        "put-bucket-versioning --versioning-configuration Status=Suspended",
        "delete-public-access-block",
        "delete-bucket-ownership-controls",
        "delete-bucket-tagging",
        "delete-bucket-replication",
        "delete-bucket-policy",
        "delete-bucket-lifecycle",
        "put-bucket-notification-configuration --notification-configuration {}",
    ] {
        standin.aws(&format!("s3api {setting} --bucket {bucket} --region {region}"));
    }
    for check in standin.aws("route53 list-health-checks")["HealthChecks"].as_array().unwrap() {
        let id = check["Id"].as_str().unwrap();
        standin.aws(&format!("route53 update-health-check --health-check-id {id} --failure-threshold 7"));
        standin.aws(&format!(
            "route53 change-tags-for-resource --resource-type healthcheck --resource-id {id} \
             --remove-tag-keys Name"
        ));
    }
    drift_of_backups(standin);
    drift_of_keys(standin);
    let roles = standin.aws("iam list-roles")["Roles"].clone();
    let role = roles
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|role| role["RoleName"].as_str())
        // One of a data set, with its tag.
        .find(|name| name.starts_with("holdfast-") && !name.contains("-heartbeat-"));
    let role = role.unwrap().to_owned();
    let trust = r#"{"Version":"2012-10-17","Statement":[]}"#;
    standin.aws_args(&["iam", "update-assume-role-policy", "--role-name", &role, "--policy-document", trust]);
    standin.aws(&format!("iam untag-role --role-name {role} --tag-keys holdfast:data"));
    let policy = standin.aws(&format!("iam list-role-policies --role-name {role}"))["PolicyNames"][0].clone();
    let name = policy.as_str().unwrap();
    standin.aws(&format!("iam delete-role-policy --role-name {role} --policy-name {name}"));
}

/// The same of the shipped backups: those of the ledger, in Virginia and Ireland.
fn drift_of_backups(standin: &Standin) {
    let vaults = standin.aws("backup list-backup-vaults --region eu-west-1")["BackupVaultList"].clone();
    for vault in vaults.as_array().unwrap() {
        let (name, arn) =
            (vault["BackupVaultName"].as_str().unwrap(), vault["BackupVaultArn"].as_str().unwrap());
        for change in [
            format!("delete-backup-vault-access-policy --backup-vault-name {name}"),
            format!("delete-backup-vault-lock-configuration --backup-vault-name {name}"),
            format!("untag-resource --resource-arn {arn} --tag-key-list holdfast:site"),
        ] {
            standin.aws(&format!("backup {change} --region eu-west-1"));
        }
    }
    let plans = standin.aws("backup list-backup-plans --region us-east-1")["BackupPlansList"].clone();
    let id = plans[0]["BackupPlanId"].as_str().unwrap();
    let get = format!("backup get-backup-plan --backup-plan-id {id} --region us-east-1");
    let mut plan = standin.aws(&get)["BackupPlan"].clone();
    plan["Rules"][0]["StartWindowMinutes"] = 120.into();
    let (region, plan) = (["--region", "us-east-1"], plan.to_string());
    let update = ["backup", "update-backup-plan", "--backup-plan-id", id, "--backup-plan", &plan];
    standin.aws_args(&[&update[..], &region].concat());
}

/// Whom the estate tells.
pub(crate) const ALARMS: &str = "alarms: { critical: { level: 1, tell: [records-office] } }\n\n";

/// The mail address of the contact who is told.
const TOLD: &str = "records@acme.example";

/// The same of the alarms of Virginia: who publishes, who is told, and when.
pub(crate) fn drift_of_alarms(standin: &Standin) {
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let topics = standin.aws("sns list-topics --region us-east-1")["Topics"].clone();
    let topic = text(&topics[0]["TopicArn"]);
    let policy = r#"{"Version":"2012-10-17","Statement":[]}"#;
    let set = ["sns", "set-topic-attributes", "--topic-arn", &topic, "--attribute-name", "Policy"];
    standin.aws_args(&[&set[..], &["--attribute-value", policy, "--region", "us-east-1"]].concat());
    let rules = standin.aws("events list-rules --region us-east-1")["Rules"].clone();
    let (rule, arn) = (text(&rules[0]["Name"]), text(&rules[0]["Arn"]));
    let target = format!("Id=theirs,Arn={topic}");
    let vaults = standin.aws("backup list-backup-vaults --region us-east-1")["BackupVaultList"].clone();
    let vault = text(&vaults[0]["BackupVaultName"]);
    let alarms = standin.aws("cloudwatch describe-alarms --region us-east-1")["MetricAlarms"].clone();
    let (alarm, alarm_arn) = (text(&alarms[0]["AlarmName"]), text(&alarms[0]["AlarmArn"]));
    // Once it is confirmed, there is nothing to confirm.
    let token = format!("token-of-{TOLD}");
    let confirm = ["sns", "confirm-subscription", "--topic-arn", &topic, "--token", &token];
    standin.try_aws(&[&confirm[..], &["--region", "us-east-1"]].concat());
    for change in [
        format!("sns untag-resource --resource-arn {topic} --tag-keys holdfast:estate"),
        format!(
            "backup put-backup-vault-notifications --backup-vault-name {vault} --sns-topic-arn {topic} \
                 --backup-vault-events COPY_JOB_FAILED"
        ),
        format!("events disable-rule --name {rule}"),
        format!("events put-targets --rule {rule} --targets {target}"),
        format!("events untag-resource --resource-arn {arn} --tag-keys holdfast:estate"),
        format!("cloudwatch disable-alarm-actions --alarm-names {alarm}"),
        format!("cloudwatch untag-resource --resource-arn {alarm_arn} --tag-keys holdfast:estate"),
    ] {
        standin.aws(&format!("{change} --region us-east-1"));
    }
}

/// The same of the keys: the replica in Oregon is to be deleted, and everything about the primary key in Virginia differs.
fn drift_of_keys(standin: &Standin) {
    let id = |region: &str| {
        let aliases = standin.aws(&format!("kms list-aliases --region {region}"))["Aliases"].clone();
        let ours =
            |alias: &&serde_json::Value| alias["AliasName"].as_str().unwrap().starts_with("alias/holdfast-");
        aliases.as_array().unwrap().iter().find(ours).unwrap()["TargetKeyId"].as_str().unwrap().to_owned()
    };
    standin.aws(&format!("kms schedule-key-deletion --region us-west-2 --key-id {}", id("us-west-2")));
    let primary = id("us-east-1");
    for change in ["disable-key-rotation", "untag-resource --tag-keys holdfast:site"] {
        standin.aws(&format!("kms {change} --region us-east-1 --key-id {primary}"));
    }
    // What the account may do, without what nobody may.
    let root = serde_json::json!({"AWS": "arn:aws:iam::000000000001:root"});
    let allow = serde_json::json!({"Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"});
    let policy = serde_json::json!({"Version": "2012-10-17", "Statement": [allow]}).to_string();
    let put = ["kms", "put-key-policy", "--key-id", &primary, "--region", "us-east-1", "--policy", &policy];
    standin.aws_args(&put);
}

/// The ledger is locked for longer than `with_lock` says.
pub(crate) fn drift_of_lock(standin: &Standin) {
    let rule =
        r#"{"ObjectLockEnabled":"Enabled","Rule":{"DefaultRetention":{"Mode":"GOVERNANCE","Days":2}}}"#;
    let put = "s3api put-object-lock-configuration --bucket acme-payments-ledger --region us-east-1";
    standin.aws(&format!("{put} --object-lock-configuration {rule}"));
}

/// Oregon has a replica of the key in Virginia.
pub(crate) fn with_replica(bench: &Bench<'_>) {
    let estate = bench.read("policies/estate.yaml");
    let replica = "us-west-2, kms-key: { replica-of: virginia }";
    bench.write("policies/estate.yaml", &estate.replace("us-west-2, kms-key: managed", replica));
}

/// The ledger is locked.
pub(crate) fn with_lock(bench: &Bench<'_>) {
    let payments = bench.read("policies/payments.yaml");
    let kept = "    keep-versions: 90d\n";
    bench.write("policies/payments.yaml", &payments.replace(kept, &format!("{kept}{LOCKED_LEDGER}")));
}

/// Take the services out of the policies.
pub(crate) fn remove_services(bench: &Bench<'_>) {
    for entry in std::fs::read_dir(bench.folder.path().join("policies")).unwrap() {
        let path = entry.unwrap().path();
        if !path.ends_with("estate.yaml") {
            std::fs::remove_file(path).unwrap();
        }
    }
}

#[test]
fn every_request_names_the_owner_and_is_in_the_table_of_its_command() {
    let standin = Standin::start();
    standin.aws("s3api create-bucket --bucket team-journal");
    // A bucket that is older than its replication has a job that copies the older objects, of which there are none.
    standin.aws(
        "s3api create-bucket --bucket acme-archive-contracts --region ap-northeast-1 \
         --create-bucket-configuration LocationConstraint=ap-northeast-1",
    );
    // A job counts it, waits for its confirmation, and fails.
    standin.aws("s3api put-object --bucket acme-archive-contracts --key fails/old --region ap-northeast-1");
    let bench = Bench::shipped(&standin);
    let archive = bench.read("policies/archive.yaml").replace("backfill: managed", "backfill: confirmed");
    bench.write("policies/archive.yaml", &archive);
    // A key that the policy names is looked at.
    let made = standin.aws("kms create-key --region ap-southeast-1")["KeyMetadata"]["KeyId"].clone();
    let alias = "kms create-alias --region ap-southeast-1 --alias-name alias/acme --target-key-id";
    standin.aws(&format!("{alias} {}", made.as_str().unwrap()));
    let estate = bench
        .read("policies/estate.yaml")
        .replace("aws: ap-southeast-1", "aws: ap-southeast-1, kms-key: alias/acme")
        .replace("\ndefaults:", &format!("\n{ALARMS}defaults:"));
    bench.write("policies/estate.yaml", &estate);
    with_replica(&bench);
    with_lock(&bench);
    let (mut seen, mut asked) = (BTreeSet::new(), Vec::new());
    let journal = "--journal s3://team-journal/acme";
    let mut run = |words: &str, by: Use| {
        let (_, requests) = recorded(&bench, &standin, &format!("{words} {journal}"));
        let operations = check(&requests, by);
        seen.extend(operations.clone());
        asked.extend(requests);
        operations
    };
    run("plan policies", Use::Plan);
    run("status policies", Use::Plan);
    let applied = run("apply policies --yes", Use::Apply);
    assert!(applied.contains("s3:CreateBucket") && applied.contains("s3:PutObject"), "{applied:?}");
    let begun = run("apply policies --yes", Use::Apply);
    assert!(begun.contains("s3control:CreateJob"), "{begun:?}");
    for _ in 0..3 {
        run("plan policies", Use::Plan);
    }
    let confirmed = run("apply policies --yes", Use::Apply);
    assert!(confirmed.contains("s3control:UpdateJobStatus"), "{confirmed:?}");
    for _ in 0..2 {
        run("plan policies", Use::Plan);
    }
    run("status policies", Use::Plan);
    run("import policies --yes", Use::Import);
    drift(&standin, "acme-shop-orders", "eu-central-1");
    drift_of_alarms(&standin);
    run("apply policies --yes", Use::Apply);
    // Nobody is told any more, because the contacts go too.
    let estate = bench.read("policies/estate.yaml").replace(ALARMS, "");
    bench.write("policies/estate.yaml", &estate);
    // The services go, first without their data and then with it.
    standin.aws(
        "s3api delete-object --bucket acme-archive-contracts --key fails/old --version-id null --region ap-northeast-1",
    );
    remove_services(&bench);
    let plan = bench.run(&format!("plan policies --format json {journal}")).expect(0).stdout;
    let plan: serde_json::Value = serde_json::from_str(&plan).unwrap();
    let left: Vec<String> = plan["left_in_place"]
        .as_array()
        .unwrap()
        .iter()
        .map(|left| format!("--allow destroy:{}", left["address"].as_str().unwrap()))
        .collect();
    let services =
        ["archive", "payments", "web-shop"].map(|name| format!("--allow teardown:{name}")).join(" ");
    let all = format!("apply policies --yes --allow many {services}");
    run(&all, Use::Apply);
    run(&format!("{all} {}", left.join(" ")), Use::Teardown);
    let wrong = shapes::faults(&asked);
    assert!(wrong.is_empty(), "of {} requests: {wrong:#?}", asked.len());
    // What is asked only when answers get lost or an endpoint is not Amazon's.
    let rare = [
        // For sites in other accounts, which the stand-in cannot have together with permissions.
        "sts:AssumeRole",
        "iam:GetRole",
        "iam:ListRolePolicies",
        "iam:ListAttachedRolePolicies",
        "route53:ListTagsForResources",
        "route53:ListTagsForResource",
        "s3:GetBucketLocation",
    ];
    // `restore.rs` makes those of a restore.
    for listed in calls().iter().filter(|listed| !listed.is_of_a_restore()) {
        let operation = listed.call.operation;
        assert!(seen.contains(operation) || rare.contains(&operation), "{operation} was never made");
    }
}
