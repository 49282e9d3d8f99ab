//! Reading a plan file and deriving its plan.

use std::path::{Component, Path, PathBuf};

use holdfast_compiler::copies::KnownCopy;
use holdfast_compiler::graph::Graph;
use holdfast_compiler::observation::{Observation, Owned};
use holdfast_compiler::plan::Plan;
use holdfast_compiler::posture::Posture;

use super::head::{FORMAT, Head};
use super::inputs::Derived;
use super::{MAX_BYTES, PlanFile, Refusal};
use crate::approval::{self, Author, Namespace, Rule, SigningKey};
use crate::estate::{PlanError, Policies, Request};
use crate::files::{self, FileError, Why};
use crate::{journal, provider};

/// The largest signature that is read, in bytes.
const MAX_SIGNATURE_BYTES: u64 = 16 * 1024;

/// A plan file whose digest matches the plan derived from it.
#[derive(Debug)]
pub struct Saved {
    /// The content of the file.
    pub file: PlanFile,
    /// Who made it.
    pub author: Author,
    /// The plan derived from it.
    pub plan: Plan,
    policies: Policies,
    graph: Graph,
}

/// The path of the author's signature of a plan file, as `ssh-keygen -Y sign` chooses it.
#[must_use]
pub fn signature_path(plan: &Path) -> PathBuf {
    approval::signature_path(plan)
}

/// That path, if it exists. A name that is too long for a file cannot exist.
fn signature_there(plan: &Path) -> Option<PathBuf> {
    /// The longest name of a file, in bytes (`NAME_MAX` of Linux, macOS and Windows).
    const LONGEST: usize = 255;
    let path = signature_path(plan);
    let sayable = path.file_name().is_some_and(|name| name.len() <= LONGEST);
    (sayable && files::exists(&path)).then_some(path)
}

impl Saved {
    /// Read a plan file, and the signature beside it if there is one, and derive the plan.
    ///
    /// # Errors
    /// It is not a valid plan file, this version derives a different plan from it, or the signature is not valid for
    /// this file.
    pub fn read(path: &Path) -> Result<Self, Refusal> {
        let unread = |error: FileError| match error.why {
            Why::System(_) => Refusal::Io(error.why.to_string()),
            why => {
                let cure = why.cure().unwrap_or("make a plan file with `holdfast plan --out FILE`");
                Refusal::File(why.to_string(), cure.to_owned())
            }
        };
        let bytes = files::read(path, MAX_BYTES).map_err(unread)?;
        let beside = signature_there(path);
        let signature = beside.map(|beside| files::read_text(&beside, MAX_SIGNATURE_BYTES)).transpose();
        let signature = signature
            .map_err(|error| Refusal::Signature(format!("the author's signature: {}", error.why)))?;
        Self::parse(&bytes, signature.as_deref())
    }

    /// Parse the bytes of a plan file, and derive the plan.
    ///
    /// # Errors
    /// See [`read`](Self::read).
    pub fn parse(bytes: &[u8], signature: Option<&str>) -> Result<Self, Refusal> {
        let file = parse(bytes)?;
        if !file.is_of_one_cloud() {
            return Err(Refusal::changed("its cloud differs from the cloud in its context"));
        }
        let Derived { policies, graph, plan } = file.inputs.derive()?;
        if file.digest != file.digest_with(&plan)? {
            return Err(Refusal::changed("the plan derived from it does not match its digest"));
        }
        let author = Author::of(&file.author, bytes, signature)
            .map_err(|error| Refusal::Signature(format!("the author's signature: {error}")))?;
        Ok(Self { file, author, plan, policies, graph })
    }

    /// The approval rule of its policies.
    #[must_use]
    pub fn rule(&self) -> Option<&Rule> {
        self.policies.rule.as_ref()
    }

    /// Its policies.
    #[must_use]
    pub fn policies(&self) -> &Policies {
        &self.policies
    }

    /// How many warnings its policies have.
    #[must_use]
    pub fn warnings(&self) -> usize {
        self.policies.compiled.warnings.len()
    }

    /// The desired resources.
    #[must_use]
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Plan again: the same policies, consents, targets and posture with what the journal and the cloud say now. `was` is the posture
    /// of the journal.
    ///
    /// # Errors
    /// The policies conflict with what exists now.
    pub fn replan(
        self,
        owned: &[Owned],
        copies: &[KnownCopy],
        was: &Posture,
        now: &Observation,
    ) -> Result<(Self, Plan), Refusal> {
        let inputs = &self.file.inputs;
        let request = Request {
            context: &inputs.context,
            owned,
            copies,
            observation: now,
            was,
            posture: &inputs.posture,
            consents: &inputs.consents,
            targets: &inputs.targets,
            base: inputs.base.as_ref(),
        };
        match self.policies.plan(&self.graph, &request) {
            Ok(plan) => Ok((self, plan)),
            Err(PlanError::NoTarget { target, .. }) => {
                Err(Refusal::changed(&format!("the plan contains nothing for `{target}` now")))
            }
            Err(PlanError::Findings(findings)) => {
                Err(Refusal::Invalid(crate::estate::Findings { findings, sources: self.policies.sources }))
            }
        }
    }

    /// Whether this plan may be applied with the journal `other`. A different journal is allowed only if the plan
    /// names a head: a journal that contains the head also knows whether the plan was applied. A plan made on an
    /// empty journal has no head to check.
    #[must_use]
    pub fn may_use(&self, other: &journal::Place) -> bool {
        !self.file.journal_head.is_empty() || other.to_string() == self.file.journal.to_string()
    }
}

impl PlanFile {
    /// Whether the cloud in the plan's context is the one that it is applied to. The context has the path of an
    /// embedded cloud as the user wrote it, `local` the absolute path.
    fn is_of_one_cloud(&self) -> bool {
        let named = &self.inputs.context.cloud;
        match (named.strip_prefix("local:"), &self.local) {
            (Some(named), Some(whole)) => {
                // An absolute path has no `.`, which a user may write (`std::path::absolute`).
                let parts = Path::new(named).components().filter(|part| *part != Component::CurDir);
                !named.is_empty() && whole.ends_with(parts.collect::<PathBuf>())
            }
            (None, None) => provider::named(named).is_some(),
            _ => false,
        }
    }

    /// Write the file and, if there is a key, its author's signature beside it.
    ///
    /// # Errors
    /// It cannot be written or signed.
    pub fn write(&self, path: &Path, key: Option<&SigningKey>) -> Result<(), String> {
        let text = self.text().map_err(|error| error.to_string())?;
        let signature = key.map(|key| {
            let public = approval::public_key(Some(key), None)?;
            approval::sign(Namespace::Plan, text.as_bytes(), Some(key), &public)
        });
        let signature = signature.transpose().map_err(|error| error.to_string())?;
        let beside = signature_path(path);
        // An existing signature belongs to an earlier plan.
        if signature_there(path).is_some() {
            files::remove(&beside).map_err(|error| error.to_string())?;
        }
        files::write_private(path, text.as_bytes()).map_err(|error| error.to_string())?;
        match signature {
            Some(signature) => files::write(&beside, signature.as_bytes()).map_err(|error| error.to_string()),
            None => Ok(()),
        }
    }
}

fn parse(bytes: &[u8]) -> Result<PlanFile, Refusal> {
    let refused = |what: String, help: &str| Refusal::File(what, help.to_owned());
    let cut_short = || refused("it is truncated".to_owned(), "copy all of it, or plan again");
    let made_by = |age: &str, found: u32| {
        format!("{age} version of Holdfast made it: its format is {found}, but this version reads {FORMAT}")
    };
    match Head::of(bytes) {
        Head::Other => {
            return Err(refused(
                "it is not a plan file".to_owned(),
                "make one with `holdfast plan --out FILE`",
            ));
        }
        Head::CutShort => return Err(cut_short()),
        Head::Plan(FORMAT) => {}
        Head::Plan(found) if found > FORMAT => {
            let cure = "apply it with the version that made it, or plan again";
            return Err(refused(made_by("a newer", found), cure));
        }
        Head::Plan(found) => return Err(refused(made_by("an older", found), "plan again")),
    }
    let file: PlanFile = serde_json::from_slice(bytes).map_err(|error| {
        if error.is_eof() { cut_short() } else { Refusal::changed(&format!("it cannot be read ({error})")) }
    })?;
    // This detects unknown and duplicate keys, and values in a different notation.
    if file.text()?.as_bytes() != bytes {
        return Err(Refusal::changed("it is not in the exact form that Holdfast writes"));
    }
    Ok(file)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::disallowed_methods, reason = "a test")]
    fn changing_any_byte_of_a_plan_file_is_detected() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let story = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/scenarios/saved-plan");
        let (cloud, journal, out) =
            (format!("local:{}", path("cloud.json")), path("journal"), path("a.plan"));
        let words = ["holdfast", "plan", story, "--cloud", &cloud, "--journal", &journal, "--out", &out];
        let _ = crate::cli::main(words.map(std::ffi::OsString::from));
        let whole = std::fs::read(&out).unwrap();
        assert!(Saved::parse(&whole, None).is_ok() && whole.len() > 1_000);
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 1 << (at % 7);
            let refused = Saved::parse(&changed, None).err();
            assert!(refused.is_some(), "a change of byte {at} is not found");
        }
    }
}
