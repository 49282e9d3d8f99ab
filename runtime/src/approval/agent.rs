//! The two requests to `ssh-agent` that signing needs: list the keys, and sign (draft-miller-ssh-agent, sections 4.4
//! and 4.5).

use std::io::{Error, ErrorKind, Read, Result, Write};

/// Message numbers (section 6.1) and the flag for RSA (section 6.3).
const REQUEST_IDENTITIES: u8 = 11;
const IDENTITIES_ANSWER: u8 = 12;
const SIGN_REQUEST: u8 = 13;
const SIGN_RESPONSE: u8 = 14;
const RSA_SHA2_512: u32 = 4;
/// The largest answer that is read, as in OpenSSH.
const MAX_BYTES: u32 = 256 * 1024;

/// A connection to an agent.
pub(super) struct Agent<S> {
    stream: S,
}

#[cfg(unix)]
impl Agent<std::os::unix::net::UnixStream> {
    /// The agent of `SSH_AUTH_SOCK`.
    pub(super) fn connect() -> Result<Self> {
        let none = || Error::new(ErrorKind::NotFound, "no ssh-agent is running (`SSH_AUTH_SOCK` is not set)");
        let path = std::env::var_os("SSH_AUTH_SOCK").filter(|path| !path.is_empty()).ok_or_else(none)?;
        let stream = std::os::unix::net::UnixStream::connect(path)?;
        // A person may have to touch a key or type a passphrase, but an agent that hangs must not block forever.
        stream.set_read_timeout(Some(std::time::Duration::from_secs(120)))?;
        Ok(Self { stream })
    }
}

#[cfg(not(unix))]
impl Agent<std::io::Cursor<Vec<u8>>> {
    /// Always fails: the agent is supported on Unix only.
    pub(super) fn connect() -> Result<Self> {
        Err(Error::new(
            ErrorKind::Unsupported,
            "ssh-agent is supported on Unix only: give a private key with `--key`",
        ))
    }
}

impl<S: Read + Write> Agent<S> {
    /// The public keys of the agent, in the encoding of SSH.
    pub(super) fn keys(&mut self) -> Result<Vec<Vec<u8>>> {
        let answer = self.ask(REQUEST_IDENTITIES, &[], IDENTITIES_ANSWER)?;
        let mut rest = answer.as_slice();
        let count = number(&mut rest)?;
        let mut keys = Vec::new();
        for _ in 0..count {
            keys.push(string(&mut rest)?.to_vec());
            string(&mut rest)?;
        }
        Ok(keys)
    }

    /// The signature of a key over some bytes, in the encoding of SSH.
    pub(super) fn sign(&mut self, key: &[u8], data: &[u8]) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        for part in [key, data] {
            body.extend(u32::try_from(part.len()).map_err(|_| malformed())?.to_be_bytes());
            body.extend(part);
        }
        body.extend(RSA_SHA2_512.to_be_bytes());
        let answer = self.ask(SIGN_REQUEST, &body, SIGN_RESPONSE)?;
        Ok(string(&mut answer.as_slice())?.to_vec())
    }

    fn ask(&mut self, message: u8, body: &[u8], wanted: u8) -> Result<Vec<u8>> {
        let length = u32::try_from(body.len() + 1).map_err(|_| malformed())?;
        let mut request = length.to_be_bytes().to_vec();
        request.push(message);
        request.extend(body);
        self.stream.write_all(&request)?;
        let mut length = [0; 4];
        self.stream.read_exact(&mut length)?;
        let length = u32::from_be_bytes(length);
        if !(1..=MAX_BYTES).contains(&length) {
            return Err(malformed());
        }
        let mut answer = Vec::new();
        (&mut self.stream).take(length.into()).read_to_end(&mut answer)?;
        match answer.split_first() {
            Some((message, rest)) if *message == wanted && answer.len() as u64 == u64::from(length) => {
                Ok(rest.to_vec())
            }
            _ => Err(Error::other("ssh-agent refused")),
        }
    }
}

fn malformed() -> Error {
    Error::new(ErrorKind::InvalidData, "ssh-agent sent a malformed response")
}

fn number(rest: &mut &[u8]) -> Result<u32> {
    let (first, after) = rest.split_first_chunk::<4>().ok_or_else(malformed)?;
    *rest = after;
    Ok(u32::from_be_bytes(*first))
}

fn string<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8]> {
    let length = usize::try_from(number(rest)?).map_err(|_| malformed())?;
    let (first, after) = rest.split_at_checked(length).ok_or_else(malformed)?;
    *rest = after;
    Ok(first)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    /// An agent with a prepared answer.
    struct Says(std::io::Cursor<Vec<u8>>);

    impl Read for Says {
        fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
            self.0.read(buffer)
        }
    }

    impl Write for Says {
        fn write(&mut self, bytes: &[u8]) -> Result<usize> {
            Ok(bytes.len())
        }
        fn flush(&mut self) -> Result<()> {
            Ok(())
        }
    }

    fn keys(answer: &[u8]) -> Result<Vec<Vec<u8>>> {
        Agent { stream: Says(std::io::Cursor::new(answer.to_vec())) }.keys()
    }

    #[test]
    fn agent_answer_with_a_wrong_size_is_an_error() {
        assert_eq!(keys(&[0, 0, 0, 15, 12, 0, 0, 0, 1, 0, 0, 0, 1, 7, 0, 0, 0, 1, b'c']).unwrap(), [[7]]);
        for answer in [
            &[][..],
            &[0, 0, 0, 0],
            &[255, 255, 255, 255, 12],
            &[0, 0, 0, 1, 5],
            &[0, 0, 0, 9, 12, 0, 0, 0, 1],
            &[0, 0, 0, 9, 12, 0, 0, 0, 1, 255, 255, 255, 255],
            &[0, 0, 0, 5, 12, 255, 255, 255, 255],
        ] {
            assert!(keys(answer).is_err(), "{answer:?}");
        }
    }
}
