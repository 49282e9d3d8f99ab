//! Names that Holdfast generates for what has no name in the policy.

use crate::digest::sha256;

/// The prefix of every generated name.
pub(super) const PREFIX: &str = "holdfast-";

/// `holdfast-PART-PART-DIGEST` of at most `longest` characters, truncated if it is too long. The digest, of the parts and of
/// `more`, distinguishes names that the hyphens would make equal.
pub(super) fn generated(parts: &[&str], more: &str, longest: usize) -> String {
    let mut all = parts.join("\n");
    if !more.is_empty() {
        all = format!("{all}\n{more}");
    }
    let digest: String = sha256(all).chars().take(8).collect();
    let readable = format!("{PREFIX}{}", parts.join("-"));
    let kept: String = readable.chars().take(longest - digest.len() - 1).collect();
    format!("{}-{digest}", kept.trim_end_matches('-'))
}
