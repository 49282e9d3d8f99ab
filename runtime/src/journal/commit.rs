//! The git commit of the policies that a run applied, so that a reader of the journal finds who changed them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How many digits of a commit are shown, as git does in a large repository.
const SHORT: usize = 12;

/// The commit that was checked out where the policies are. Displayed as `1a2b3c4d5e6f` or `1a2b3c4d5e6f, whose policies differ`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Commit {
    /// Its whole id.
    pub id: String,
    /// Whether the policies are not those of the commit: a file differs, or is not in it. The list of signers is not compared.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub changed: bool,
}

impl fmt::Display for Commit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id.get(..SHORT).unwrap_or(&self.id))?;
        if self.changed { f.write_str(", whose policies differ") } else { Ok(()) }
    }
}
