//! Hostile arguments, file names, and files that are not policies.

use std::io::Write as _;
use std::process::Stdio;

use crate::hostile::{Commands, checked, harmless, hostile, hostile_line, run};
use crate::support::{Bench, Ran};

/// Flags and positional arguments that take a text.
const TAKE_TEXT: [&[&str]; 27] = [
    &["TEXT"],
    &["validate", "--TEXT"],
    &["validate", "TEXT"],
    &["validate", "a.yaml", "--format", "TEXT"],
    &["validate", "a.yaml", "--as-of", "TEXT"],
    &["plan", "a.yaml", "--cloud", "TEXT"],
    &["plan", "a.yaml", "--cloud", "local:TEXT"],
    &["plan", "a.yaml", "--journal", "TEXT"],
    &["plan", "a.yaml", "--journal", "s3://TEXT"],
    &["plan", "a.yaml", "--author", "TEXT"],
    &["plan", "a.yaml", "--target", "TEXT"],
    &["plan", "a.yaml", "--out", "TEXT.yaml"],
    &["plan", "a.yaml", "--out", "TEXT/x"],
    &["apply", "a.yaml", "--yes", "--target", "TEXT"],
    &["apply", "a.yaml", "--yes", "--allow", "TEXT"],
    &["apply", "a.yaml", "--yes", "--limit", "TEXT=5"],
    &["apply", "a.yaml", "--yes", "--limit", "TEXT"],
    &["apply", "a.yaml", "--yes", "--step-timeout", "TEXT"],
    &["apply", "TEXT"],
    &["show", "TEXT"],
    &["approve", "TEXT"],
    &["journal", "show", "TEXT"],
    &["journal", "verify", "a.yaml", "--head", "TEXT"],
    &["explain", "TEXT"],
    &["explain", "--effective", "TEXT", "a.yaml"],
    &["completions", "TEXT"],
    &["man", "TEXT"],
];

const POLICY: &str = "kind: estate
name: acme
sites: { virginia: { aws: us-east-1 }, oregon: { aws: us-west-2 } }
defaults: { assumptions: { detection: { value: 5m, because: the monitoring pages after five minutes } } }
---
kind: service
name: files
primary: virginia
standby: [oregon]
data:
  docs: { bucket: acme-docs, backups: [{ strategy: real-time, to: [oregon] }] }
recovery: [{ step: read-the-copy, takes: 30m }]
";

#[test]
fn echoed_arguments_are_escaped() {
    for text in [hostile(), hostile_line(), "::set-env name=a::b".to_owned(), "##[error]a".to_owned()] {
        for words in TAKE_TEXT {
            let bench = Bench::local();
            bench.write("a.yaml", POLICY);
            let arguments: Vec<String> = words.iter().map(|word| word.replace("TEXT", &text)).collect();
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let ran = run(&bench, &arguments);
            assert!(ran.code == 0 || !ran.stderr.is_empty(), "{words:?}");
        }
    }
}

#[test]
fn environment_values_in_help_are_escaped() {
    let bench = Bench::local();
    let mut command = bench.command(&["plan", "--help"]);
    command.env("HOLDFAST_CLOUD", hostile()).env("HOLDFAST_AUTHOR", "\n::add-mask::a");
    let ran = checked(command.output().unwrap().into(), &["plan", "--help"]).expect(0);
    assert!(ran.stdout.contains("\\u{1b}[2J"), "{}", ran.stdout);
}

#[cfg(unix)]
#[test]
fn file_names_are_escaped() {
    // A file name cannot contain a slash.
    for name in [hostile().replace('/', "."), "::set-env name=a::b".to_owned(), "##[error]a".to_owned()] {
        // Nor more than 255 bytes, including the suffix.
        let mut halves = vec![String::new()];
        for c in name.chars() {
            if halves.last().unwrap().len() > 150 {
                halves.push(String::new());
            }
            halves.last_mut().unwrap().push(c);
        }
        for half in &halves {
            let bench = Bench::local();
            let (valid, invalid) = (format!("{half}.yaml"), format!("{half}/b.yaml"));
            bench.write(&format!("p/{valid}"), POLICY);
            bench.write(&format!("q/{invalid}"), "kind: service\nname: a\nstandbys: []\n");
            for format in ["human", "json", "sarif", "github"] {
                run(&bench, &["validate", "p", "--format", format]).expect(0);
                run(&bench, &["validate", "q", "--format", format]).expect(3);
            }
            let known = |words: &str| run(&bench, &words.split(' ').collect::<Vec<_>>());
            let checked = known("fmt p --check").stdout;
            assert_eq!(checked.lines().count(), 1, "a name is one line: {checked}");
            for words in
                ["fmt p --diff", "fmt q", "objectives p", "plan p", "apply p --yes --quiet", "import p"]
            {
                known(words);
            }
            bench.write(half, "no plan\n::add-mask::a\u{1b}[2J");
            for command in ["show", "approve", "apply", "validate", "fmt"] {
                run(&bench, &[command, half]);
            }
            run(&bench, &["init", &format!("new/{half}")]).expect(0);
            run(&bench, &["init", &format!("new/{half}")]).expect(1);
        }
    }
}

#[test]
fn text_from_lists_of_signers_is_escaped() {
    let line = hostile_line();
    for (signers, approvals) in [
        (hostile(), "signers: people"),
        (format!("{line} ssh-ed25519 AAAA"), "signers: people"),
        (format!("a@b.example {line}=\"x\" ssh-ed25519 AAAA"), "signers: people"),
        (format!("a@b.example namespaces=\"{line}\" ssh-ed25519 AAAA {line}"), "signers: people"),
        (String::new(), "signers: \"\\e[2J\\n::add-mask::a\""),
    ] {
        let bench = Bench::local();
        bench.write("people", &signers);
        let estate = format!("name: acme\napprovals: {{ required: 1, {approvals} }}\n");
        bench.write("a.yaml", &POLICY.replacen("name: acme\n", &estate, 1));
        for format in ["human", "json", "sarif", "github"] {
            run(&bench, &["validate", "a.yaml", "--format", format]).expect(3);
        }
    }
}

fn piped(bench: &Bench<'_>, arguments: &[&str], text: &str) -> Ran {
    let mut command = bench.command(arguments);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    child.wait_with_output().unwrap().into()
}

#[test]
fn fmt_of_standard_input_keeps_hostile_text() {
    let bench = Bench::local();
    // A comment may contain nearly everything, and stays unchanged.
    let text = "# \u{202e}a \u{200b}b ##vso[task.complete]c\n#\u{85}::add-mask::d\nkind:   estate\n";
    let ran = piped(&bench, &["fmt", "-"], text).expect(0);
    assert_eq!(ran.stdout, text.replace("kind:   ", "kind: "));
    // Output for people is escaped.
    for words in [["fmt", "--diff", "-"], ["fmt", "--check", "-"]] {
        let ran = piped(&bench, &words, text);
        harmless(&ran.stdout, Commands::None);
        harmless(&ran.stderr, Commands::None);
    }
    let wrong = piped(&bench, &["fmt", "-"], &format!("a: [\n# {}", hostile()));
    harmless(&wrong.expect(3).stderr, Commands::None);
}

#[test]
fn own_output_contains_nothing_to_escape() {
    let bench = Bench::local();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        run(&bench, &["completions", shell]).expect(0);
    }
    for words in [vec!["schema"], vec!["--help"], vec!["explain"], vec!["--version"]] {
        run(&bench, &words).expect(0);
    }
    for (code, page) in holdfast_compiler::diagnostic::codes::PAGES {
        assert_eq!(run(&bench, &["explain", code.as_str()]).expect(0).stdout, *page);
    }
}
