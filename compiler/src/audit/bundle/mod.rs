//! The evidence of an audit as one file that somebody can verify years later without a cloud: a tar archive of named members, a
//! statement with the digest of each (in-toto Statement v1), and optionally signatures of that statement (DSSE).
//!
//! The archive is deterministic without its signatures. How the statement is signed is a profile of ours, because there is no
//! standard for SSH keys in DSSE: `sig` is the Base64 of an armored SSHSIG over the pre-authentication encoding.

mod envelope;
mod statement;
mod tar;

use std::collections::BTreeMap;

pub use envelope::{Envelope, PAYLOAD_TYPE, pae};
pub use statement::{PREDICATE, Statement, Subject};
pub use tar::{MAX_BYTES, Member};

use super::Audit;
use crate::digest::sha256;
use crate::{bcp, changes};

/// The member with the statement.
pub const STATEMENT: &str = "statement.json";
/// The member with the signatures.
pub const SIGNATURES: &str = "signatures.dsse.json";

/// What a bundle does not contain, with its digest.
pub type LeftOut = BTreeMap<String, String>;

/// Tells of a text whether it says how to reach people: an address of the continuity plan, a word with an `@`, or what looks like a
/// telephone number.
pub fn reaches_people(audit: &Audit<'_>) -> impl Fn(&str) -> bool {
    let context = bcp::Context::new(&audit.inputs.plan);
    move |text: &str| text.lines().any(|line| changes::without_reach(&context, line) != line)
}

/// The members and the statement about them. `predicate` says what they are about.
#[must_use]
pub fn statement(members: &[Member], predicate: serde_json::Value) -> Statement {
    let mut subject: Vec<Subject> =
        members.iter().map(|one| Subject::new(&one.name, sha256(&one.bytes))).collect();
    subject.sort_by(|one, other| one.name.cmp(&other.name));
    Statement::new(subject, predicate)
}

/// The bytes of a bundle.
///
/// # Errors
/// A member whose name or size the format cannot have, by its name.
pub fn pack(mut members: Vec<Member>, statement: &str, envelope: Option<&str>) -> Result<Vec<u8>, String> {
    members.push(Member { name: STATEMENT.to_owned(), bytes: statement.as_bytes().to_vec() });
    if let Some(envelope) = envelope {
        members.push(Member { name: SIGNATURES.to_owned(), bytes: envelope.as_bytes().to_vec() });
    }
    members.sort_by(|one, other| one.name.cmp(&other.name));
    tar::write(&members)
}

/// A bundle whose members are those of its statement.
#[derive(Debug)]
pub struct Verified {
    /// The statement.
    pub statement: Statement,
    /// The text of the statement, which is what people sign.
    pub text: String,
    /// The signatures. `None`: nobody signed it, so anybody may have made it.
    pub envelope: Option<Envelope>,
    /// The members that it is about.
    pub members: Vec<Member>,
}

/// Read a bundle, and compare each member with the statement. Signatures are not verified here.
///
/// # Errors
/// The first thing that does not fit, by the name of its member.
pub fn unpack(bytes: &[u8]) -> Result<Verified, String> {
    let members = tar::read(bytes)?;
    let of = |name: &str| members.iter().find(|one| one.name == name);
    let text = of(STATEMENT).ok_or_else(|| format!("{STATEMENT}: it is missing"))?;
    let text = String::from_utf8(text.bytes.clone()).map_err(|_| format!("{STATEMENT}: it is not text"))?;
    let statement = Statement::parse(&text).map_err(|why| format!("{STATEMENT}: {why}"))?;
    let envelope = match of(SIGNATURES) {
        None => None,
        Some(member) => {
            let envelope = Envelope::parse(&member.bytes).map_err(|why| format!("{SIGNATURES}: {why}"))?;
            if envelope.payload != text.as_bytes() {
                return Err(format!("{STATEMENT} and {SIGNATURES}: what was signed is another statement"));
            }
            Some(envelope)
        }
    };
    let mut named = Vec::new();
    for member in members.iter().filter(|one| ![STATEMENT, SIGNATURES].contains(&one.name.as_str())) {
        match statement.subject.iter().find(|one| one.name == member.name) {
            None => return Err(format!("{}: the statement does not name it", member.name)),
            Some(subject) if subject.sha256() != sha256(&member.bytes) => {
                return Err(format!(
                    "{}: it was changed: its digest is not that of the statement",
                    member.name
                ));
            }
            Some(_) => named.push(member.clone()),
        }
    }
    if let Some(missing) =
        statement.subject.iter().find(|one| named.iter().all(|member| member.name != one.name))
    {
        return Err(format!("{}: it is missing", missing.name));
    }
    Ok(Verified { statement, text, envelope, members: named })
}

#[cfg(test)]
mod tests;
