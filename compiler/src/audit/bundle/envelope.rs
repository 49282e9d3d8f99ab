//! Signatures of a statement: an envelope of DSSE v1 (secure-systems-lab/dsse).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// The type of what is signed.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// An envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// What is signed.
    pub payload: Vec<u8>,
    /// The signatures: a hint at the key, which proves nothing, and the armored signature.
    pub signatures: Vec<(String, String)>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Written {
    payload: String,
    payload_type: String,
    signatures: Vec<WrittenSignature>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSignature {
    keyid: String,
    sig: String,
}

/// The bytes that are signed for a payload: its pre-authentication encoding (DSSE protocol, "PAE").
#[must_use]
pub fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut bytes = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

impl Envelope {
    /// Its text.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub fn text(&self) -> Result<String, serde_json::Error> {
        let signature = |(keyid, armored): &(String, String)| WrittenSignature {
            keyid: keyid.clone(),
            sig: STANDARD.encode(armored),
        };
        let written = Written {
            payload: STANDARD.encode(&self.payload),
            payload_type: PAYLOAD_TYPE.to_owned(),
            signatures: self.signatures.iter().map(signature).collect(),
        };
        Ok(serde_json::to_string_pretty(&written)? + "\n")
    }

    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let unreadable = |error: &dyn std::fmt::Display| format!("it cannot be read: {error}");
        let written: Written = serde_json::from_slice(bytes).map_err(|error| unreadable(&error))?;
        if written.payload_type != PAYLOAD_TYPE {
            return Err("it signs something of another type".to_owned());
        }
        let decode = |text: &str| STANDARD.decode(text).map_err(|error| unreadable(&error));
        let mut signatures = Vec::new();
        for one in &written.signatures {
            let armored = String::from_utf8(decode(&one.sig)?).map_err(|error| unreadable(&error))?;
            signatures.push((one.keyid.clone(), armored));
        }
        let envelope = Self { payload: decode(&written.payload)?, signatures };
        match envelope.text() {
            Ok(text) if text.as_bytes() == bytes => Ok(envelope),
            _ => Err("it was changed after it was written".to_owned()),
        }
    }
}
