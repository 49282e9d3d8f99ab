//! Where Holdfast gets a key for signing.

use std::path::PathBuf;
use std::str::FromStr;

/// The source of a signing key.
#[derive(Clone, PartialEq, Eq)]
pub enum SigningKey {
    /// A file: a private key, or the public half of a key in `ssh-agent`.
    File(PathBuf),
    /// The text of a private key, as CI systems pass secrets in variables.
    Text(String),
}

impl FromStr for SigningKey {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim() {
            "" => Err("the key is empty: name a file, or leave the variable unset".to_owned()),
            key if key.starts_with("-----BEGIN ") => Ok(Self::Text(format!("{key}\n"))),
            _ => Ok(Self::File(PathBuf::from(text))),
        }
    }
}

/// Never prints the key itself.
impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => write!(f, "File({})", path.display()),
            Self::Text(_) => f.write_str("Text(…)"),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn secret_in_a_variable_is_not_printed() {
        let key: SigningKey = "-----BEGIN OPENSSH PRIVATE KEY-----\nsecret\n".parse().unwrap();
        assert_eq!(format!("{key:?}"), "Text(…)");
        assert!("".parse::<SigningKey>().is_err() && "  ".parse::<SigningKey>().is_err());
        assert_eq!("id".parse::<SigningKey>().unwrap(), SigningKey::File("id".into()));
    }
}
