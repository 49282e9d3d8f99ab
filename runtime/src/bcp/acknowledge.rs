//! Acknowledging the business continuity plan: each role signs the policies that the plan is made from.
//!
//! An acknowledgement is two files in the folder `acknowledgements` beside the estate's file: `ROLE.acknowledgement`, a statement
//! in an exact form, and `ROLE.acknowledgement.sig`, its signature as `ssh-keygen -Y sign -n bcp@holdfast` makes it. They are
//! committed like the policies, so they are there when neither cloud nor journal is. The keys are those of the estate's list of
//! signers; somebody who signs for a role and does not approve plans is listed with `namespaces="bcp@holdfast"`.
//!
//! What a signature shows: whoever has this key has signed this version for this role. Any key of the list that is for this purpose can
//! sign for any role, and the day is what the signer states. So a key must be valid on that day and on the day of the document: with
//! one that has ended since, somebody could state an earlier day.

use std::path::{Path, PathBuf};

use holdfast_compiler::bcp::{Acknowledged, Acknowledgements, version};
use holdfast_compiler::diagnostic::{Diagnostic, codes, did_you_mean};
use holdfast_compiler::policy::Policy;
use holdfast_compiler::source::Sources;
use holdfast_compiler::units::Date;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::approval::{
    self, MAX_SIGNERS_BYTES, Namespace, Refusal, SignError, Signature, Signers, SignersError, SigningKey,
    signature_path,
};
use crate::estate::Policies;
use crate::files::{self, FileError};

/// The first line. A later format gets another number.
const HEAD: &str = "holdfast acknowledgement 1";
/// The ending of the names of statements.
const ENDING: &str = ".acknowledgement";
/// The most files in the folder.
const MOST: usize = 2_000;
/// The largest statement and signature that are read, in bytes.
const MAX_BYTES: u64 = 16 * 1024;

/// A statement: a role has read the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledgement {
    /// The estate.
    pub estate: String,
    /// The digest of its policies ([`version`]).
    pub version: String,
    /// The name of a contact.
    pub role: String,
    /// Who signs: a principal.
    pub signer: String,
    /// When, in whole seconds.
    pub at: Timestamp,
}

/// Why nothing was acknowledged.
#[derive(Debug, thiserror::Error)]
pub enum AcknowledgeError {
    /// The policies have no such role.
    #[error("the policies have no contact `{role}`")]
    NoRole {
        /// The role.
        role: String,
        /// What was probably meant.
        near: Option<String>,
    },
    /// The estate names no list of signers.
    #[error("the estate names no list of signers, so nobody could tell whose signature this is")]
    NoList,
    /// The list of signers cannot be read.
    #[error("the list of signers, {0}")]
    Signers(#[from] SignersError),
    /// There is no name for the key.
    #[error("the list of signers does not have exactly one name for this key")]
    NoName,
    /// The list does not let the key sign.
    #[error(transparent)]
    NotCounted(#[from] Refusal),
    /// The key cannot be used.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// A file cannot be written.
    #[error(transparent)]
    Unwritten(#[from] FileError),
}

impl AcknowledgeError {
    /// Converts a refusal into a diagnostic with code and cure.
    ///
    /// # Errors
    /// The error itself if it is not a refusal: wrong usage, or a failed operation.
    pub fn refusal(self) -> Result<Diagnostic, Self> {
        let message = self.to_string();
        let one = |code, help: &str| Ok(Diagnostic::new(code, message).help(help));
        match self {
            Self::NoList => one(
                codes::BAD_SIGNERS,
                "add `approvals: { required: 1, signers: FILE }` to the estate, and list the keys of the roles in that file",
            ),
            Self::Signers(_) => one(codes::BAD_SIGNERS, "fix the list"),
            Self::NoName => one(codes::APPROVAL_UNKNOWN_KEY, "name yourself: `--as PRINCIPAL`"),
            Self::NotCounted(refusal) => Ok(refusal.finding()),
            Self::NoRole { .. } | Self::Sign(_) | Self::Unwritten(_) => Err(self),
        }
    }
}

impl Acknowledgement {
    /// The text that is signed.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { estate, version, role, signer, at } = self;
        format!(
            "{HEAD}\nestate {estate}\npolicies sha256:{version}\nrole {role}\nsigner {signer}\nacknowledged-at {at:.0}\n"
        )
    }

    /// Parse a statement; `None` if the text is not in the exact form of [`text`](Self::text).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        lines.next().filter(|line| *line == HEAD)?;
        let mut value = |key: &str| Some(lines.next()?.strip_prefix(key)?.to_owned());
        let statement = Self {
            estate: value("estate ")?,
            version: value("policies sha256:")?,
            role: value("role ")?,
            signer: value("signer ")?,
            at: value("acknowledged-at ")?.parse().ok()?,
        };
        (statement.text() == text).then_some(statement)
    }

    /// The day, in UTC.
    fn day(&self) -> Option<Date> {
        Date::parse(&self.at.to_zoned(TimeZone::UTC).date().to_string())
    }
}

/// The folder of the estate's file; empty for the current folder.
fn home(policy: &Policy, sources: &Sources) -> PathBuf {
    let file = sources.place(policy.estate_span).file;
    Path::new(&file).parent().unwrap_or(Path::new("")).to_owned()
}

/// The folder of the acknowledgements of an estate.
fn folder(policy: &Policy, sources: &Sources) -> PathBuf {
    home(policy, sources).join("acknowledgements")
}

/// The list of signers of an estate, also if its policies miss an objective.
///
/// # Errors
/// Why there is none, as a clause.
fn list_of_signers(policy: &Policy, sources: &Sources) -> Result<Signers, String> {
    let Some(asked) = &policy.approvals else {
        return Err("the estate names no list of signers".to_owned());
    };
    let folder = Path::new(".").join(home(policy, sources));
    let text = files::read_inside(&folder, Path::new(&asked.signers), MAX_SIGNERS_BYTES)
        .map_err(|error| format!("the list of signers cannot be read: {}", error.why))?;
    Signers::parse(&text).map_err(|error| format!("the list of signers, {error}"))
}

/// Sign for a role, and write the two files. Without `signer`, the list's name for the key is used. `show` is called with the
/// statement before it is signed. Returns the path of the statement.
///
/// # Errors
/// There is no such role, the list of signers does not let the key sign, or a file cannot be written.
pub fn acknowledge(
    policies: &Policies,
    role: &str,
    signer: Option<&str>,
    key: Option<&SigningKey>,
    show: &dyn Fn(&Acknowledgement),
) -> Result<PathBuf, AcknowledgeError> {
    let policy = &policies.compiled.policy;
    let contacts =
        || policy.continuity.iter().flat_map(|plan| plan.contacts.keys()).map(|name| name.as_str());
    if !contacts().any(|name| name == role) {
        let near = did_you_mean(role, contacts()).map(str::to_owned);
        return Err(AcknowledgeError::NoRole { role: role.to_owned(), near });
    }
    let list = policies.rule.as_ref().ok_or(AcknowledgeError::NoList)?;
    let signers = Signers::parse(&list.signers)?;
    let public = approval::public_key(key, Some(&signers))?;
    let namespace = Namespace::Acknowledgement;
    let signer =
        signer.or_else(|| signers.principal_of(&public, namespace)).ok_or(AcknowledgeError::NoName)?;
    let now = Timestamp::now();
    let statement = Acknowledgement {
        estate: policy.estate.to_string(),
        version: version(&policies.sources),
        role: role.to_owned(),
        signer: signer.to_owned(),
        at: Timestamp::from_second(now.as_second()).unwrap_or(now),
    };
    let text = statement.text();
    show(&statement);
    let signature = approval::sign(namespace, text.as_bytes(), key, &public)?;
    // Refuse now what the document would not count.
    verify(&statement, &signature, &signers, now)?;
    let folder = folder(policy, &policies.sources);
    files::make_folder(&folder)?;
    let path = folder.join(format!("{role}{ENDING}"));
    files::write(&path, text.as_bytes())?;
    files::write(&signature_path(&path), signature.as_bytes())?;
    Ok(path)
}

/// Verify the signature of a statement. Its key must be valid at the time that the statement names, and at `now`.
fn verify(said: &Acknowledgement, signature: &str, signers: &Signers, now: Timestamp) -> Result<(), Refusal> {
    let namespace = Namespace::Acknowledgement;
    let signature = Signature::verify(namespace, said.text().as_bytes(), signature)
        .map_err(|what| Refusal::Changed(what.to_owned()))?;
    let may_sign = |at| signers.may_sign(signature.key(), &said.signer, namespace, at);
    may_sign(said.at).and_then(|()| may_sign(now)).map_err(|because| Refusal::UnknownKey {
        key: signature.fingerprint(),
        approver: said.signer.clone(),
        because,
    })
}

/// The end of a day, in UTC.
fn end_of(day: Date) -> Timestamp {
    // The very last days of the calendar are no times of day.
    format!("{day}T23:59:59Z").parse().unwrap_or(Timestamp::MAX)
}

/// The acknowledgements beside the policies, as they count on a day. What cannot be read or does not count is said, and is no error.
pub(super) fn read(policies: &Policies, as_of: Date) -> Acknowledgements {
    let (policy, sources) = (&policies.compiled.policy, &policies.sources);
    let folder = folder(policy, sources);
    let mut found = Acknowledgements::default();
    let names = match files::absent(list(&folder)) {
        Ok(names) => names.unwrap_or_default(),
        Err(error) => {
            found.notes.push(format!("The acknowledgements cannot be read: {}.", error.why));
            return found;
        }
    };
    let estate = policy.estate.as_str();
    let signers = list_of_signers(policy, sources);
    let now = end_of(as_of);
    for name in names {
        let name = name.to_string_lossy();
        let Some(role) = name.strip_suffix(ENDING) else { continue };
        let read = |name: &str| files::read_inside(&folder, Path::new(name), MAX_BYTES);
        let mut note = |why: &str| {
            found.notes.push(format!("The acknowledgement of {role} does not count: {why}."));
        };
        let text = match read(&name) {
            Ok(text) => text,
            Err(error) => {
                note(&error.why.to_string());
                continue;
            }
        };
        let said = Acknowledgement::parse(&text).and_then(|said| Some((said.day()?, said)));
        let Some((day, said)) = said else {
            note("the statement is not in its exact form");
            continue;
        };
        let refused = match (&signers, read(&format!("{name}.sig"))) {
            _ if said.role != role => Some("its file has the name of another role".to_owned()),
            _ if said.estate != estate => Some("it is for another estate".to_owned()),
            (_, Err(error)) => Some(format!("its signature cannot be read: {}", error.why)),
            (Err(why), _) => Some(why.clone()),
            (Ok(signers), Ok(signature)) => {
                verify(&said, &signature, signers, now).err().map(|refusal| refusal.to_string())
            }
        };
        found.all.push(Acknowledged {
            role: role.to_owned(),
            signer: said.signer,
            day,
            version: said.version,
            refused,
        });
    }
    found
}

fn list(folder: &Path) -> Result<Vec<std::ffi::OsString>, FileError> {
    files::list(folder, MOST)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::run::sample::{key, people};

    const TEXT: &str = "holdfast acknowledgement 1\nestate acme\npolicies sha256:ab\nrole commander\n\
        signer ana@acme.example\nacknowledged-at 2026-11-23T12:00:00Z\n";

    #[test]
    fn key_must_be_valid_on_the_stated_day_and_on_the_day_of_the_document() {
        let key = key("ana");
        let public = approval::public_key(Some(&key), None).unwrap();
        let said = Acknowledgement::parse(TEXT).unwrap();
        let signature =
            approval::sign(Namespace::Acknowledgement, TEXT.as_bytes(), Some(&key), &public).unwrap();
        // The list of the sample has this key under another name.
        let list = people().lines().next().unwrap().replace("alice@acme.example ", "");
        let verdict = |options: &str, day: &str| {
            let signers = Signers::parse(&format!("ana@acme.example {options}{list}\n")).unwrap();
            let now = end_of(Date::parse(day).unwrap());
            verify(&said, &signature, &signers, now).map_err(|refusal| refusal.to_string())
        };
        let ended = "valid-before=\"20261201Z\" ";
        assert_eq!(verdict("", "2027-03-01"), Ok(()));
        assert_eq!(verdict(ended, "2026-11-30"), Ok(()));
        for (options, day) in [(ended, "2026-12-01"), ("valid-after=\"20261124Z\" ", "2026-11-30")] {
            let why = verdict(options, day).unwrap_err();
            assert!(why.ends_with("it is not valid at this time"), "{why}");
        }
    }

    #[test]
    fn statement_not_in_its_exact_form_is_refused() {
        let statement = Acknowledgement::parse(TEXT).unwrap();
        assert_eq!((statement.text().as_str(), statement.day()), (TEXT, Date::parse("2026-11-23")));
        for other in [
            TEXT.trim_end().to_owned(),
            format!("{TEXT}note x\n"),
            TEXT.replace('\n', "\r\n"),
            TEXT.replace("acknowledgement 1", "acknowledgement 2"),
            TEXT.replace("12:00:00Z", "13:00:00+01:00"),
            TEXT.replace("role commander\n", ""),
        ] {
            assert_eq!(Acknowledgement::parse(&other), None, "{other}");
        }
    }
}
