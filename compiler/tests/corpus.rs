//! Inputs found by the fuzzers of `fuzz/`, through the same checks: no panic, marks inside the text, a stable
//! layout. Also texts that are too large for a fuzzer, whose cost could grow faster than their size.

#![expect(clippy::disallowed_methods, reason = "tests read a corpus; the compiler they test reads nothing")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panic")]

#[path = "../fuzz/checks.rs"]
mod checks;

use std::fs;
use std::path::Path;

use holdfast_compiler::compile::{Options, compile};
use holdfast_compiler::diagnostic::Diagnostic;
use holdfast_compiler::source::Sources;

/// Every file of a corpus that is valid text, as the fuzzer reads it.
fn run(target: &str, check: fn(&str)) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut seen = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        let Ok(text) = std::str::from_utf8(&bytes) else { continue };
        check(text);
        seen += 1;
    }
    assert!(seen > 0, "{target} has no corpus");
}

#[test]
fn reading_the_corpus_never_panics() {
    run("read", checks::read);
}

#[test]
fn compiling_the_corpus_never_panics() {
    run("compile", checks::compile);
}

#[test]
fn formatting_the_corpus_never_panics() {
    run("format", checks::format);
}

fn refused(text: &str) -> Vec<Diagnostic> {
    let mut sources = Sources::default();
    sources.add("a.yaml", text);
    compile(&sources, Options::default()).unwrap_err()
}

fn codes(findings: &[Diagnostic]) -> Vec<&str> {
    findings.iter().map(|finding| finding.code.as_str()).collect()
}

const ESTATE: &str =
    "kind: estate\nname: acme\nsites:\n  virginia: { aws: us-east-1 }\n  oregon: { aws: us-west-2 }\n";

/// The value of a duplicate key is dropped; its alias makes the next value deeper but not heavier.
#[test]
fn aliases_of_aliases_do_not_overflow_the_stack() {
    let levels = 100_000;
    let chain: String = (1..levels).map(|n| format!("k: &a{n} [*a{}]\n", n - 1)).collect();
    let text = format!("k: &a0 [x]\n{chain}z: *a{}\n", levels - 1);
    assert!(codes(&refused(&text)).contains(&"E0104"));
    // The first key is marked, in any alphabet.
    let (open, close) = ("[".repeat(40), "]".repeat(40));
    checks::compile(&format!("ä: &a {open}x{close}\nb: {open}*a{close}\n"));
    checks::compile(&format!("? - ä: &a {open}x{close}\n    b: {open}*a{close}\n: x\n"));
}

/// One document below the limit is cheap; ten thousand of them in one file are not.
#[test]
fn all_documents_of_a_file_share_the_limit_of_aliases() {
    let bomb = |key: &str| {
        let lines: String = (1..17).map(|n| format!("l{n}: &l{n} [*l{0}, *l{0}]\n", n - 1)).collect();
        format!("{key}: estate\nl0: &l0 [x]\n{lines}---\n")
    };
    let findings = refused(&bomb("kind").repeat(100));
    let refused = codes(&findings).iter().filter(|code| **code == "E0104").count();
    assert!((90..100).contains(&refused), "{refused}");
    checks::read(&bomb("ä").repeat(5));
}

/// Each of many findings on one long line needs its column.
#[test]
fn many_findings_on_one_line_are_checked_quickly() {
    let mentions = |count: usize| "nowhere, ".repeat(count);
    let service = |standby: String| {
        format!("{ESTATE}---\nkind: service\nname: a\nprimary: virginia\nstandby: [{standby}]\n")
    };
    checks::compile(&service(mentions(4_000)));
    checks::read(&format!("a: [{}]\n", "!t ä, ".repeat(4_000)));
    checks::read(&"a: ä\r".repeat(4_000));
}

/// After a thousand misspelt names, the search for similar names stops.
#[test]
fn many_misspelt_names_are_reported_quickly() {
    let contact =
        |n: usize| format!("  c{n:05}: {{ name: x, reach: [{{ phone: '1' }}], answers-within: 1h }}\n");
    let contacts: String = (0..1_000).map(contact).collect();
    let unknown: String = (0..10_000).map(|n| format!("x{n:05}, ")).collect();
    let plan = format!(
        "{ESTATE}---\nkind: continuity\nname: plan\ncontacts:\n{contacts}access: {{ break-glass: [{unknown}] }}\n"
    );
    assert_eq!(codes(&refused(&plan)), ["E0309"; 10_000]);
}

/// A setting shared by many services is reported for each of them.
#[test]
fn site_that_shares_too_much_is_refused() {
    let words: String = (0..101).map(|n| format!("w{n}, ")).collect();
    let text = ESTATE.replace("us-east-1", &format!("us-east-1, shares: [{words}]"));
    assert_eq!(codes(&refused(&text)), ["E0208"]);
}
