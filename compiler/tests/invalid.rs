//! Every finding as a person sees it: `fixtures/invalid/CODE-story.yaml` (or a folder with that name, if it
//! has several files) must be refused with CODE first, and with exactly the report in `CODE-story.txt` beside
//! it. A second line `# as of: DATE` sets the date of the check. Codes that need files or a cloud have a
//! story (`CODE-story/story.txt`), which the tests of the runtime run.
//!
//! `HOLDFAST_BLESS=1 cargo test -p holdfast-compiler --test invalid` rewrites the reports. Read the
//! difference before you commit it: users read these texts.

#![expect(clippy::disallowed_methods, reason = "tests read fixtures; the compiler they test reads nothing")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::expect_used,
    reason = "a test fails by panic"
)]

#[path = "invalid/cures.rs"]
mod cures;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use holdfast_compiler::compile::{Options, compile};
use holdfast_compiler::diagnostic::{Diagnostic, Severity, Style, codes, render};
use holdfast_compiler::lower::{self, TargetAccounts};
use holdfast_compiler::printable::{Seal, printable};
use holdfast_compiler::source::Sources;
use holdfast_compiler::units::Date;
use similar::TextDiff;

/// One fixture.
struct Fixture {
    /// `CODE-story`.
    name: String,
    /// Its files, by path relative to the folder of fixtures.
    files: BTreeMap<String, String>,
}

impl Fixture {
    fn code(&self) -> &str {
        self.name.split('-').next().unwrap()
    }

    fn sources(&self) -> Sources {
        sources(&self.files)
    }

    fn report_path(&self) -> PathBuf {
        folder().join(format!("{}.txt", self.name))
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/invalid")
}

/// Paths in a folder, sorted.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn has_extension(path: &Path, wanted: &str) -> bool {
    path.extension().is_some_and(|extension| extension == wanted)
}

fn stem(path: &Path) -> &str {
    path.file_stem().unwrap().to_str().unwrap()
}

fn fixtures() -> Vec<Fixture> {
    let read = |path: &PathBuf| {
        let name = path.strip_prefix(folder()).unwrap().to_str().unwrap().replace('\\', "/");
        (name, fs::read_to_string(path).unwrap())
    };
    let yaml = |path: &PathBuf| has_extension(path, "yaml");
    let fixture = |path: PathBuf| {
        let name = stem(&path).to_owned();
        if path.join("story.txt").exists() {
            None
        } else if path.is_dir() {
            let files: BTreeMap<_, _> = entries(&path).iter().filter(|p| yaml(p)).map(read).collect();
            assert!(files.len() > 1, "{name}: a folder is for several files");
            Some(Fixture { name, files })
        } else {
            yaml(&path).then(|| Fixture { name, files: [read(&path)].into() })
        }
    };
    entries(&folder()).into_iter().filter_map(fixture).collect()
}

fn sources(files: &BTreeMap<String, String>) -> Sources {
    let mut sources = Sources::default();
    for (path, text) in files {
        sources.add(path.as_str(), text.as_str());
    }
    sources
}

/// The findings of a compilation up to the graph, including warnings.
fn findings(sources: &Sources) -> Vec<Diagnostic> {
    let target = TargetAccounts::one("aws", "000000000000".to_owned());
    let mut lines = sources.iter().filter_map(|(_, source)| source.text.lines().nth(1));
    let as_of = lines.find_map(|line| Date::parse(line.strip_prefix("# as of: ")?));
    match compile(sources, Options { as_of }) {
        Err(findings) => findings,
        Ok(compiled) => lower::lower(&compiled.policy, &target).err().unwrap_or(compiled.warnings),
    }
}

fn report(findings: &[Diagnostic], sources: &Sources) -> String {
    render(findings, sources, Style { color: None, width: 80 })
}

#[test]
fn every_fixture_is_refused_with_its_report() {
    let bless = std::env::var_os("HOLDFAST_BLESS").is_some();
    let mut complaints = String::new();
    for fixture in fixtures() {
        let sources = fixture.sources();
        let found = findings(&sources);
        let first = found.first().map_or("nothing", |finding| finding.code.as_str());
        if first != fixture.code() {
            let _ = writeln!(complaints, "{}: the first finding is {first}", fixture.name);
        }
        let actual = report(&found, &sources);
        if bless {
            fs::write(fixture.report_path(), &actual).unwrap();
            continue;
        }
        let expected = fs::read_to_string(fixture.report_path()).unwrap_or_default();
        if actual != expected {
            let diff = TextDiff::from_lines(&expected, &actual);
            let old = format!("{}.txt", fixture.name);
            let _ = writeln!(complaints, "{}", diff.unified_diff().header(&old, "this run"));
        }
    }
    assert!(complaints.is_empty(), "\n{complaints}\nif this is meant, run again with HOLDFAST_BLESS=1");
}

#[test]
fn every_code_has_a_page_and_a_fixture() {
    let code = |path: &PathBuf| stem(path).split('-').next().unwrap().to_owned();
    let codes: BTreeSet<String> = codes::PAGES.iter().map(|(code, _)| code.as_str().to_owned()).collect();
    let hidden = |path: &&PathBuf| stem(path).starts_with('.');
    let fixtures = entries(&folder());
    let fixtures: BTreeSet<String> = fixtures.iter().filter(|path| !hidden(path)).map(code).collect();
    let pages = entries(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/diagnostic/pages"));
    let pages: BTreeSet<String> = pages.iter().map(code).collect();
    assert_eq!(pages, codes, "pages and codes");
    assert_eq!(fixtures, codes, "fixtures and codes");
}

#[test]
fn error_codes_start_with_e_and_warnings_with_w() {
    for fixture in fixtures() {
        for finding in findings(&fixture.sources()) {
            let letter = match finding.severity() {
                Severity::Error => "E",
                Severity::Warning => "W",
            };
            assert!(finding.code.as_str().starts_with(letter), "{}", fixture.name);
        }
    }
}

#[test]
fn every_report_has_its_fixture() {
    let names: BTreeSet<String> = fixtures().into_iter().map(|fixture| fixture.name).collect();
    for path in entries(&folder()).iter().filter(|path| has_extension(path, "txt")) {
        assert!(names.contains(stem(path)), "{} belongs to no fixture", path.display());
    }
}

#[test]
fn every_fixture_starts_with_a_description() {
    for fixture in fixtures() {
        for (path, text) in &fixture.files {
            assert!(text.starts_with("# "), "{path} has no story");
        }
    }
}

#[test]
fn every_page_is_headed_by_its_code() {
    for (code, page) in codes::PAGES {
        let title = page.lines().next().unwrap();
        let rest = title.strip_prefix(&format!("# {code}: "));
        assert!(rest.is_some_and(|rest| !rest.trim().is_empty()), "{code}: {title}");
    }
}

#[test]
fn every_label_marks_existing_text() {
    for fixture in fixtures() {
        let sources = fixture.sources();
        for label in findings(&sources).iter().flat_map(|finding| &finding.labels) {
            let (name, span) = (&fixture.name, label.span);
            let source = sources.get(span.source).unwrap();
            let marked = source.text.get(span.start..span.end);
            let marked = marked.unwrap_or_else(|| panic!("{name}: {span:?} is not inside the text"));
            // Only a key that is missing at the very end of a file has no text to mark.
            let at_end = span.start == source.text.len();
            assert!(!marked.is_empty() || at_end, "{name}: `{}` marks nothing", label.text);
        }
    }
}

#[test]
fn reports_contain_no_terminal_control_characters() {
    let obeyed = |c: char| {
        let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        (c.is_control() && c != '\n') || turns
    };
    for fixture in fixtures() {
        let sources = fixture.sources();
        let found = findings(&sources);
        let seal = Seal::new(7);
        let colored = render(&found, &sources, Style { color: Some(seal), width: 80 });
        assert!(!colored.contains('\u{1b}'), "only the printing layer writes escape sequences: {colored}");
        let colored = printable(&colored, Some(seal));
        for report in [report(&found, &sources), without_styles(&colored)] {
            assert_eq!(report.chars().find(|c| obeyed(*c)), None, "{}", fixture.name);
        }
    }
}

/// A coloured report without the escape sequences of styles. Other sequences stay.
fn without_styles(report: &str) -> String {
    let mut parts = report.split("\u{1b}[");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (numbers, rest) = part.split_once('m').expect("a style sequence");
        assert!(numbers.chars().all(|c| c.is_ascii_digit() || c == ';'), "{numbers:?}");
        out.push_str(rest);
    }
    out
}

/// A line that ends in `# here: NEEDLE` says where the first finding must be: at the first NEEDLE of the
/// line. Lines and columns are counted here, independently of the compiler.
#[test]
fn places_count_characters() {
    let mut seen = 0;
    for fixture in fixtures() {
        let sources = fixture.sources();
        let found = findings(&sources);
        for (path, text) in &fixture.files {
            for (nth, line) in text.lines().enumerate() {
                let Some((before, needle)) = line.split_once("# here: ") else { continue };
                let (skipped, _) = before.split_once(needle).expect("the needle stands before the comment");
                let wanted = format!("{path}:{}:{}", nth + 1, skipped.chars().count() + 1);
                let place = sources.place(found[0].labels[0].span).to_string();
                assert_eq!(place, wanted, "{}", fixture.name);
                let report = report(&found, &sources);
                assert!(report.contains(&format!("[{wanted}]")), "{wanted} is not in the report:\n{report}");
                seen += 1;
            }
        }
    }
    assert!(seen >= 10, "only {seen} fixtures have characters of several bytes before their fault");
}

#[test]
fn hostile_text_is_refused_and_escaped() {
    let deep = 100_000;
    let block: String = (0..2_000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    let cases = [
        ("lists in brackets", "[".repeat(deep)),
        ("mappings in braces", "{a: ".repeat(deep)),
        ("lists in lines", "- ".repeat(deep)),
        ("complex keys", "? ".repeat(deep)),
        ("keys in lines", block),
        ("one long scalar", "x".repeat(4 * 1024 * 1024)),
        ("one long key", format!("{}: 1", "x".repeat(deep))),
        ("one long line in brackets", format!("kind: service\nstandby: [{}]", "x, ".repeat(deep))),
        ("zeros", "\0".repeat(1_000)),
        ("zeros in a policy", "kind: service\0\nname: a\0\n".to_owned()),
        ("byte order marks", "\u{feff}\u{feff}kind: service\u{feff}".to_owned()),
        ("aliases without anchors", "*a ".repeat(10_000)),
        ("anchors without values", "&a ".repeat(10_000)),
        ("tags", "!a ".repeat(10_000)),
        ("empty documents", "---\n".repeat(10_000)),
        ("directives", "%YAML 9.9\n%TAG ! !\n".repeat(1_000)),
        ("half a character in an escape", "kind: \"\\ud800\\udfff\"".to_owned()),
    ];
    for (name, text) in cases {
        let sources = sources(&[(name.to_owned(), text)].into());
        let found = findings(&sources);
        assert!(!found.is_empty(), "{name} is no policy");
        let report = report(&found, &sources);
        assert!(report.len() < 64 * 1024, "{name}: a report of {} bytes", report.len());
    }
}

#[test]
fn too_many_findings_are_counted_and_truncated() {
    let text = "a: 1\n".repeat(50_000);
    let sources = sources(&[("flood".to_owned(), text)].into());
    let found = findings(&sources);
    assert_eq!(found.len(), 1_001);
    let report = report(&found, &sources);
    // Every repetition, and the missing kind of the document.
    assert!(report.contains("the text of this file has 50000 findings"), "{report}");
    assert!(report.ends_with("… and 901 more: 901 of E0103\n"), "{report}");
}

/// Mutations of the committed policies (bytes changed, removed, duplicated or inserted): always a result,
/// never a panic, and every finding can be drawn.
#[test]
fn broken_copies_of_good_policies_never_panic() {
    let policies = entries(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies"));
    let originals: BTreeMap<String, String> = policies
        .iter()
        .filter(|path| has_extension(path, "yaml"))
        .map(|path| (stem(path).to_owned(), fs::read_to_string(path).unwrap()))
        .collect();
    assert_eq!(findings(&sources(&originals)), Vec::new(), "the originals compile");
    let names: Vec<&String> = originals.keys().collect();
    let mut random = XorShift(0x5eed_0123_4567_89ab);
    for round in 0..10_000 {
        let mut files = originals.clone();
        let name = names[random.below(names.len())];
        // Most faults are found in the mutated file itself; compiling the other files takes most of the time.
        if random.below(16) > 0 {
            files.retain(|other, _| other == name || other == "estate");
        }
        let mut bytes = files[name].clone().into_bytes();
        for _ in 0..=random.below(3) {
            random.mutate(&mut bytes);
        }
        // The runtime refuses text that is not UTF-8 before the compiler sees it.
        files.insert(name.clone(), String::from_utf8_lossy(&bytes).into_owned());
        let sources = sources(&files);
        let found = findings(&sources);
        for label in found.iter().flat_map(|finding| &finding.labels) {
            let text = &sources.get(label.span.source).unwrap().text;
            assert!(text.get(label.span.start..label.span.end).is_some(), "round {round}: {label:?}");
        }
        let drawn = report(&found, &sources)
            .lines()
            .filter(|line| {
                line.starts_with("E0")
                    || line.starts_with("W0")
                    || line.starts_with("E1")
                    || line.starts_with("W1")
            })
            .count();
        assert_eq!(drawn, found.len(), "round {round}");
    }
}

/// Text that has a meaning in YAML, and unusual characters.
#[rustfmt::skip]
const LOADED: &[&str] = &[
    ":", "-", "[", "]", "{", "}", "&a", "*a", "!", "|", ">", "'", "\"", "#", "%", "@", ",", "?", "<<", "~", "0x",
    "---", "...", ".inf", " ", "\t", "\n", "\r", "\0", "\u{1b}", "ä", "日本", "🎌", "\u{202e}", "\u{feff}",
];

/// Marsaglia's xorshift64: the same numbers on every machine.
struct XorShift(u64);

impl XorShift {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }

    fn mutate(&mut self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        let at = self.below(bytes.len());
        match self.below(16) {
            0 => bytes.truncate(at),
            1..=4 => bytes[at] = u8::try_from(self.below(256)).unwrap(),
            5..=7 => {
                bytes.remove(at);
            }
            8..=10 => {
                let end = (at + self.below(20)).min(bytes.len());
                let piece = bytes[at..end].to_vec();
                let target = self.below(bytes.len());
                bytes.splice(target..target, piece);
            }
            _ => {
                let piece = LOADED[self.below(LOADED.len())].bytes();
                bytes.splice(at..at, piece);
            }
        }
    }
}
