//! The exit codes, for people and for scripts.

/// Done, nothing to say.
pub const DONE: u8 = 0;
/// Failed: a step, a call, a file.
pub const FAILED: u8 = 1;
/// Changes are pending. Only `plan --detailed-exitcode`.
pub const PENDING: u8 = 2;
/// The policy is invalid, or what is there stands in its way. `fmt --check`: or a file is not in its layout.
pub const INVALID: u8 = 3;
/// Refused: stale, unapproved, unsafe or locked.
pub const REFUSED: u8 = 4;
/// Wrong usage (`EX_USAGE` of sysexits).
pub const USAGE: u8 = 64;
/// Stopped at once, by a second signal (128 and the number of SIGINT, as shells have it).
pub const INTERRUPTED: u8 = 130;

/// Every exit code with what it means, for `--help` and the manual pages.
pub const MEANINGS: &[(u8, &str)] = &[
    (DONE, "done"),
    (FAILED, "failed"),
    (PENDING, "changes pending (plan --detailed-exitcode)"),
    (INVALID, "policy invalid (fmt --check: or not formatted)"),
    (REFUSED, "refused"),
    (USAGE, "wrong usage"),
    (INTERRUPTED, "stopped immediately by a second signal"),
];

/// All of them in one sentence.
#[must_use]
pub(super) fn in_words() -> String {
    let words: Vec<String> = MEANINGS.iter().map(|(code, meaning)| format!("{code} {meaning}")).collect();
    format!("Exit codes: {}", words.join(", "))
}
