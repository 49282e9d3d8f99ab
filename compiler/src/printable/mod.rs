//! Output is data: how text written by others is printed safely.
//!
//! Policies, plans, journals, file names and answers of clouds are written by others. Printed as they are, they can
//! move the cursor, turn the direction of text, hide parts of it, and give orders to the build machine whose log they
//! end up in. So everything that goes to stdout or stderr passes one of these functions last, in the runtime's
//! `Terminal`; what builds a sentence does not have to remember.
//!
//! | function | for | what it does |
//! | --- | --- | --- |
//! | [`printable`] | people | hidden characters and the beginnings of commands as `\u{1b}`; colours that carry our [`Seal`] as colours |
//! | [`json`] | programs | the same characters as `\u001b`: a parser reads what was there |
//! | [`annotations`] | GitHub Actions | `::error` and `::warning` at the start of a line stay, the rest is for people |
//! | [`visible`], [`one_line`] | a text, a field of others within a text | hidden characters as `\u{1b}`; in a field line breaks as `\n` |
//!
//! All of them leave alone what they have written, colours excepted: twice is the same as once. What has nothing hidden and no command in
//! it comes out byte for byte. There is one form for whatever is not printed as it is, `\u{…}` with the number of
//! the character, which people know from Rust and JavaScript; no character is ever dropped.
//!
//! **Hidden** are control characters except the line feed (and the tab, where a whole text is printed), bidirectional
//! controls, line and paragraph separators, and everything that Unicode wants ignored by default: see [`is_hidden`].
//!
//! **Commands** are `::` at the start of a line after blanks (GitHub Actions and its relatives), and `##`, a word or
//! nothing, and `[` anywhere (`##[error]` and `##vso[…]` of Azure Pipelines, `##[…]` of GitHub's runner,
//! `##teamcity[…]`, `##octopus[…]`): see `command.rs`.

mod command;
mod hidden;
mod seal;

use std::fmt::Write as _;

pub(crate) use command::Reader;
pub use hidden::is_hidden;
pub use seal::Seal;

/// Text that is safe in a sentence: hidden characters are written out as `\u{…}`, line breaks are kept.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c != '\n' && is_hidden(c) { written_out(c, &mut out) } else { out.push(c) }
    }
    out
}

/// A field of others that stands within a line: as [`visible`], and line breaks are written out as `\n`, so that
/// no part of it can pass for a line of its own.
#[must_use]
pub fn one_line(text: &str) -> String {
    visible(text).replace('\n', "\\n")
}

/// A whole text for people: nothing hidden, no commands, and of all colours only those with our seal, if there are
/// to be any.
#[must_use]
pub fn printable(text: &str, seal: Option<Seal>) -> String {
    let mut out = String::with_capacity(text.len());
    print(text, seal.map(Seal::mark).as_deref(), Reader::default(), &mut out);
    out
}

/// Workflow commands of GitHub Actions that annotate: lines that begin with `::error ` or `::warning ` are given to the
/// runner, anything else and the rest of such lines is for people. So no text of others can become a command that
/// sets something, such as `::add-mask::`, whatever the writer of the annotation forgot to escape.
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
        // What is written out begins with a backslash, which is no blank.
        if reader.read(if hidden { '\\' } else { c }, rest) || hidden {
            written_out(c, out);
        } else {
            out.push(c);
        }
    }
}

/// A JSON document, or several, whose value does not change: hidden characters and the beginnings of commands as
/// `\uXXXX`. They can only stand in strings, where that means the same. `::` counts at the start of a string, too, for
/// viewers that show values without their quotes; whoever prints a value that a parser gave them has to mask it.
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
