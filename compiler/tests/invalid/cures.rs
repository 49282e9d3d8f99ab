//! Every cure works when it is followed to the letter: each fixture has a second form, in which the help of its
//! report is applied, and that form compiles further.
//!
//! A help that says what to write instead of the marked text (`did you mean …?`, `it can be …`, `put it in
//! quotes`) is applied here. For any other help, `CODE-story.cure` beside the fixture says what a user types:
//!
//! ```text
//! help: remove it
//! -journal: { site: oregon, lease: 1m }
//! +journal: { site: oregon }
//!
//! help: add the team's journal
//! -journal: { site: oregon, lease: 1m }
//! +journal: { site: oregon, s3: s3://acme-journal/holdfast, lease: 1m }
//! ```
//!
//! Each `help:` quotes the help of the report, and begins a cure of its own, unless no edit is between it and the
//! last one. Its edits are lines of a diff without
//! numbers, and an empty line separates two edits: what `-` and ` ` begin is in the fixture exactly once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use holdfast_compiler::diagnostic::Diagnostic;

use super::{Fixture, entries, findings, fixtures, folder, has_extension, report, sources, stem};

/// The texts of a fixture by path.
type Files = BTreeMap<String, String>;

/// One way to follow a help.
struct Cure {
    /// What of the help it follows.
    quotes: Vec<String>,
    /// What lines are replaced, and by which.
    edits: Vec<Edit>,
}

#[derive(Default)]
struct Edit {
    old: Vec<String>,
    new: Vec<String>,
    /// How many lines of the new ones are old.
    kept: usize,
}

/// Families of codes whose cures are outside of the policy, and where. A story shows what they report, and ends with
/// the cure.
const OUTSIDE: [(&str, &str); 5] = [
    ("E00", "files and folders"),
    ("E0317", "files of controls"),
    ("E06", "the cloud"),
    ("E07", "runs, the journal, keys and agreement"),
    ("E1016", "files of controls"),
];

#[test]
fn every_cure_works_when_followed_to_the_letter() {
    let mut complaints = String::new();
    for fixture in fixtures() {
        for complaint in complaints_about(&fixture) {
            let _ = writeln!(complaints, "{}: {complaint}", fixture.name);
        }
    }
    assert!(complaints.is_empty(), "\n{complaints}");
}

#[test]
fn every_cure_has_its_fixture() {
    let names: BTreeSet<String> = fixtures().into_iter().map(|fixture| fixture.name).collect();
    for path in entries(&folder()).iter().filter(|path| has_extension(path, "cure")) {
        assert!(names.contains(stem(path)), "{} belongs to no fixture", path.display());
    }
}

#[test]
fn only_cures_outside_of_the_policy_are_told_in_stories() {
    for story in entries(&folder()).iter().filter(|path| path.join("story.txt").exists()) {
        let outside = OUTSIDE.iter().any(|(family, _)| stem(story).starts_with(family));
        assert!(outside, "{}: a policy shows it, so add it as YAML with its cure", story.display());
        let told = fs::read_to_string(story.join("story.txt")).unwrap();
        let ends = told.trim_end().lines().next_back().unwrap();
        assert!(!ends.starts_with("[exit "), "{}: end it with the cure, which succeeds", story.display());
    }
    for (family, what) in OUTSIDE {
        let told = |path: &PathBuf| path.join("story.txt").exists() && stem(path).starts_with(family);
        assert!(entries(&folder()).iter().any(told), "no story about {what}: remove {family} here");
    }
}

fn complaints_about(fixture: &Fixture) -> Vec<String> {
    let found = findings(&fixture.sources());
    let path = folder().join(format!("{}.cure", fixture.name));
    let written = fs::read_to_string(&path).ok();
    let without = found.iter().filter(|finding| finding.help.is_none());
    let mut out: Vec<String> =
        without.map(|finding| format!("{} has no help: {}", finding.code, finding.message)).collect();
    match (written, replacements(&found)) {
        (Some(_), Some(_)) => out.push("its help is applied without a cure file: remove the file".to_owned()),
        (None, None) if out.is_empty() => out.push(format!(
            "add `{}.cure`: what a user types who follows the help of the report (the head of cures.rs says how)",
            fixture.name
        )),
        (None, None) => {}
        (None, Some(replacements)) => out.extend(none_works(fixture, &found, &replacements)),
        (Some(written), None) => {
            let cures = cures(&written);
            out.extend(unquoted(fixture.code(), &found, &cures));
            for cure in &cures {
                out.extend(failure_of(fixture, &found, cure).map(|why| format!("`{}`: {why}", cure.quotes[0])));
            }
        }
    }
    out
}

// Helps that say what to write instead of the marked text.

/// What to write instead of the first mark of each finding, or `None` if a help needs a person.
fn replacements(found: &[Diagnostic]) -> Option<Vec<Vec<String>>> {
    found.iter().map(|finding| replacement(finding.help.as_deref()?)).collect()
}

/// The texts that a help offers instead of the marked one. `{}` is the marked text.
fn replacement(help: &str) -> Option<Vec<String>> {
    let whole = ["did you mean ", "it can be ", "put it in brackets: "];
    match help {
        "remove it" | "remove the tag" => Some(vec![String::new()]),
        "put it in quotes" => Some(vec!["\"{}\"".to_owned()]),
        _ if whole.iter().any(|start| help.starts_with(start)) && !help.contains(';') => Some(quoted(help)),
        _ => None,
    }
}

/// Why no choice of each help cures the fixture.
fn none_works(fixture: &Fixture, found: &[Diagnostic], choices: &[Vec<String>]) -> Option<String> {
    let most = choices.iter().map(Vec::len).max().unwrap_or(0);
    let mut last = None;
    for nth in 0..most {
        let mut files = fixture.files.clone();
        let mut marked: Vec<_> = found.iter().zip(choices).collect();
        marked.sort_by_key(|(finding, _)| std::cmp::Reverse(finding.labels[0].span));
        for (finding, choices) in marked {
            let span = finding.labels[0].span;
            let path = fixture.sources().get(span.source).unwrap().path.clone();
            let text = files.get_mut(&path).unwrap();
            let new = choices[nth.min(choices.len() - 1)].replace("{}", &text[span.start..span.end]);
            text.replace_range(span.start..span.end, &new);
        }
        last = still_wrong(fixture.code(), found, &files);
        last.as_ref()?;
    }
    last
}

// Cures that a file says.

fn cures(text: &str) -> Vec<Cure> {
    let mut cures: Vec<Cure> = Vec::new();
    let mut apart = true;
    for line in text.lines() {
        if let Some(quote) = line.strip_prefix("help: ") {
            match cures.last_mut().filter(|cure| cure.edits.is_empty()) {
                Some(same) => same.quotes.push(quote.to_owned()),
                None => cures.push(Cure { quotes: vec![quote.to_owned()], edits: Vec::new() }),
            }
            apart = true;
            continue;
        }
        if line.is_empty() {
            apart = true;
            continue;
        }
        let cure = cures.last_mut().expect("a cure file begins with `help: `");
        if apart {
            cure.edits.push(Edit::default());
            apart = false;
        }
        let edit = cure.edits.last_mut().unwrap();
        let (sign, rest) = line.split_at(1);
        let rest = rest.to_owned();
        match sign {
            "-" => edit.old.push(rest),
            "+" => edit.new.push(rest),
            _ => {
                assert_eq!(sign, " ", "`{line}` begins with none of `-`, `+` and a space");
                edit.old.push(rest.clone());
                edit.new.push(rest);
                edit.kept += 1;
            }
        }
    }
    cures
}

/// What quotes no help, and which helps nobody quotes.
fn unquoted(code: &str, found: &[Diagnostic], cures: &[Cure]) -> Vec<String> {
    let helps: Vec<&str> = found.iter().filter_map(|finding| finding.help.as_deref()).collect();
    let quotes = || cures.iter().flat_map(|cure| &cure.quotes);
    let strange = quotes().filter(|quote| !helps.iter().any(|help| help.contains(quote.as_str())));
    let strange = strange.map(|quote| format!("no help says `{quote}`"));
    let own = found.iter().filter(|finding| finding.code.as_str() == code);
    let offers: BTreeSet<&str> =
        own.flat_map(|finding| offers(finding.help.as_deref().unwrap_or_default())).collect();
    let followed =
        |offer: &str| quoted(offer).iter().any(|word| quotes().any(|quote| quote.contains(word.as_str())));
    let missed = offers.into_iter().filter(|offer| !followed(offer));
    let missed = missed.map(|offer| format!("no cure follows `{offer}`"));
    strange.chain(missed).collect()
}

/// The parts of a help that name something to write. What only explains, or depends on what is meant, is none.
fn offers(help: &str) -> impl Iterator<Item = &str> {
    let parts = help.split(['\n', ';']).flat_map(|part| part.split(", or ")).map(str::trim);
    parts.filter(|part| {
        let explains =
            ["it can have ", "if ", "not in the text: "].iter().any(|start| part.starts_with(start));
        !explains && quoted(part).iter().any(|word| !word.starts_with("holdfast "))
    })
}

fn failure_of(fixture: &Fixture, found: &[Diagnostic], cure: &Cure) -> Option<String> {
    let mut files = fixture.files.clone();
    for edit in &cure.edits {
        if let Err(why) = apply(edit, &mut files) {
            return Some(why);
        }
    }
    files.retain(|_, text| !text.is_empty());
    if let Some(why) = invented(cure) {
        return Some(why);
    }
    still_wrong(fixture.code(), found, &files)
}

fn apply(edit: &Edit, files: &mut Files) -> Result<(), String> {
    let (old, new) = (lines(&edit.old), lines(&edit.new));
    let holds = |text: &str| text.starts_with(&old) || text.contains(&format!("\n{old}"));
    let count = |text: &str| usize::from(text.starts_with(&old)) + text.matches(&format!("\n{old}")).count();
    let times: usize = files.values().map(|text| count(text)).sum();
    if times != 1 {
        return Err(format!("these lines are there {times} times, not once:\n{old}"));
    }
    let text = files.values_mut().find(|text| holds(text)).unwrap();
    let at = if text.starts_with(&old) { 0 } else { text.find(&format!("\n{old}")).unwrap() + 1 };
    text.replace_range(at..at + old.len(), &new);
    Ok(())
}

fn lines(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// A cure that adds text uses words of the help: one of those in backticks, if there are any.
fn invented(cure: &Cure) -> Option<String> {
    let adding = cure.edits.iter().filter(|edit| edit.new.len() > edit.kept);
    let added: String = adding.map(|edit| lines(&edit.new)).collect();
    let quotes = cure.quotes.iter().filter(|quote| !quote.starts_with("remove "));
    let words: Vec<String> = quotes.flat_map(|quote| quoted(quote)).collect();
    let used = |word: &String| word.split('…').all(|part| added.contains(part.trim()));
    (!added.is_empty() && !words.is_empty() && !words.iter().any(used))
        .then(|| "the edits add no word that this help has in backticks".to_owned())
}

// What is left.

/// What a cured policy still reports of the code, or reports anew.
fn still_wrong(code: &str, before: &[Diagnostic], files: &Files) -> Option<String> {
    let sources = sources(files);
    let after = findings(&sources);
    let known = |finding: &Diagnostic| {
        before.iter().any(|old| old.code == finding.code && old.message == finding.message)
    };
    // A fixture whose text is wrong is short: it does not keep the objectives that Holdfast assumes.
    let short = !before.iter().all(derived) && !files.values().any(|text| text.contains("objectives:"));
    let judged = |finding: &Diagnostic| match finding.code.as_str() {
        objective if objective.starts_with("E08") => !short,
        // A plan for people that a cure begins is not yet complete.
        plan => !plan.starts_with("W10"),
    };
    let wrong = |finding: &&Diagnostic| finding.code.as_str() == code || (judged(finding) && !known(finding));
    let left: Vec<Diagnostic> = after.iter().filter(wrong).cloned().collect();
    (!left.is_empty()).then(|| format!("the cured policy is still refused:\n{}", report(&left, &sources)))
}

/// Whether a finding is about a policy whose text and names are right, so that its objectives were derived.
fn derived(finding: &Diagnostic) -> bool {
    ["E08", "E09", "W"].iter().any(|family| finding.code.as_str().starts_with(family))
}

/// The pieces of a text in backticks.
fn quoted(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}
