//! Findings as workflow commands of GitHub Actions: one line each, which the runner turns into an annotation.
//!
//! The runner treats every line that begins with `::` as a command, so a name from a pull request must not
//! begin one. Names are escaped the way the runner decodes them (actions/toolkit,
//! `packages/core/src/command.ts`; actions/runner, `ActionCommand.cs`), and hidden characters are written
//! out. The printing layer ([`annotations`](crate::printable::annotations)) passes no other command.
//!
//! GitHub shows ten errors and ten warnings per step as annotations and drops the others without a word; they are only in
//! its log. So where there are more, the tenth says how many. To see all of them in the pull request, upload SARIF.

use std::fmt::Write as _;

use super::{Diagnostic, Label, Region, Severity, Sources, file, labels, level, sentence, shown, title};

/// The most annotations of a level that GitHub shows for a step (GitHub Docs, "Workflow commands"; actions/toolkit,
/// `docs/problem-matchers.md`).
const MOST_SHOWN: usize = 10;

pub(super) fn write(findings: &[Diagnostic], sources: &Sources) -> String {
    let count = |severity| findings.iter().filter(|finding| finding.severity() == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let (mut text, mut seen) = (String::new(), (0, 0));
    for finding in findings {
        let (all, nth) = match finding.severity() {
            Severity::Error => (errors, &mut seen.0),
            Severity::Warning => (warnings, &mut seen.1),
        };
        *nth += 1;
        if *nth == MOST_SHOWN && all > MOST_SHOWN {
            text.push_str(&more(level(finding.severity()), all + 1 - MOST_SHOWN));
        }
        text.push_str(&command(finding, sources));
    }
    text
}

/// The annotation that stands for those that GitHub does not show.
fn more(level: &str, count: usize) -> String {
    format!("::{level} title={count} more {level}s::The log of this step has all of them.\n")
}

fn command(finding: &Diagnostic, sources: &Sources) -> String {
    let mut properties = Vec::new();
    if let Some(file) = file(finding, sources) {
        properties.push(format!("file={}", property(&shown(file))));
    }
    if let Some(region) = finding.labels.first().and_then(|label| Region::first_line(label, sources)) {
        let Region { line, column, end_line, end_column, .. } = region;
        properties.push(format!("line={line},col={column},endLine={end_line},endColumn={end_column}"));
    }
    properties.push(format!("title={}", property(&format!("{}: {}", finding.code, title(finding)))));
    let mut message = sentence(finding);
    for label in labels(finding).skip(1) {
        message.push_str(&further(label, sources));
    }
    format!("::{} {}::{}\n", level(finding.severity()), properties.join(","), data(&message))
}

/// A further place, as text: an annotation has only one place.
fn further(label: &Label, sources: &Sources) -> String {
    let place = sources.place(label.span).to_string();
    let mut text = format!("\nsee {}", shown(&place));
    if !label.text.is_empty() {
        // Writing into a String cannot fail.
        let _ = write!(text, ": {}", shown(&label.text));
    }
    text
}

/// The message of a command, on one line.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property, which ends at a comma or a colon.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
