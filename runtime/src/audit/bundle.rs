//! The evidence bundle: what is in it, and whether it is still what it was.

use holdfast_compiler::audit::bundle::{
    Envelope, Member, PAYLOAD_TYPE, pack, pae, reaches_people, statement, unpack,
};
use holdfast_compiler::audit::{Audit, csv, json, oscal, report};
use holdfast_compiler::digest::sha256;
use holdfast_compiler::report::html;
use holdfast_compiler::units::Date;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::MADE_BY;
use super::applied::AppliedPlan;
use super::applied_check::{self, CheckedPlan};
use crate::approval::{Namespace, SignError, Signature, Signers, SigningKey, public_key, sign};

/// Why a bundle cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// The parts do not fit together, or the format cannot have them.
    #[error("the bundle cannot be made: {0}")]
    Parts(String),
    /// The key cannot sign.
    #[error(transparent)]
    Sign(#[from] SignError),
}

/// A bundle.
#[derive(Debug)]
pub struct Bundle {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The paths of the files that are in it by their digests only, because they say how to reach people.
    pub left_out: Vec<String>,
}

/// What a bundle has besides the audit.
#[derive(Debug)]
pub struct Besides<'b> {
    /// The changes of the period, as JSON.
    pub changes: Option<&'b str>,
    /// The user's files of controls: path and text.
    pub controls: &'b [(String, String)],
    /// The plans that runs of the period applied.
    pub plans: &'b [AppliedPlan],
}

/// Make the bundle of an audit. Without `with_contacts`, files that say how to reach people are in it by their digests only, and the
/// observation of the cloud, which can have addresses of people, is left out.
///
/// # Errors
/// The parts do not fit together, or the key cannot sign.
pub fn bundle(
    audit: &Audit<'_>,
    besides: &Besides<'_>,
    key: Option<&SigningKey>,
    with_contacts: bool,
) -> Result<Bundle, BundleError> {
    let wrong = |error: &dyn std::fmt::Display| BundleError::Parts(error.to_string());
    let text = |name: &str, text: String| Member { name: name.to_owned(), bytes: text.into_bytes() };
    let reaches = reaches_people(audit);
    let reaches: &dyn Fn(&str) -> bool = &|text| !with_contacts && reaches(text);
    let mut packed = Packed { with_contacts, reaches, members: Vec::new(), left_out: Vec::new() };
    packed.members.extend([
        text("audit.html", html(&report(audit))),
        text("audit.json", json(audit)),
        text("audit.csv", csv(audit)),
    ]);
    packed.members.extend(besides.changes.map(|changes| text("changes.json", changes.to_owned())));
    let files = oscal(audit).map_err(|faults| BundleError::Parts(faults.join("; ")))?;
    packed.members.extend(files.into_iter().map(|file| text(&format!("oscal/{}", file.name), file.text)));
    let plan = &audit.inputs.plan;
    let continuity = plan.policy.continuity.as_ref().map(|plan| plan.text.range().source);
    let policies = plan.sources.iter().map(|(id, one)| {
        let file = UserFile {
            path: one.path.clone(),
            text: one.text.to_string(),
            is_private: continuity == Some(id),
        };
        packed.add("sources", &file)
    });
    let policies: Vec<Value> = policies.collect();
    let controls = besides.controls.iter().map(|(path, text)| {
        packed.add("controls", &UserFile { path: path.clone(), text: text.clone(), is_private: false })
    });
    let controls: Vec<Value> = controls.collect();
    let plans: Vec<Value> = besides.plans.iter().map(|plan| plan.pack(&mut packed)).collect();
    let Packed { mut members, left_out, .. } = packed;
    let observation = observation(audit, with_contacts, &mut members).map_err(|error| wrong(&error))?;
    let predicate = json!({
        "madeBy": MADE_BY,
        "estate": audit.inputs.plan.policy.estate,
        "asOf": audit.inputs.plan.as_of,
        "since": audit.inputs.since,
        "lacks": audit.lacks,
        "policies": policies,
        "controls": controls,
        "plans": plans,
        "observation": observation,
        "withContacts": with_contacts,
    });
    let text = statement(&members, predicate).text().map_err(|error| wrong(&error))?;
    let envelope = match key {
        None => None,
        Some(key) => {
            let public = public_key(Some(key), None)?;
            let armored = sign(Namespace::Evidence, &pae(PAYLOAD_TYPE, text.as_bytes()), Some(key), &public)?;
            let signed =
                Signature::verify(Namespace::Evidence, &pae(PAYLOAD_TYPE, text.as_bytes()), &armored);
            let keyid = signed.map_err(|error| wrong(&error))?.fingerprint();
            let envelope =
                Envelope { payload: text.clone().into_bytes(), signatures: vec![(keyid, armored)] };
            Some(envelope.text().map_err(|error| wrong(&error))?)
        }
    };
    let bytes = pack(members, &text, envelope.as_deref()).map_err(BundleError::Parts)?;
    Ok(Bundle { bytes, left_out })
}

/// A file of the user.
#[derive(Debug)]
pub(super) struct UserFile {
    pub(super) path: String,
    pub(super) text: String,
    /// Whether it says how to reach people, whatever its text looks like.
    pub(super) is_private: bool,
}

/// The members so far.
pub(super) struct Packed<'b> {
    with_contacts: bool,
    /// Whether a text says how to reach people, and contacts are left out.
    reaches: &'b dyn Fn(&str) -> bool,
    members: Vec<Member>,
    /// The paths of the files that are left out.
    left_out: Vec<String>,
}

impl Packed<'_> {
    /// A file as a member in this folder, or only its digest; and what the statement says of it.
    pub(super) fn add(&mut self, folder: &str, file: &UserFile) -> Value {
        let digest = sha256(file.text.as_bytes());
        // The name of an approval has that of its approver.
        let path = if (self.reaches)(&file.path) { "(left out)" } else { file.path.as_str() };
        if !self.with_contacts && file.is_private || (self.reaches)(&file.text) {
            self.left_out.push(file.path.clone());
            return json!({ "path": path, "sha256": digest, "member": Value::Null });
        }
        let plain = plain(&file.path);
        let mut name = format!("{folder}/{plain}");
        if name.len() > 100 || self.members.iter().any(|one| one.name == name) {
            let last = plain.rsplit('/').next().unwrap_or_default();
            let end: String = last.chars().skip(last.len().saturating_sub(60)).collect();
            name = format!("{folder}/{}-{end}", self.members.len());
        }
        self.members.push(Member { name: name.clone(), bytes: file.text.as_bytes().to_vec() });
        json!({ "path": path, "sha256": digest, "member": name })
    }
}

/// A path as the name of a member: without what leads out of a folder, and in plain characters.
fn plain(path: &str) -> String {
    let parts = path.split(['/', '\\']).filter(|part| !["", ".", ".."].contains(part));
    let letter = |c: char| if c.is_ascii_alphanumeric() || ".-_".contains(c) { c } else { '_' };
    parts.map(|part| part.chars().map(letter).collect::<String>()).collect::<Vec<_>>().join("/")
}

/// The observation that the audit rests on.
fn observation(
    audit: &Audit<'_>,
    with_contacts: bool,
    members: &mut Vec<Member>,
) -> Result<Value, serde_json::Error> {
    use holdfast_compiler::estate_report::Live;
    let Live::Seen { status, from, to } = &audit.inputs.live else { return Ok(Value::Null) };
    let mut member = Value::Null;
    if with_contacts {
        let bytes = serde_json::to_vec(&status.plan.observed)?;
        members.push(Member { name: "observation.json".to_owned(), bytes });
        member = "observation.json".into();
    }
    Ok(json!({
        "cloud": status.plan.context.cloud,
        "accounts": status.plan.context.accounts,
        "from": from,
        "to": to,
        "digest": status.plan.observed_digest()?,
        "member": member,
    }))
}

/// What a bundle says of itself, once each of its members is what its statement says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The estate.
    pub estate: String,
    /// The day of the audit.
    pub as_of: String,
    /// The names of its members.
    pub members: Vec<String>,
    /// The plans that runs applied.
    pub plans: Vec<CheckedPlan>,
    /// Who signed it: each key whose signature is valid, first those of the list.
    pub signed_by: Vec<SignedBy>,
}

/// A key whose signature is valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedBy {
    /// Its fingerprint.
    pub key: String,
    /// Whether it counts.
    pub standing: KeyStanding,
}

/// Whether a key counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyStanding {
    /// The list has it, under this name. `None`: the list has no single name for it.
    Listed(Option<String>),
    /// It does not count, for this reason.
    NotListed(&'static str),
    /// There is no list.
    Unknown,
}

/// Check a bundle: each member against the statement, each signature, and that a key of the list signed it, if there is a list.
/// The keys of the list are judged as of `now`.
///
/// # Errors
/// The first thing that does not fit, by the name of its member.
pub fn check(bytes: &[u8], signers: Option<&Signers>, now: Timestamp) -> Result<Checked, String> {
    let read = unpack(bytes)?;
    let signed = pae(PAYLOAD_TYPE, read.text.as_bytes());
    let mut signed_by = Vec::new();
    for (_, armored) in read.envelope.iter().flat_map(|envelope| &envelope.signatures) {
        let signature = Signature::verify(Namespace::Evidence, &signed, armored)
            .map_err(|why| format!("signatures.dsse.json: {why}"))?;
        let standing = match signers {
            None => KeyStanding::Unknown,
            Some(signers) => match signers.lets(signature.key(), Namespace::Evidence, now) {
                Ok(()) => {
                    let principal = signers.principal_of(signature.key(), Namespace::Evidence);
                    KeyStanding::Listed(principal.map(str::to_owned))
                }
                Err(why) => KeyStanding::NotListed(why),
            },
        };
        signed_by.push(SignedBy { key: signature.fingerprint(), standing });
    }
    signed_by.sort_by(|one, other| one.standing.cmp(&other.standing));
    if signers.is_some() {
        // Those of the list are first.
        match signed_by.first() {
            None => {
                let why = "signatures.dsse.json: nobody signed the bundle, so anybody may have made it";
                return Err(why.to_owned());
            }
            Some(SignedBy { key, standing: KeyStanding::NotListed(why) }) => {
                return Err(format!("signatures.dsse.json: {key}: {why}"));
            }
            Some(_) => {}
        }
    }
    let of =
        |key: &str| read.statement.predicate.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (estate, as_of) = (of("estate"), of("asOf"));
    if !is_name(&estate) {
        return Err("statement.json: its estate is not the name of an estate".to_owned());
    }
    if Date::parse(&as_of).is_none() {
        return Err("statement.json: the day of the audit is not a date".to_owned());
    }
    let member = |name: &str| {
        let found = read.members.iter().find(|one| one.name == name)?;
        String::from_utf8(found.bytes.clone()).ok()
    };
    let plans = applied_check::check(&read.statement.predicate, &member)?;
    let members = read.members.iter().map(|one| one.name.clone()).collect();
    Ok(Checked { estate, as_of, members, plans, signed_by })
}

/// Whether a text can be the name of an estate ([`holdfast_compiler::document::Name`]).
fn is_name(text: &str) -> bool {
    let is_of_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=40).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && !text.ends_with('-')
        && text.chars().all(is_of_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(predicate: Value) -> Vec<u8> {
        let members = vec![Member { name: "audit.json".to_owned(), bytes: b"{}".to_vec() }];
        let text = statement(&members, predicate).text().unwrap();
        pack(members, &text, None).unwrap()
    }

    #[test]
    fn estate_and_day_of_a_forged_bundle_print_no_lines_of_their_own() {
        let now = Timestamp::UNIX_EPOCH;
        let good = packed(json!({ "estate": "acme", "asOf": "2026-11-30" }));
        assert_eq!(check(&good, None, now).unwrap().estate, "acme");
        let estate = packed(json!({ "estate": "acme\nSigned by SHA256:abc", "asOf": "2026-11-30" }));
        assert!(check(&estate, None, now).unwrap_err().contains("not the name of an estate"));
        let day = packed(json!({ "estate": "acme", "asOf": "2026-11-30\nSigned by SHA256:abc" }));
        assert!(check(&day, None, now).unwrap_err().contains("not a date"));
        assert!(check(&packed(Value::Null), None, now).is_err());
    }

    #[test]
    fn stranger_who_signs_too_does_not_count_and_the_name_of_the_list_is_printed() {
        let folder = tempfile::tempdir().unwrap();
        let key = |name: &str| {
            let path = folder.path().join(name);
            let mut keygen = std::process::Command::new("ssh-keygen");
            let made = keygen.args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"]).arg(&path).status();
            assert!(made.unwrap().success());
            path
        };
        let (auditor, other) = (key("auditor"), key("other"));
        let members = vec![Member { name: "audit.json".to_owned(), bytes: b"{}".to_vec() }];
        let predicate = json!({ "estate": "acme", "asOf": "2026-11-30" });
        let text = statement(&members, predicate).text().unwrap();
        let signed = |path: &std::path::Path| {
            let key: SigningKey = path.to_str().unwrap().parse().unwrap();
            let public = public_key(Some(&key), None).unwrap();
            let bytes = pae(PAYLOAD_TYPE, text.as_bytes());
            (String::new(), sign(Namespace::Evidence, &bytes, Some(&key), &public).unwrap())
        };
        let signatures = vec![signed(&other), signed(&auditor)];
        let envelope = Envelope { payload: text.clone().into_bytes(), signatures }.text().unwrap();
        let bytes = pack(members, &text, Some(&envelope)).unwrap();
        #[allow(clippy::disallowed_methods, reason = "a test reads its own file")]
        let public = std::fs::read_to_string(auditor.with_extension("pub")).unwrap();
        let list = format!("auditor@acme.example namespaces=\"evidence@holdfast\" {public}");
        let signers = Signers::parse(&list).unwrap();
        let by = check(&bytes, Some(&signers), Timestamp::UNIX_EPOCH).unwrap().signed_by;
        let standings: Vec<KeyStanding> = by.into_iter().map(|one| one.standing).collect();
        let name = Some("auditor@acme.example".to_owned());
        assert_eq!(
            standings,
            [KeyStanding::Listed(name), KeyStanding::NotListed("its key is not in the list")]
        );
    }
}
