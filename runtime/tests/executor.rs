//! The executor's scheduling: lanes, limits, timeouts and stops, with a cloud that only waits.

#![allow(dead_code, unreachable_pub, reason = "the benchmark uses the rest")]

#[path = "support/waiting.rs"]
mod waiting;

use std::collections::BTreeMap;
use std::future::pending;
use std::time::Duration;

use holdfast::apply::{Limits, STEP_TIMEOUT, Setting, Settings, Stopped};
use holdfast_compiler::units;
use waiting::{Waiting, plan, record, run, step};

const MOMENT: Duration = Duration::from_millis(20);

fn settings(parallelism: usize, limits: &[&str]) -> Settings {
    let limits: Vec<Setting> = limits.iter().map(|limit| Setting::parse(limit).unwrap()).collect();
    Settings { parallelism, limits: Limits::none().with(&limits), step_timeout: STEP_TIMEOUT }
}

fn waiting(latency: Duration) -> Waiting {
    Waiting { latency, ..Waiting::default() }
}

#[tokio::test]
async fn zone_has_one_change_in_flight_and_other_zones_continue() {
    let batches = [("a.example", "a.example"), ("a.example", "a.example (2)"), ("b.example", "b.example")];
    let records = batches.iter().enumerate();
    let steps =
        records.map(|(n, (zone, batch))| record(&format!("aws.record.s.t.r{n}"), zone, batch)).collect();
    let cloud = waiting(MOMENT);
    let (outcome, _) = run(&plan(steps), &cloud, &settings(16, &[]), pending()).await;
    assert_eq!(outcome.done.len(), 3);
    let spans = cloud.spans.lock().unwrap();
    let span = |step: &str| spans.iter().find(|(name, ..)| name == step).unwrap().clone();
    let (first, second, other) =
        (span("aws.record.s.t.r0"), span("aws.record.s.t.r1"), span("aws.record.s.t.r2"));
    assert!(second.1 >= first.2.unwrap(), "two changes of one zone at once");
    assert!(other.1 < first.2.unwrap(), "another zone waited");
}

#[tokio::test]
async fn dependent_service_does_not_delay_unrelated_ones() {
    let mut steps: Vec<_> = (0..4).map(|n| step(&format!("aws.health-check.s.t.h{n}"), &[])).collect();
    steps.extend((0..8).map(|n| step(&format!("aws.bucket.s.d.b{n}"), &[])));
    let costs = BTreeMap::from([
        ("aws.health-check", "route53:CreateHealthCheck"),
        ("aws.bucket", "s3:CreateBucket"),
    ]);
    let cloud = Waiting { costs, ..waiting(Duration::from_millis(1)) };
    let (outcome, took) = run(&plan(steps), &cloud, &settings(2, &["route53=20/1"]), pending()).await;
    assert_eq!(outcome.done.len(), 12);
    // One at once, three more after 50 ms each; all buckets before the last of them.
    assert!(took >= Duration::from_millis(149), "{took:?}");
    assert_eq!(cloud.order().last().unwrap(), "aws.health-check.s.t.h3");
}

#[tokio::test]
async fn longest_path_starts_first() {
    let alone = ["aws.bucket.s.d.a", "aws.bucket.s.d.b"].map(|address| step(address, &[]));
    let chain = ["x", "y", "z"].map(|site| format!("aws.bucket.s.e.{site}"));
    let mut steps = alone.to_vec();
    steps.push(step(&chain[0], &[]));
    steps.push(step(&chain[1], &[&chain[0]]));
    steps.push(step(&chain[2], &[&chain[1]]));
    let cloud = waiting(Duration::from_millis(1));
    run(&plan(steps), &cloud, &settings(1, &[]), pending()).await;
    assert_eq!(
        cloud.order(),
        ["aws.bucket.s.e.x", "aws.bucket.s.e.y", "aws.bucket.s.d.a", "aws.bucket.s.d.b", "aws.bucket.s.e.z"]
    );
}

#[tokio::test]
async fn step_that_times_out_fails_with_an_unknown_outcome() {
    let longer = BTreeMap::from([("aws.bucket.s.d.slow", Duration::from_secs(600))]);
    let cloud = Waiting { longer, ..waiting(MOMENT) };
    let steps = vec![
        step("aws.bucket.s.d.slow", &[]),
        step("aws.bucket.s.d.fast", &[]),
        step("aws.replication.s.d", &["aws.bucket.s.d.slow"]),
    ];
    let settings = Settings { step_timeout: units::Duration::seconds(1), ..settings(16, &[]) };
    let (outcome, _) = run(&plan(steps), &cloud, &settings, pending()).await;
    assert_eq!(outcome.done.len(), 1);
    let [(step, error)] = outcome.failed.as_slice() else { panic!("{outcome:?}") };
    assert_eq!((step.as_str(), error.code.as_str()), ("aws.bucket.s.d.slow", "Deadline"));
    assert_eq!(error.message, "not finished after 1 s; it may or may not have taken effect");
    assert_eq!(outcome.not_started.len(), 1);
    assert_eq!(outcome.stopped, None);
}

#[tokio::test(start_paused = true)]
async fn stopping_a_run_waits_for_running_steps() {
    let steps: Vec<_> = (0..6).map(|n| step(&format!("aws.bucket.s.d.b{n}"), &[])).collect();
    let cloud = waiting(Duration::from_millis(100));
    let stop = async {
        tokio::time::sleep(MOMENT).await;
        Stopped::Late
    };
    let (outcome, _) = run(&plan(steps.clone()), &cloud, &settings(2, &[]), stop).await;
    assert_eq!((outcome.done.len(), outcome.failed.len(), outcome.not_started.len()), (2, 0, 4));
    assert_eq!(outcome.stopped, Some(Stopped::Late));
    // If every step had already started, the run was not stopped.
    let stop = async {
        tokio::time::sleep(MOMENT).await;
        Stopped::Asked
    };
    let (outcome, _) = run(&plan(steps), &waiting(Duration::from_millis(100)), &settings(6, &[]), stop).await;
    assert_eq!((outcome.done.len(), outcome.stopped), (6, None));
}
