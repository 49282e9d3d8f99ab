//! The purpose of a signature.

use std::fmt;

/// The purpose of a signature (`namespace` in PROTOCOL.sshsig of OpenSSH). A signature made for one purpose is not
/// valid for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Namespace {
    /// The author signs the bytes of the plan file.
    Plan,
    /// An approver signs the statement of an approval.
    Approval,
    /// Somebody whom the trust anchor names signs the statement that allows an apply without approvals.
    BreakGlass,
    /// A runner signs an entry of its run and the entry's position in the journal.
    Run,
    /// Somebody signs the statement of an evidence bundle.
    Evidence,
    /// Somebody signs for a role that it knows the business continuity plan.
    Acknowledgement,
    /// Somebody signs an answer in a drill.
    Word,
}

impl Namespace {
    /// The name for OpenSSH: `ssh-keygen -Y verify -n NAMESPACE`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plan => "plan@holdfast",
            Self::Approval => "approval@holdfast",
            Self::BreakGlass => "break-glass@holdfast",
            Self::Run => "run@holdfast",
            Self::Evidence => "evidence@holdfast",
            Self::Acknowledgement => "bcp@holdfast",
            Self::Word => "drill@holdfast",
        }
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
