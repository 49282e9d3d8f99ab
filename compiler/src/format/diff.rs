//! What formatting would change, for people.

use std::fmt::Write as _;

use crate::diagnostic::visible;
use crate::line_diff::LineDiff;

/// Unchanged lines around a change, as `diff -u` has them.
const CONTEXT: usize = 3;

/// A unified diff, with hidden characters written out. Empty if nothing would change. Where texts of more than some
/// 100,000 lines differ in many places, it may show more lines as changed than are.
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
