//! Saved plans. A file holds the plan, who made it with what, who has to agree to it, where the journal is, and the
//! digest of all that.

use std::path::{Path, PathBuf};

use holdfast_compiler::diagnostic::codes;
use holdfast_compiler::plan::{self, Context, Plan};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::failure::Failure;
use super::session::{self, Place, Selected};
use crate::approval::{Question, Rule, Signers};
use crate::journal;

/// The largest plan file that is read, in bytes: about 100,000 steps.
const MAX_BYTES: u64 = 512 * 1024 * 1024;

/// The format of plan files. A reader refuses others, and looks no further.
const FORMAT: u32 = 2;
/// How every plan file begins, in bytes: what it is comes before anything that a later format may change.
const MARK: &str = "{\n  \"holdfast\": \"plan\",\n";
/// How the format follows.
const NUMBER: &str = "  \"format\": ";

/// A plan file. Its digest is the name of exactly this file: it covers everything else in it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct PlanFile {
    /// Says what this file is.
    holdfast: Marker,
    /// The format of this file.
    format: u32,
    /// The version of Holdfast that made it.
    pub(super) made_with: String,
    /// Who made it: a principal.
    pub(super) author: String,
    /// The digest of all the rest.
    pub(super) digest: String,
    /// Where the journal is; a folder in full.
    pub(super) journal: journal::Place,
    /// The hash of the journal's last entry when the plan was made; empty for none. So a plan is made once: after a
    /// run, the same changes are another plan.
    pub(super) journal_head: String,
    /// The file of an embedded cloud, in full.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    local: Option<PathBuf>,
    /// Who has to agree to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) approvals: Option<Rule>,
    /// The plan.
    pub(super) plan: Plan,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Marker {
    Plan,
}

/// What the first lines of a file say.
enum Head {
    /// A plan of this format.
    Plan(u32),
    /// The beginning of a beginning.
    CutShort,
    /// Something else.
    Other,
}

impl Head {
    fn of(text: &[u8]) -> Self {
        let Some(rest) = text.strip_prefix(MARK.as_bytes()) else {
            let cut = !text.is_empty() && MARK.as_bytes().starts_with(text);
            return if cut { Self::CutShort } else { Self::Other };
        };
        let Some(rest) = rest.strip_prefix(NUMBER.as_bytes()) else {
            // The first format had its number elsewhere.
            return if NUMBER.as_bytes().starts_with(rest) { Self::CutShort } else { Self::Plan(1) };
        };
        let digits: Vec<u8> = rest.iter().copied().take_while(u8::is_ascii_digit).take(9).collect();
        let number = String::from_utf8(digits).ok().and_then(|digits| digits.parse().ok());
        number.map_or(Self::CutShort, Self::Plan)
    }
}

/// Whether a path looks like a plan file and not like policies.
pub(super) fn is_plan_file(path: &Path) -> bool {
    path.is_file() && !is_policy(path)
}

fn is_policy(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "yaml" || e == "yml")
}

impl PlanFile {
    /// The file of a plan that was made for a place after the entry `journal_head` of its journal.
    pub(super) fn new(
        plan: Plan,
        place: &Place,
        journal_head: String,
        author: String,
        approvals: Option<Rule>,
    ) -> Result<Self, Failure> {
        let local = match &place.cloud {
            Selected::Aws => None,
            Selected::Local(file) => Some(session::absolute(file)?),
        };
        let journal = whole(&place.journal)?;
        let (made_with, digest) = (env!("CARGO_PKG_VERSION").to_owned(), String::new());
        let (holdfast, format) = (Marker::Plan, FORMAT);
        let mut file = Self {
            holdfast,
            format,
            made_with,
            author,
            digest,
            journal,
            journal_head,
            local,
            approvals,
            plan,
        };
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
        let made = (&self.holdfast, self.format, &self.made_with, &self.author);
        let rest = (made, &self.journal, &self.journal_head, &self.local, &self.approvals, &self.plan);
        let text = serde_json::to_string(&rest).unwrap_or_default();
        Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// What an approval of this plan has to answer.
    pub(super) fn question<'a>(
        &'a self,
        signers: Option<&'a Signers>,
        hold_seconds: u64,
        now: Timestamp,
    ) -> Question<'a> {
        let Context { estate, cloud, account } = &self.plan.context;
        Question {
            plan: &self.digest,
            estate,
            account,
            cloud,
            author: &self.author,
            signers,
            hold_seconds,
            now,
        }
    }

    /// Where the plan is to be applied.
    pub(super) fn cloud(&self) -> Selected {
        self.local.clone().map_or(Selected::Aws, Selected::Local)
    }

    /// Whether another journal than the one it was made on can tell that this plan was not applied before. One that
    /// has the entry it was made after can; a plan that was made before the first entry has nothing to know it by.
    pub(super) fn may_use(&self, other: &journal::Place) -> Result<(), Failure> {
        if !self.journal_head.is_empty() || whole(other)?.to_string() == self.journal.to_string() {
            return Ok(());
        }
        let message = format!(
            "the plan was made before the first entry of its journal: {other} cannot tell whether it was applied"
        );
        Err(Failure::refused(codes::BAD_PLAN_FILE, message, "leave out `--journal`, or plan again with it"))
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
        let there = std::fs::read(path).is_ok_and(|text| !text.starts_with(MARK.as_bytes()));
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
        let name = path.display().to_string();
        let unread = |error: std::io::Error| Failure::message(format!("{name}: {error}"));
        if std::fs::metadata(path).map_err(unread)?.len() > MAX_BYTES {
            let message = format!("{name}: it is too large for a plan");
            return Err(Failure::refused(codes::BAD_PLAN_FILE, message, "plan again"));
        }
        Self::parse(&name, &std::fs::read(path).map_err(unread)?)
    }

    fn parse(name: &str, text: &[u8]) -> Result<Self, Failure> {
        let refused = |what: String, help: &str| {
            Failure::refused(codes::BAD_PLAN_FILE, format!("{name}: {what}"), help)
        };
        let cut_short = || refused("it was cut short".to_owned(), "copy all of it, or plan again");
        match Head::of(text) {
            Head::Other => {
                return Err(refused("it is not a plan file".to_owned(), "`holdfast plan --out` makes one"));
            }
            Head::CutShort => return Err(cut_short()),
            Head::Plan(FORMAT) => {}
            Head::Plan(found) if found > FORMAT => {
                let what =
                    format!("a newer version made it: its format is {found}, and this one reads {FORMAT}");
                return Err(refused(what, "apply it with the version that made it, or plan again"));
            }
            Head::Plan(found) => {
                let what =
                    format!("an older version made it: its format is {found}, and this one reads {FORMAT}");
                return Err(refused(what, "plan again"));
            }
        }
        let file: Self = serde_json::from_slice(text).map_err(|error| {
            if error.is_eof() {
                return cut_short();
            }
            refused(format!("it was changed after it was made, and cannot be read ({error})"), "plan again")
        })?;
        if file.plan.format != plan::FORMAT {
            let (found, known) = (file.plan.format, plan::FORMAT);
            let what = format!("the plan in it is of format {found}, and this version reads {known}");
            return Err(refused(what, "apply it with the version that made it, or plan again"));
        }
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

/// A journal's place that means the same in any folder.
fn whole(place: &journal::Place) -> Result<journal::Place, Failure> {
    Ok(match place {
        journal::Place::Folder(folder) => journal::Place::Folder(session::absolute(folder)?),
        shared => shared.clone(),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_byte_that_is_changed_anywhere_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let story = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/scenarios/saved-plan");
        let (cloud, journal, out) =
            (format!("local:{}", path("cloud.json")), path("journal"), path("a.plan"));
        let words = ["holdfast", "plan", story, "--cloud", &cloud, "--journal", &journal, "--out", &out];
        let _ = crate::cli::main(words.map(std::ffi::OsString::from));
        let whole = std::fs::read(&out).unwrap();
        assert!(PlanFile::parse("a.plan", &whole).is_ok() && whole.len() > 1_000);
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 1 << (at % 7);
            let refused = PlanFile::parse("a.plan", &changed).err();
            let findings = refused.and_then(|failure| failure.findings().ok());
            let (exit, findings, _) =
                findings.unwrap_or_else(|| panic!("a change of byte {at} is not found"));
            assert_eq!(
                (exit, findings[0].code),
                (super::super::exit::REFUSED, codes::BAD_PLAN_FILE),
                "byte {at}"
            );
        }
    }
}
