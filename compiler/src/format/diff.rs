//! What formatting would change, for people.

use std::time::Duration;

use similar::TextDiff;

use crate::diagnostic::visible;

/// Time after which the diff settles for a coarser answer: for texts that strangers write.
const TIMEOUT: Duration = Duration::from_millis(500);

/// A unified diff, with hidden characters written out. Empty if nothing would change.
#[must_use]
pub fn diff(path: &str, before: &str, after: &str) -> String {
    let diff = TextDiff::configure().timeout(TIMEOUT).diff_lines(before, after);
    let (old, new) = (path.to_owned(), format!("{path} (formatted)"));
    visible(&diff.unified_diff().header(&old, &new).to_string())
}
