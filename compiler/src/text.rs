//! Text for people: colours and line wrapping.

use crate::diagnostic::Style;
use crate::printable::Seal;

/// The smallest supported width in columns. A narrower terminal gets lines of this width.
const NARROWEST: usize = 60;

/// Draws text with or without colours.
pub(crate) struct Pen {
    color: Option<Seal>,
    width: usize,
}

impl Pen {
    pub(crate) fn new(style: Style) -> Self {
        Self { color: style.color, width: style.width.max(NARROWEST) }
    }
    /// The width to fit into, in columns.
    pub(crate) fn width(&self) -> usize {
        self.width
    }
    fn paint(&self, text: &str, code: &str) -> String {
        self.color.map_or_else(|| text.to_owned(), |seal| seal.paint(text, code))
    }
    pub(crate) fn bold(&self, text: &str) -> String {
        self.paint(text, "1")
    }
    pub(crate) fn dim(&self, text: &str) -> String {
        self.paint(text, "2")
    }
    pub(crate) fn plus(&self, text: &str) -> String {
        self.paint(text, "32")
    }
    pub(crate) fn minus(&self, text: &str) -> String {
        self.paint(text, "31")
    }
    pub(crate) fn caution(&self, text: &str) -> String {
        self.paint(text, "33")
    }
}

/// Wrap text into lines of at most `width` columns, all indented.
pub(crate) fn wrap(text: &str, indent: usize, width: usize) -> String {
    let pad = " ".repeat(indent);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        let fits = indent + line.chars().count() + 1 + word.chars().count() <= width;
        if !line.is_empty() && !fits {
            lines.push(format!("{pad}{line}"));
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(format!("{pad}{line}"));
    lines.join("\n")
}

/// A word for a POSIX shell: quoted if a character could mean something to it.
pub(crate) fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || ":._-@/".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// A number with its noun: `1 service`, `3 services`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {}", plural(noun)) }
}

/// A noun in the plural. What ends in one `s` is in the plural already, like `replication events`.
pub(crate) fn plural(noun: &str) -> String {
    match noun.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        _ if noun.ends_with("ss") => format!("{noun}es"),
        _ if noun.ends_with('s') => noun.to_owned(),
        _ => format!("{noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::plural;

    #[test]
    fn name_in_the_plural_stays_and_other_ones_get_their_ending() {
        let all = ["record", "key", "policy", "bucket access", "replication events", "other backups"];
        let expected =
            ["records", "keys", "policies", "bucket accesses", "replication events", "other backups"];
        assert_eq!(all.map(plural), expected);
    }
}
