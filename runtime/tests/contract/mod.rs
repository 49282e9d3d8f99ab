//! One table of cases, run against the embedded cloud and, through the real SDK, against the stand-in for AWS. Both
//! clouds must behave the same.

mod cases;
mod order;

use crate::support::{Bench, Standin};
use cases::{CASES, Case, ESTATE, SERVICE, changed};

fn steps(bench: &Bench<'_>) -> Vec<String> {
    let mut steps: Vec<String> =
        bench.pending().into_iter().map(|(action, address)| format!("{action} {address}")).collect();
    steps.sort();
    steps
}

fn run(case: &Case, bench: &Bench<'_>) {
    bench.write("policies/estate.yaml", ESTATE);
    bench.write("policies/s.yaml", SERVICE);
    bench.run("apply policies --yes").expect(0);
    assert_eq!(steps(bench), Vec::<String>::new(), "{}: the first apply left something", case.name);
    bench.write("policies/s.yaml", &changed(case));
    assert_eq!(steps(bench), case.steps, "{}", case.name);
    // A renamed service is removed under its old name; one service is a large share of an estate with one service.
    let locks =
        ["one", "two", "three"].map(|site| format!("--allow lock:aws.bucket-lock.s.d.{site}")).join(" ");
    bench.run(&format!("apply policies --yes --allow many --allow teardown:s {locks}")).expect(0);
    let after = bench.run("plan policies --detailed-exitcode").expect(0);
    assert!(after.stdout.contains("No changes."), "{}:\n{}", case.name, after.stdout);
}

#[test]
fn embedded_cloud_keeps_the_contract() {
    for case in CASES {
        run(case, &Bench::local());
    }
}

#[test]
fn aws_keeps_the_contract() {
    let standin = Standin::start();
    for case in CASES {
        standin.reset();
        standin.zone("t.example");
        run(case, &Bench::aws(&standin));
    }
}
