//! The trust anchor: a file that the owner of a runner controls, outside the policies' repository. It says per estate
//! where the runner may work, which journal it believes, and who has to agree at least. Policies, plan files and the
//! journal can ask for more, never for less.

mod anchor;
mod demands;
mod journal;

use std::path::{Path, PathBuf};

use holdfast_compiler::diagnostic::{Diagnostic, codes};
use holdfast_compiler::document::{self, MAX_FILE_BYTES};
use holdfast_compiler::plan::Context;
use holdfast_compiler::source::Sources;

pub use anchor::Anchor;
pub use demands::demands;

use crate::estate::Findings;
use crate::files;
use crate::journal::Place;

/// A trust anchor that was read.
#[derive(Debug)]
pub struct Trust {
    file: PathBuf,
    document: document::Trust,
}

impl Trust {
    /// Read an anchor.
    ///
    /// # Errors
    /// It is missing, empty or not whole. There is no anchor that is left out because it cannot be read.
    pub fn read(file: &Path) -> Result<Self, Findings> {
        let name = file.display().to_string();
        let wrong = |message: String| {
            let finding = Diagnostic::new(codes::BAD_TRUST, message);
            let help =
                "name the file of a trust anchor, or leave `--trust` and `HOLDFAST_TRUST` out altogether";
            Findings { findings: vec![finding.help(help)], ..Findings::default() }
        };
        if name.is_empty() {
            return Err(wrong("`HOLDFAST_TRUST` is set and names no file".to_owned()));
        }
        let text = files::read_text(file, MAX_FILE_BYTES)
            .map_err(|error| wrong(format!("the trust anchor cannot be read: {error}")))?;
        let mut sources = Sources::default();
        sources.add(name.clone(), text);
        match document::read_trust(&sources) {
            Ok(document) => Ok(Self { file: file.to_owned(), document }),
            Err(findings) => {
                let message = format!("the trust anchor {name} is not complete");
                let first = Diagnostic::new(codes::BAD_TRUST, message).help("correct what follows");
                Err(Findings { findings: std::iter::once(first).chain(findings).collect(), sources })
            }
        }
    }

    /// The estates in the account of a plan.
    fn estates_beside(&self, context: &Context) -> Vec<String> {
        let beside = self.document.estates.iter().filter(|(_, says)| {
            let account = says.accounts.iter().any(|account| account.as_str() == context.account);
            account && says.cloud.split(':').next() == context.cloud.split(':').next()
        });
        beside.map(|(name, _)| name.to_string()).collect()
    }

    /// The estate whose journal is at a place, if one is.
    #[must_use]
    pub fn anchor_of(&self, journal: &Place) -> Option<Anchor<'_>> {
        let anchors = self.document.estates.keys().filter_map(|name| self.anchor(name.as_str()).ok());
        anchors.into_iter().find(|anchor| anchor.journal(Some(journal)).is_ok())
    }

    /// What it says about an estate.
    ///
    /// # Errors
    /// Nothing: the runner does not work on that estate.
    pub fn anchor(&self, estate: &str) -> Result<Anchor<'_>, Diagnostic> {
        let found = self.document.estates.iter().find(|(name, _)| name.as_str() == estate);
        let folder = self.file.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new("."));
        found.map(|(name, says)| Anchor { name: name.as_str(), says, folder }).ok_or_else(|| {
            let message = format!("the trust anchor {} has no estate `{estate}`", self.file.display());
            Diagnostic::new(codes::NOT_TRUSTED, message)
                .help("name the estate as before, or ask the owner of the runner to add it")
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, reason = "tests")]
mod tests {
    use super::*;
    use crate::journal::History;

    const ANCHOR: &str = "kind: trust
estates:
  acme:
    cloud: aws
    accounts: [\"111122223333\"]
    partition: aws
    journal: { at: \"s3://acme-journal/holdfast\", owner: \"111122223333\", head: HEAD }
";

    fn trust(text: &str) -> (tempfile::TempDir, Trust) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("trust.yaml");
        std::fs::write(&file, text).unwrap();
        let trust = Trust::read(&file).unwrap();
        (folder, trust)
    }

    fn code<T>(result: Result<T, Diagnostic>) -> Option<&'static str> {
        result.err().map(|finding| finding.code.as_str())
    }

    #[test]
    fn other_estate_cloud_account_or_partition_is_not_allowed() {
        let (_folder, trust) = trust(&ANCHOR.replace("HEAD", "none"));
        assert_eq!(code(trust.anchor("other").map(drop)), Some("E0721"));
        let allows = |cloud: &str, account: &str, partition: &str| {
            let [estate, cloud, account, partition] = ["acme", cloud, account, partition].map(str::to_owned);
            let context = Context { estate, cloud, account, partition };
            code(trust.anchor("acme").unwrap().allows(&context, None))
        };
        assert_eq!(allows("aws", "111122223333", "aws"), None);
        for (cloud, account, partition) in [
            ("local:cloud.json", "111122223333", "aws"),
            ("aws", "444455556666", "aws"),
            ("aws", "111122223333", "aws-cn"),
            ("aws", "", "aws"),
        ] {
            assert_eq!(allows(cloud, account, partition), Some("E0721"), "{cloud} {account} {partition}");
        }
    }

    #[test]
    fn journal_is_the_anchors_whatever_others_say() {
        let (_folder, trust) = trust(&ANCHOR.replace("HEAD", "none"));
        let anchor = trust.anchor("acme").unwrap();
        let Place::S3 { owner, .. } = anchor.journal(None).unwrap() else {
            panic!("the anchor names a bucket")
        };
        assert_eq!(owner.as_deref(), Some("111122223333"), "the owner of the bucket is the anchor's to say");
        assert_eq!(code(anchor.journal(Some(&"s3://acme-journal/holdfast".parse().unwrap()))), None);
        for other in ["s3://acme-journal/other", "s3://mallory/holdfast", "/tmp/journal", "journal"] {
            assert_eq!(code(anchor.journal(Some(&other.parse().unwrap()))), Some("E0722"), "{other}");
        }
    }

    #[test]
    fn empty_journal_is_believed_before_the_first_run_only() {
        let (_folder, first) = trust(&ANCHOR.replace("HEAD", "none"));
        assert_eq!(code(first.anchor("acme").unwrap().believes(&History::default())), None);
        let (_folder, later) = trust(&ANCHOR.replace("HEAD", &"ab".repeat(32)));
        let anchor = later.anchor("acme").unwrap();
        assert_eq!(code(anchor.believes(&History::default())), Some("E0722"));
        let shorter = History { hashes: vec!["cd".repeat(32)], ..History::default() };
        assert_eq!(code(anchor.believes(&shorter)), Some("E0722"));
        let longer = History { hashes: vec!["ab".repeat(32), "cd".repeat(32)], ..History::default() };
        assert_eq!(code(anchor.believes(&longer)), None);
    }

    #[test]
    fn list_outside_of_the_anchors_folder_is_not_read() {
        let text = ANCHOR.replace("HEAD", "none") + "    approvals: { required: 1, signers: ../people }\n";
        let (_folder, trust) = trust(&text);
        assert_eq!(code(trust.anchor("acme").unwrap().demand()), Some("E0720"));
    }
}
