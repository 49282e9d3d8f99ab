//! A thousand records in one zone need only as many calls as there are pages and batches.

use std::fmt::Write as _;

use crate::support::{Bench, Standin};

const ESTATE: &str = r#"
kind: estate
name: t
sites:
  one: { aws: us-east-1 }
  two: { aws: us-west-2 }
defaults:
  assumptions:
    detection: { value: 5m, because: "the case is about records, not about how a loss is noticed" }
"#;

/// Services that fail over between two load balancers, whose own health is used, so that there are no health checks.
fn services(count: usize) -> String {
    let mut text = String::new();
    for n in 0..count {
        let _ = write!(
            text,
            r"---
kind: service
name: s{n:03}
primary: one
standby: [two]
recovery: [{{ step: look, takes: 30m }}]
traffic:
  t:
    zone: t.example
    record: s{n:03}.t.example
    endpoints:
      one: {{ alias: lb-one.aws.example, zone-id: Z35SXDOTRQ7X7K }}
      two: {{ alias: lb-two.aws.example, zone-id: Z1H1FL5HABSF5 }}
"
        );
    }
    text
}

/// The calls to one service in `API calls: 6 (route53 5, sts 1)`.
fn calls(text: &str, service: &str) -> u64 {
    let line = text.lines().find(|line| line.starts_with("API calls: ")).expect(text);
    let mut words = line.split([' ', '(', ')', ',']).skip_while(|word| *word != service).skip(1);
    words.next().expect(line).parse().unwrap()
}

#[test]
fn thousand_records_take_paged_reads_and_batched_writes() {
    let standin = Standin::start();
    standin.zone("t.example");
    let bench = Bench::aws(&standin);
    bench.write("policies/estate.yaml", ESTATE);
    bench.write("policies/services.yaml", &services(500));
    let first = bench.run("plan policies --out it.plan -v --detailed-exitcode").expect(2);
    assert!(calls(&first.stderr, "route53") <= 5, "{}", first.stderr);
    let applied = bench.run("apply it.plan").expect(0);
    assert!(applied.stdout.contains("Applied: 1000 created"), "{}", applied.stdout);
    assert!(calls(&applied.stdout, "route53") <= 4, "{}", applied.stdout);
    let again = bench.run("plan policies -v --detailed-exitcode").expect(0);
    assert!(again.stdout.contains("No changes."), "{}", again.stdout);
    assert!(calls(&again.stderr, "route53") <= 5, "{}", again.stderr);
    // Reading the identity costs one more call each time, and nothing else does.
    for text in [&first.stderr, &applied.stdout, &again.stderr] {
        assert_eq!(calls(text, "sts"), 1, "{text}");
        let line = text.lines().find(|line| line.starts_with("API calls: ")).unwrap();
        assert_eq!(line.matches(", ").count(), 1, "{line}");
    }
}
