//! Whether an approval counts.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use ssh_key::public::KeyData;
use ssh_key::{LineEnding, PublicKey, SshSig};

use super::signers::fingerprint;
use super::{NAMESPACE, Refusal, Signers, Statement};

/// How far clocks may be apart.
const CLOCKS: SignedDuration = SignedDuration::from_mins(5);

/// What an approval has to answer: this plan, by one of these people, now.
#[derive(Debug)]
pub struct Question<'a> {
    /// The digest of the plan's file.
    pub plan: &'a str,
    /// The estate, the account and the cloud of the plan.
    pub estate: &'a str,
    /// See `estate`.
    pub account: &'a str,
    /// See `estate`.
    pub cloud: &'a str,
    /// Who made the plan.
    pub author: &'a str,
    /// Whose keys count. Without a list it is not asked whose key it is: another rule will.
    pub signers: Option<&'a Signers>,
    /// For how many seconds an approval holds at most.
    pub hold_seconds: u64,
    /// When it is asked.
    pub now: Timestamp,
}

/// An approval that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// Who agrees.
    pub approver: String,
    /// The fingerprint of the key.
    pub key: String,
    /// SHA-256 of the statement: what is used once.
    pub statement_digest: String,
    /// Until when.
    pub expires_at: Timestamp,
}

/// Whether a statement and its signature answer a question.
///
/// # Errors
/// Why not. What is wrong with the files comes before what is wrong with what they say.
pub fn verify(statement: &str, signature: &str, question: &Question<'_>) -> Result<Accepted, Refusal> {
    let changed = |what: &str| Refusal::Changed(what.to_owned());
    let said =
        Statement::parse(statement).ok_or_else(|| changed("the statement is not in its exact form"))?;
    let signature = armored(signature).ok_or_else(|| changed("the signature is not in its exact form"))?;
    if signature.namespace() != NAMESPACE {
        return Err(changed("the signature was made for another purpose (its namespace is another)"));
    }
    let key = signature.public_key();
    if PublicKey::from(key.clone()).verify(NAMESPACE, statement.as_bytes(), &signature).is_err() {
        return Err(changed("the signature is not of this statement"));
    }
    if said.plan != question.plan {
        return Err(Refusal::Another("plan"));
    }
    for (said, asked, what) in [
        (&said.estate, question.estate, "estate"),
        (&said.account, question.account, "account"),
        (&said.cloud, question.cloud, "cloud"),
    ] {
        if said != asked {
            return Err(Refusal::Another(what));
        }
    }
    if let Some(signers) = question.signers {
        signers.may_approve(key, &said.approver, question.now).map_err(|because| Refusal::UnknownKey {
            key: fingerprint(key),
            approver: said.approver.clone(),
            because,
        })?;
    }
    in_time(&said, question)?;
    not_the_author(&said, key, question)?;
    Ok(Accepted {
        approver: said.approver,
        key: fingerprint(key),
        statement_digest: Sha256::digest(statement).iter().map(|byte| format!("{byte:02x}")).collect(),
        expires_at: said.expires_at,
    })
}

/// A signature in the one form that OpenSSH writes, so that no byte can be changed: lines of 70 letters, nothing
/// before or behind (PROTOCOL.sshsig).
fn armored(text: &str) -> Option<SshSig> {
    let body = text.strip_prefix("-----BEGIN SSH SIGNATURE-----\n")?;
    let body = body.strip_suffix("\n-----END SSH SIGNATURE-----\n")?;
    let mut lines = body.split('\n').rev();
    let last = lines.next()?;
    let letter = |b: u8| b.is_ascii_alphanumeric() || b"+/=".contains(&b);
    let plain = (1..=70).contains(&last.len()) && lines.all(|line| line.len() == 70) && {
        body.bytes().all(|b| b == b'\n' || letter(b))
    };
    let signature = SshSig::from_pem(text).ok().filter(|_| plain)?;
    let whole = signature.version() == SshSig::VERSION && signature.reserved().is_empty();
    // Base64 has letters with bits that mean nothing. Signatures of ecdsa-sk the library cannot write.
    let exact = || signature.to_pem(LineEnding::LF).is_ok_and(|written| written == text);
    let exact = signature.public_key().is_sk_ecdsa_p256() && no_idle_bits(last) || exact();
    (whole && exact && touched(&signature)).then_some(signature)
}

/// Whether the last letter of Base64 has no bits set that mean nothing (RFC 4648 §3.5).
fn no_idle_bits(last: &str) -> bool {
    match last.trim_end_matches('=').chars().last() {
        Some(letter) if last.ends_with("==") => "AQgw".contains(letter),
        Some(letter) if last.ends_with('=') => "AEIMQUYcgkosw048".contains(letter),
        _ => true,
    }
}

/// Whether somebody touched the security key, where it is one: the first flag, before the counter
/// (PROTOCOL.u2f of OpenSSH).
fn touched(signature: &SshSig) -> bool {
    let key = signature.public_key();
    let flags = || signature.signature_bytes().iter().nth_back(4).copied().unwrap_or_default();
    !(key.is_sk_ed25519() || key.is_sk_ecdsa_p256()) || flags() & 1 == 1
}

fn in_time(said: &Statement, question: &Question<'_>) -> Result<(), Refusal> {
    let (from, until, now) = (said.approved_at, said.expires_at, question.now);
    let expired = |what: String| Err(Refusal::Expired(what));
    if until <= now {
        return expired(format!("it expired at {until:.0}"));
    }
    if from.duration_since(now) > CLOCKS {
        return expired(format!("it was given at {from:.0}, which is yet to come"));
    }
    let most = i64::try_from(question.hold_seconds).unwrap_or(i64::MAX);
    if until.duration_since(from) > SignedDuration::from_secs(most) {
        return expired("it wants to hold longer than the estate allows".to_owned());
    }
    Ok(())
}

/// The author is known by name, and by every key that the list has under that name.
fn not_the_author(said: &Statement, key: &KeyData, question: &Question<'_>) -> Result<(), Refusal> {
    let author = question.author;
    let own = |same_key| Err(Refusal::Own { approver: said.approver.clone(), same_key });
    if said.approver.to_lowercase() == author.to_lowercase() {
        return own("");
    }
    let theirs = |name: &str| question.signers.is_some_and(|signers| signers.has(key, name));
    if theirs(author) || theirs(&author.to_lowercase()) {
        return own(": the list of signers has the key under the author's name too");
    }
    Ok(())
}

/// How many people approvals are of, and their names. Approvals with one name or one key are of one person.
#[must_use]
pub fn people(accepted: &[Accepted]) -> Vec<&str> {
    let mut groups: Vec<(BTreeSet<String>, &str)> = Vec::new();
    for approval in accepted {
        let mut known = BTreeSet::from([approval.approver.to_lowercase(), approval.key.clone()]);
        let mut name = approval.approver.as_str();
        groups.retain(|(theirs, first)| {
            let same = !theirs.is_disjoint(&known);
            if same {
                known.extend(theirs.iter().cloned());
                name = first;
            }
            !same
        });
        groups.push((known, name));
    }
    groups.into_iter().map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_or_one_key_is_one_person() {
        let of = |pairs: &[(&str, &str)]| {
            let accepted: Vec<Accepted> = pairs
                .iter()
                .map(|(approver, key)| Accepted {
                    approver: (*approver).to_owned(),
                    key: (*key).to_owned(),
                    statement_digest: String::new(),
                    expires_at: Timestamp::MAX,
                })
                .collect();
            people(&accepted).len()
        };
        assert_eq!(of(&[]), 0);
        assert_eq!(of(&[("a", "1"), ("b", "2")]), 2);
        assert_eq!(of(&[("a", "1"), ("A", "2")]), 1);
        assert_eq!(of(&[("a", "1"), ("b", "1")]), 1);
        assert_eq!(of(&[("a", "1"), ("b", "2"), ("a", "2")]), 1);
        assert_eq!(of(&[("a", "1"), ("b", "2"), ("a", "2"), ("c", "3")]), 2);
    }
}
