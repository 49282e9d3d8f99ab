//! Rows of CSV (RFC 4180, with a line feed at the end of a row).
//!
//! A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula (OWASP, "CSV Injection"), so such a cell begins
//! with an apostrophe. Hidden characters and line breaks are escaped.

use crate::printable::one_line;

/// Add a row. Missing cells are empty.
pub(crate) fn csv_row(cells: &[String], columns: usize, out: &mut String) {
    let missing = std::iter::repeat_n("", columns.saturating_sub(cells.len()));
    let cells = cells.iter().map(String::as_str).chain(missing).map(cell);
    out.push_str(&cells.collect::<Vec<_>>().join(","));
    out.push('\n');
}

/// A cell that is text for a spreadsheet too.
fn cell(text: &str) -> String {
    let text = one_line(text);
    let begins = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{a0}').chars().next();
    let is_formula = matches!(begins, Some('=' | '+' | '-' | '@' | '|' | '%'));
    let mark = if is_formula { "'" } else { "" };
    let text = text.replace('"', "\"\"");
    format!("\"{mark}{text}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cell_is_never_a_formula_and_never_ends_early() {
        for (text, wanted) in [
            ("plain, with a comma", "\"plain, with a comma\""),
            ("say \"no\"", "\"say \"\"no\"\"\""),
            ("=1+1", "\"'=1+1\""),
            (" \u{a0}@SUM(A1)", "\"' \u{a0}@SUM(A1)\""),
            ("\t+1", "\"\\u{9}+1\""),
            ("a\n=b", "\"a\\n=b\""),
            ("-1", "\"'-1\""),
        ] {
            assert_eq!(cell(text), wanted, "{text:?}");
        }
    }
}
