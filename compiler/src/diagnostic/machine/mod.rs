//! Findings for programs: Holdfast's JSON, SARIF 2.1.0, and the workflow commands of GitHub Actions.
//!
//! All three count lines and columns from 1 and columns in characters, as the reports for people do. Ends are
//! exclusive. A byte order mark does not count as a character, as in editors and SARIF. The first label of a
//! finding is its place; the other labels are further places.

mod github;
mod json;
mod sarif;

use super::{Diagnostic, Label, MOST_REPORTED, Severity, codes, visible};
use crate::source::{Source, Sources};

/// An output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportFormat {
    /// Holdfast's JSON, for scripts: contains everything about a finding.
    Json,
    /// SARIF, for code scanning.
    Sarif,
    /// Workflow commands, for the log of a GitHub Actions job, which shows them in the pull request.
    Github,
}

/// Write the findings in a format. Without findings the document is valid and empty.
#[must_use]
pub fn write(findings: &[Diagnostic], sources: &Sources, format: ReportFormat) -> String {
    match format {
        ReportFormat::Json => json::write(findings, sources),
        ReportFormat::Sarif => sarif::write(findings, sources),
        ReportFormat::Github => github::write(findings, sources),
    }
}

/// A marked piece of a file.
#[derive(Debug)]
struct Region<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    /// The marked text.
    text: &'a str,
}

impl<'a> Region<'a> {
    /// The whole label.
    fn whole(label: &Label, sources: &'a Sources) -> Option<Self> {
        let source = sources.get(label.span.source)?;
        Some(Self::new(source, label.span.start, label.span.end.max(label.span.start)))
    }

    /// The first line of a label, as in the reports for people. GitHub shows an alert in a pull request only
    /// if all its lines were changed, and accepts no columns for several lines.
    fn first_line(label: &Label, sources: &'a Sources) -> Option<Self> {
        let whole = Self::whole(label, sources)?;
        let length = whole.text.lines().next().map_or(0, str::len);
        let source = sources.get(label.span.source)?;
        Some(Self::new(source, label.span.start, label.span.start + length))
    }

    fn new(source: &'a Source, start: usize, end: usize) -> Self {
        let (line, column) = position(source, start);
        let (end_line, end_column) = position(source, end);
        let text = source.text.get(start..end).unwrap_or_default();
        Self { file: &source.path, line, column, end_line, end_column, text }
    }
}

fn position(source: &Source, offset: usize) -> (usize, usize) {
    let (line, column) = source.position(offset);
    let mark = line == 1 && source.text.starts_with('\u{feff}');
    (line, column.saturating_sub(usize::from(mark)).max(1))
}

/// The labels to report. The first one is the place of the finding.
fn labels(finding: &Diagnostic) -> impl Iterator<Item = &Label> {
    finding.labels.iter().take(MOST_REPORTED)
}

/// The file of a finding, even if the finding has no place in it.
fn file<'a>(finding: &'a Diagnostic, sources: &'a Sources) -> Option<&'a str> {
    let labelled = finding.labels.first().and_then(|label| sources.get(label.span.source));
    labelled.map(|source| source.path.as_str()).or(finding.file.as_deref())
}

/// `error` or `warning`, the same in every format.
fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// The message and the help as one text, for viewers that show no separate help.
fn sentence(finding: &Diagnostic) -> String {
    let message = shown(&finding.message);
    match &finding.help {
        Some(help) => format!("{message}\nhelp: {}", shown(help)),
        None => message,
    }
}

/// The title of the code's page, such as `duplicate key`.
fn title(finding: &Diagnostic) -> &'static str {
    let page = codes::page(finding.code.as_str()).unwrap_or_default();
    let heading = page.lines().next().unwrap_or_default();
    heading.split_once(": ").map_or(heading, |(_, title)| title)
}

/// The longest text that is passed to a viewer, in characters.
const BRIEF: usize = 1_000;

/// Text without hidden characters, cut at [`BRIEF`] characters.
fn shown(text: &str) -> String {
    let cut = text.char_indices().nth(BRIEF).map(|(at, _)| at);
    let kept = visible(text.get(..cut.unwrap_or(text.len())).unwrap_or_default());
    if cut.is_some() { kept + "…" } else { kept }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    #[test]
    fn byte_order_mark_is_not_counted_in_columns() {
        let mut sources = Sources::default();
        let id = sources.add("a.yaml", "\u{feff}kind: x\nname: y\n");
        let region = |start, end| {
            let label = Label { span: Span::new(id, start, end), text: String::new() };
            let region = Region::whole(&label, &sources).unwrap();
            (region.line, region.column, region.end_line, region.end_column)
        };
        assert_eq!(region(3, 7), (1, 1, 1, 5));
        assert_eq!(region(0, 3), (1, 1, 1, 1));
        assert_eq!(region(11, 15), (2, 1, 2, 5));
    }

    #[test]
    fn only_the_first_line_is_marked() {
        let mut sources = Sources::default();
        let id = sources.add("a.yaml", "a: [b,\r\n  c]\n");
        let label = Label { span: Span::new(id, 3, 12), text: String::new() };
        let whole = Region::whole(&label, &sources).unwrap();
        assert_eq!((whole.column, whole.end_line, whole.end_column), (4, 2, 5));
        let first = Region::first_line(&label, &sources).unwrap();
        assert_eq!((first.column, first.end_line, first.end_column, first.text), (4, 1, 7, "[b,"));
    }
}
