//! Approving a saved plan: which lists of signers apply, how long the approval is valid, and its two files.

use std::path::{Path, PathBuf};

use holdfast_compiler::diagnostic::{Diagnostic, codes};
use jiff::{SignedDuration, Timestamp};

use super::Saved;
use crate::approval::{
    self, Accepted, Demand, Namespace, Question, Refusal, Rule, SignError, Signers, SignersError, SigningKey,
    Statement, signature_path,
};
use crate::files::{self, FileError};

/// How long an approval is valid if the plan has no rule: the default of an estate.
const HOLD_SECONDS: u64 = 24 * 3_600;

/// An approval of a saved plan that is about to be made.
#[derive(Debug)]
pub struct Approving<'a> {
    saved: &'a Saved,
    path: &'a Path,
    rules: Vec<&'a Rule>,
    because: Option<&'a str>,
}

/// An approval that was made.
#[derive(Debug)]
pub struct Signed {
    /// What an apply makes of it.
    pub accepted: Accepted,
    /// The path of its statement; the signature is beside it.
    pub path: PathBuf,
    /// It as a comment, for `holdfast apply --approvals-in`.
    pub comment: String,
}

/// Why no approval was made.
#[derive(Debug, thiserror::Error)]
pub enum ApproveError {
    /// A list of signers cannot be read.
    #[error("the list of signers, {0}")]
    Signers(#[from] SignersError),
    /// There is no `--as`, and the lists do not name the approver unambiguously.
    #[error("the list of signers does not have exactly one name for this key")]
    NoName,
    /// Names in the plan cannot be written into a statement.
    #[error("names in this plan contain line breaks, so it cannot be approved")]
    LineBreaks,
    /// An apply would not accept it.
    #[error(transparent)]
    NotCounted(#[from] Refusal),
    /// The key cannot be used.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The end of its validity is beyond the range of timestamps.
    #[error(transparent)]
    Time(#[from] jiff::Error),
    /// A file cannot be written.
    #[error(transparent)]
    Unwritten(#[from] FileError),
}

impl ApproveError {
    /// Converts a refusal into a diagnostic with code and cure.
    ///
    /// # Errors
    /// The error itself if it is not a refusal: a failed operation.
    pub fn refusal(self) -> Result<Diagnostic, Self> {
        let message = self.to_string();
        let one = |code, help: &str| Ok(Diagnostic::new(code, message).help(help));
        match self {
            Self::Signers(_) => one(codes::BAD_SIGNERS, "plan again"),
            Self::NoName => one(codes::APPROVAL_UNKNOWN_KEY, "name yourself: `--as PRINCIPAL`"),
            Self::LineBreaks => one(codes::BAD_PLAN_FILE, "plan again"),
            Self::NotCounted(refusal) => Ok(refusal.finding()),
            Self::Sign(_) | Self::Time(_) | Self::Unwritten(_) => Err(self),
        }
    }
}

impl<'a> Approving<'a> {
    /// An approval of the plan in a file. `anchored` is the demand of the trust anchor. `because` is the reason given
    /// with `--break-glass`; the signature then allows an apply without the approvals that the plan needs.
    #[must_use]
    pub fn new(
        saved: &'a Saved,
        path: &'a Path,
        anchored: Option<&'a Demand>,
        because: Option<&'a str>,
    ) -> Self {
        let anchored = anchored.map(|demand| &demand.rule);
        // The trust anchor says who may break the glass, not the plan.
        let rules = saved.rule().into_iter().chain(anchored).filter(|_| because.is_none()).collect();
        Self { saved, path, rules, because }
    }

    /// How many seconds the approval is valid: the minimum over all rules.
    #[must_use]
    pub fn hold_seconds(&self) -> u64 {
        self.rules
            .iter()
            .map(|rule| rule.hold_of(self.saved.plan.only_evacuates()))
            .min()
            .unwrap_or(HOLD_SECONDS)
    }

    /// The namespace of the signature.
    #[must_use]
    pub fn namespace(&self) -> Namespace {
        if self.because.is_some() { Namespace::BreakGlass } else { Namespace::Approval }
    }

    /// Sign the statement, and write it and its signature beside the plan. Without `approver`, the list's name for
    /// the key is used. `show` is called with the statement before it is signed.
    ///
    /// # Errors
    /// The key cannot be used, or an apply would not accept the approval.
    pub fn sign(
        &self,
        approver: Option<&str>,
        key: Option<&SigningKey>,
        show: &dyn Fn(&Statement),
    ) -> Result<Signed, ApproveError> {
        let (lists, now, namespace) = (self.lists()?, Timestamp::now(), self.namespace());
        let public = approval::public_key(key, lists.first())?;
        // Prefer the list that contains the key.
        let signers = lists.iter().find(|list| list.knows(&public)).or(lists.first());
        let listed = || signers.and_then(|signers| signers.principal_of(&public, namespace));
        let approver = approver.or_else(listed).ok_or(ApproveError::NoName)?;
        let statement = self.statement(approver, now)?;
        let text = statement.text();
        show(&statement);
        let signature = approval::sign(namespace, text.as_bytes(), key, &public)?;
        // Refuse now what an apply would refuse later.
        let question = Question {
            namespace,
            plan: &self.saved.file.digest,
            context: &self.saved.plan.context,
            author: self.because.is_none().then_some(&self.saved.author),
            signers,
            hold_seconds: self.hold_seconds(),
            because: self.because,
            now,
        };
        let accepted = approval::verify(&text, &signature, &question)?;
        let path = self.write(&statement)?;
        files::write(&signature_path(&path), signature.as_bytes())?;
        Ok(Signed { accepted, path, comment: approval::comment::comment(&text, &signature) })
    }

    /// Write only the statement, to be signed with `ssh-keygen`.
    ///
    /// # Errors
    /// A list cannot be read, or the file cannot be written.
    pub fn leave_unsigned(&self, approver: &str, show: &dyn Fn(&Statement)) -> Result<PathBuf, ApproveError> {
        self.lists()?;
        let statement = self.statement(approver, Timestamp::now())?;
        show(&statement);
        let path = self.write(&statement)?;
        // An existing signature belongs to an earlier statement.
        files::remove(&signature_path(&path))?;
        Ok(path)
    }

    fn lists(&self) -> Result<Vec<Signers>, SignersError> {
        self.rules.iter().map(|rule| Signers::parse(&rule.signers)).collect()
    }

    fn statement(&self, approver: &str, now: Timestamp) -> Result<Statement, ApproveError> {
        let hold = SignedDuration::from_secs(i64::try_from(self.hold_seconds()).unwrap_or(i64::MAX));
        // A statement holds whole seconds.
        let whole = Timestamp::from_second(now.as_second()).unwrap_or(now);
        let statement = Statement {
            namespace: self.namespace(),
            plan: self.saved.file.digest.clone(),
            context: self.saved.plan.context.clone(),
            approver: approver.to_owned(),
            approved_at: whole,
            expires_at: whole.checked_add(hold)?,
            because: self.because.map(str::to_owned),
        };
        let sayable = Statement::parse(&statement.text()).as_ref() == Some(&statement);
        sayable.then_some(statement).ok_or(ApproveError::LineBreaks)
    }

    fn write(&self, statement: &Statement) -> Result<PathBuf, FileError> {
        let path = statement.path(self.path);
        files::write(&path, statement.text().as_bytes())?;
        Ok(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::sample::{Folder, key, people};

    #[tokio::test]
    async fn approval_uses_the_name_listed_for_the_key() {
        let folder = Folder::new().await;
        let path = folder.plan();
        let approving = Approving::new(&folder.saved, &path, None, None);
        let Signed { accepted, path: written, .. } =
            approving.sign(None, Some(&key("bob")), &|_| ()).unwrap();
        assert_eq!(accepted.approver, "bob@acme.example");
        assert_eq!(written, path.with_file_name("change.plan.bob@acme.example.approval"));
        assert!(files::exists(&signature_path(&written)));
    }

    #[tokio::test]
    async fn author_and_strangers_are_refused_before_anything_is_written() {
        let folder = Folder::new().await;
        let path = folder.plan();
        let approving = Approving::new(&folder.saved, &path, None, None);
        let code = |approver, who| {
            let refused = approving.sign(approver, Some(&key(who)), &|_| ()).unwrap_err();
            refused.refusal().unwrap().code.as_str()
        };
        assert_eq!(code(None, "alice"), "E0714");
        assert_eq!(code(None, "mallory"), "E0712");
        assert_eq!(code(Some("bob@acme.example"), "mallory"), "E0712");
        assert!(approval::statement_paths(&path, Namespace::Approval).unwrap().is_empty());
    }

    #[tokio::test]
    async fn strictest_rule_limits_how_long_an_approval_is_valid() {
        let folder = Folder::new().await;
        let path = folder.plan();
        let rule = Rule { required: 1, hold_seconds: 600, evacuation_seconds: None, signers: people() };
        let anchored = Demand { rule, whose: "the anchor's rule".to_owned(), estate: "acme".to_owned() };
        let hold = |anchored, because| Approving::new(&folder.saved, &path, anchored, because).hold_seconds();
        assert_eq!(hold(None, None), 24 * 3_600);
        assert_eq!(hold(Some(&anchored), None), 600);
        // The plan's rules do not apply to breaking the glass.
        assert_eq!(hold(Some(&anchored), Some("nobody can be reached")), 24 * 3_600);
    }

    #[tokio::test]
    async fn new_statement_removes_the_old_signature() {
        let folder = Folder::new().await;
        let path = folder.plan();
        let approving = Approving::new(&folder.saved, &path, None, None);
        let Signed { path: signed, .. } = approving.sign(None, Some(&key("bob")), &|_| ()).unwrap();
        let unsigned = approving.leave_unsigned("bob@acme.example", &|_| ()).unwrap();
        assert_eq!(signed, unsigned);
        assert!(!files::exists(&signature_path(&unsigned)));
    }
}
