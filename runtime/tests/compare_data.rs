//! `plan --return --compare-data`: what each side lacks, and what was written on both, key by key.

use crate::support::Bench;
use serde_json::{Value, json};

const POLICY: &str = "\
kind: estate
name: acme
sites: { virginia: { aws: us-east-1 }, oregon: { aws: us-west-2 } }
---
kind: service
name: docs
primary: virginia
standby: [oregon]
data:
  files:
    bucket: acme-docs
    two-way: true
    backups: [{ strategy: real-time, to: [oregon] }]
assumptions:
  detection: { value: 5m, because: the monitoring pages after five minutes }
recovery: [{ step: read-the-copy, takes: 30m }]
objectives: { rto: 4h, rpo: 1h }
";

/// A version of a key. The same id is the same version, in whichever bucket.
fn version(key: &str, id: &str, hour: u32) -> Value {
    json!({"key": key, "version": id, "written": format!("2026-11-20T{hour:02}:00:00Z"), "text": id})
}

#[test]
fn keys_that_one_side_lacks_and_those_written_on_both_are_named() {
    let bench = Bench::local();
    bench.write("policies/all.yaml", POLICY);
    bench.run("apply policies --yes").expect(0);
    bench.run("apply policies --yes --evacuate oregon --return").expect(64);
    bench.run("plan policies --compare-data").expect(64);
    bench.run("apply policies --yes --evacuate virginia").expect(0);
    let hostile = "d\u{1b}[31m.txt";
    let mut cloud: Value = serde_json::from_str(&bench.read("cloud.json")).unwrap();
    cloud["stored"] = json!({
        "acme-docs": [
            version("a.txt", "a1", 1), version("b.txt", "b1", 1), version("b.txt", "b2", 5), version("e.txt", "e1", 4),
        ],
        "acme-docs-us-west-2": [
            version("a.txt", "a1", 1), version("b.txt", "b1", 1), version("b.txt", "b3", 6), version("c.txt", "c1", 7),
            version(hostile, "d1", 7),
        ],
    });
    bench.write("cloud.json", &cloud.to_string());
    let said = bench.run("plan policies --return --compare-data").stderr;
    let lines: Vec<&str> = said.lines().filter(|line| line.starts_with("docs.files: ")).collect();
    assert!(lines.contains(&"docs.files: 1 key is the same: `acme-docs` has every version that `acme-docs-us-west-2` has, and none that is younger."), "{said}");
    for says in [
        "docs.files: 2 keys are lacking in `acme-docs`: it has not every version that `acme-docs-us-west-2` has: c.txt, d\\u{1b}[31m.txt.",
        "docs.files: 1 key is written on both sides; all versions are kept, so decide which one is right: b.txt.",
        "docs.files: 1 key is younger in `acme-docs`, and not in `acme-docs-us-west-2`: e.txt.",
    ] {
        assert!(lines.contains(&says), "{says}\n{said}");
    }

    // Home has everything: what was written there before the loss arrived, and what was written elsewhere came back.
    cloud["stored"]["acme-docs-us-west-2"] = cloud["stored"]["acme-docs"].clone();
    bench.write("cloud.json", &cloud.to_string());
    let said = bench.run("plan policies --return --compare-data").stderr;
    assert!(said.contains("docs.files: 3 keys are the same: `acme-docs` has every version"), "{said}");
    assert!(
        !said.contains("lacking in") && !said.contains("younger in") && !said.contains("on both sides"),
        "{said}"
    );

    // Nobody can tell without a copy in use, and that is said too.
    let alone = POLICY.replace("    two-way: true\n", "");
    let alone = alone.replace("strategy: real-time,", "strategy: daily, at: \"03:00\", keep: 7d,");
    let alone = alone.replace("rpo: 1h }", "rpo: undecided, rto: undecided }").replace("rto: 4h, ", "");
    bench.write("policies/all.yaml", &alone.replace("standby: [oregon]\n", ""));
    let said = bench.run("plan policies --return --compare-data").stderr;
    let unknown = "docs.files: nothing to compare `acme-docs` with: it has no real-time copy at a site in use, so whether it has everything is unknown";
    assert!(said.contains(unknown), "{said}");
}
