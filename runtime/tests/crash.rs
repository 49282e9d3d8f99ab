//! An apply that is killed costs nothing but time: applied again it converges, and nothing is there twice.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod support;

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use serde_json::Value;
use support::{Bench, Standin};

/// Start an apply and kill it (SIGKILL) as soon as it has reported so many steps.
fn killed_after(bench: &Bench<'_>, steps: usize) {
    let mut command = bench.command(&["apply", "policies", "--yes", "-v", "--parallelism", "2"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let progress = BufReader::new(child.stderr.take().unwrap());
    let reported =
        progress.lines().take(steps).filter(|line| line.as_ref().unwrap().starts_with('[')).count();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(reported, steps, "it ended before it could be killed");
}

#[test]
fn killed_at_many_moments_on_the_embedded_cloud() {
    let whole = Bench::local();
    whole.shipped_policies();
    whole.run("apply policies --yes").expect(0);
    let things = |bench: &Bench<'_>| {
        let cloud: Value = serde_json::from_str(&bench.read("cloud.json")).unwrap();
        let objects = cloud["objects"].as_array().unwrap().iter();
        // Ids of health checks count up; what else there is to say about a thing says it.
        let mut names: Vec<String> = objects
            .map(|object| {
                let attributes = &object["attributes"];
                format!(
                    "{} {} {} {}",
                    object["kind"], attributes["name"], attributes["reference"], attributes["set-identifier"]
                )
            })
            .collect();
        names.sort();
        names
    };
    for steps in [1, 5, 12, 20, 27, 34] {
        let bench = Bench::local();
        bench.shipped_policies();
        killed_after(&bench, steps);
        bench.run("apply policies --yes").expect(0);
        bench.run("plan policies --detailed-exitcode").expect(0);
        // One more change, so that the cloud's file is whole again even where nothing was left to apply.
        bench.write(
            "policies/payments.yaml",
            &bench.read("policies/payments.yaml").replace("ttl: 60s", "ttl: 30s"),
        );
        bench.run("apply policies --yes").expect(0);
        assert_eq!(things(&bench), things(&whole), "killed after {steps} steps");
    }
}

#[test]
fn killed_at_many_moments_on_aws() {
    let standin = Standin::start();
    for steps in [1, 9, 17, 24, 30] {
        standin.reset();
        standin.zone("acme.example");
        standin.zone("shop.example");
        let bench = Bench::aws(&standin);
        bench.shipped_policies();
        killed_after(&bench, steps);
        bench.run("apply policies --yes").expect(0);
        bench.run("plan policies --detailed-exitcode").expect(0);
        let count = |words: &str, list: &str| standin.aws(words)[list].as_array().unwrap().len();
        assert_eq!(count("s3api list-buckets", "Buckets"), 13);
        assert_eq!(count("route53 list-health-checks", "HealthChecks"), 5);
        assert_eq!(count("iam list-roles", "Roles"), 5);
    }
}
