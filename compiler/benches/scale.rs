//! The cost of compiling growing estates: time per resource for parsing and checking, lowering and diffing,
//! and the memory of the process. The cost per resource should stay constant.
//!
//! usage: cargo bench -p holdfast-compiler

#![allow(
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    clippy::disallowed_types,
    reason = "a benchmark has a clock and prints what it finds"
)]

#[path = "../../fixtures/estate.rs"]
#[allow(dead_code, clippy::disallowed_methods, reason = "the example's main")]
mod estate;

use std::time::{Duration, Instant};

use holdfast_compiler::compile::{Options, compile};
use holdfast_compiler::lower::{TargetAccounts, lower};
use holdfast_compiler::observation::Observation;
use holdfast_compiler::plan::{Accounts, Consents, Context, Inputs, Listing, diff, text};
use holdfast_compiler::posture::Posture;
use holdfast_compiler::provider::aws::route53::hosted_zone;
use holdfast_compiler::source::Sources;

fn main() {
    println!("                    µs per resource                     peak KiB");
    println!("services  resources  parse  check  lower   diff   text  per resource  compiled in");
    for services in [100, 1_000, 10_000] {
        let mut sources = Sources::default();
        // As many files as a real estate: one for the estate, and one per hundred services.
        let documents = estate::documents(services);
        for (nth, file) in documents.chunks(100).enumerate() {
            sources.add(format!("{nth:04}.yaml"), file.join("---\n"));
        }
        let began = Instant::now();
        let read = holdfast_compiler::document::read(&sources, &mut Vec::new());
        let parsed = began.elapsed();
        assert_eq!(read.len(), services + 1);
        drop(read);
        // Compiling includes reading; the difference is the cost of the check.
        let began = Instant::now();
        let compiled = compile(&sources, Options::default()).expect("the generated policy compiles");
        let checked = began.elapsed();
        let graph = lower(&compiled.policy, &TargetAccounts::one("aws", "000000000000".to_owned()))
            .expect("no circles");
        let lowered = began.elapsed();
        // Only the zone exists, so everything is created.
        let zone = graph.iter().find(|r| r.address.kind() == hosted_zone::KIND).expect("a zone");
        let zone = holdfast_compiler::observation::Object {
            kind: hosted_zone::KIND,
            id: "Z1".to_owned(),
            attributes: holdfast_compiler::resource::known(&zone.attributes),
            outputs: [("id".to_owned(), "Z1".into())].into(),
        };
        let observation = Observation { objects: vec![zone], ..Observation::default() };
        let context = Context {
            estate: "acme".into(),
            cloud: "bench".into(),
            accounts: Accounts::one("aws", "0", "aws"),
        };
        let inputs = Inputs {
            context,
            sources: &sources,
            compiled: &compiled,
            graph: &graph,
            owned: &[],
            copies: &[],
            observation: &observation,
            was: &Posture::default(),
            posture: &Posture::default(),
            consents: Consents::default(),
        };
        let plan = diff(inputs).expect("nothing in the way");
        let planned = began.elapsed();
        let style = holdfast_compiler::diagnostic::Style { color: None, width: 80 };
        let mut printed_text = Vec::new();
        text(&plan, None, Listing::Grouped, style, &mut printed_text).expect("a Vec takes everything");
        let printed = began.elapsed();
        assert!(printed_text.len() > graph.len());
        let per =
            |from: Duration, to: Duration| to.saturating_sub(from).as_micros() as f64 / graph.len() as f64;
        println!(
            "{services:8}  {:9}  {:5.1}  {:5.1}  {:5.1}  {:5.1}  {:5.1}  {:12.1}  {:9.1} s",
            graph.len(),
            per(Duration::ZERO, parsed),
            per(parsed, checked),
            per(checked, lowered),
            per(lowered, planned),
            per(planned, printed),
            peak_kib() as f64 / graph.len() as f64,
            checked.as_secs_f64(),
        );
    }
}

/// The peak resident memory so far, if the system reports it.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0)
}
