//! What formatting would change, as a diff for people.

use std::fmt::Write as _;

use crate::diagnostic::visible;
use crate::line_diff::LineDiff;

/// Unchanged lines around a change, as in `diff -u`.
const CONTEXT: usize = 3;

/// A unified diff with hidden characters written out. Empty if nothing would change. For texts with more than
/// about 100,000 differing lines, it may show unchanged lines as changed.
#[must_use]
pub fn diff(path: &str, before: &str, after: &str) -> String {
    let mut out = String::new();
    for hunk in LineDiff::new(before, after).hunks(CONTEXT) {
        if out.is_empty() {
            let _ = write!(out, "--- {path}\n+++ {path} (formatted)\n");
        }
        let _ = writeln!(out, "{}", hunk.header());
        for (tag, line) in hunk.lines() {
            let end = if line.ends_with(['\n', '\r']) { "" } else { "\n\\ No newline at end of file\n" };
            let _ = write!(out, "{tag}{line}{end}");
        }
    }
    visible(&out)
}
