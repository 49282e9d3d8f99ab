//! Findings for people: miette reports that mark places in the user's text.
//!
//! Policies can come from an untrusted pull request, so their text never reaches the terminal unchanged:
//! control characters and direction-changing characters are replaced, in excerpts byte for byte, so that
//! marks stay in place.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::ops::Range;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode,
    SourceSpan, SpanContents,
};

use super::{Code, Diagnostic, Label, MOST_REPORTED, Severity};
use crate::printable::{Reader, Seal, is_hidden, one_line, visible};
use crate::source::{Source, SourceId, Sources};

/// How to draw reports.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// If set, draw with colours and mark them with this seal for the printing layer.
    pub color: Option<Seal>,
    /// The width to fit into, in columns.
    pub width: usize,
}

/// The findings as text, one report after another.
#[must_use]
pub fn render(diagnostics: &[Diagnostic], sources: &Sources, style: Style) -> String {
    let theme =
        if style.color.is_some() { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let width = style.width.max(40);
    // Wrap lines here: miette breaks words at hyphens, and `eu-west-1` must stay whole.
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(width)
        .with_wrap_lines(false)
        .with_show_related_as_nested(true)
        .with_links(false)
        .without_cause_chain();
    let mut out = String::new();
    for diagnostic in diagnostics.iter().take(MOST_REPORTED) {
        let report = Report::new(diagnostic, sources, width);
        // Writing into a String cannot fail, and no part of a report returns an error.
        let _ = handler.render_report(&mut out, &report);
        out.push('\n');
    }
    let rest = diagnostics.get(MOST_REPORTED..).unwrap_or_default();
    if !rest.is_empty() {
        let _ = writeln!(out, "… and {} more: {}", rest.len(), counted(rest));
    }
    // All text of the user is masked, so the only escape sequences are those of the theme.
    match style.color {
        Some(seal) => seal.adopt(&out),
        None => out,
    }
}

/// `850 of E0201, 40 of E0301`, the most frequent first.
fn counted(diagnostics: &[Diagnostic]) -> String {
    let mut counts: BTreeMap<Code, usize> = BTreeMap::new();
    diagnostics.iter().for_each(|diagnostic| *counts.entry(diagnostic.code).or_default() += 1);
    let mut counts: Vec<(Code, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(code, count)| (std::cmp::Reverse(*count), *code));
    counts.iter().map(|(code, count)| format!("{count} of {code}")).collect::<Vec<_>>().join(", ")
}

/// One finding in the shape that miette draws: the labels of one file, with those of other files as related
/// reports.
#[derive(Debug)]
struct Report<'a> {
    diagnostic: &'a Diagnostic,
    headline: String,
    help: Option<String>,
    excerpt: Option<Excerpt<'a>>,
    related: Vec<Elsewhere<'a>>,
}

/// The labels in a further file.
#[derive(Debug)]
struct Elsewhere<'a> {
    excerpt: Excerpt<'a>,
}

impl<'a> Report<'a> {
    fn new(diagnostic: &'a Diagnostic, sources: &'a Sources, width: usize) -> Self {
        let labels = || diagnostic.labels.iter().take(MOST_REPORTED);
        let mut files: Vec<SourceId> = Vec::new();
        for label in labels() {
            if !files.contains(&label.span.source) {
                files.push(label.span.source);
            }
        }
        let mut excerpts = files.into_iter().filter_map(|file| {
            let labels = labels().filter(|l| l.span.source == file).collect();
            sources.get(file).and_then(|s| Excerpt::new(s, labels))
        });
        let excerpt = excerpts.next();
        let message = brief(&diagnostic.message);
        let place = || diagnostic.labels.first().map(|label| sources.place(label.span).to_string());
        let headline = match diagnostic.file.clone().or_else(|| place().filter(|_| excerpt.is_none())) {
            Some(place) => format!("{}: {message}", brief(&place)),
            None => message,
        };
        Self {
            diagnostic,
            headline: wrapped(&headline, width - 6),
            help: diagnostic.help.as_deref().map(|help| wrapped(&visible(help), width - 10)),
            excerpt,
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
        Some(match self.diagnostic.severity() {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        Some(Box::new(self.help.as_deref()?))
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

/// Lines shown before and after a marked one, as miette's default.
const CONTEXT: usize = 1;

/// The longest excerpt around a mark, in bytes. Longer lines are not readable.
const LONGEST: usize = 4_096;

/// The lines of one file around some labels, masked. Uses the line index of the source, because miette's
/// `NamedSource` scans the whole file again for every report.
#[derive(Debug)]
struct Excerpt<'a> {
    source: &'a Source,
    labels: Vec<(Range<usize>, &'a str)>,
    name: String,
    pieces: Vec<Piece>,
}

/// A run of whole lines.
#[derive(Debug)]
struct Piece {
    /// Byte offset of the lines in the file.
    offset: usize,
    masked: String,
}

impl<'a> Excerpt<'a> {
    /// `None` if the lines are too long to show.
    fn new(source: &'a Source, labels: Vec<&'a Label>) -> Option<Self> {
        let labels: Vec<_> = labels.into_iter().map(|l| (first_line(source, l), l.text.as_str())).collect();
        let mut lines: Vec<usize> = labels.iter().map(|(range, _)| source.position(range.start).0).collect();
        lines.sort_unstable();
        let mut windows: Vec<(usize, usize)> = Vec::new();
        for line in lines {
            let (first, last) = (line.saturating_sub(CONTEXT).max(1), line + CONTEXT);
            match windows.last_mut() {
                // miette draws adjacent lines as one block.
                Some(window) if first <= window.1 + 1 => window.1 = last,
                _ => windows.push((first, last)),
            }
        }
        let piece = |(first, last): (usize, usize)| {
            let range = source.line_range(first, last);
            let text = source.text.get(range.clone()).filter(|text| text.len() <= LONGEST)?;
            Some(Piece { offset: range.start, masked: masked(text) })
        };
        let pieces = windows.into_iter().map(piece).collect::<Option<Vec<_>>>()?;
        Some(Self { source, labels, name: brief(&source.path), pieces })
    }

    fn labels(&self) -> impl Iterator<Item = LabeledSpan> + '_ {
        self.labels.iter().enumerate().map(|(nth, (range, text))| {
            let text = Some(brief(text)).filter(|t| !t.is_empty());
            if nth == 0 {
                // The primary label is the place in the report's headline.
                LabeledSpan::new_primary_with_span(text, (range.start, range.len()))
            } else {
                LabeledSpan::new(text, range.start, range.len())
            }
        })
    }
}

/// The marked part of a label: its first line, so that a mark over many lines stays readable.
fn first_line(source: &Source, label: &Label) -> Range<usize> {
    let (start, end) = (label.span.start, label.span.end.max(label.span.start));
    let length = source.text.get(start..end).and_then(|text| text.lines().next()).map_or(0, str::len);
    start..start + length
}

impl SourceCode for Excerpt<'_> {
    fn read_span<'b>(
        &'b self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'b> + 'b>, MietteError> {
        let end = span.offset() + span.len();
        let holds =
            |piece: &&Piece| piece.offset <= span.offset() && end <= piece.offset + piece.masked.len();
        let piece = self.pieces.iter().find(holds).ok_or(MietteError::OutOfBounds)?;
        let (first, column) = self.source.position(span.offset());
        let (last, _) = self.source.position(end.saturating_sub(usize::from(!span.is_empty())));
        let lines = self.source.line_range(first.saturating_sub(before).max(1), last + after);
        let start = lines.start.max(piece.offset);
        let stop = lines.end.min(piece.offset + piece.masked.len());
        let text = piece.masked.get(start - piece.offset..stop.saturating_sub(piece.offset));
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

/// The longest text in a sentence, in characters.
const BRIEF: usize = 1_000;

/// Text for a sentence: one line, cut at [`BRIEF`] characters.
fn brief(text: &str) -> String {
    let cut = text.char_indices().nth(BRIEF).map(|(at, _)| at);
    let kept = one_line(text.get(..cut.unwrap_or(text.len())).unwrap_or_default());
    if cut.is_some() { kept + "…" } else { kept }
}

/// Wrap text at this many characters. Text in backticks is not broken; existing line ends stay.
fn wrapped(text: &str, width: usize) -> String {
    text.split('\n').map(|line| wrapped_line(line, width)).collect::<Vec<_>>().join("\n")
}

fn wrapped_line(text: &str, width: usize) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut column, mut quoted) = (0, false);
    for (nth, word) in text.split(' ').enumerate() {
        let length = word.chars().count();
        let separator = match nth {
            0 => "",
            _ if !quoted && column + 1 + reach(text, out.len() + 1) > width => "\n",
            _ => " ",
        };
        column = if separator == " " { column + 1 + length } else { length };
        quoted ^= word.matches('`').count() % 2 == 1;
        out.push_str(separator);
        out.push_str(word);
    }
    out
}

/// The number of characters of the word at an offset. Text in backticks counts as one word.
fn reach(text: &str, at: usize) -> usize {
    let mut quoted = false;
    let rest = text.get(at..).unwrap_or_default().chars();
    let inside = |c: &char| {
        quoted ^= *c == '`';
        quoted || *c != ' '
    };
    rest.take_while(inside).count()
}

/// Text of the same length in bytes, with hidden characters replaced, and also the prefixes of build system
/// commands: the printing layer would escape those, and marks would no longer be below the marked text.
fn masked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    // Every line of an excerpt has its line number in front.
    let mut reader = Reader::within_a_line();
    while let Some(c) = chars.next() {
        let rest = text.get(out.len() + c.len_utf8()..).unwrap_or_default();
        let command = reader.read(c, rest) && c == '#';
        match c.len_utf8() {
            // The carriage return of a Windows line end is invisible.
            _ if c == '\r' && chars.peek() == Some(&'\n') => out.push(' '),
            _ if command => out.push('?'),
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
    use crate::diagnostic::codes;
    use crate::source::Span;

    #[test]
    fn masking_keeps_every_byte_in_its_place() {
        let hostile = "a\u{1b}[31m\u{202e}b\u{85}c\r\n";
        assert_eq!(masked(hostile).len(), hostile.len());
        assert!(!masked(hostile).contains(['\u{1b}', '\u{202e}']));
        assert_eq!(masked("a: ##[error]b\n::c"), "a: #?[error]b\n::c");
    }

    #[test]
    fn text_in_backticks_is_not_broken() {
        assert_eq!(wrapped("add `probe: { https: / }` here", 24), "add\n`probe: { https: / }`\nhere");
        assert_eq!(wrapped("eu-west-1 eu-west-2", 12), "eu-west-1\neu-west-2");
    }

    #[test]
    fn long_output_is_truncated() {
        let mut sources = Sources::default();
        let id = sources.add("a.yaml", "x".repeat(2 * LONGEST));
        let finding = Diagnostic::new(codes::SYNTAX, "y\n".repeat(BRIEF)).at(Span::new(id, 5, 6), "here");
        let all = vec![finding; MOST_REPORTED + 7];
        let text = render(&all, &sources, Style { color: None, width: 80 });
        assert!(text.ends_with("… and 7 more: 7 of E0101\n"));
        assert_eq!(text.matches("a.yaml:1:6:").count(), MOST_REPORTED);
        assert!(text.len() < MOST_REPORTED * 2 * BRIEF);
    }
}
