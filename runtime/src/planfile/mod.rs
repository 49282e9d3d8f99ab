//! Saved plans. A file holds the inputs of a plan, never its steps: the policies, the observed and owned objects, the
//! operator's flags, and the cloud and journal it was made for. `show`, `approve` and `apply` derive the plan again
//! with the same compiler, and the digest in the file must match the derived plan ([`Saved`]).

mod approving;
mod head;
mod inputs;
mod merged;
mod refusal;
mod saved;
mod standing;

use std::path::{Path, PathBuf};

use holdfast_compiler::digest::{Purpose, digest};
use holdfast_compiler::plan::Plan;
use serde::{Deserialize, Serialize};

pub use crate::estate::PolicyFile;
pub use approving::{ApproveError, Approving, Signed};
pub use inputs::Inputs;
pub use merged::NotMerged;
pub use refusal::Refusal;
pub use saved::{Saved, signature_path};
pub use standing::{Standing, StandingError};

use crate::estate::{EstateError, LivePlan, PlanOptions, Request, absolute_journal};
use crate::journal::Commit;
use crate::{files, journal};
use head::{FORMAT, Head, MARK, Marker};

/// The largest plan file that is read, in bytes: about 100,000 resources.
pub(crate) const MAX_BYTES: u64 = 512 * 1024 * 1024;

/// The content of a plan file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PlanFile {
    /// Identifies the file as a plan.
    holdfast: Marker,
    /// The format of this file.
    format: u32,
    /// The version of Holdfast that made it.
    pub made_with: String,
    /// Who made it: a principal. Only a signature proves it.
    pub author: String,
    /// The git commit of the policies, as their author's clone has it. Nothing depends on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<Commit>,
    /// The digest of everything else in this file and of the plan derived from it. People approve this digest.
    pub digest: String,
    /// Where the journal is; an absolute path if it is a folder.
    pub journal: journal::Place,
    /// The hash of the journal's last entry when the plan was made; empty for an empty journal. It makes the digest
    /// unique: after a run, a plan with the same changes has a different digest.
    pub journal_head: String,
    /// The absolute path of an embedded cloud's file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local: Option<PathBuf>,
    /// The inputs of the plan.
    pub inputs: Inputs,
}

/// Why a plan is not saved.
#[derive(Debug, thiserror::Error)]
pub enum UnsavedError {
    /// Its paths cannot be made absolute.
    #[error(transparent)]
    Estate(#[from] EstateError),
    /// It cannot be serialised.
    #[error("cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// What the digest covers.
#[derive(Serialize)]
struct Committed<'a> {
    file: &'a PlanFile,
    plan: &'a Plan,
}

impl PlanFile {
    /// A file for the plan with these inputs. [`seal`](Self::seal) adds the digest.
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
        let commit = None;
        Self { holdfast, format, made_with, author, commit, digest, journal, journal_head, local, inputs }
    }

    /// The file of a plan that was just made, with its digest.
    ///
    /// # Errors
    /// There is no current folder, or it cannot be written as JSON.
    pub fn of(live: &LivePlan, author: String, plan_options: &PlanOptions) -> Result<Self, UnsavedError> {
        let LivePlan { planned, workspace, history, .. } = live;
        let request = Request {
            context: &planned.plan.context,
            owned: &planned.owned,
            copies: &planned.copies,
            observation: &planned.observation,
            was: &planned.plan.was,
            posture: &planned.plan.posture,
            consents: &plan_options.consents,
            targets: &plan_options.targets,
            base: planned.base.as_ref(),
        };
        let inputs = Inputs::of(&planned.policies, &request);
        let (journal, local) = (absolute_journal(&workspace.journal)?, workspace.cloud.local()?);
        let file = Self::new(author, journal, history.head().to_owned(), local, inputs);
        let file = Self { commit: plan_options.commit.clone(), ..file };
        Ok(file.seal(&planned.plan)?)
    }

    /// Set the digest of this file and the plan that was derived from it.
    ///
    /// # Errors
    /// They cannot be serialised.
    pub fn seal(mut self, plan: &Plan) -> Result<Self, serde_json::Error> {
        self.digest = self.digest_with(plan)?;
        Ok(self)
    }

    /// Derive the plan, and set the digest.
    ///
    /// # Errors
    /// No plan can be derived from the inputs.
    pub fn sealed(self) -> Result<Self, Refusal> {
        let plan = self.inputs.derive()?.plan;
        Ok(self.seal(&plan)?)
    }

    /// The digest of this file, with its own digest empty, and of a plan.
    fn digest_with(&self, plan: &Plan) -> Result<String, serde_json::Error> {
        let file = Self { digest: String::new(), ..self.clone() };
        digest(Purpose::Plan, &Committed { file: &file, plan })
    }

    /// The text of the file, always the same for the same content.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub fn text(&self) -> Result<String, serde_json::Error> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

/// Whether a path is taken for a plan file: a regular file whose name is not that of a policy.
#[must_use]
pub fn is_plan_file(path: &Path) -> bool {
    files::is_file(path) && !is_policy(path)
}

fn is_policy(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "yaml" || e == "yml")
}

/// Whether a file is a plan file of a format that this version does not read.
#[must_use]
pub fn is_of_another_format(text: &[u8]) -> bool {
    matches!(Head::of(text), Head::Plan(format) if format != FORMAT)
}

/// Check that a plan may be written to a path: it must not overwrite anything but a plan, and its name must not be
/// that of a policy.
///
/// # Errors
/// The reason, as a message for the user.
pub fn may_write(path: &Path) -> Result<(), String> {
    let name = path.display();
    if is_policy(path) {
        return Err(format!("`{name}` is the name of a policy: give the plan another name"));
    }
    let there = files::absent(files::read_own(path, MAX_BYTES)).map_err(|error| error.to_string())?;
    if there.is_some_and(|text| !text.starts_with(MARK.as_bytes())) {
        return Err(format!("`{name}` exists and is not a plan: give the plan another name"));
    }
    Ok(())
}
