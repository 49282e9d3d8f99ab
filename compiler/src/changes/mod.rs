//! What was changed in a period, for a change board: by whom, from which value to which, approved by whom, under which rule. As
//! the journal says; what it does not record is said to be missing.

mod csv;
mod document;
mod json;
mod values;

use crate::bcp;
use crate::plan::Action;
use crate::units::Date;
pub use csv::csv;
pub use document::report;
pub use json::{FORMAT_VERSION, json};
pub(crate) use values::without_reach;

/// What the document is made from.
#[derive(Debug)]
pub struct Inputs<'a> {
    /// The policies and their history in git.
    pub plan: bcp::Inputs<'a>,
    /// The runs of the period, newest first, or why the journal could not be read.
    pub runs: Result<Vec<ChangeRun>, String>,
    /// Where the journal is.
    pub place: String,
    /// The first day of the period.
    pub since: Date,
    /// The last day of the period.
    pub until: Date,
}

/// A run, with everything that the journal keeps of it for a change board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeRun {
    /// Its number.
    pub number: u64,
    /// The drill that it records.
    pub drill: Option<String>,
    /// The restore that it records: what was restored into where, and what came of it.
    pub restore: Option<String>,
    /// When it began (RFC 3339, UTC).
    pub began: String,
    /// How it ended, in a word.
    pub ended: String,
    /// The cloud and the account.
    pub cloud: String,
    /// Whether it changed the embedded cloud, which is for tries.
    pub is_local: bool,
    /// Who applied it.
    pub runner: String,
    /// Whether the runner's key signed it. Nothing here says that the signature is valid.
    pub is_signed: bool,
    /// The digest of the plan, or of its file.
    pub plan: String,
    /// Who made the plan, and the fingerprint of the key that signed it.
    pub author: Option<(String, Option<String>)>,
    /// The git commit of the policies.
    pub commit: Option<String>,
    /// The files of policies with their digests.
    pub policies: Vec<(String, String)>,
    /// Who approved, with the digest of each signed statement.
    pub approvals: Vec<(String, String)>,
    /// How many had to approve. `None`: no rule was in force.
    pub required: Option<u8>,
    /// The reason given for applying it without the approvals that it needed.
    pub break_glass: Option<String>,
    /// What it changed, in the order in which it began to.
    pub changes: Vec<Change>,
}

/// What was done to something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// A step of the plan.
    Step(Action),
    /// It was adopted as it is.
    Adopted,
    /// It belongs to another resource from then on.
    Moved,
    /// A drill made it.
    DrillMade,
    /// A drill removed what it had made.
    DrillRemoved,
}

/// A change of one resource, or of what a drill made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The resource.
    pub address: String,
    /// What was done to it.
    pub kind: ChangeKind,
    /// When it began (RFC 3339, UTC).
    pub at: String,
    /// Whether it was done. `None`: nobody recorded the result, so it may have been.
    pub done: Option<bool>,
    /// The error, if it failed.
    pub error: Option<String>,
    /// The settings.
    pub settings: Vec<Setting>,
}

/// A setting, before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Its name.
    pub name: String,
    /// Its value before. `None`: there was none, or the journal does not have it.
    pub before: Option<String>,
    /// Its value after. `None`: there is none, or the journal does not have it.
    pub after: Option<String>,
}

impl ChangeRun {
    /// `2 of 2: bob, carol`, or that nobody had to, or the reason for going without.
    fn approved(&self, person: impl Fn(&str) -> String) -> String {
        let names: Vec<String> = self.approvals.iter().map(|(name, _)| person(name)).collect();
        let given = names.len();
        let who = if names.is_empty() { "nobody".to_owned() } else { names.join(", ") };
        match (&self.break_glass, self.required) {
            (Some(reason), _) => format!("{who}; applied without the approvals it needed, because: {reason}"),
            (None, Some(required)) => format!("{given} of {required} required: {who}"),
            (None, None) => format!("{who}; no rule required an approval"),
        }
    }
}

impl Change {
    /// `update`, `adopt`, or what a drill did.
    fn what(&self) -> &'static str {
        match self.kind {
            ChangeKind::Step(Action::Keep) => "keep",
            ChangeKind::Step(Action::Create) => "create",
            ChangeKind::Step(Action::Update) => "update",
            ChangeKind::Step(Action::Replace) => "replace",
            ChangeKind::Step(Action::Delete) => "delete",
            ChangeKind::Adopted => "adopt",
            ChangeKind::Moved => "move",
            ChangeKind::DrillMade => "make for the drill",
            ChangeKind::DrillRemoved => "remove after the drill",
        }
    }

    /// `done`, `failed`, or that the result is unknown.
    fn result(&self) -> &'static str {
        match self.done {
            Some(true) => "done",
            Some(false) => "failed, and may have taken effect",
            None => "unknown",
        }
    }
}

/// The words for a value that the journal does not have.
const NOT_RECORDED: &str = "not recorded";

impl Setting {
    /// The value before and after in words, for a change of this kind.
    fn in_words(&self, kind: ChangeKind) -> (&str, &str) {
        let (before, after) = (self.before.as_deref(), self.after.as_deref());
        match kind {
            ChangeKind::Step(Action::Create) | ChangeKind::DrillMade => {
                (before.unwrap_or("none"), after.unwrap_or(NOT_RECORDED))
            }
            _ => (before.unwrap_or(NOT_RECORDED), after.unwrap_or("none")),
        }
    }
}

#[cfg(test)]
mod tests;
