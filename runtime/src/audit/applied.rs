//! The plan files that runs of the journal applied, with the approvals they relied on, for a bundle.

use std::collections::BTreeSet;
use std::path::Path;

use holdfast_compiler::changes::ChangeRun;
use holdfast_compiler::digest::{Purpose, digest};
use serde_json::{Value, json};

use super::bundle::{Packed, UserFile};
use crate::approval::{Namespace, signature_path, statement_paths};
use crate::files;
use crate::planfile::{self, MAX_BYTES, Saved};

/// The largest statement and signature in a bundle, in bytes.
const MAX_STATEMENT: u64 = 16 * 1024;

/// Why a plan file cannot be in a bundle.
#[derive(Debug, thiserror::Error)]
pub enum AppliedError {
    /// It is not a plan file, or somebody changed it.
    #[error("{0}: {1}; `holdfast show` says more")]
    NoPlan(String, String),
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

/// A plan file that one or more runs applied: a second run takes up what the first one left.
#[derive(Debug)]
pub struct AppliedPlan {
    /// The newest of the runs.
    run: u64,
    /// All of them, newest first.
    runs: Vec<u64>,
    digest: String,
    plan: UserFile,
    signature: Option<UserFile>,
    approvals: Vec<Approval>,
    /// The digests of statements that the runs relied on and that are not beside the file.
    missing: BTreeSet<String>,
}

/// An approval that a run relied on.
#[derive(Debug)]
struct Approval {
    digest: String,
    statement: UserFile,
    signature: UserFile,
}

impl AppliedPlan {
    /// Read a plan file, and the approvals beside it that its runs relied on. `runs` are those of the journal.
    ///
    /// # Errors
    /// The file is not a plan that one of the runs applied, or something cannot be read.
    pub fn read(path: &Path, runs: &Result<Vec<ChangeRun>, String>) -> Result<Self, AppliedError> {
        let runs = runs.as_ref().map_err(|why| AppliedError::NoJournal(why.clone()))?;
        let name = path.display().to_string();
        let plan = UserFile { is_private: true, ..file(path, MAX_BYTES)? };
        let beside = planfile::signature_path(path);
        let signature = files::exists(&beside).then(|| file(&beside, MAX_STATEMENT)).transpose()?;
        let saved = Saved::parse(plan.text.as_bytes(), signature.as_ref().map(|one| one.text.as_str()));
        let digest_of_plan =
            saved.map_err(|refusal| AppliedError::NoPlan(name.clone(), refusal.in_words()))?.file.digest;
        let runs: Vec<&ChangeRun> = runs.iter().filter(|run| run.plan == digest_of_plan).collect();
        let run = runs.first().ok_or_else(|| AppliedError::NotApplied(name.clone()))?.number;
        let mut missing: BTreeSet<String> =
            runs.iter().flat_map(|run| &run.approvals).map(|(_, digest)| digest.clone()).collect();
        let unread = |error: std::io::Error| AppliedError::Unread(format!("{name}: {error}"));
        let mut approvals = Vec::new();
        for path in statement_paths(path, Namespace::Approval).map_err(unread)? {
            let statement = file(&path, MAX_STATEMENT)?;
            let digest = digest(Purpose::Approval, statement.text.as_str());
            let digest = digest.map_err(|error| AppliedError::Unread(error.to_string()))?;
            if missing.remove(&digest) {
                // Its name is that of the statement, which has the approver in it.
                let statement = UserFile { is_private: true, ..statement };
                let signature = file(&signature_path(&path), MAX_STATEMENT)?;
                let signature = UserFile { is_private: true, ..signature };
                approvals.push(Approval { digest, statement, signature });
            }
        }
        let runs = runs.iter().map(|run| run.number).collect();
        Ok(Self { run, runs, digest: digest_of_plan, plan, signature, approvals, missing })
    }

    /// What is not in a bundle because it is not beside the file, as a sentence without its end.
    #[must_use]
    pub fn lacks(&self) -> Option<String> {
        let many = self.missing.len();
        let approvals = if many == 1 { "approval" } else { "approvals" };
        (many > 0).then(|| {
            let path = &self.plan.path;
            format!(
                "{many} {approvals} that run {} relied on are not beside {path}, so the bundle lacks them",
                self.run
            )
        })
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
            "runs": self.runs,
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
