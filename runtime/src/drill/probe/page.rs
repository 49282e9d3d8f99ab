//! One request for a page: GET, at a given address, without redirects, within a deadline and a size.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use holdfast_compiler::policy::Page;
use http_body_util::{BodyExt as _, Empty};
use hyper::Request;
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, CONNECTION, HOST, USER_AGENT};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// How long a request takes at most, with its response.
const MOST: Duration = Duration::from_secs(10);
/// How much of a response is read: 64 KiB.
const MOST_BYTES: usize = 1 << 16;

/// What came back.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Response {
    /// The status.
    pub(super) status: u16,
    /// The beginning of the body.
    body: Vec<u8>,
}

impl Response {
    /// Whether a text is in it.
    pub(super) fn has(&self, text: &str) -> bool {
        self.body.windows(text.len().max(1)).any(|part| part == text.as_bytes())
    }
}

/// Why an address is never asked: what answers there belongs to the machine that holds the drill, not to a service.
pub(super) fn refused(address: IpAddr) -> Option<&'static str> {
    let address = address.to_canonical();
    let is_local = match address {
        IpAddr::V4(address) => address.is_link_local() || address.is_broadcast(),
        // fe80::/10, and fd00:ec2::/32, where EC2 has its instance metadata (Amazon EC2 User Guide, "Instance metadata").
        IpAddr::V6(address) => {
            address.is_unicast_link_local() || address.segments().starts_with(&[0xfd00, 0x0ec2])
        }
    };
    if is_local {
        Some("an address of the local link or of instance metadata")
    } else if address.is_unspecified() || address.is_multicast() {
        Some("no address of a host")
    } else {
        None
    }
}

/// Request a page at an address.
///
/// # Errors
/// There is no response: why, as a clause.
pub(super) async fn get(page: &Page, address: IpAddr) -> Result<Response, String> {
    let exchange = async {
        let stream = TcpStream::connect((address, page.port)).await.map_err(|error| error.to_string())?;
        if !page.is_secure {
            return talk(page, stream).await;
        }
        let name = ServerName::try_from(page.host.clone()).map_err(|error| error.to_string())?;
        let stream = tls()?.connect(name, stream).await.map_err(|error| error.to_string())?;
        talk(page, stream).await
    };
    match tokio::time::timeout(MOST, exchange).await {
        Ok(done) => done,
        Err(_) => Err(format!("not within {} s", MOST.as_secs())),
    }
}

/// TLS with the certificate authorities of this machine.
fn tls() -> Result<TlsConnector, String> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config =
        config.map_err(|error| error.to_string())?.with_root_certificates(roots).with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

async fn talk(
    page: &Page,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
) -> Result<Response, String> {
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
    let connection = tokio::spawn(connection);
    let done = exchange(page, &mut sender).await;
    connection.abort();
    done
}

async fn exchange(page: &Page, sender: &mut http1::SendRequest<Empty<Bytes>>) -> Result<Response, String> {
    let is_usual = page.port == if page.is_secure { 443 } else { 80 };
    let host = if is_usual { page.host.clone() } else { format!("{}:{}", page.host, page.port) };
    let request = Request::get(&page.path)
        .header(HOST, host)
        .header(USER_AGENT, "holdfast")
        .header(ACCEPT, "*/*")
        .header(CONNECTION, "close")
        .body(Empty::new())
        .map_err(|error| error.to_string())?;
    let mut response = sender.send_request(request).await.map_err(|error| error.to_string())?;
    let mut body = Vec::new();
    while body.len() < MOST_BYTES {
        let Some(frame) = response.body_mut().frame().await else { break };
        let frame = frame.map_err(|error| error.to_string())?;
        body.extend(frame.data_ref().into_iter().flatten());
    }
    body.truncate(MOST_BYTES);
    Ok(Response { status: response.status().as_u16(), body })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_the_runner_are_never_asked() {
        for address in [
            "169.254.169.254",
            "::ffff:169.254.169.254",
            "fe80::1",
            "fd00:ec2::254",
            "0.0.0.0",
            "::",
            "224.0.0.1",
            "ff02::1",
            "255.255.255.255",
        ] {
            assert!(refused(address.parse().unwrap()).is_some(), "{address}");
        }
        for address in ["192.0.2.10", "10.0.0.1", "2001:db8::1", "fd00::1"] {
            assert_eq!(refused(address.parse().unwrap()), None, "{address}");
        }
    }
}
