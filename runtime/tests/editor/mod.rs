//! Policies in an editor: the YAML language server, which most editors use, with Holdfast's schema.

mod server;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::support::{Bench, root};
use holdfast_compiler::source::Sources;
use serde_json::Value;
use server::Server;

/// Fixtures of the schema's codes whose fault the server does not mark, and why.
const UNSEEN: [(&str, &str); 15] = [
    ("E0201-merge-key", "the server merges `<<` into its mapping, as YAML 1.1 had it"),
    ("E0202-bucket-of-a-journal-copy", "the schema has no rule between two keys here"),
    ("E0202-bucket-of-a-journal-in-a-folder", "the schema has no rule between two keys here"),
    ("E0202-lease-without-a-bucket", "the schema has no rule between two keys here"),
    ("E0206-account-too-long-for-a-copy", "no schema adds the lengths of an account and of a region"),
    ("E0206-bucket-of-the-journal", "the pattern only tells where a bucket's name ends"),
    ("E0206-copy-gets-too-long", "no schema adds the lengths of a bucket and of a region"),
    ("E0208-approval-for-a-year", "the unit decides how large the number may be"),
    ("E0208-lease-of-a-day", "the unit decides how large the number may be"),
    ("E0208-timeout-as-long-as-the-interval", "how long it may be depends on the interval"),
    ("E0208-ttl", "the unit decides how large the number may be"),
    ("E0209-day-that-does-not-exist", "no pattern knows the calendar"),
    ("E0209-not-an-ipv4-address", "the pattern only tells the kinds of endpoint apart"),
    ("E0209-not-an-ipv6-address", "the pattern only tells the kinds of endpoint apart"),
    ("E0209-record-too-long-for-a-chain", "how long it may be depends on the number of sites"),
];

/// A server that applies Holdfast's schema to files that do not name it.
fn server() -> Server {
    Server::start(&[(&root().join("schema/holdfast.schema.json"), "/**/fixtures/invalid/*.yaml")])
}

fn policies(folder: &Path) -> Vec<(PathBuf, String)> {
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = paths.filter(|path| path.extension().is_some_and(|e| e == "yaml")).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), std::fs::read_to_string(&path).unwrap())).collect()
}

/// The positions of diagnostics, counted from 1, with their messages.
fn marks(diagnostics: &[Value]) -> Vec<(usize, &str)> {
    let line = |found: &Value| usize::try_from(found["range"]["start"]["line"].as_u64().unwrap()).unwrap();
    diagnostics.iter().map(|found| (line(found) + 1, found["message"].as_str().unwrap())).collect()
}

/// The policies that ship with Holdfast and those that `init` writes have no diagnostics, and an error in them is
/// found, only because of the line that names the schema.
#[test]
fn policies_load_their_schema_in_an_editor() {
    let bench = Bench::local();
    bench.run("init mine").expect(0);
    let mut server = Server::start(&[]);
    for folder in [root().join("policies"), bench.folder.path().join("mine")] {
        let good = policies(&folder);
        assert!(good.len() >= 2, "{}", folder.display());
        // The same with an unknown key in each, and all of them as the documents of one file.
        let extra = "standbys: []\n";
        let bad: Vec<String> = good.iter().map(|(_, text)| format!("{text}{extra}")).collect();
        let one = bad.join("---\n");
        let goods: Vec<String> = good.iter().map(|(path, text)| server.open(path, text)).collect();
        let open = |(path, text): (&PathBuf, &String)| server.open(&path.with_extension("bad.yaml"), text);
        let bads: Vec<String> = good.iter().map(|(path, _)| path).zip(&bad).map(open).collect();
        let all = server.open(&folder.join("all.bad.yaml"), &one);
        for uri in goods {
            assert_eq!(marks(server.diagnostics(&uri)), [], "{uri}");
        }
        for (uri, text) in bads.iter().chain([&all]).zip(bad.iter().chain([&one])) {
            let lines = (1..).zip(text.lines()).filter(|(_, line)| *line == extra.trim_end());
            let wanted: Vec<_> = lines.map(|(line, _)| (line, "Property standbys is not allowed.")).collect();
            assert_eq!(marks(server.diagnostics(uri)), wanted, "{uri}");
        }
    }
}

/// The schema is one source for editors and for the compiler: both mark the same lines.
#[test]
fn editor_marks_the_lines_that_holdfast_reports() {
    let mut server = server();
    let fixtures = policies(&root().join("fixtures/invalid"));
    // All at once, because the server waits a moment before it checks an opened document.
    let uris: Vec<String> = fixtures.iter().map(|(path, text)| server.open(path, text)).collect();
    let (mut complaints, mut unseen, mut seen) = (String::new(), BTreeSet::new(), 0);
    for ((path, text), uri) in fixtures.iter().zip(&uris) {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let mut sources = Sources::default();
        sources.add(name, text.as_str());
        let found = crate::support::findings(&sources);
        let marks = marks(server.diagnostics(uri));
        let codes: BTreeSet<&str> = found.iter().map(|finding| &finding.code.as_str()[..3]).collect();
        if codes.iter().all(|family| *family > "E02") && !marks.is_empty() {
            let _ = writeln!(complaints, "{name}: the schema accepts this, the editor says {marks:?}");
        }
        for finding in found.iter().filter(|finding| finding.code.as_str().starts_with("E02")) {
            let line = sources.place(finding.labels[0].span).line;
            if marks.iter().any(|(marked, _)| *marked == line) {
                seen += 1;
            } else if UNSEEN.iter().any(|(known, _)| *known == name) {
                unseen.insert(name);
            } else {
                let _ = writeln!(complaints, "{name}: nothing on line {line}, only {marks:?}");
            }
        }
    }
    assert_eq!(complaints, "");
    assert_eq!(unseen, UNSEEN.iter().map(|(name, _)| *name).collect(), "the server marks the others now");
    assert!(seen > 80, "only {seen}");
}

/// A text with `|` at the cursor, opened under its own name.
fn typed(server: &mut Server, nth: usize, text: &str) -> (String, (usize, usize)) {
    let (before, after) = text.split_once('|').expect("a cursor");
    let uri =
        server.open(&root().join(format!("fixtures/invalid/typed-{nth}.yaml")), &format!("{before}{after}"));
    let line = before.rsplit('\n').next().unwrap_or_default();
    (uri, (before.matches('\n').count(), line.encode_utf16().count()))
}

const PROBE: &str = "kind: service\ntraffic:\n  api:\n    probe:\n      ";

#[test]
fn completion_offers_valid_values_with_descriptions() {
    let data = "kind: service\ndata:\n  ledger:\n    backups:\n      - ";
    let estate = "declares the sites";
    let service = "what must survive the loss of a site";
    // The typed text, and the offered completions with words of their explanations.
    let cases: [(String, &[(&str, &str)]); 8] = [
        ("|".to_owned(), &[("kind", "this document describes"), ("Estate", estate), ("Service", service)]),
        ("kind: |".to_owned(), &[("estate", "describes the estate"), ("service", "describes a service")]),
        ("kind: service\n|".to_owned(), &[("primary", "normally runs"), ("standby", "take over")]),
        ("kind: estate\nsites:\n  oregon:\n    aws: |".to_owned(), &[("us-west-2", "AWS region")]),
        (
            format!("{PROBE}|"),
            &[("https", "over HTTPS"), ("tcp", "TCP connection"), ("failures", "Without it: 3")],
        ),
        (format!("{PROBE}every: |"), &[("10s", "Every 10 seconds"), ("30s", "Every 30 seconds")]),
        (format!("{data}|"), &[("strategy", "replication"), ("to", "hold a copy")]),
        (format!("{data}strategy: |"), &[("real-time", "within 15 minutes")]),
    ];
    let mut server = server();
    for (nth, (text, wanted)) in cases.iter().enumerate() {
        let (uri, place) = typed(&mut server, nth, text);
        let offered = server.at("textDocument/completion", &uri, place);
        let offered: Vec<(&str, &str)> = offered["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| {
                let words = &item["documentation"];
                (item["label"].as_str().unwrap(), words["value"].as_str().or(words.as_str()).unwrap_or(""))
            })
            .collect();
        for (label, words) in *wanted {
            let explained = offered.iter().any(|(found, text)| found == label && text.contains(words));
            assert!(explained, "`{label}` with `{words}` at {text:?}: {offered:#?}");
        }
        assert!(offered.iter().all(|(_, words)| !words.is_empty()), "{text:?}: {offered:#?}");
        // Route 53 has only these two.
        if text.ends_with("every: |") {
            assert_eq!(offered.len(), 2, "{offered:#?}");
        }
    }
}

#[test]
fn hovering_over_a_key_explains_it() {
    let cases = [
        ("ki|nd: service\n".to_owned(), "this document describes a service"),
        (
            "kind: service\nobjectives: { r|po: 5m }\n".to_owned(),
            "longest span of recent data that may be lost",
        ),
        (format!("{PROBE}ev|ery: 30s\n"), "How often each checker sends a request"),
        (format!("{PROBE}every: 3|0s\n"), "* `10s`"),
        (
            "kind: estate\nsites:\n  oregon: { kms-|key: alias/a }\n".to_owned(),
            "A KMS key of the site's region",
        ),
    ];
    let mut server = server();
    for (nth, (text, wanted)) in cases.iter().enumerate() {
        let (uri, place) = typed(&mut server, nth, text);
        let shown = server.at("textDocument/hover", &uri, place);
        let shown = shown["contents"]["value"].as_str().unwrap_or_default();
        assert!(shown.contains(wanted), "{text:?}: {shown}");
    }
}
