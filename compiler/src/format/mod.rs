//! The layout of policy text that `holdfast fmt` writes.
//!
//! Two spaces per level, list items one level below their key; one space after `:`, `-` and `,` and before a
//! comment at the end of a line; `{ a: b }` and `[a, b]` on one line if they fit into [`WIDTH`] and contain
//! no comment, otherwise one item per line; one blank line where there were any, none at the start and end of
//! a document or block; `---` between documents, no `...`; LF, no trailing spaces, one line feed at the end,
//! no byte order mark.
//!
//! Everything else stays as the author wrote it: values are copied unchanged, including quotes and block
//! scalars (a digit after their `|` is adapted to the new indentation); keys keep their order. A comment
//! keeps its place: on its own line it is aligned with what follows, or with the entry above that it was
//! aligned with.
//!
//! ```text
//! text → nodes and comments (read) → text (print) → the same nodes and comments? (mod)
//! ```
//!
//! The last step makes the first two safe: a result whose meaning differs from the original is never
//! returned.

mod cursor;
mod diff;
mod flow;
mod print;
mod read;
mod scalar;

use crate::diagnostic::Diagnostic;
use crate::document::{Tree, trees};
use crate::source::SourceId;
pub use diff::diff;

/// The columns that a flow collection may use before it is broken into lines. Comments do not count.
pub const WIDTH: usize = 100;
/// Columns per level.
const STEP: usize = 2;

/// The result of formatting a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Formatted {
    /// The text in its layout. It can equal the input.
    Text(String),
    /// The text is valid but cannot be formatted, for this reason. It stays unchanged.
    Left(&'static str),
}

/// Format one file.
///
/// # Errors
/// The findings if the text is not policy YAML. Whether it is a valid policy is not checked.
pub fn format(source: SourceId, text: &str) -> Result<Formatted, Vec<Diagnostic>> {
    let said = accepted(source, text)?;
    let lines = text.replace("\r\n", "\n").replace('\r', "\n");
    let Some(file) = read::file(lines.trim_start_matches('\u{feff}')) else {
        return Ok(Formatted::Left(UNKNOWN));
    };
    if file.directives {
        return Ok(Formatted::Left("it has a YAML directive (`%`)"));
    }
    let out = print::print(&file);
    let same = accepted(source, &out).is_ok_and(|says| same_content(&said, &says))
        && read::comments(text).is_some_and(|comments| read::comments(&out) == Some(comments));
    Ok(if same { Formatted::Text(out) } else { Formatted::Left(UNKNOWN) })
}

const UNKNOWN: &str = "it has YAML that cannot be formatted without changing its meaning";

fn accepted(source: SourceId, text: &str) -> Result<Vec<Tree>, Vec<Diagnostic>> {
    let mut findings = Vec::new();
    let trees = trees(source, text, &mut findings);
    if findings.is_empty() { Ok(trees) } else { Err(findings) }
}

fn same_content(one: &[Tree], other: &[Tree]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one.same_content(other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;

    fn formatted(text: &str) -> Formatted {
        let id = Sources::default().add("a.yaml", "");
        format(id, text).unwrap()
    }

    #[test]
    fn text_that_cannot_be_formatted_is_kept() {
        assert_eq!(formatted("%YAML 1.2\n---\na:   b\n"), Formatted::Left("it has a YAML directive (`%`)"));
        // A key over several lines cannot be written before a colon.
        assert_eq!(formatted("? |\n  key\n:   b\n"), Formatted::Left(UNKNOWN));
    }

    #[test]
    fn line_ends_and_byte_order_marks_are_normalized() {
        let text = "\u{feff}a: |\r\n   x\r\n\r\n# c\rb: \"y\r\n  z\"\r\n---\r\n";
        let out = "a: |\n  x\n\n# c\nb: \"y\n  z\"\n---\n";
        assert_eq!(formatted(text), Formatted::Text(out.to_owned()));
        for nothing in ["", "\n\n", "\u{feff}", " \r\n"] {
            assert_eq!(formatted(nothing), Formatted::Text(String::new()), "{nothing:?}");
        }
    }

    #[test]
    fn changed_order_is_a_difference() {
        let id = Sources::default().add("a.yaml", "");
        let trees = |text: &str| accepted(id, text).unwrap();
        let same = |one: &str, other: &str| same_content(&trees(one), &trees(other));
        assert!(same("a: 1\nb: [x, 'y']\n", "# c\na:   1\nb:\n- x\n- \"y\"\n"));
        for (one, other) in [
            ("a: 1\nb: 2\n", "b: 2\na: 1\n"),
            ("a: 0x1F\n", "a: '0x1F'\n"),
            ("a: &x 1\nb: *x\n", "a: 1\nb: 1\n"),
            ("a: |\n  x\n", "a: |-\n  x\n"),
            ("a: 1\n", "a: 1\n---\n"),
            ("- 1\n- 2\n", "- 1\n"),
        ] {
            assert!(!same(one, other), "{one:?} {other:?}");
        }
    }
}
