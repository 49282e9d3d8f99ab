//! A benchmark of the scheduler: how close the time of a run is to the minimum. Plan, journal and limits are real;
//! the cloud only waits 50 ms for every step, which is one call.
//!
//! No run can be faster than the longest of three: `depth × latency` (steps that need each other),
//! `⌈steps ÷ parallelism⌉ × latency` (parallelism), and `(steps − burst) ÷ rate + latency` (a rate limit).
//!
//! usage: cargo bench -p holdfast --bench makespan

#![allow(clippy::expect_used, clippy::print_stdout, clippy::disallowed_macros, reason = "a benchmark prints")]
#![allow(dead_code, unreachable_pub, reason = "the tests use the rest")]

#[path = "../tests/support/waiting.rs"]
mod waiting;

use std::collections::BTreeMap;
use std::future::pending;
use std::time::Duration;

use holdfast::apply::{Limits, STEP_TIMEOUT, Setting, Settings};
use holdfast_compiler::plan::Step;
use waiting::{Waiting, plan, run, step};

const LATENCY: Duration = Duration::from_millis(50);
/// The allowed ratio of a run's time to the minimum.
const ALLOWED: f64 = 1.15;

struct Case {
    name: &'static str,
    steps: Vec<Step>,
    depth: u32,
    parallelism: u32,
    /// Calls a second, and the burst.
    limit: Option<(f64, f64)>,
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().worker_threads(2).build();
    let runtime = runtime.expect("a runtime");
    println!("{:36} {:>6} {:>9} {:>9} {:>6}", "", "steps", "bound", "makespan", "ratio");
    let mut worst: f64 = 0.0;
    for case in cases() {
        let (bound, took) = runtime.block_on(measure(&case));
        let ratio = took / bound;
        worst = worst.max(ratio);
        println!("{:36} {:6} {bound:7.2} s {took:7.2} s {ratio:6.3}", case.name, case.steps.len());
    }
    assert!(worst <= ALLOWED, "a run takes {worst:.3} times the minimum");
}

fn cases() -> Vec<Case> {
    let case = |name, steps, depth, parallelism, limit| Case { name, steps, depth, parallelism, limit };
    vec![
        case("independent, 16 at a time", independent(1_000), 1, 16, None),
        case("independent, 64 at a time", independent(1_000), 1, 64, None),
        case("independent, 64, 200/s after 50", independent(1_000), 1, 64, Some((200.0, 50.0))),
        case("100 diamonds of 10, 64 at a time", diamonds(100), 3, 64, None),
        case("a chain of 40 and 960 others, 32", chain(40, 960), 40, 32, None),
    ]
}

fn address(n: usize) -> String {
    format!("aws.bucket.s{}.d.n{n}", n / 10)
}

fn independent(steps: usize) -> Vec<Step> {
    (0..steps).map(|n| step(&address(n), &[])).collect()
}

/// One step, then eight that need it, then one that needs those eight.
fn diamonds(count: usize) -> Vec<Step> {
    let diamond = |first: usize| {
        (first..first + 10).map(move |n| {
            let needs: Vec<String> = match n - first {
                0 => Vec::new(),
                9 => (first + 1..n).map(address).collect(),
                _ => vec![address(first)],
            };
            step(&address(n), &needs.iter().map(String::as_str).collect::<Vec<_>>())
        })
    };
    (0..count).flat_map(|nth| diamond(nth * 10)).collect()
}

/// The independent steps come first in the plan, so that the plan's order alone would begin the chain too late.
fn chain(length: usize, others: usize) -> Vec<Step> {
    let link = |n: usize| match n == others {
        true => step(&address(n), &[]),
        false => step(&address(n), &[&address(n - 1)]),
    };
    independent(others).into_iter().chain((others..others + length).map(link)).collect()
}

/// The bound and the makespan, in seconds.
async fn measure(case: &Case) -> (f64, f64) {
    let count = u32::try_from(case.steps.len()).expect("few steps");
    let latency = LATENCY.as_secs_f64();
    let places = f64::from(count.div_ceil(case.parallelism)) * latency;
    let limited = case.limit.map_or(0.0, |(rate, burst)| (f64::from(count) - burst) / rate + latency);
    let bound = places.max(limited).max(f64::from(case.depth) * latency);
    let limits = case.limit.map(|(rate, burst)| Setting::Of("s3".to_owned(), Some((rate, Some(burst)))));
    let settings = Settings {
        parallelism: usize::try_from(case.parallelism).expect("a number"),
        limits: Limits::none().with(limits.as_slice()),
        step_timeout: STEP_TIMEOUT,
    };
    let costs = BTreeMap::from([("bucket", "s3:CreateBucket")]);
    let cloud = Waiting { latency: LATENCY, costs, ..Waiting::default() };
    let (outcome, took) = run(&plan(case.steps.clone()), &cloud, &settings, pending()).await;
    assert_eq!(outcome.done.len(), case.steps.len());
    (bound, took.as_secs_f64())
}
