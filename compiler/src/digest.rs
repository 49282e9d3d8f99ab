//! Digests: SHA-256 in lower-case hexadecimal digits.
//!
//! A value is serialized as JSON and streamed into the hash, after a prefix that names the purpose of the
//! digest. So a digest for one purpose never equals one for another, even over the same bytes. The JSON is
//! canonical because of the types:
//! structs write their fields in order, maps are sorted by key, and there are no floating-point numbers.

use std::io::{self, Write};

use serde::Serialize;
use sha2::{Digest as _, Sha256};

/// What a digest is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A plan: what people approve.
    Plan,
    /// What a policy declares.
    Policy,
    /// What was observed.
    Observation,
    /// An approval that was used.
    Approval,
    /// A run of the journal.
    Run,
    /// Resources that an import adopts.
    Adoption,
    /// A drill that begins.
    Drill,
    /// A restore that is recorded.
    Restore,
}

impl Purpose {
    /// The first bytes that are hashed.
    fn domain(self) -> &'static [u8] {
        match self {
            Self::Plan => b"holdfast plan\n",
            Self::Policy => b"holdfast policy\n",
            Self::Observation => b"holdfast observation\n",
            Self::Approval => b"holdfast approval\n",
            Self::Run => b"holdfast run\n",
            Self::Adoption => b"holdfast adoption\n",
            Self::Drill => b"holdfast drill\n",
            Self::Restore => b"holdfast restore\n",
        }
    }
}

/// The digest of a value: 64 hexadecimal digits.
///
/// # Errors
/// The value cannot be written as JSON.
pub fn digest<T: Serialize + ?Sized>(purpose: Purpose, value: &T) -> Result<String, serde_json::Error> {
    let mut hasher = Hasher(Sha256::new());
    hasher.0.update(purpose.domain());
    serde_json::to_writer(&mut hasher, value)?;
    Ok(hex(&hasher.0.finalize()))
}

/// The SHA-256 of bytes, without a prefix: 64 hexadecimal digits.
#[must_use]
pub fn sha256(bytes: impl AsRef<[u8]>) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes as lower-case hexadecimal digits, two per byte.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Writes JSON into a hash.
struct Hasher(Sha256);

impl Write for Hasher {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_value_with_another_purpose_has_another_digest() {
        let value = ["a", "b"];
        let all = [
            Purpose::Plan,
            Purpose::Policy,
            Purpose::Observation,
            Purpose::Approval,
            Purpose::Run,
            Purpose::Adoption,
            Purpose::Drill,
            Purpose::Restore,
        ]
        .map(|purpose| digest(purpose, &value).unwrap());
        let different: std::collections::BTreeSet<&String> = all.iter().collect();
        assert_eq!(different.len(), all.len());
        assert!(all.iter().all(|digest| digest.len() == 64));
    }

    #[test]
    fn value_that_cannot_be_serialized_has_no_digest() {
        let map = std::collections::BTreeMap::from([((1, 2), 3)]);
        assert!(
            digest(Purpose::Plan, &map).is_err(),
            "keys that are not text are an error, not an empty digest"
        );
    }

    #[test]
    fn bytes_are_hashed_as_sha256sum_does() {
        assert_eq!(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(hex(&[0, 15, 255]), "000fff");
    }
}
