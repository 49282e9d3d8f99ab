//! The author of a plan.

use std::process::{Command, Stdio};

use crate::run::runner::user_and_host;

/// The longest mailbox address, in bytes (RFC 5321 §4.5.3.1).
const LONGEST: usize = 254;

/// Parses a principal on the command line: a name as in a list of signers.
pub(super) fn principal(text: &str) -> Result<String, String> {
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && !"\",*?!".contains(c);
    if !text.is_empty() && text.len() <= LONGEST && text.chars().all(plain) {
        Ok(text.to_owned())
    } else {
        Err("a principal looks like alice@acme.example: no spaces, quotes, commas or patterns".to_owned())
    }
}

/// The author that was named, else git's `user.email`, else `USER@HOST`.
pub(super) fn author(named: Option<String>) -> String {
    named.or_else(git).unwrap_or_else(|| {
        let (user, host) = user_and_host();
        let whole = format!("{user}@{}", host.as_deref().unwrap_or("localhost"));
        principal(&whole).unwrap_or_else(|_| "somebody@localhost".to_owned())
    })
}

fn git() -> Option<String> {
    let output = Command::new("git")
        .args(["config", "user.email"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    principal(String::from_utf8(output.stdout).ok()?.trim()).ok().filter(|_| output.status.success())
}
