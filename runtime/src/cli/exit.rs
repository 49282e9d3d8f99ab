//! The exit codes.

/// Done.
pub const DONE: u8 = 0;
/// A step, a call or a file operation failed.
pub const FAILED: u8 = 1;
/// Changes are pending. Only `plan --detailed-exitcode`.
pub const PENDING: u8 = 2;
/// The policy is invalid or conflicts with what exists, `--fail-on` found something, a file is not formatted
/// (`fmt --check`), or an objective does not hold (`status`, `rehearse`).
pub const INVALID: u8 = 3;
/// Refused: stale, unapproved, unsafe or locked.
pub const REFUSED: u8 = 4;
/// Wrong usage (`EX_USAGE` of sysexits).
pub const USAGE: u8 = 64;
/// Stopped immediately by a second signal (128 + the number of SIGINT, as in shells).
pub const INTERRUPTED: u8 = 130;

/// Every exit code and its meaning, for `--help` and the manual pages.
pub const MEANINGS: &[(u8, &str)] = &[
    (DONE, "done"),
    (FAILED, "failed"),
    (PENDING, "changes pending (plan --detailed-exitcode)"),
    (
        INVALID,
        "policy invalid (fmt --check: or not formatted; status, rehearse: or an objective does not hold)",
    ),
    (REFUSED, "refused"),
    (USAGE, "wrong usage"),
    (INTERRUPTED, "stopped immediately by a second signal"),
];

/// All exit codes in one sentence, for `--help`.
#[must_use]
pub(super) fn in_words() -> String {
    let words: Vec<String> = MEANINGS.iter().map(|(code, meaning)| format!("{code} {meaning}")).collect();
    format!("Exit codes: {}", words.join(", "))
}
