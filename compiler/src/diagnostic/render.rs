//! Findings as a person reads them: miette reports with marks in the user's own text.
//!
//! Policies come from strangers' pull requests, so nothing of theirs reaches the terminal raw: control
//! and direction-changing characters are replaced, in excerpts byte for byte so that marks stay in place.

use std::fmt::{self, Write as _};

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode,
    SourceSpan, SpanContents,
};

use super::{Diagnostic, Label, Severity};
use crate::source::{Source, SourceId, Sources};

/// How to draw.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// With colours.
    pub color: bool,
    /// Columns to fit into.
    pub width: usize,
}

/// All findings as text, one report after the other, followed by a line that counts them.
#[must_use]
pub fn render(diagnostics: &[Diagnostic], sources: &Sources, style: Style) -> String {
    let theme = if style.color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(style.width.max(40))
        .with_links(false)
        .without_cause_chain();
    let mut out = String::new();
    for diagnostic in diagnostics {
        let report = Report::new(diagnostic, sources);
        // Writing into a String cannot fail, and a report of ours has no failing parts.
        let _ = handler.render_report(&mut out, &report);
        out.push('\n');
    }
    out
}

/// One finding in the shape miette draws: the labels of one file, the other files' as related reports.
#[derive(Debug)]
struct Report<'a> {
    diagnostic: &'a Diagnostic,
    headline: String,
    excerpt: Option<Excerpt<'a>>,
    related: Vec<Elsewhere<'a>>,
}

/// Labels of a further file.
#[derive(Debug)]
struct Elsewhere<'a> {
    excerpt: Excerpt<'a>,
}

impl<'a> Report<'a> {
    fn new(diagnostic: &'a Diagnostic, sources: &'a Sources) -> Self {
        let mut files: Vec<SourceId> = Vec::new();
        for label in &diagnostic.labels {
            if !files.contains(&label.span.source) {
                files.push(label.span.source);
            }
        }
        let mut excerpts = files.into_iter().filter_map(|file| {
            let labels = diagnostic.labels.iter();
            let labels = labels.filter(|l| l.span.source == file).collect();
            sources.get(file).map(|s| Excerpt::new(s, labels))
        });
        let headline = match &diagnostic.file {
            Some(file) => format!("{}: {}", visible(file), visible(&diagnostic.message)),
            None => visible(&diagnostic.message),
        };
        Self {
            diagnostic,
            headline,
            excerpt: excerpts.next(),
            related: excerpts.map(|excerpt| Elsewhere { excerpt }).collect(),
        }
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.headline)
    }
}

impl std::error::Error for Report<'_> {}

impl miette::Diagnostic for Report<'_> {
    fn code<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        Some(Box::new(self.diagnostic.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.diagnostic.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        let help = visible(self.diagnostic.help.as_deref()?);
        Some(Box::new(help))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.excerpt.as_ref().map(|e| e as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.excerpt.as_ref()?.labels()))
    }

    fn related<'b>(&'b self) -> Option<Box<dyn Iterator<Item = &'b dyn miette::Diagnostic> + 'b>> {
        if self.related.is_empty() {
            return None;
        }
        let each = self.related.iter().map(|r| r as &dyn miette::Diagnostic);
        Some(Box::new(each))
    }
}

impl fmt::Display for Elsewhere<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the other place")
    }
}

impl std::error::Error for Elsewhere<'_> {}

impl miette::Diagnostic for Elsewhere<'_> {
    fn severity(&self) -> Option<miette::Severity> {
        Some(miette::Severity::Advice)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.excerpt)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.excerpt.labels()))
    }
}

/// Lines shown before and after a marked one. miette's default is one; two leave it a choice.
const CONTEXT: usize = 2;

/// The lines of one file around some labels, masked, found through the line index of the file: miette's
/// own `NamedSource` reads the whole file again for every report.
#[derive(Debug)]
struct Excerpt<'a> {
    source: &'a Source,
    labels: Vec<&'a Label>,
    name: String,
    /// Byte offset of the masked text in the file.
    offset: usize,
    masked: String,
}

impl<'a> Excerpt<'a> {
    fn new(source: &'a Source, labels: Vec<&'a Label>) -> Self {
        let line = |offset: usize| source.position(offset.min(source.text.len())).0;
        let first = labels.iter().map(|l| line(l.span.start)).min().unwrap_or(1);
        let last = labels.iter().map(|l| line(l.span.end)).max().unwrap_or(1);
        let range = source.line_range(first.saturating_sub(CONTEXT).max(1), last + CONTEXT);
        Self {
            source,
            labels,
            name: visible(&source.path),
            offset: range.start,
            masked: masked(source.text.get(range).unwrap_or_default()),
        }
    }

    fn labels(&self) -> impl Iterator<Item = LabeledSpan> + '_ {
        self.labels.iter().enumerate().map(|(nth, label)| {
            let text = Some(visible(&label.text)).filter(|t| !t.is_empty());
            let (at, length) = (label.span.start, label.span.end.saturating_sub(label.span.start));
            if nth == 0 {
                // The primary label is the place in the report's head line.
                LabeledSpan::new_primary_with_span(text, (at, length))
            } else {
                LabeledSpan::new(text, at, length)
            }
        })
    }
}

impl SourceCode for Excerpt<'_> {
    fn read_span<'b>(
        &'b self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'b> + 'b>, MietteError> {
        let end = span.offset() + span.len();
        let (first, column) = self.source.position(span.offset());
        let (last, _) = self.source.position(end.saturating_sub(usize::from(!span.is_empty())));
        let from = first.saturating_sub(before).max(1);
        let lines = self.source.line_range(from, last + after);
        let start = lines.start.max(self.offset);
        let stop = lines.end.min(self.offset + self.masked.len());
        let text = self.masked.get(start - self.offset..stop.saturating_sub(self.offset));
        let text = text.ok_or(MietteError::OutOfBounds)?;
        let whole = SourceSpan::from((start, text.len()));
        let (line, _) = self.source.position(start);
        let column = if before == 0 { column - 1 } else { 0 };
        let count = text.lines().count();
        let contents =
            MietteSpanContents::new_named(self.name.clone(), text.as_bytes(), whole, line - 1, column, count);
        Ok(Box::new(contents))
    }
}

/// Characters that move the cursor or change the direction of text.
fn is_hidden(c: char) -> bool {
    let directional = matches!(c,
        '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    c.is_control() || directional
}

/// Text that is safe to print: hidden characters are written out as `\u{…}`, line breaks are kept.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c != '\n' && is_hidden(c) {
            let _ = write!(out, "{}", c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}

/// The same length in bytes, hidden characters replaced.
fn masked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c.len_utf8() {
            _ if matches!(c, '\n' | '\t') || !is_hidden(c) => out.push(c),
            3 => out.push('\u{fffd}'),
            bytes => out.extend(std::iter::repeat_n('?', bytes)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masking_keeps_every_byte_in_its_place() {
        let hostile = "a\u{1b}[31m\u{202e}b\u{85}c\r\n";
        assert_eq!(masked(hostile).len(), hostile.len());
        assert!(!masked(hostile).contains(['\u{1b}', '\u{202e}']));
        assert_eq!(visible("\u{1b}[2J"), "\\u{1b}[2J");
    }
}
