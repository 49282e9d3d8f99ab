//! Verifying signatures of OpenSSH in their exact form (PROTOCOL.sshsig).

use ssh_key::public::KeyData;
use ssh_key::{LineEnding, PublicKey, SshSig};

use super::Namespace;
use super::signers::fingerprint;

/// A signature that was verified.
#[derive(Debug, Clone)]
pub struct Signature {
    key: KeyData,
}

impl Signature {
    /// Verify an armored signature over some bytes.
    ///
    /// # Errors
    /// It is not in its exact form, was made for another purpose, or is not valid for these bytes.
    pub fn verify(namespace: Namespace, bytes: &[u8], armored: &str) -> Result<Self, &'static str> {
        let signature = read(armored).ok_or("the signature is not in its exact form")?;
        if signature.namespace() != namespace.as_str() {
            return Err("the signature was made for another purpose (it has a different namespace)");
        }
        let key = signature.public_key();
        if PublicKey::from(key.clone()).verify(namespace.as_str(), bytes, &signature).is_err() {
            return Err("the signature is not valid for this content");
        }
        Ok(Self { key: key.clone() })
    }

    /// The key that made it.
    #[must_use]
    pub fn key(&self) -> &KeyData {
        &self.key
    }

    /// The fingerprint of that key, as `ssh-keygen -l` shows it.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        fingerprint(&self.key)
    }
}

/// Parses a signature in the exact form that OpenSSH writes, so that no byte of it can be changed: lines of 70
/// characters, nothing before or after (PROTOCOL.sshsig).
fn read(text: &str) -> Option<SshSig> {
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
    // Compare with the canonical text, because the last Base64 character may have unused bits. The library cannot
    // write signatures of ecdsa-sk, so for those only the bits are checked.
    let exact = || signature.to_pem(LineEnding::LF).is_ok_and(|written| written == text);
    let exact = signature.public_key().is_sk_ecdsa_p256() && no_idle_bits(last) || exact();
    (whole && exact && touched(&signature)).then_some(signature)
}

/// Whether the unused bits of the last Base64 character are zero (RFC 4648 §3.5).
fn no_idle_bits(last: &str) -> bool {
    match last.trim_end_matches('=').chars().last() {
        Some(letter) if last.ends_with("==") => "AQgw".contains(letter),
        Some(letter) if last.ends_with('=') => "AEIMQUYcgkosw048".contains(letter),
        _ => true,
    }
}

/// Whether somebody touched the security key, if it is one: the first bit of the flags before the counter
/// (PROTOCOL.u2f of OpenSSH).
fn touched(signature: &SshSig) -> bool {
    let key = signature.public_key();
    let flags = || signature.signature_bytes().iter().nth_back(4).copied().unwrap_or_default();
    !(key.is_sk_ed25519() || key.is_sk_ecdsa_p256()) || flags() & 1 == 1
}
