//! UUIDs of version 5 (RFC 9562 §5.5): the SHA-1 of a namespace and a name.

use sha1::{Digest as _, Sha1};

/// The namespace for URLs (RFC 9562 §6.6).
const URL: [u8; 16] =
    [0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8];
/// The namespace of what Holdfast names in OSCAL, and of its properties.
pub(super) const NAMESPACE: &str = "https://holdfast.dev/ns/oscal";

/// The UUID of something of an estate: a kind, and a key that is unique in it.
pub(super) fn uuid(estate: &str, kind: &str, key: &str) -> String {
    let namespace = version_5(URL, NAMESPACE);
    in_words(version_5(namespace, &format!("{estate}\0{kind}\0{key}")))
}

fn version_5(namespace: [u8; 16], name: &str) -> [u8; 16] {
    let mut hash = Sha1::new();
    hash.update(namespace);
    hash.update(name);
    let mut bytes = [0; 16];
    for (byte, hashed) in bytes.iter_mut().zip(hash.finalize()) {
        *byte = hashed;
    }
    let [_, _, _, _, _, _, version, _, variant, ..] = &mut bytes;
    *version = (*version & 0x0f) | 0x50;
    *variant = (*variant & 0x3f) | 0x80;
    bytes
}

fn in_words(bytes: [u8; 16]) -> String {
    let digits = crate::digest::hex(&bytes);
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| digits.get(part).unwrap_or_default());
    parts.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9562, appendix A.4: the name `www.example.com` in the namespace for DNS names.
    #[test]
    fn uuid_of_the_standard_is_computed() {
        let dns =
            [0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8];
        assert_eq!(in_words(version_5(dns, "www.example.com")), "2ed6657d-e927-568b-95e1-2665a8aea6a2");
        assert_ne!(uuid("acme", "item", "a"), uuid("acme", "item", "b"));
    }
}
