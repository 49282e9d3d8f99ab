//! AWS under bad conditions: one apply converges in any weather, and prints how many calls were wasted. Each case
//! prints its seed; `HOLDFAST_SEED=N cargo nextest run --test faults` repeats it.

#![allow(clippy::disallowed_macros, reason = "a test tells its seed")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod support;

use std::collections::BTreeMap;

use support::weather::{Fault, Weather};
use support::{Bench, Ran, Standin, same_view, view};

/// The names of wasted calls, in the order of the summary.
const WASTE: [(&str, &[Fault]); 3] = [
    ("throttled", &[Fault::Throttle]),
    ("without a response", &[Fault::Reset, Fault::Lose]),
    ("refused by the server", &[Fault::Refuse]),
];

fn fair(standin: &Standin) -> Bench<'_> {
    standin.reset();
    standin.zone("acme.example");
    standin.zone("shop.example");
    let bench = Bench::aws(standin);
    bench.shipped_policies();
    bench
}

/// Apply the shipped policies once in good weather, then once in each of these.
fn converges(weathers: &[&[(Fault, u64)]]) {
    let standin = Standin::start();
    let bench = fair(&standin);
    let calm = bench.run("apply policies --yes").expect(0);
    assert!(!calm.stdout.contains("wasted"), "{}", calm.stdout);
    let wanted = view(&standin);
    let seed = std::env::var("HOLDFAST_SEED").map_or(1, |seed| seed.parse().unwrap());
    for chances in weathers {
        println!("{chances:?}: HOLDFAST_SEED={seed}");
        let bench = fair(&standin);
        let weather = Weather::start(standin.url(), seed, chances);
        let mut command = bench.command(&["apply", "policies", "--yes"]);
        let ran = Ran::from(command.env("AWS_ENDPOINT_URL", weather.url()).output().unwrap()).expect(0);
        println!("{}", ran.stdout.lines().last().unwrap());
        assert_eq!(said(&ran.stdout), expected(&weather.faults()));
        same_view(&view(&standin), &wanted);
        bench.run("plan policies --detailed-exitcode").expect(0);
    }
}

/// The wasted calls in the summary.
fn said(stdout: &str) -> &str {
    let line = stdout.lines().find(|line| line.starts_with("API calls: ")).expect(stdout);
    line.split_once("), ").map_or("", |(_, wasted)| wasted)
}

/// The wasted calls that really happened.
fn expected(faults: &BTreeMap<Fault, u64>) -> String {
    let count = |kinds: &[Fault]| kinds.iter().filter_map(|kind| faults.get(kind)).sum::<u64>();
    let each = WASTE.iter().map(|(name, kinds)| (count(kinds), name)).filter(|(count, _)| *count > 0);
    let (counts, texts): (Vec<u64>, Vec<String>) =
        each.map(|(count, name)| (count, format!("{count} {name}"))).unzip();
    if counts.is_empty() {
        return String::new();
    }
    format!("{} of them wasted: {}", counts.iter().sum::<u64>(), texts.join(", "))
}

#[test]
fn apply_succeeds_when_a_third_of_calls_is_throttled_or_refused() {
    converges(&[&[(Fault::Throttle, 30)], &[(Fault::Refuse, 30)]]);
}

#[test]
fn apply_succeeds_when_a_third_of_calls_or_answers_is_lost() {
    converges(&[&[(Fault::Reset, 30)], &[(Fault::Lose, 30)]]);
}

#[test]
fn apply_succeeds_with_slow_calls_and_all_faults_together() {
    converges(&[
        &[(Fault::Delay, 5)],
        &[
            (Fault::Throttle, 15),
            (Fault::Lose, 15),
            (Fault::Reset, 10),
            (Fault::Refuse, 3),
            (Fault::Delay, 2),
        ],
    ]);
}
