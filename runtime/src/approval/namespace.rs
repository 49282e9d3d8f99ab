//! What a signature is for.

use std::fmt;

/// What a signature is for (`namespace` in PROTOCOL.sshsig of OpenSSH). One that was made for another purpose does not
/// count, whatever it signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Namespace {
    /// A plan, by its author: over the bytes of the plan file.
    Plan,
    /// An approval: over its statement.
    Approval,
    /// Agreement to apply a plan without the approvals it needs: over its statement.
    BreakGlass,
    /// A run, by its runner: over what the entry says and where it stands in the journal.
    Run,
}

impl Namespace {
    /// As OpenSSH is told it: `ssh-keygen -Y verify -n NAMESPACE`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plan => "plan@holdfast",
            Self::Approval => "approval@holdfast",
            Self::BreakGlass => "break-glass@holdfast",
            Self::Run => "run@holdfast",
        }
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
