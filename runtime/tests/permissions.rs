//! What Holdfast asks AWS for: every request says whose bucket it expects, and takes no permission that is not listed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
#![allow(clippy::disallowed_methods, reason = "tests lay out the files that are read")]

mod support;

use std::collections::BTreeSet;

use holdfast::provider::aws::permissions::{Use, calls};
use holdfast::provider::aws::permissions_page::{boundary, page, policy};
use serde_json::{Value, json};
use support::weather::{Request, Weather};
use support::{Bench, Ran, Standin, aws_environment, root};

const ACCOUNT: &str = "000000000001";

/// Run a command on the stand-in behind a proxy that takes down what is asked.
fn recorded(bench: &Bench<'_>, standin: &Standin, words: &str) -> (Ran, Vec<Request>) {
    let proxy = Weather::start(standin.url(), 0, &[]);
    let mut command = bench.command(&words.split_whitespace().collect::<Vec<_>>());
    aws_environment(&mut command, &proxy.url());
    let ran = Ran::from(command.output().unwrap()).expect(0);
    (ran, proxy.requests())
}

/// The operation of a request, such as `s3:PutBucketVersioning`. Source: the service models of AWS.
fn operation(request: &Request) -> String {
    let (method, target) = request.line().split_once(' ').unwrap();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let first = query.split(['&', '=']).next().unwrap();
    for service in ["iam", "sts"] {
        if request.is_for(service) {
            let body = request.body();
            return format!("{service}:{}", body.strip_prefix("Action=").unwrap().split('&').next().unwrap());
        }
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
    assert!(request.is_for("s3"), "{}", request.line());
    let name = match (method, parts.as_slice(), first) {
        ("GET", [""], _) => "ListBuckets",
        ("GET", [_], "location") => "GetBucketLocation",
        ("GET", [_], "list-type") => "ListObjectsV2",
        ("PUT", [_], "") => "CreateBucket",
        ("DELETE", [_], "") => "DeleteBucket",
        ("HEAD", [_], "") => "HeadBucket",
        ("DELETE", [_], "replication") => "DeleteBucketReplication",
        ("GET" | "PUT", [_], part) => {
            let what = match part {
                "versioning" => "BucketVersioning",
                "encryption" => "BucketEncryption",
                "publicAccessBlock" => "PublicAccessBlock",
                "ownershipControls" => "BucketOwnershipControls",
                "tagging" => "BucketTagging",
                "replication" => "BucketReplication",
                _ => panic!("{}", request.line()),
            };
            return format!("s3:{}{what}", if method == "GET" { "Get" } else { "Put" });
        }
        ("GET", [_, _, ..], _) => "GetObject",
        ("PUT", [_, _, ..], _) => "PutObject",
        _ => panic!("{}", request.line()),
    };
    format!("s3:{name}")
}

/// Every request is one that the table knows for this use, and says whose its bucket has to be.
fn check(requests: &[Request], by: Use) -> BTreeSet<String> {
    assert!(!requests.is_empty());
    for request in requests {
        let operation = operation(request);
        let calls = calls();
        let listed = calls.iter().find(|listed| listed.call.operation == operation);
        let listed = listed.unwrap_or_else(|| panic!("{operation} is not in the table"));
        assert!(listed.is_made_by(by), "{operation} by {by:?}");
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

#[test]
fn every_request_names_the_owner_and_is_in_the_table_of_its_command() {
    let standin = Standin::start();
    standin.zone("acme.example");
    standin.zone("shop.example");
    standin.aws("s3api create-bucket --bucket team-journal");
    let bench = Bench::aws(&standin);
    bench.shipped_policies();
    let mut seen = BTreeSet::new();
    let journal = "--journal s3://team-journal/acme";
    let mut run = |words: &str, by: Use| {
        let (_, requests) = recorded(&bench, &standin, &format!("{words} {journal}"));
        let operations = check(&requests, by);
        seen.extend(operations.clone());
        operations
    };
    run("plan policies", Use::Plan);
    let applied = run("apply policies --yes", Use::Apply);
    assert!(applied.contains("s3:CreateBucket") && applied.contains("s3:PutObject"), "{applied:?}");
    run("import policies --yes", Use::Import);
    // Everything that can change is changed.
    standin.aws("s3api delete-bucket-encryption --bucket acme-shop-orders --region eu-central-1");
    standin.aws(
        "s3api put-bucket-versioning --bucket acme-shop-orders --region eu-central-1 \
         --versioning-configuration Status=Suspended",
    );
    standin.aws("s3api delete-public-access-block --bucket acme-shop-orders --region eu-central-1");
    standin.aws("s3api delete-bucket-ownership-controls --bucket acme-shop-orders --region eu-central-1");
    standin.aws("s3api delete-bucket-tagging --bucket acme-shop-orders --region eu-central-1");
    let roles = standin.aws("iam list-roles")["Roles"].clone();
    let role = roles
        .as_array()
        .unwrap()
        .iter()
        .find_map(|role| role["RoleName"].as_str().filter(|name| name.starts_with("holdfast-")));
    let role = role.unwrap().to_owned();
    let trust = r#"{"Version":"2012-10-17","Statement":[]}"#;
    standin.aws_args(&["iam", "update-assume-role-policy", "--role-name", &role, "--policy-document", trust]);
    standin.aws(&format!("iam untag-role --role-name {role} --tag-keys holdfast:data"));
    let estate = bench.read("policies/payments.yaml");
    bench.write("policies/payments.yaml", &estate.replace("/healthz", "/health"));
    run("apply policies --yes", Use::Apply);
    // The services go, first without their data and then with it.
    for entry in std::fs::read_dir(bench.folder.path().join("policies")).unwrap() {
        let path = entry.unwrap().path();
        if !path.ends_with("estate.yaml") {
            std::fs::remove_file(path).unwrap();
        }
    }
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
    // What is asked only when answers get lost or an endpoint is not Amazon's.
    let rare = [
        "iam:GetRole",
        "iam:ListRolePolicies",
        "iam:ListAttachedRolePolicies",
        "route53:ListTagsForResources",
        "route53:ListTagsForResource",
        "s3:GetBucketLocation",
    ];
    for listed in calls() {
        let operation = listed.call.operation;
        assert!(seen.contains(operation) || rare.contains(&operation), "{operation} was never made");
    }
}

/// One of our own roles, on which somebody puts rights.
#[test]
fn foreign_rights_on_a_role_are_reported_and_block_its_changes() {
    let standin = Standin::start();
    standin.zone("acme.example");
    standin.zone("shop.example");
    let bench = Bench::aws(&standin);
    bench.shipped_policies();
    bench.run("apply policies --yes").expect(0);
    let roles = standin.aws("iam list-roles")["Roles"].clone();
    let names = roles.as_array().unwrap().iter().filter_map(|role| role["RoleName"].as_str());
    let role = {
        let mut names = names;
        names.find(|name| name.contains("ledger"))
    }
    .unwrap()
    .to_owned();
    let everything =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    standin.aws_args(&[
        "iam",
        "put-role-policy",
        "--role-name",
        &role,
        "--policy-name",
        "everything",
        "--policy-document",
        everything,
    ]);
    standin.aws(&format!(
        "iam attach-role-policy --role-name {role} --policy-arn arn:aws:iam::aws:policy/AdministratorAccess"
    ));
    // Nothing is to be done, and the plan says it.
    let plan = bench.run("plan policies").expect(0).stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        plan.contains(&format!("the role `{role}` has rights that Holdfast neither granted nor checks")),
        "{plan}"
    );
    assert!(
        plan.contains("inline policy `everything`, attached policy `arn:aws:iam::aws:policy/Admin"),
        "{plan}"
    );
    // Something is to be done with the role, so it has to be cleared first.
    standin.aws(&format!("iam untag-role --role-name {role} --tag-keys holdfast:data"));
    let refused = bench.run("plan policies").expect(3);
    assert!(
        refused.stderr.starts_with("E0605\n") && refused.stderr.contains("everything"),
        "{}",
        refused.stderr
    );
}

#[test]
fn permissions_page_is_current() {
    let path = root().join("runtime/PERMISSIONS.md");
    if std::env::var_os("HOLDFAST_BLESS").is_some() {
        std::fs::write(&path, page()).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), page(), "HOLDFAST_BLESS=1 writes it anew");
}

/// A user with exactly the documents of the page: applies, plans and tears down with the ones for that, and is refused
/// with the one for reading.
#[test]
fn documented_permissions_are_sufficient_and_minimal() {
    let standin = Standin::guarded();
    let zones = ["acme.example", "shop.example"].map(|name| standin.zone(name));
    let made = standin.aws("iam create-user --user-name holdfast");
    assert!(made["User"]["Arn"].as_str().unwrap().contains(ACCOUNT));
    let key = standin.aws("iam create-access-key --user-name holdfast")["AccessKey"].clone();
    let filled = |document: &Value| {
        let mut document = document.clone();
        for statement in document["Statement"].as_array_mut().unwrap() {
            // What the stand-in does not know: the key of a boundary, and ARNs of health checks.
            if !statement["Condition"]["StringEquals"]["iam:PermissionsBoundary"].is_null() {
                statement.as_object_mut().unwrap().remove("Condition");
            }
            if statement["Resource"] == "arn:aws:route53:::healthcheck/*" {
                statement["Resource"] = json!("*");
            }
        }
        let mut text = document.to_string().replace("ACCOUNT", ACCOUNT).replace("PREFIX-*", "acme-*");
        let zone = |id: &String| format!("arn:aws:route53:::hostedzone/{id}");
        text = text
            .replace("\"arn:aws:route53:::hostedzone/ZONE\"", &json!(zones.each_ref().map(zone)).to_string());
        text
    };
    let boundary = filled(&boundary());
    standin.aws_args(&[
        "iam",
        "create-policy",
        "--policy-name",
        "holdfast-boundary",
        "--policy-document",
        &boundary,
    ]);
    let bench = Bench::aws(&standin);
    bench.shipped_policies();
    let run = |by: Use, words: &str| {
        let document = filled(&policy(by));
        standin.aws_args(&[
            "iam",
            "put-user-policy",
            "--user-name",
            "holdfast",
            "--policy-name",
            "holdfast",
            "--policy-document",
            &document,
        ]);
        let mut command = bench.command(&words.split_whitespace().collect::<Vec<_>>());
        command.env("AWS_ACCESS_KEY_ID", key["AccessKeyId"].as_str().unwrap());
        command.env("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"].as_str().unwrap());
        command.env("HOLDFAST_ROLE_BOUNDARY", format!("arn:aws:iam::{ACCOUNT}:policy/holdfast-boundary"));
        Ran::from(command.output().unwrap())
    };
    run(Use::Plan, "plan policies").expect(0);
    let refused = run(Use::Plan, "apply policies --yes").expect(1);
    assert!(refused.stdout.contains("AccessDenied"), "{refused:?}");
    assert_eq!(standin.aws("s3api list-buckets")["Buckets"], json!([]));
    run(Use::Apply, "apply policies --yes").expect(0);
    run(Use::Plan, "plan policies --detailed-exitcode").expect(0);
    run(Use::Import, "import policies --yes").expect(0);
    let roles = standin.aws("iam list-roles")["Roles"].clone();
    let names = roles.as_array().unwrap().iter().filter_map(|role| role["RoleName"].as_str());
    let names: Vec<&str> = names.filter(|name| name.starts_with("holdfast-")).collect();
    assert_eq!(names.len(), 5);
    for name in names {
        let role = standin.aws(&format!("iam get-role --role-name {name}"))["Role"].clone();
        let boundary = role["PermissionsBoundary"]["PermissionsBoundaryArn"].as_str().unwrap_or_default();
        assert_eq!(boundary, format!("arn:aws:iam::{ACCOUNT}:policy/holdfast-boundary"), "{role}");
    }
}
