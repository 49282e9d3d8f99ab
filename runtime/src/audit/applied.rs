//! The plan files that runs of the journal applied, with the approvals they relied on, for a bundle.

use std::path::Path;

use holdfast_compiler::changes::ChangeRun;
use holdfast_compiler::digest::{Purpose, digest};
use serde_json::{Value, json};

use super::bundle::{Packed, UserFile};
use crate::approval::{Namespace, Signature, signature_path, statement_paths};
use crate::files;
use crate::planfile::{self, Refusal, Saved};

/// The largest plan file, statement and signature in a bundle, in bytes.
const MAX_PLAN: u64 = 512 * 1024 * 1024;
const MAX_STATEMENT: u64 = 16 * 1024;

/// Why a plan file cannot be in a bundle.
#[derive(Debug, thiserror::Error)]
pub enum AppliedError {
    /// It is not a plan file, or somebody changed it.
    #[error("{0}: it is no plan file that this version can read; `holdfast show` says more")]
    NoPlan(String),
    /// It, or an approval, cannot be read.
    #[error("{0}")]
    Unread(String),
    /// No run of the period applied it.
    #[error(
        "{0}: no run of the journal in this period applied this plan; an earlier --since covers more runs"
    )]
    NotApplied(String),
    /// The journal cannot be read, so nobody knows what was applied.
    #[error("the journal cannot be read, so nobody knows which plans were applied: {0}")]
    NoJournal(String),
}

/// A plan file that a run applied.
#[derive(Debug)]
pub struct AppliedPlan {
    run: u64,
    digest: String,
    plan: UserFile,
    signature: Option<UserFile>,
    approvals: Vec<Approval>,
    /// The digests of statements that the run relied on and that are not beside the file.
    missing: Vec<String>,
}

/// An approval that the run relied on.
#[derive(Debug)]
struct Approval {
    digest: String,
    statement: UserFile,
    signature: UserFile,
}

impl AppliedPlan {
    /// Read a plan file, and the approvals beside it that its run relied on. `runs` are those of the journal.
    ///
    /// # Errors
    /// The file is not a plan that one of the runs applied, or something cannot be read.
    pub fn read(path: &Path, runs: &Result<Vec<ChangeRun>, String>) -> Result<Self, AppliedError> {
        let runs = runs.as_ref().map_err(|why| AppliedError::NoJournal(why.clone()))?;
        let name = path.display().to_string();
        let saved = Saved::read(path).map_err(|refusal| match refusal {
            Refusal::Io(why) => AppliedError::Unread(format!("{name}: {why}")),
            _ => AppliedError::NoPlan(name.clone()),
        })?;
        let digest_of_plan = saved.file.digest.clone();
        let run = runs.iter().find(|run| run.plan == digest_of_plan);
        let run = run.ok_or_else(|| AppliedError::NotApplied(name.clone()))?;
        let beside = planfile::signature_path(path);
        let signature = files::exists(&beside).then(|| file(&beside, MAX_STATEMENT)).transpose()?;
        let unread = |error: std::io::Error| AppliedError::Unread(format!("{name}: {error}"));
        let mut approvals = Vec::new();
        for path in statement_paths(path, Namespace::Approval).map_err(unread)? {
            let statement = file(&path, MAX_STATEMENT)?;
            let digest = digest(Purpose::Approval, statement.text.as_str());
            let digest = digest.map_err(|error| AppliedError::Unread(error.to_string()))?;
            if run.approvals.iter().any(|(_, used)| *used == digest) {
                // Its name is that of the statement, which has the approver in it.
                let statement = UserFile { is_private: true, ..statement };
                let signature = file(&signature_path(&path), MAX_STATEMENT)?;
                let signature = UserFile { is_private: true, ..signature };
                approvals.push(Approval { digest, statement, signature });
            }
        }
        let used = run.approvals.iter().map(|(_, digest)| digest);
        let missing = used.filter(|used| approvals.iter().all(|one| one.digest != **used)).cloned().collect();
        let plan = UserFile { is_private: true, ..file(path, MAX_PLAN)? };
        Ok(Self { run: run.number, digest: digest_of_plan, plan, signature, approvals, missing })
    }

    /// Add the files, and what the statement of a bundle says of them. A plan file contains the policies with their contacts.
    pub(super) fn pack(&self, packed: &mut Packed<'_>) -> Value {
        let mut add = |file: &UserFile| packed.add(&format!("plans/{}", self.run), file);
        let plan = add(&self.plan);
        let signature = self.signature.as_ref().map(&mut add);
        let approvals = self.approvals.iter().map(|one| {
            let (statement, signature) = (add(&one.statement), add(&one.signature));
            json!({ "digest": one.digest, "statement": statement, "signature": signature })
        });
        let approvals: Vec<Value> = approvals.collect();
        json!({
            "run": self.run,
            "digest": self.digest,
            "plan": plan,
            "signature": signature,
            "approvals": approvals,
            "notFound": self.missing,
        })
    }
}

fn file(path: &Path, most: u64) -> Result<UserFile, AppliedError> {
    let text = files::read_text(path, most).map_err(|error| AppliedError::Unread(error.to_string()))?;
    Ok(UserFile { path: path.display().to_string(), text, is_private: false })
}

/// Compare the members that are plans and approvals with what the statement says of them: the digest of each plan, and that each
/// approval is signed and is one of this plan. Who signed it is not judged here.
///
/// # Errors
/// The first thing that does not fit, by the name of its member.
pub(super) fn check(predicate: &Value, member: &dyn Fn(&str) -> Option<String>) -> Result<(), String> {
    // A member that is left out has no name.
    let of = |file: &Value| {
        let name = file.get("member")?.as_str()?.to_owned();
        Some((member(&name).unwrap_or_default(), name))
    };
    for applied in list(predicate, "plans") {
        let digest = applied.get("digest").and_then(Value::as_str).unwrap_or_default();
        if let Some((text, name)) = applied.get("plan").and_then(of) {
            let read: Value = serde_json::from_str(&text).unwrap_or_default();
            if read.get("digest").and_then(Value::as_str) != Some(digest) {
                let run = applied.get("run").and_then(Value::as_u64).unwrap_or_default();
                return Err(format!("{name}: it is not the plan that run {run} applied"));
            }
        }
        for approval in list(applied, "approvals") {
            let Some((statement, name)) = approval.get("statement").and_then(of) else { continue };
            if !statement.lines().any(|line| line.strip_prefix("plan sha256:") == Some(digest)) {
                return Err(format!("{name}: it is an approval of another plan"));
            }
            let armored = approval.get("signature").and_then(of).map(|(text, _)| text).unwrap_or_default();
            Signature::verify(Namespace::Approval, statement.as_bytes(), &armored)
                .map_err(|why| format!("{name}: its signature does not fit: {why}"))?;
        }
    }
    Ok(())
}

fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}
