//! The same on AWS's protocols: a proxy answers nothing that is signed for a region.

use serde_json::Value;

use crate::lost_region::words;
use crate::support::weather::{Fault, Weather};
use crate::support::{Bench, Ran, Standin, aws_environment};

/// The shipped policies, applied to a stand-in.
fn applied(standin: &Standin) -> Bench<'_> {
    let bench = Bench::shipped(standin);
    bench.run("apply policies --yes").expect(0);
    bench
}

/// Run a command while a region is lost. Attempts are few: a region that refuses is no place to be patient in a test.
fn run(bench: &Bench<'_>, standin: &Standin, region: &str, fault: Fault, line: &str) -> (Ran, u64) {
    let proxy = Weather::losing_region(standin.url(), region, fault);
    let mut command = bench.command(&line.split_whitespace().collect::<Vec<_>>());
    aws_environment(&mut command, &proxy.url());
    command.env("AWS_MAX_ATTEMPTS", "2");
    let ran = Ran::from(command.output().unwrap());
    let lost = proxy.faults().values().sum();
    (ran, lost)
}

fn unknown(plan: &Ran) -> Vec<(String, String)> {
    let plan: Value = serde_json::from_str(&plan.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let unknown = plan["unknown"].as_array().unwrap().iter();
    unknown.map(|one| (text(&one["address"]), text(&one["region"]))).collect()
}

#[test]
fn whatever_a_lost_region_does_its_buckets_are_unknown_and_the_rest_is_planned() {
    let standin = Standin::start();
    let bench = applied(&standin);
    for fault in [Fault::Refuse, Fault::Reset, Fault::Hang] {
        let (plan, lost) =
            run(&bench, &standin, "eu-central-1", fault, "plan policies --format json --detailed-exitcode");
        let plan = plan.expect(2);
        let region = |name: &str| (name.to_owned(), "eu-central-1".to_owned());
        let wanted = [
            "aws.backup-plan.web-shop.orders",
            "aws.backup-selection.web-shop.orders",
            "aws.backup-vault.frankfurt",
            "aws.bucket-events.web-shop.orders",
            "aws.bucket-policy.web-shop.orders.frankfurt",
            "aws.bucket-policy.web-shop.pictures.frankfurt",
            "aws.bucket.web-shop.orders.frankfurt",
            "aws.bucket.web-shop.pictures.frankfurt",
            "aws.replication.web-shop.orders",
            "aws.replication.web-shop.pictures",
        ];
        let mut found = unknown(&plan);
        found.sort();
        assert_eq!(found, wanted.map(region), "{fault:?}: {}", plan.stderr);
        // Every question about a bucket may have begun before the first one failed, none is asked again.
        assert!((1..=40).contains(&lost), "{fault:?}: {lost} requests to the lost region");
    }
}

#[test]
fn calls_that_nobody_waits_for_any_more_are_counted() {
    let standin = Standin::start();
    let bench = applied(&standin);
    let (plan, lost) = run(&bench, &standin, "eu-central-1", Fault::Hang, "plan policies --verbose");
    let said = format!(", {lost} of them wasted: {lost} given up before the response");
    let stderr = plan.expect(0).stderr;
    let calls = stderr.lines().find(|line| line.starts_with("API calls: "));
    assert!(calls.is_some_and(|line| line.ends_with(&said)), "{said}: {calls:?}");
}

#[test]
fn lost_us_east_1_hides_iam_and_route_53_and_not_the_buckets_elsewhere() {
    let standin = Standin::start();
    let bench = applied(&standin);
    let (plan, _) = run(&bench, &standin, "us-east-1", Fault::Refuse, "plan policies --format json");
    let plan = plan.expect(0);
    let unknown = unknown(&plan);
    for (kind, count) in [("aws.role.", 8), ("aws.health-check.", 5), ("aws.hosted-zone.", 2)] {
        assert_eq!(unknown.iter().filter(|(address, _)| address.starts_with(kind)).count(), count, "{kind}");
    }
    let buckets: Vec<&String> =
        unknown.iter().filter(|(_, region)| !region.is_empty()).map(|(address, _)| address).collect();
    assert!(
        buckets.iter().all(|address| address.contains(".payments.ledger") || address.ends_with(".virginia"))
    );
    assert_eq!(buckets.len(), 8, "{buckets:?}");
    // A bucket of a service elsewhere is mended all the same.
    standin.aws(
        "s3api put-bucket-versioning --bucket acme-shop-orders --region eu-central-1 \
         --versioning-configuration Status=Suspended",
    );
    let (ran, _) = run(&bench, &standin, "us-east-1", Fault::Refuse, "apply policies --yes");
    let ran = ran.expect(1);
    assert!(ran.stdout.contains("Applied: 0 created, 1 updated"), "{}", ran.stdout);
    assert!(words(&ran.stdout).contains("Left, because it cannot be seen"), "{}", ran.stdout);
    let state = standin.aws("s3api get-bucket-versioning --bucket acme-shop-orders --region eu-central-1");
    assert_eq!(state["Status"], "Enabled");
}

#[test]
fn target_elsewhere_asks_a_lost_region_nothing_and_costs_its_share_of_the_calls() {
    let standin = Standin::start();
    let bench = applied(&standin);
    let calls = |line: &str| {
        let (ran, lost) = run(&bench, &standin, "ap-northeast-1", Fault::Hang, line);
        let ran = ran.expect(0);
        let text = format!("{}{}", ran.stdout, ran.stderr);
        assert!(!text.contains("Unknown"), "{text}");
        assert_eq!(lost, 0, "{line}");
        let line = text.lines().find_map(|line| line.strip_prefix("API calls: ")).expect(&text).to_owned();
        line.split(' ').next().unwrap().parse::<u64>().unwrap()
    };
    let whole = bench.run("plan policies -v").expect(0).stderr;
    let whole = whole.lines().find_map(|line| line.strip_prefix("API calls: ")).expect(&whole).to_owned();
    let whole: u64 = whole.split(' ').next().unwrap().parse().unwrap();
    let part = calls("plan policies -v --target payments.ledger");
    // Of 52 resources, 13 are in the target, and they take more calls than others.
    assert!(part * 5 < whole * 2, "{part} of {whole}");
    standin.aws(
        "s3api put-bucket-versioning --bucket acme-payments-ledger --region us-east-1 \
         --versioning-configuration Status=Suspended",
    );
    calls("apply policies -v --yes --target payments.ledger");
    let state = standin.aws("s3api get-bucket-versioning --bucket acme-payments-ledger --region us-east-1");
    assert_eq!(state["Status"], "Enabled");
}

#[test]
fn import_adopts_what_answers_and_says_what_does_not() {
    let standin = Standin::start();
    let bench = applied(&standin);
    std::fs::remove_dir_all(bench.folder.path().join("policies/.holdfast")).unwrap();
    let (ran, _) = run(&bench, &standin, "eu-central-1", Fault::Hang, "import policies --yes");
    let text = words(&ran.expect(1).stderr);
    for said in [
        "bucket acme-shop-orders: s3 in eu-central-1 has not answered",
        "aws.bucket.archive.invoices.tokyo: acme-archive-invoices",
        "Not everything answers, and what does not is unknown: import again once it does.",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(!text.contains("aws.bucket.web-shop.orders.frankfurt"), "{text}");
    let (ran, _) = run(&bench, &standin, "us-east-1", Fault::Refuse, "import policies --yes");
    let text = words(&ran.expect(1).stderr);
    assert!(text.contains("hosted zones and records:") && text.contains("health checks:"), "{text}");
    // What did not answer at first was adopted while something else was lost.
    let rest = bench.run("import policies --yes").expect(0).stderr;
    assert!(rest.contains("Nothing to adopt"), "{rest}");
    // Whether buckets that were imported have whole copies nobody knows, and a job copies what one lacks.
    let plan = bench.run("plan policies --detailed-exitcode").expect(2).stdout;
    assert!(
        plan.contains("+ aws.backfill.archive.contracts") && plan.contains("Plan: 1 to create"),
        "{plan}"
    );
}

#[test]
fn provider_that_answers_nowhere_is_an_error() {
    let standin = Standin::start();
    let bench = applied(&standin);
    let mut command = bench.command(&["plan", "policies"]);
    aws_environment(&mut command, "http://127.0.0.1:9");
    command.env("AWS_MAX_ATTEMPTS", "1");
    let ran = Ran::from(command.output().unwrap()).expect(1);
    assert!(ran.stderr.contains("sts:GetCallerIdentity"), "{ran:?}");
    assert!(
        ran.stderr.contains("No region answers (asked: ") && ran.stderr.contains("AWS_ENDPOINT_URL"),
        "{ran:?}"
    );
}

#[test]
fn creation_in_a_silent_region_is_given_up_once_and_the_rest_is_created() {
    let standin = Standin::start();
    let bench = Bench::shipped(&standin);
    let (ran, lost) = run(&bench, &standin, "eu-central-1", Fault::Hang, "apply policies --yes");
    let text = words(&ran.expect(1).stdout);
    for bucket in ["orders", "pictures"] {
        let wanted =
            format!("aws.bucket.web-shop.{bucket}.frankfurt: s3:CreateBucket: NoAnswer: s3 in eu-central-1");
        assert!(text.contains(&wanted), "{wanted}: {text}");
    }
    assert!(
        text.contains("aws.replication.web-shop.orders: needs aws.bucket.web-shop.orders.frankfurt"),
        "{text}"
    );
    // Two for S3, two for AWS Backup, and one for the account's key for AWS Backup.
    assert!(lost <= 5, "{lost} requests to the silent region");
    let buckets = standin.aws("s3api list-buckets")["Buckets"].clone();
    assert_eq!(buckets.as_array().unwrap().len(), 11, "all of the others: {buckets}");
    bench.run("apply policies --yes").expect(0);
}
