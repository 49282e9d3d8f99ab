//! Explains errors of the YAML parser to people who do not know YAML well.

use granit_parser::{ErrorKind, ScanError};

use super::tree::MAX_DEPTH;
use crate::diagnostic::{Code, Diagnostic, codes};
use crate::source::{SourceId, Span};

/// The finding for an error of the parser.
pub(super) fn report(source: SourceId, text: &str, error: &ScanError) -> Diagnostic {
    let at = error.marker().byte_offset().unwrap_or(0).min(text.len());
    let rest = text.get(at..).unwrap_or_default();
    let Fault { code, message, label, help, offset, length } = fault(error.kind(), text, at, rest);
    // The end of the text has nothing to mark, so mark the last character before it.
    let written = text.trim_end();
    let last = written.char_indices().next_back().map_or(0, |(at, _)| at);
    let offset = if offset >= written.len() { last } else { offset };
    let one = text.get(offset..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    let span = Span::new(source, offset, offset + length.unwrap_or(one));
    Diagnostic::new(code, message).at(span, label).help(help)
}

const TAB: &str = "a tab cannot indent YAML";
const TAB_CURE: &str = "use spaces; most editors can convert tabs for YAML files";

/// The finding for a tab that the parser accepts.
pub(super) fn tab(span: Span) -> Diagnostic {
    Diagnostic::new(codes::TAB, TAB).at(span, "tab").help(TAB_CURE)
}

const TOO_DEEP: &str = "nested deeper than";
const FLATTEN: &str = "no policy needs this; flatten it";

/// The finding for a value that is too deep only because of its aliases.
pub(super) fn too_deep(span: Span) -> Diagnostic {
    Diagnostic::new(codes::TOO_MUCH, format!("{TOO_DEEP} {MAX_DEPTH} levels with its aliases written out"))
        .at(span, "too deep")
        .help(FLATTEN)
}

/// The parts of a finding.
struct Fault {
    code: Code,
    message: String,
    label: &'static str,
    help: String,
    /// The first byte of what is marked.
    offset: usize,
    /// How many bytes are marked, if not one character.
    length: Option<usize>,
}

impl Fault {
    fn new(offset: usize, message: impl Into<String>, label: &'static str, help: impl Into<String>) -> Self {
        Self { code: codes::SYNTAX, message: message.into(), label, help: help.into(), offset, length: None }
    }

    fn code(self, code: Code) -> Self {
        Self { code, ..self }
    }

    fn length(self, length: usize) -> Self {
        Self { length: Some(length), ..self }
    }
}

fn fault(kind: &ErrorKind, text: &str, at: usize, rest: &str) -> Fault {
    match kind {
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabAtBlockScalarStart
        | ErrorKind::TabInIndentation
        | ErrorKind::TabInPlainScalar => {
            Fault::new(tab_near(text, at).unwrap_or(at), TAB, "tab", TAB_CURE).code(codes::TAB)
        }
        ErrorKind::RecursionLimitExceeded => {
            Fault::new(at, format!("{TOO_DEEP} {MAX_DEPTH} levels"), "too deep", FLATTEN)
                .code(codes::TOO_MUCH)
        }
        ErrorKind::UnknownAnchor => {
            let name = rest.split([' ', '\t', '\r', '\n', ',', ']', '}']).next().unwrap_or_default();
            let message = format!("there is no anchor `{}` before this", name.trim_start_matches('*'));
            let anchor = name.trim_start_matches('*');
            let help = format!(
                "write the value out, or put `&{anchor}` before the same value, earlier in this document"
            );
            Fault::new(at, message, "unknown alias", help).length(name.len())
        }
        ErrorKind::UnclosedFlowCollection { open } => {
            let help = format!("close it with `{}`", closing(*open));
            Fault::new(at, format!("`{open}` is never closed"), "opened here", help)
        }
        ErrorKind::MismatchedFlowCollectionEnd { open, close } => {
            let message = format!("`{open}` is closed with `{close}`");
            Fault::new(at, message, "opened here", format!("close it with `{}`", closing(*open)))
        }
        ErrorKind::UnclosedQuotedScalar => {
            Fault::new(at, "a quote is never closed", "opened here", "close it with the same kind of quote")
        }
        ErrorKind::InvalidQuotedScalarIndent => {
            let help = "close it; quoted text over several lines must be indented deeper than its key";
            Fault::new(at, "a quote above is not closed", "still in quotes", help)
        }
        ErrorKind::UnknownQuotedScalarEscape => {
            let help = "write `\\\\` for a backslash, or put the text in single quotes";
            Fault::new(at, "this escape sequence does not exist in double quotes", "in this text", help)
        }
        ErrorKind::UnexpectedCharacter { character } if character.is_control() => {
            // The parser may report the text that contains the character.
            let at = rest.find(*character).map_or(at, |offset| at + offset);
            let hidden = text.get(at..).unwrap_or_default();
            let fault =
                Fault::new(at, format!("`{character}` cannot be in YAML"), "hidden character", "remove it");
            match escape_sequence(hidden) {
                Some(sequence) => {
                    Fault { label: "escape sequence of a terminal", ..fault }.length(sequence.len())
                }
                None => fault,
            }
        }
        ErrorKind::UnexpectedCharacter { character } => {
            let message = format!("unquoted text cannot begin with `{character}`");
            Fault::new(at, message, "a character that YAML reserves", "put the text in quotes")
        }
        ErrorKind::SimpleKeyExpected => {
            let line = rest.lines().next().unwrap_or_default().trim_end();
            Fault::new(
                at,
                "a key without a colon",
                "no `:` in here",
                "put `: ` between the key and its value",
            )
            .length(line.len())
        }
        ErrorKind::MappingValueNotAllowed => {
            let help = "line the key up with the others of its level; if the `:` is part of a text, put that \
                        text in quotes";
            Fault::new(at, "a key is not allowed here", "this would make a key", help)
        }
        ErrorKind::InvalidIndentation | ErrorKind::ExpectedBlockMappingKey => {
            let help = "line it up with the keys of its level, and look for a quote or bracket above that is \
                        not closed";
            Fault::new(at, "this line does not fit those above", "here", help)
        }
        _ if rest.starts_with('%') => {
            let help = "remove the `%`; if it is part of a text, put that text in quotes";
            Fault::new(at, "a line cannot begin with `%`", "a character that YAML reserves", help)
        }
        kind => {
            let help = "look at the indentation, the colons and the quotes just before this place";
            Fault::new(at, format!("this is not YAML: {kind}"), "here", help)
        }
    }
}

fn closing(open: char) -> char {
    if open == '[' { ']' } else { '}' }
}

/// The control sequence at the start of a text: ECMA-48 §5.4, an introducer, then parameters and intermediates up
/// to a final byte. What is left of a sequence without its first character would be text.
fn escape_sequence(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("\u{1b}[").or_else(|| text.strip_prefix('\u{9b}'))?;
    let end = rest.find(|c| !matches!(c, ' '..='?'))?;
    let last = rest.get(end..)?.chars().next().filter(|c| matches!(c, '@'..='~'))?;
    text.get(..text.len() - rest.len() + end + last.len_utf8())
}

/// The tab that the parser means: the first one on the line of the error, or after it.
fn tab_near(text: &str, at: usize) -> Option<usize> {
    let line = text.get(..at)?.rfind('\n').map_or(0, |newline| newline + 1);
    Some(text.get(line..)?.find('\t')? + line)
}
