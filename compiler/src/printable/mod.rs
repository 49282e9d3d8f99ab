//! Safe printing of text from untrusted sources.
//!
//! Policies, plans, journals, file names and responses of clouds come from other people. Printed unchanged,
//! they can move the cursor, change the direction of text, hide parts of it, and give commands to the build
//! system that reads the log. So everything on stdout or stderr passes one of these functions last, in the
//! runtime's `Terminal`. Code that builds a sentence does not need to escape anything.
//!
//! | function | for | what it does |
//! | --- | --- | --- |
//! | [`printable`] | people | escapes hidden characters and command prefixes as `\u{1b}`; keeps colours with our [`Seal`] |
//! | [`json`] | programs | escapes the same characters as `\u001b`, so that a parser reads the original |
//! | [`annotations`] | GitHub Actions | keeps `::error` and `::warning` at the start of a line; treats the rest as text for people |
//! | [`visible`], [`one_line`] | a text, or a field within a line | escapes hidden characters as `\u{1b}`; in a field also line breaks as `\n` |
//!
//! All of them are idempotent, except for colours. Text without hidden characters and commands stays the same
//! byte for byte. Escapes have the form `\u{…}` with the code point, as in Rust and JavaScript. No character
//! is dropped.
//!
//! **Hidden** are control characters except the line feed (and the tab, if a whole text is printed),
//! bidirectional controls, line and paragraph separators, and everything that Unicode ignores by default: see
//! [`is_hidden`].
//!
//! **Commands** are `::` at the start of a line after blanks (GitHub Actions and compatible systems), and
//! `##`, a word or nothing, and `[` anywhere (`##[error]` and `##vso[…]` of Azure Pipelines, `##[…]` of
//! GitHub's runner, `##teamcity[…]`, `##octopus[…]`): see `command.rs`.

mod command;
mod hidden;
mod seal;

use std::fmt::Write as _;

pub(crate) use command::Reader;
pub use hidden::is_hidden;
pub use seal::Seal;

/// Text that is safe in a sentence: hidden characters are escaped as `\u{…}`, line breaks are kept.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c != '\n' && is_hidden(c) { written_out(c, &mut out) } else { out.push(c) }
    }
    out
}

/// A field within a line: like [`visible`], and line breaks are escaped as `
/// `, so that no part of it looks like a separate line.
#[must_use]
pub fn one_line(text: &str) -> String {
    visible(text).replace('\n', "\\n")
}

/// A whole text for people: hidden characters and commands are escaped. Of colours only those with our seal
/// are kept, if `seal` is set.
#[must_use]
pub fn printable(text: &str, seal: Option<Seal>) -> String {
    let mut out = String::with_capacity(text.len());
    print(text, seal.map(Seal::mark).as_deref(), Reader::default(), &mut out);
    out
}

/// Annotations for GitHub Actions: lines that begin with `::error ` or `::warning ` keep that prefix;
/// everything else is escaped as for people. So no untrusted text can become a command that changes
/// something, such as `::add-mask::`, even if the caller forgot to escape it.
#[must_use]
pub fn annotations(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let command = ["::error ", "::warning "].into_iter().find(|command| line.starts_with(command));
        let command = command.unwrap_or_default();
        out.push_str(command);
        let reader = if command.is_empty() { Reader::default() } else { Reader::within_a_line() };
        print(line.get(command.len()..).unwrap_or_default(), None, reader, &mut out);
    }
    out
}

fn print(text: &str, mark: Option<&str>, mut reader: Reader, out: &mut String) {
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some((colour, after)) = mark.and_then(|mark| seal::colour(rest, mark)) {
            let _ = write!(out, "\u{1b}{colour}");
            rest = after;
            continue;
        }
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        let hidden = !matches!(c, '\n' | '\t') && is_hidden(c);
        // An escape begins with a backslash, which is not a blank.
        if reader.read(if hidden { '\\' } else { c }, rest) || hidden {
            written_out(c, out);
        } else {
            out.push(c);
        }
    }
}

/// One or more JSON documents with the same value: hidden characters and command prefixes are escaped as
/// `\uXXXX`. They occur only in strings, where the escape means the same. `::` also counts at the start of a
/// string, because some viewers show values without quotes. A program that prints a parsed value has to mask
/// it.
#[must_use]
pub fn json(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut reader = Reader::of_json();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        let hidden = c != '\n' && is_hidden(c);
        if reader.read(if hidden { '\\' } else { c }, rest) || hidden {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing into a String cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

fn written_out(c: char, out: &mut String) {
    // Writing into a String cannot fail.
    let _ = write!(out, "{}", c.escape_unicode());
}

#[cfg(test)]
mod tests;
