//! How the printing layer distinguishes our colours from escape sequences in untrusted text.
//!
//! A text for a terminal mixes our words and colours with untrusted data, and is one string when it is
//! printed. If it contained escape sequences, those of an attacker would look like ours wherever masking was
//! forgotten. So no text contains any. A colour is a *seal*: a noncharacter and a number that only this
//! process knows, in place of the ESC. Only [`printable`](super::printable) writes an ESC, for a seal with
//! the right number; everything else, including a seal with a wrong number, is masked. The secret number
//! makes this safe even if some data is not masked on its way in.

use std::fmt;

/// A noncharacter (Unicode §23.7), which ordinary text does not contain.
const BEGIN: char = '\u{fdd0}';

/// Marks the colours of this process. Made from a secret number; the same number gives the same bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Seal(u64);

impl Seal {
    /// A seal from a number that nobody can guess. The number never leaves the process.
    #[must_use]
    pub const fn new(secret: u64) -> Self {
        Self(secret)
    }

    /// What replaces the ESC.
    pub(super) fn mark(self) -> String {
        format!("{BEGIN}{:016x}", self.0)
    }

    /// A text in a colour: the parameters of SGR (ECMA-48 §8.3.117), such as `33`.
    pub(crate) fn paint(self, text: &str, colour: &str) -> String {
        let mark = self.mark();
        format!("{mark}[{colour}m{text}{mark}[0m")
    }

    /// Replace the ESC of each colour in a text by this seal. Everything else in the text must be masked.
    pub(crate) fn adopt(self, text: &str) -> String {
        text.replace('\u{1b}', &self.mark())
    }
}

/// Does not print the secret number.
impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seal")
    }
}

/// The colour at the start of a text, such as `[33m`, and the rest. Only digits and semicolons are accepted,
/// so a seal can be nothing but a colour.
pub(super) fn colour<'a>(text: &'a str, mark: &str) -> Option<(&'a str, &'a str)> {
    let sequence = text.strip_prefix(mark)?;
    let parameters = sequence.strip_prefix('[')?;
    let after = parameters.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';').strip_prefix('m')?;
    Some((sequence.get(..sequence.len() - after.len())?, after))
}
