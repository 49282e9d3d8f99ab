//! The layout of policy text: examples (`fixtures/format/NAME.in.yaml` becomes `NAME.out.yaml`), and
//! properties of every text: its meaning does not change, no comment is lost, and formatted text stays the
//! same.
//!
//! `HOLDFAST_BLESS=1 cargo test -p holdfast-compiler --test format` rewrites the expected files. Read the
//! difference before you commit it.

#![expect(clippy::disallowed_methods, reason = "tests read fixtures; the compiler they test reads nothing")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panic"
)]

mod yaml;

use std::fs;
use std::path::{Path, PathBuf};

use holdfast_compiler::format::{Formatted, WIDTH, diff, format};
use holdfast_compiler::source::Sources;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde::Deserialize as _;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every YAML file in a folder of the repository.
fn files(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yaml") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    found.sort();
    found
}

/// The formatted text, or `None` if the text is not policy YAML.
fn formatted(text: &str) -> Option<Formatted> {
    format(Sources::default().add("a.yaml", ""), text).ok()
}

/// Another YAML reader must read the same values from both texts, if it can read the first one and no line
/// ends where only YAML 1.1 sees a line end. That reader parses two cases differently: the last line of a
/// block scalar without a line end, and a document that is only an unindented block scalar.
#[track_caller]
fn same_values(text: &str, out: &str) {
    let values = |text: &str| -> Result<Vec<serde_yaml::Value>, _> {
        serde_yaml::Deserializer::from_str(text).map(serde_yaml::Value::deserialize).collect()
    };
    if text.contains(['\u{85}', '\u{2028}', '\u{2029}']) {
        return;
    }
    let end = if text.ends_with(['\n', '\r']) { "" } else { "\n" };
    if let Ok(read) = values(&format!("{text}{end}"))
        && !read.iter().any(serde_yaml::Value::is_string)
    {
        let again = values(out).unwrap_or_else(|error| panic!("{error}\n{text}\n{out}"));
        assert_eq!(read, again, "{text}\n{out}");
    }
}

/// The comments written by the generator: no value looks like one.
fn marks(text: &str) -> Vec<&str> {
    text.split("# c").skip(1).map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next().unwrap()).collect()
}

/// The properties of a text and its formatted form.
fn check(text: &str, out: &str) {
    assert_eq!(formatted(out), Some(Formatted::Text(out.to_owned())), "again:\n{text}\nonce:\n{out}");
    assert!(out.is_empty() || out.ends_with('\n'), "{out:?}");
    assert!(!out.contains('\r') && !out.starts_with(['\n', '\u{feff}']), "{out:?}");
}

#[test]
fn golden_files_are_formatted_as_expected() {
    let bless = std::env::var_os("HOLDFAST_BLESS").is_some();
    let mut complaints = String::new();
    let mut seen = 0;
    for (path, text) in files("fixtures/format") {
        let name = path.file_name().unwrap().to_str().unwrap();
        let Some(story) = name.strip_suffix(".in.yaml") else { continue };
        seen += 1;
        let Some(Formatted::Text(out)) = formatted(&text) else { panic!("{name} has no layout") };
        check(&text, &out);
        same_values(&text, &out);
        let golden = path.with_file_name(format!("{story}.out.yaml"));
        if bless {
            fs::write(&golden, &out).unwrap();
        }
        let expected = fs::read_to_string(&golden).unwrap_or_default();
        complaints.push_str(&if expected == out { String::new() } else { diff(story, &expected, &out) });
    }
    assert!(seen >= 5, "{seen} stories");
    assert!(complaints.is_empty(), "\n{complaints}\nif this is meant, run again with HOLDFAST_BLESS=1");
}

#[test]
fn shipped_policies_are_formatted() {
    for (path, text) in files("policies").into_iter().chain(files("runtime/src/cli/init")) {
        assert_eq!(formatted(&text), Some(Formatted::Text(text)), "{}", path.display());
    }
}

#[test]
fn formatting_keeps_the_content_of_fixtures() {
    let mut seen = 0;
    for (path, text) in files("fixtures/invalid").into_iter().chain(files("fixtures/scenarios")) {
        let Some(outcome) = formatted(&text) else { continue };
        let Formatted::Text(out) = outcome else { panic!("{}: {outcome:?}", path.display()) };
        check(&text, &out);
        same_values(&text, &out);
        let comments = |text: &str| text.lines().filter(|line| line.contains("# ")).count();
        assert_eq!(comments(&text), comments(&out), "{}", path.display());
        seen += 1;
    }
    assert!(seen > 100, "{seen} fixtures are YAML that policies can be written in");
}

#[test]
fn flow_collections_fit_the_line_width() {
    for length in 80..WIDTH + 20 {
        let text = format!("{{ a: [{}] }}\n", "x".repeat(length));
        let Some(Formatted::Text(out)) = formatted(&text) else { panic!("{length}") };
        assert_eq!(out == text, text.trim_end().len() <= WIDTH, "{length}:\n{out}");
    }
}

#[test]
fn hostile_text_is_formatted() {
    let deep = |open: &str, close: &str| format!("a: {}{}\n", open.repeat(60), close.repeat(60));
    let nested: String = (0..60).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    let comments = "# c\n".repeat(50_000);
    let spread = format!("a: [{}]\n", "x, # c\n  ".repeat(30_000));
    let cases = [
        deep("[", "]"),
        deep("{ a: ", "}"),
        format!("{nested}{comments}"),
        format!("a: [{}]\n", "x, ".repeat(50_000)),
        format!("{}\n", "- ".repeat(60)),
        format!("a: [\n{comments}\n ]\n"),
        format!("a: \"{}\"\n", "x\n ".repeat(100_000)),
        format!("a: |\n  x{}\nb: 1\n", "\n".repeat(300_000)),
        "a: 1\n---\n".repeat(20_000),
        spread,
    ];
    for text in cases {
        let begin: String = text.chars().take(40).collect();
        match formatted(&text) {
            Some(Formatted::Text(out)) => check(&text, &out),
            other => panic!("{begin:?}: {other:?}"),
        }
    }
}

/// The committed texts that are valid.
fn policies() -> Vec<String> {
    let all = ["policies", "fixtures/format", "fixtures/scenarios"].map(files);
    all.into_iter().flatten().map(|(_, text)| text).filter(|text| formatted(text).is_some()).collect()
}

/// The same cases on every machine. Set `PROPTEST_CASES` for more.
fn config() -> ProptestConfig {
    ProptestConfig {
        rng_seed: RngSeed::Fixed(0x5eed),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    /// Any mutated text that is still accepted is formatted or stays the same, with the same meaning.
    #[test]
    fn invalid_text_is_not_changed_by_formatting(
        text in prop_oneof![yaml::text(), prop::sample::select(policies())],
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0..3_usize, yaml::piece()), 1..4),
    ) {
        let mut chars: Vec<char> = text.chars().collect();
        for (at, cut, piece) in edits {
            let at = at.index(chars.len() + 1);
            chars.splice(at..chars.len().min(at + cut), piece.chars());
        }
        let text: String = chars.into_iter().collect();
        if let Some(Formatted::Text(out)) = formatted(&text) {
            check(&text, &out);
            same_values(&text, &out);
        }
    }

    #[test]
    fn any_yaml_notation_keeps_its_content(text in yaml::text()) {
        let outcome = formatted(&text);
        prop_assume!(outcome.is_some());
        let Some(Formatted::Text(out)) = outcome else { panic!("no layout:\n{text}") };
        check(&text, &out);
        same_values(&text, &out);
        prop_assert_eq!(marks(&text), marks(&out), "{}\n{}", text, out);
    }
}
