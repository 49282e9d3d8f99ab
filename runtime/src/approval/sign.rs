//! Signing, with a key from a file or from `ssh-agent`.

use ssh_key::public::KeyData;
use ssh_key::{HashAlg, LineEnding, PrivateKey, PublicKey, Signature, SshSig};

use super::agent::Agent;
use super::signers::Signers;
use super::{Namespace, SigningKey};

/// The largest key file that is read, in bytes.
const MAX_BYTES: u64 = 64 * 1024;

/// Why something was not signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The key cannot be read or used.
    #[error("{0}")]
    Key(String),
    /// The agent cannot be reached, or refuses.
    #[error("ssh-agent: {0}")]
    Agent(#[from] std::io::Error),
    /// The SSH library reports an error.
    #[error("signing failed: {0}")]
    Ssh(#[from] ssh_key::Error),
}

/// A signing key that was read.
#[derive(Debug)]
enum Key {
    Private(Box<PrivateKey>),
    /// The agent holds the private half.
    Public(PublicKey),
}

/// The public half of the key that will sign: of `key`, or of the agent's first key that is in the list.
///
/// # Errors
/// The key cannot be read, or the agent has none from the list.
pub fn public_key(key: Option<&SigningKey>, signers: Option<&Signers>) -> Result<KeyData, SignError> {
    if let Some(key) = key {
        return Ok(match read(key)? {
            Key::Private(key) => key.public_key().key_data().clone(),
            Key::Public(key) => key.key_data().clone(),
        });
    }
    let keys: Vec<KeyData> = Agent::connect()?
        .keys()?
        .iter()
        .filter_map(|key| Some(PublicKey::from_bytes(key).ok()?.key_data().clone()))
        .collect();
    let known = |key: &&KeyData| signers.is_none_or(|signers| signers.knows(key));
    let none =
        "ssh-agent has no key from the list of signers: add one with `ssh-add`, or name one with `--key`";
    keys.iter().find(known).cloned().ok_or_else(|| SignError::Key(none.to_owned()))
}

/// Sign some bytes for a purpose. With a deterministic algorithm such as ed25519, the result is the same as that of
/// `ssh-keygen -Y sign -n NAMESPACE`.
///
/// # Errors
/// The key cannot be used, or the agent refuses.
pub fn sign(
    namespace: Namespace,
    bytes: &[u8],
    key: Option<&SigningKey>,
    public: &KeyData,
) -> Result<String, SignError> {
    let signature = match key.map(read).transpose()? {
        Some(Key::Private(key)) => key.sign(namespace.as_str(), HashAlg::Sha512, bytes)?,
        Some(Key::Public(_)) | None => by_agent(namespace, bytes, public)?,
    };
    Ok(signature.to_pem(LineEnding::LF)?)
}

fn by_agent(namespace: Namespace, bytes: &[u8], key: &KeyData) -> Result<SshSig, SignError> {
    if key.is_sk_ecdsa_p256() {
        // The library can read these signatures but not write them.
        let what =
            "an ecdsa-sk security key cannot sign here: use `--statement-only`, and sign with ssh-keygen";
        return Err(SignError::Key(what.to_owned()));
    }
    let data = SshSig::signed_data(namespace.as_str(), HashAlg::Sha512, bytes)?;
    let answer = Agent::connect()?.sign(&PublicKey::from(key.clone()).to_bytes()?, &data)?;
    let signature = Signature::try_from(answer.as_slice())?;
    Ok(SshSig::new(key.clone(), namespace.as_str(), HashAlg::Sha512, signature)?)
}

fn read(key: &SigningKey) -> Result<Key, SignError> {
    let name = match key {
        SigningKey::File(path) => path.display().to_string(),
        SigningKey::Text(_) => "the key in the environment variable".to_owned(),
    };
    let wrong = |what: &str| SignError::Key(format!("{name}: {what}"));
    let text = match key {
        SigningKey::File(path) => super::read(path, MAX_BYTES).map_err(|error| wrong(&error.to_string()))?,
        SigningKey::Text(text) => text.clone(),
    };
    if let Ok(key) = PublicKey::from_openssh(text.trim()) {
        return Ok(Key::Public(key));
    }
    let key = PrivateKey::from_openssh(text.as_bytes())
        .map_err(|_| wrong("this is not an SSH key in the OpenSSH format"))?;
    if key.is_encrypted() {
        return Err(wrong("this key has a passphrase: add it with `ssh-add`, and name its `.pub` file"));
    }
    if key.public_key().key_data().is_sk_ed25519() || key.public_key().key_data().is_sk_ecdsa_p256() {
        return Err(wrong(
            "a security key signs only in ssh-agent: name its `.pub` file, or use `--statement-only`",
        ));
    }
    if key.public_key().key_data().is_rsa() {
        // RUSTSEC-2023-0071: the library's private RSA operations have a timing side channel.
        return Err(wrong(
            "an RSA key signs only in ssh-agent: add it with `ssh-add`, and name its `.pub` file",
        ));
    }
    Ok(Key::Private(Box::new(key)))
}
