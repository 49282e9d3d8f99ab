//! The evidence bundle: what is in it, and whether it is still what it was.

use std::collections::BTreeSet;

use holdfast_compiler::audit::bundle::{Envelope, Member, PAYLOAD_TYPE, pack, pae, statement, unpack};
use holdfast_compiler::audit::{Audit, csv, json, oscal, report};
use holdfast_compiler::digest::sha256;
use holdfast_compiler::report::html;
use jiff::Timestamp;
use serde_json::{Value, json};

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

/// Make the bundle of an audit. Without `with_contacts`, files with the continuity plan are in it by their digests only, and the
/// observation of the cloud, which can have addresses of people, is left out.
///
/// # Errors
/// The parts do not fit together, or the key cannot sign.
pub fn bundle(
    audit: &Audit<'_>,
    changes: Option<&str>,
    key: Option<&SigningKey>,
    with_contacts: bool,
) -> Result<Vec<u8>, BundleError> {
    let wrong = |error: &dyn std::fmt::Display| BundleError::Parts(error.to_string());
    let text = |name: &str, text: String| Member { name: name.to_owned(), bytes: text.into_bytes() };
    let mut members = vec![
        text("audit.html", html(&report(audit))),
        text("audit.json", json(audit)),
        text("audit.csv", csv(audit)),
    ];
    members.extend(changes.map(|changes| text("changes.json", changes.to_owned())));
    let files = oscal(audit).map_err(|faults| BundleError::Parts(faults.join("; ")))?;
    members.extend(files.into_iter().map(|file| text(&format!("oscal/{}", file.name), file.text)));
    let policies = policies(audit, with_contacts, &mut members);
    let observation = observation(audit, with_contacts, &mut members).map_err(|error| wrong(&error))?;
    let predicate = json!({
        "madeBy": concat!("holdfast ", env!("CARGO_PKG_VERSION")),
        "estate": audit.inputs.plan.policy.estate,
        "asOf": audit.inputs.plan.as_of,
        "since": audit.inputs.since,
        "lacks": audit.lacks,
        "policies": policies,
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
    pack(members, &text, envelope.as_deref()).map_err(BundleError::Parts)
}

/// The policies: each file as a member, or only its digest.
fn policies(audit: &Audit<'_>, with_contacts: bool, members: &mut Vec<Member>) -> Vec<Value> {
    let plan = &audit.inputs.plan;
    let private = plan.policy.continuity.as_ref().map(|plan| plan.text.range().source);
    let mut names = BTreeSet::new();
    let mut all = Vec::new();
    for (nth, (id, source)) in plan.sources.iter().enumerate() {
        let digest = sha256(source.text.as_bytes());
        let is_left_out = !with_contacts && private == Some(id);
        let mut name = format!("sources/{}", plain(&source.path));
        if name.len() > 100 || !names.insert(name.clone()) {
            name = format!("sources/{nth}.yaml");
            names.insert(name.clone());
        }
        if !is_left_out {
            members.push(Member { name: name.clone(), bytes: source.text.as_bytes().to_vec() });
        }
        let member = if is_left_out { Value::Null } else { name.into() };
        all.push(json!({ "path": source.path, "sha256": digest, "member": member }));
    }
    all
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
    /// Who signed it: the fingerprint of each key whose signature is valid.
    pub signed_by: Vec<String>,
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
    let mut refused = None;
    let mut is_known = false;
    for (_, armored) in read.envelope.iter().flat_map(|envelope| &envelope.signatures) {
        let signature = Signature::verify(Namespace::Evidence, &signed, armored)
            .map_err(|why| format!("signatures.dsse.json: {why}"))?;
        if let Some(signers) = signers {
            match signers.lets(signature.key(), Namespace::Evidence, now) {
                Ok(()) => is_known = true,
                Err(why) => refused = Some(format!("{}: {why}", signature.fingerprint())),
            }
        }
        signed_by.push(signature.fingerprint());
    }
    if signers.is_some() && !is_known {
        return Err(match refused {
            Some(why) => format!("signatures.dsse.json: {why}"),
            None => "signatures.dsse.json: nobody signed the bundle, so anybody may have made it".to_owned(),
        });
    }
    let of =
        |key: &str| read.statement.predicate.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(Checked { estate: of("estate"), as_of: of("asOf"), members: read.members, signed_by })
}
