//! Saved plans. A file holds the plan, its digest, and where the journal is.

use std::path::{Path, PathBuf};

use holdfast_compiler::diagnostic::codes;
use holdfast_compiler::plan::{FORMAT, Plan};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::failure::Failure;
use super::session::{self, Place, Selected};
use crate::journal;

/// The largest plan file that is read, in bytes: about 100,000 steps.
const MAX_BYTES: u64 = 512 * 1024 * 1024;

/// A plan file.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct PlanFile {
    /// Says what this file is.
    holdfast: Marker,
    /// The digest of all the rest.
    pub(super) digest: String,
    /// Where the journal is; a folder in full.
    pub(super) journal: journal::Place,
    /// The file of an embedded cloud, in full.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    local: Option<PathBuf>,
    /// The plan.
    pub(super) plan: Plan,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Marker {
    Plan,
}

/// Enough of a plan file to know whether the rest can be read.
#[derive(Deserialize)]
struct Head {
    #[serde(rename = "holdfast")]
    _marker: Marker,
    plan: Format,
}

#[derive(Deserialize)]
struct Format {
    format: u32,
}

/// Whether a path looks like a plan file and not like policies.
pub(super) fn is_plan_file(path: &Path) -> bool {
    path.is_file() && !is_policy(path)
}

fn is_policy(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "yaml" || e == "yml")
}

impl PlanFile {
    pub(super) fn new(plan: Plan, place: &Place) -> Result<Self, Failure> {
        let local = match &place.cloud {
            Selected::Aws => None,
            Selected::Local(file) => Some(session::absolute(file)?),
        };
        let journal = match &place.journal {
            journal::Place::Folder(folder) => journal::Place::Folder(session::absolute(folder)?),
            shared => shared.clone(),
        };
        let mut file = Self { holdfast: Marker::Plan, digest: String::new(), journal, local, plan };
        file.digest = file.compute_digest();
        Ok(file)
    }

    /// The whole file.
    fn text(&self) -> Result<String, Failure> {
        let text = serde_json::to_string_pretty(self).map_err(|error| Failure::message(error.to_string()))?;
        Ok(text + "\n")
    }

    /// SHA-256 of everything but the digest itself.
    fn compute_digest(&self) -> String {
        let rest = (&self.holdfast, &self.journal, &self.local, &self.plan);
        let text = serde_json::to_string(&rest).unwrap_or_default();
        Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Where the plan is to be applied.
    pub(super) fn cloud(&self) -> Selected {
        self.local.clone().map_or(Selected::Aws, Selected::Local)
    }

    /// Whether a plan may be written to a path: not over anything but a plan, and not where it would be taken
    /// for a policy.
    pub(super) fn may_write(path: &Path) -> Result<(), Failure> {
        let name = path.display();
        if is_policy(path) {
            return Err(Failure::usage(format!(
                "`{name}` is the name of a policy: give the plan another one"
            )));
        }
        let there = std::fs::read(path).is_ok_and(|text| serde_json::from_slice::<Head>(&text).is_err());
        if there {
            return Err(Failure::usage(format!(
                "`{name}` is there and is no plan: give the plan another name"
            )));
        }
        Ok(())
    }

    /// Write it. Same plan, same bytes.
    pub(super) fn write(&self, path: &Path) -> Result<(), Failure> {
        let written = std::fs::write(path, self.text()?);
        written.map_err(|error| Failure::message(format!("{}: {error}", path.display())))
    }

    /// Read it, and refuse what was changed or cannot be understood.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let name = path.display();
        let refused = |what: String, help: &str| {
            Failure::refused(codes::BAD_PLAN_FILE, format!("{name}: {what}"), help)
        };
        let size =
            std::fs::metadata(path).map_err(|error| Failure::message(format!("{name}: {error}")))?.len();
        if size > MAX_BYTES {
            return Err(refused("it is too large for a plan".to_owned(), "plan again"));
        }
        let text = std::fs::read(path).map_err(|error| Failure::message(format!("{name}: {error}")))?;
        let head: Head = serde_json::from_slice(&text).map_err(|error| {
            refused(format!("it is not a plan file, or not all of one ({error})"), "plan again with `--out`")
        })?;
        if head.plan.format != FORMAT {
            let found = head.plan.format;
            let what = format!("its format is {found}, and this version reads format {FORMAT}");
            return Err(refused(what, "apply it with the version that made it, or plan again"));
        }
        let file: Self = serde_json::from_slice(&text)
            .map_err(|error| refused(format!("it cannot be read ({error})"), "plan again"))?;
        // A key that nobody knows is not in the digest, but it is in the text.
        if file.digest != file.compute_digest() || file.text()?.as_bytes() != text {
            return Err(refused(
                "it was changed after it was made".to_owned(),
                "plan again, and review that",
            ));
        }
        Ok(file)
    }
}
