//! How the printing layer tells our colours from those of others.
//!
//! A text for a terminal is put together from our words and colours and from data of others, and is a string by the
//! time it is printed. If escape sequences stood in it, those of an attacker would look like ours wherever one place
//! forgot to mask. So no text holds any: a colour is a *seal*, a noncharacter and a number that only this process
//! knows, before what would follow the ESC. Only [`printable`](super::printable) writes an ESC, for a seal with the
//! right number; everything else, a seal with a wrong one included, is masked. A fixed private character would be
//! enough if every piece of data were masked on its way in; the number makes it right without.

use std::fmt;

/// A noncharacter (Unicode §23.7): no text of people holds it.
const BEGIN: char = '\u{fdd0}';

/// Marks the colours of this process. Made from a number that nobody outside can know; the same number, the same
/// bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Seal(u64);

impl Seal {
    /// A seal of a number that cannot be guessed. It never leaves the process.
    #[must_use]
    pub const fn new(secret: u64) -> Self {
        Self(secret)
    }

    /// What stands for ESC.
    pub(super) fn mark(self) -> String {
        format!("{BEGIN}{:016x}", self.0)
    }

    /// A text in a colour: the parameters of SGR (ECMA-48 §8.3.117), such as `33`.
    pub(crate) fn paint(self, text: &str, colour: &str) -> String {
        let mark = self.mark();
        format!("{mark}[{colour}m{text}{mark}[0m")
    }

    /// A text whose colours are all ours, since everything else in it is masked: with seals in their place.
    pub(crate) fn adopt(self, text: &str) -> String {
        text.replace('\u{1b}', &self.mark())
    }
}

/// The number is a secret.
impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seal")
    }
}

/// A colour at the start of a text: `[33m`, and what follows. Digits and semicolons only, so that a seal can never
/// be anything but a colour.
pub(super) fn colour<'a>(text: &'a str, mark: &str) -> Option<(&'a str, &'a str)> {
    let sequence = text.strip_prefix(mark)?;
    let parameters = sequence.strip_prefix('[')?;
    let after = parameters.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';').strip_prefix('m')?;
    Some((sequence.get(..sequence.len() - after.len())?, after))
}
