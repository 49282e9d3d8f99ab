//! Signing a statement, with a key of a file or one of `ssh-agent`.

use ssh_key::public::KeyData;
use ssh_key::{HashAlg, LineEnding, PrivateKey, PublicKey, Signature, SshSig};

use super::agent::Agent;
use super::signers::Signers;
use super::{Namespace, SigningKey};

/// The largest key file that is read, in bytes.
const MAX_BYTES: u64 = 64 * 1024;

/// Why a statement is not signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The key file is none, or cannot be read.
    #[error("{0}")]
    Key(String),
    /// The agent does not play along.
    #[error("ssh-agent: {0}")]
    Agent(#[from] std::io::Error),
    /// The library does not play along.
    #[error("the signature cannot be made: {0}")]
    Ssh(#[from] ssh_key::Error),
}

/// A key to sign with.
#[derive(Debug)]
enum Key {
    Private(Box<PrivateKey>),
    /// The agent has the private half.
    Public(PublicKey),
}

/// The public half of the key that would sign: of the file, or of the first key of the agent that a list knows.
///
/// # Errors
/// There is no such key.
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

/// Sign some bytes for a purpose: what `ssh-keygen -Y sign -n NAMESPACE` gives for keys that sign alike every time.
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
        // The library reads these signatures and cannot write them.
        let what = "an ecdsa-sk security key signs with `--statement-only` and ssh-keygen";
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
        SigningKey::Text(_) => "the key of the variable".to_owned(),
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
        return Err(wrong("this key has a passphrase: `ssh-add` it, and give its `.pub` file"));
    }
    if key.public_key().key_data().is_sk_ed25519() || key.public_key().key_data().is_sk_ecdsa_p256() {
        return Err(wrong(
            "a security key signs in ssh-agent (give its `.pub` file), or with `--statement-only`",
        ));
    }
    if key.public_key().key_data().is_rsa() {
        // RUSTSEC-2023-0071: the library's private RSA operations leak time.
        return Err(wrong("an RSA key signs in ssh-agent: `ssh-add` it, and give its `.pub` file"));
    }
    Ok(Key::Private(Box::new(key)))
}
