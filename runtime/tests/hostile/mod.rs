//! Foreign text is printed as data: whatever others have written into policies, plans, journals, clouds, file names
//! and arguments, no terminal and no CI system interprets any of it, in any command and any format; and machine
//! formats hold the original values.
//!
//! Three outputs are files and are not escaped: `fmt -` (a filter: the user's own file, see `arguments.rs`), and
//! `completions` and `man` (they contain no foreign text).

mod arguments;
mod cloud;
mod journal;
mod plans;
pub(crate) mod policies;

use crate::support::{Bench, Ran};
use serde_json::Value;

/// Hostile texts. Each is on its own line in [`hostile`].
const HOSTILE: [&str; 24] = [
    "\u{1b}[2J",
    "\u{1b}[31mred\u{1b}[0m",
    "\u{1b}]0;title\u{7}",
    "\u{1b}]8;;https://evil.example\u{7}link",
    "\u{9b}2J\u{85}::a",
    "\u{7f}\u{8}",
    "\r::add-mask::b",
    "\u{202e}txet",
    "\u{2066}\u{200f}\u{61c}",
    "a\u{200b}\u{ad}\u{fe0f}\u{3164}\u{2060}\u{feff}b",
    "\u{2028}::a\u{2029}::b",
    "\u{e0041}\u{e007f}",
    "::add-mask::a",
    "  ::set-output name=x::y",
    "\t\u{a0}\u{3000}::stop-commands::z",
    "::error file=a::forged",
    "##[error]x",
    "x ##[group]",
    "##vso[task.setvariable variable=a]b",
    "##VsO[task.complete result=Succeeded]",
    "##teamcity[buildStatus status='SUCCESS']",
    "##\u{ad}vso[task.logissue type=error]c",
    // Colour seals in the compiler's format, with numbers that differ from the process's seal.
    "\u{fdd0}[31mred",
    "\u{fdd0}0000000000000000[31mred\u{fdd0}0000000000000000[2J",
];

/// All hostile texts, one per line; the first line is whatever comes before.
fn hostile() -> String {
    format!("x\n{}\n::end::", HOSTILE.join("\n"))
}

/// All hostile texts on one line, for fields that refuse line breaks.
fn hostile_line() -> String {
    hostile().replace('\n', " ")
}

/// Texts for every field. The first holds everything; the others are single texts, because some fields are printed at
/// the start of a line.
fn variants() -> [String; 5] {
    let alone = ["::set-env name=a::b", "##vso[task.setvariable variable=a]b", "\u{1b}[2J\u{202e}", "\0a"];
    let [command, azure, hidden, zero] = alone.map(str::to_owned);
    [hostile(), command, azure, hidden, zero]
}

/// Whether a character controls a terminal or is invisible, decided without the code under test.
fn is_obeyed(c: char) -> bool {
    let hidden = matches!(c, '\u{ad}' | '\u{61c}' | '\u{3164}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fdd0}'..='\u{fdef}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{e0000}'..='\u{e0fff}');
    (c.is_control() && !"\n\t".contains(c)) || hidden
}

/// Which workflow commands may appear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Commands {
    None,
    Annotations,
}

/// Check that a text contains no control characters and no workflow commands.
#[track_caller]
fn harmless(text: &str, commands: Commands) {
    for line in text.split('\n') {
        assert_eq!(line.chars().find(|c| is_obeyed(*c)), None, "{line:?} in\n{text}");
        let ours = commands == Commands::Annotations
            && ["::error ", "::warning "].iter().any(|command| line.starts_with(command));
        assert!(ours || !line.trim_start().starts_with("::"), "{line:?} in\n{text}");
        let lower = line.to_lowercase();
        for command in ["##[", "##vso[", "##teamcity["] {
            assert!(!lower.contains(command), "{line:?} in\n{text}");
        }
    }
}

/// Run a command and check its output. JSON is parsed, and must not contain text that is escaped for people.
#[track_caller]
fn run(bench: &Bench<'_>, arguments: &[&str]) -> Ran {
    let mut command = bench.command(arguments);
    // The journal records the user's name. With colours, foreign text is not coloured.
    command.env("USER", hostile_line().replace('\0', "")).env("HOSTNAME", "::host::##[x]");
    let ran: Ran = command.output().unwrap().into();
    checked(ran, arguments)
}

#[track_caller]
fn checked(ran: Ran, arguments: &[&str]) -> Ran {
    let annotations = arguments.contains(&"github");
    harmless(&ran.stdout, if annotations { Commands::Annotations } else { Commands::None });
    harmless(&ran.stderr, Commands::None);
    assert!(!ran.stderr.contains("a bug in holdfast"), "{arguments:?}: {}", ran.stderr);
    assert_ne!(ran.code, -1, "{arguments:?}: {}", ran.stderr);
    ran
}

/// The same with colours: without Holdfast's own style sequences, no control characters are left.
#[track_caller]
fn run_in_colours(bench: &Bench<'_>, arguments: &[&str]) {
    let output = bench.command(&[&["--color", "always"], arguments].concat()).output().unwrap();
    for text in [Ran::from(output.clone()).stdout, Ran::from(output).stderr] {
        let mut parts = text.split("\u{1b}[");
        let mut plain = parts.next().unwrap().to_owned();
        for part in parts {
            let (numbers, rest) = part.split_once('m').expect("a style sequence");
            // The styles that reports and plans use; none hides text, blinks, or sets a background.
            let ours = ["0", "1", "2", "31", "32", "33", "36", "4", "35", "34"];
            assert!(numbers.split(';').all(|one| ours.contains(&one)), "{numbers:?} in\n{text}");
            plain.push_str(rest);
        }
        harmless(&plain, Commands::None);
        assert!(!text.contains("\u{1b}[31mred"), "{text}");
    }
}

/// All strings in the JSON documents that a command prints.
fn strings(text: &str) -> Vec<String> {
    let documents = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let mut all = Vec::new();
    documents.for_each(|document| collect(&document.unwrap(), &mut all));
    all
}

fn collect(value: &Value, all: &mut Vec<String>) {
    match value {
        Value::String(text) => all.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, all)),
        Value::Object(map) => map.iter().for_each(|(key, value)| {
            all.push(key.clone());
            collect(value, all);
        }),
        _ => {}
    }
}

/// Check that a document contains the original text.
#[track_caller]
fn holds(document: &str, text: &str) {
    assert!(strings(document).iter().any(|one| one.contains(text)), "{text:?} is not in\n{document}");
}
