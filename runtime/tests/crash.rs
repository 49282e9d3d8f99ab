//! After an apply was killed, the next apply converges, and nothing exists twice.

#![allow(clippy::disallowed_macros, reason = "a test tells its seed")]

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use crate::support::weather::{Stop, Weather};
use crate::support::{Bench, Standin, same_view, view};
use holdfast::journal::{self, End, Journal, Place, Progress};
use serde_json::Value;

/// Start an apply and kill it (SIGKILL) as soon as it has reported this many steps.
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
fn apply_killed_at_many_moments_recovers_on_the_embedded_cloud() {
    let whole = Bench::local();
    whole.shipped_policies();
    whole.run("apply policies --yes").expect(0);
    let things = |bench: &Bench<'_>| {
        let cloud: Value = serde_json::from_str(&bench.read("cloud.json")).unwrap();
        let objects = cloud["objects"].as_array().unwrap().iter();
        // Ids of health checks are consecutive numbers, so compare everything else.
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
        // One more change, so that the log is folded into the cloud's file even if nothing was left to apply.
        bench.write(
            "policies/payments.yaml",
            &bench.read("policies/payments.yaml").replace("ttl: 60s", "ttl: 30s"),
        );
        bench.run("apply policies --yes").expect(0);
        assert_eq!(things(&bench), things(&whole), "killed after {steps} steps");
    }
}

/// Two services, so that a run is short and can be killed often.
fn two_services(standin: &Standin) -> Bench<'_> {
    standin.reset();
    standin.zone("acme.example");
    let bench = Bench::aws(standin);
    let estate =
        std::path::Path::new(env!("CARGO_BIN_EXE_holdfast")).with_file_name("examples").join("estate");
    let policy = Command::new(estate).arg("2").output().unwrap();
    bench.write("policies/estate.yaml", &String::from_utf8(policy.stdout).unwrap());
    bench
}

/// Kill the apply just before a request arrives, or after it took effect and before the response: for twenty requests
/// of an apply, chosen by a seed (`HOLDFAST_SEED=N cargo nextest run crash::`).
#[test]
fn apply_killed_at_twenty_moments_recovers_on_aws() {
    let standin = Standin::start();
    let whole = two_services(&standin);
    let calm = whole.run("apply policies --yes").expect(0).stdout;
    let calls = calm.lines().find_map(|line| line.strip_prefix("API calls: ")).unwrap();
    // Not the last few, because the number of polls for a change differs from run to run.
    let calls = calls.split(' ').next().unwrap().parse::<u64>().unwrap() * 9 / 10;
    let (wanted, owned) = (view(&standin), owned(&whole));
    let seed: u64 = std::env::var("HOLDFAST_SEED").map_or(1, |seed| seed.parse().unwrap());
    for moment in 0..20 {
        let mut hasher = DefaultHasher::new();
        (seed, moment).hash(&mut hasher);
        let drawn = hasher.finish();
        let (number, after) = (1 + drawn / 2 % calls, drawn.is_multiple_of(2));
        println!("HOLDFAST_SEED={seed}: request {number} of {calls}, after: {after}");
        let bench = two_services(&standin);
        let (tell, told) = mpsc::channel();
        let weather = Weather::stopping(standin.url(), Stop { number, after, tell });
        let mut command = bench.command(&["apply", "policies", "--yes"]);
        command.env("AWS_ENDPOINT_URL", weather.url()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        told.recv_timeout(Duration::from_secs(60)).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        bench.run("apply policies --yes").expect(0);
        same_view(&view(&standin), &wanted);
        assert_eq!(self::owned(&bench), owned, "the estate owns what a killed run had begun");
        bench.run("plan policies --detailed-exitcode").expect(0);
    }
}

/// What the estate owns according to the journal, whose chain is valid. Only the killed run has steps without a
/// result; the next plan confirms them.
fn owned(bench: &Bench<'_>) -> BTreeSet<String> {
    let place = Place::Folder(bench.folder.path().join("policies/.holdfast/journal"));
    let history = tokio::runtime::Runtime::new().unwrap().block_on(async {
        let journal = Journal::open(&place).await.unwrap();
        journal.verify().await.unwrap()
    });
    for run in history.runs.iter().filter(|run| matches!(run.end, End::Finished { .. })) {
        assert_eq!(run.count(Progress::InProgress), 0);
    }
    let context = &history.runs[0].run.context;
    journal::owned(&history.entries, context).iter().map(|thing| thing.address.to_string()).collect()
}
