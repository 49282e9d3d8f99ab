//! Saved plans. A file holds what a plan follows from, never what follows: the policies, what was observed and owned,
//! what the operator asked for, and for where it was made. Whoever shows, approves or applies it derives the plan again
//! with the same compiler, and the digest in the file has to be that of what was derived ([`Saved`]).

mod approving;
mod head;
mod inputs;
mod refusal;
mod saved;

use std::path::{Path, PathBuf};

use holdfast_compiler::digest::{Purpose, digest};
use holdfast_compiler::plan::Plan;
use serde::{Deserialize, Serialize};

pub use approving::{ApproveError, Approving};
pub use inputs::{Inputs, PolicyFile};
pub use refusal::Refusal;
pub use saved::{Saved, signature_path};

use crate::estate::{EstateError, LivePlan, Request, Wishes, absolute_journal};
use crate::{files, journal};
use head::{FORMAT, MARK, Marker};

/// The largest plan file that is read, in bytes: about 100,000 resources.
const MAX_BYTES: u64 = 512 * 1024 * 1024;

/// A plan file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PlanFile {
    /// Says what this file is.
    holdfast: Marker,
    /// The format of this file.
    format: u32,
    /// The version of Holdfast that made it.
    pub made_with: String,
    /// Who made it: a principal. Only a signature proves it.
    pub author: String,
    /// The digest of everything else in this file and of the plan that follows from it: what people approve.
    pub digest: String,
    /// Where the journal is; a folder in full.
    pub journal: journal::Place,
    /// The hash of the journal's last entry when the plan was made; empty for none. So a plan is made once: after a
    /// run, the same changes are another plan.
    pub journal_head: String,
    /// The file of an embedded cloud, in full.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local: Option<PathBuf>,
    /// What the plan follows from.
    pub inputs: Inputs,
}

/// Why a plan is not saved.
#[derive(Debug, thiserror::Error)]
pub enum UnsavedError {
    /// Its paths cannot be completed.
    #[error(transparent)]
    Estate(#[from] EstateError),
    /// It cannot be written down.
    #[error("cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// What a digest commits to.
#[derive(Serialize)]
struct Committed<'a> {
    file: &'a PlanFile,
    plan: &'a Plan,
}

impl PlanFile {
    /// A file for a plan that follows from these inputs. It has its digest once it is [sealed](Self::seal).
    #[must_use]
    pub fn new(
        author: String,
        journal: journal::Place,
        journal_head: String,
        local: Option<PathBuf>,
        inputs: Inputs,
    ) -> Self {
        let (holdfast, format) = (Marker::Plan, FORMAT);
        let (made_with, digest) = (env!("CARGO_PKG_VERSION").to_owned(), String::new());
        Self { holdfast, format, made_with, author, digest, journal, journal_head, local, inputs }
    }

    /// The file of a plan that was just made, with its digest.
    ///
    /// # Errors
    /// There is no current folder, or it cannot be written as JSON.
    pub fn of(live: &LivePlan, author: String, wishes: &Wishes) -> Result<Self, UnsavedError> {
        let LivePlan { planned, workspace, history, .. } = live;
        let request = Request {
            context: &planned.plan.context,
            owned: &planned.owned,
            observation: &planned.observation,
            consents: &wishes.consents,
            targets: &wishes.targets,
        };
        let inputs = Inputs::of(&planned.policies, &request);
        let (journal, local) = (absolute_journal(&workspace.journal)?, workspace.cloud.local()?);
        let file = Self::new(author, journal, history.head().to_owned(), local, inputs);
        Ok(file.seal(&planned.plan)?)
    }

    /// Set the digest to that of this file with the plan that was derived from it.
    ///
    /// # Errors
    /// They cannot be written as JSON.
    pub fn seal(mut self, plan: &Plan) -> Result<Self, serde_json::Error> {
        self.digest = self.digest_with(plan)?;
        Ok(self)
    }

    /// The same, with the plan that follows from it.
    ///
    /// # Errors
    /// No plan follows from it.
    pub fn sealed(self) -> Result<Self, Refusal> {
        let plan = self.inputs.derive()?.plan;
        Ok(self.seal(&plan)?)
    }

    /// The digest of this file, its own digest left empty, and of a plan.
    fn digest_with(&self, plan: &Plan) -> Result<String, serde_json::Error> {
        let file = Self { digest: String::new(), ..self.clone() };
        digest(Purpose::Plan, &Committed { file: &file, plan })
    }

    /// The bytes of the file. Same file, same bytes.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub fn text(&self) -> Result<String, serde_json::Error> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

/// Whether a path looks like a plan file and not like policies.
#[must_use]
pub fn is_plan_file(path: &Path) -> bool {
    files::is_file(path) && !is_policy(path)
}

fn is_policy(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "yaml" || e == "yml")
}

/// Whether a plan may be written to a path: not over anything but a plan, and not where it would be taken for a policy.
///
/// # Errors
/// Why not.
pub fn may_write(path: &Path) -> Result<(), String> {
    let name = path.display();
    if is_policy(path) {
        return Err(format!("`{name}` is the name of a policy: give the plan another one"));
    }
    let there = files::absent(files::read_own(path, MAX_BYTES)).map_err(|error| error.to_string())?;
    if there.is_some_and(|text| !text.starts_with(MARK.as_bytes())) {
        return Err(format!("`{name}` exists and is not a plan: give the plan another name"));
    }
    Ok(())
}
