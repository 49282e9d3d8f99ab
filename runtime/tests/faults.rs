//! AWS under bad conditions: one apply converges in any weather, and prints how many calls were wasted. Each case
//! prints its seed; `HOLDFAST_SEED=N cargo nextest run faults::` repeats it.

#![allow(clippy::disallowed_macros, reason = "a test tells its seed")]

use std::collections::BTreeMap;

use crate::support::weather::{Fault, Weather};
use crate::support::{Bench, Ran, Standin, same_view, view};

/// The names of wasted calls, in the order of the summary.
const WASTE: [(&str, &[Fault]); 3] = [
    ("throttled", &[Fault::Throttle]),
    ("without a response", &[Fault::Reset, Fault::Lose]),
    ("refused by the server", &[Fault::Refuse]),
];

/// The name of a call for whose response nobody waited.
const GIVEN_UP: &str = "given up before the response";

fn fair(standin: &Standin) -> Bench<'_> {
    standin.reset();
    Bench::shipped(standin)
}

/// Apply the shipped policies once in good weather, then once in each of these.
fn converges(weathers: &[&[(Fault, u64)]]) {
    let standin = Standin::start();
    let bench = fair(&standin);
    let calm = bench.run("apply policies --yes").expect(0);
    all_are_said(said(&calm.stdout), &BTreeMap::new());
    let wanted = view(&standin);
    let seed = std::env::var("HOLDFAST_SEED").map_or(1, |seed| seed.parse().unwrap());
    for chances in weathers {
        println!("{chances:?}: HOLDFAST_SEED={seed}");
        let bench = fair(&standin);
        let weather = Weather::start(standin.url(), seed, chances);
        let mut command = bench.command(&["apply", "policies", "--yes"]);
        let ran = Ran::from(command.env("AWS_ENDPOINT_URL", weather.url()).output().unwrap()).expect(0);
        println!("{}", ran.stdout.lines().last().unwrap());
        all_are_said(said(&ran.stdout), &weather.faults());
        same_view(&view(&standin), &wanted);
        bench.run("plan policies --detailed-exitcode").expect(0);
    }
}

/// The wasted calls in the summary, by name.
fn said(stdout: &str) -> BTreeMap<&str, u64> {
    let line = stdout.lines().find(|line| line.starts_with("API calls: ")).expect(stdout);
    let Some((total, each)) =
        line.split_once("), ").and_then(|(_, wasted)| wasted.split_once(" of them wasted: "))
    else {
        return BTreeMap::new();
    };
    let each = each.split(", ").map(|each| each.split_once(' ').unwrap());
    let said: BTreeMap<&str, u64> = each.map(|(count, name)| (name, count.parse().unwrap())).collect();
    assert_eq!(total, said.values().sum::<u64>().to_string(), "{line}");
    said
}

/// The summary names every call that met with a fault. Where a call was given up, because another region answered first,
/// its fault is not known to Holdfast.
fn all_are_said(mut said: BTreeMap<&str, u64>, faults: &BTreeMap<Fault, u64>) {
    let given_up = said.remove(GIVEN_UP).unwrap_or_default();
    let count = |kinds: &[Fault]| kinds.iter().filter_map(|kind| faults.get(kind)).sum::<u64>();
    let mut unsaid = 0;
    for (name, kinds) in WASTE {
        let (said, happened) = (said.remove(name).unwrap_or_default(), count(kinds));
        assert!(said <= happened, "{said} {name}, and {happened} happened");
        unsaid += happened - said;
    }
    assert!(unsaid <= given_up, "{unsaid} are not in the summary, and {given_up} were given up");
    assert!(said.is_empty(), "{said:?}");
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
