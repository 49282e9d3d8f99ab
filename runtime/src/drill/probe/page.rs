//! One request for a page: GET, at a given address, without redirects, within a deadline and a size.

use std::io::{Error, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
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
/// Where a virtual machine reaches the platform of Azure (Microsoft Learn, "What is IP address 168.63.129.16?").
const AZURE_PLATFORM: IpAddr = IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16));

/// What came back.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Response {
    /// The status.
    pub(super) status: u16,
    /// The beginning of the body: at most [`MOST_BYTES`].
    body: Vec<u8>,
    /// Whether the body goes on after that.
    is_cut: bool,
}

impl Response {
    /// Whether a text is in it. `None`: not in the part that was read, and there is more.
    pub(super) fn has(&self, text: &str) -> Option<bool> {
        let is_there = self.body.windows(text.len().max(1)).any(|part| part == text.as_bytes());
        (is_there || !self.is_cut).then_some(is_there)
    }
}

/// Why there is no response, as a clause.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoResponse {
    /// This machine has no way to the address, so it does not see what users get there.
    Unreachable(String),
    /// The address gives none.
    Silent(String),
}

impl NoResponse {
    /// Only a refusal, a reset or silence comes from the other side. Everything else comes from this machine and its network: no IPv6, no
    /// route, no free port.
    fn of_connect(error: &Error) -> Self {
        let why = error.to_string();
        match error.kind() {
            ErrorKind::ConnectionRefused
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::TimedOut => Self::Silent(why),
            _ => Self::Unreachable(why),
        }
    }
}

/// Whether an endpoint for AWS is a stand-in on this machine: a loopback address, without TLS. AWS itself never answers at such a URL.
pub(super) fn is_standin(endpoint: &str) -> bool {
    let authority = endpoint.strip_prefix("http://").and_then(|rest| rest.split('/').next());
    let address = authority.and_then(|authority| authority.parse::<SocketAddr>().ok());
    address.is_some_and(|address| address.ip().is_loopback())
}

/// Why an address is never asked: what answers there belongs to the machine that holds the drill, not to a service. The services of a
/// stand-in for the cloud are on this machine, so there loopback addresses are asked.
pub(super) fn refused(address: IpAddr, is_standin: bool) -> Option<&'static str> {
    let address = address.to_canonical();
    let is_local = match address {
        IpAddr::V4(address) => address.is_link_local() || address.is_broadcast(),
        // fe80::/10, and fd00:ec2::/32, where EC2 has its instance metadata (Amazon EC2 User Guide, "Instance metadata").
        IpAddr::V6(address) => {
            address.is_unicast_link_local() || address.segments().starts_with(&[0xfd00, 0x0ec2])
        }
    };
    if address.is_loopback() && !is_standin {
        Some("an address of the machine that holds the drill")
    } else if address == AZURE_PLATFORM {
        Some("the address of Azure's platform")
    } else if is_local {
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
/// There is no response.
pub(super) async fn get(page: &Page, address: IpAddr) -> Result<Response, NoResponse> {
    let exchange = async {
        let connected = TcpStream::connect((address, page.port)).await;
        let stream = connected.map_err(|error| NoResponse::of_connect(&error))?;
        over(page, stream).await.map_err(NoResponse::Silent)
    };
    match tokio::time::timeout(MOST, exchange).await {
        Ok(done) => done,
        Err(_) => Err(NoResponse::Silent(format!("not within {} s", MOST.as_secs()))),
    }
}

async fn over(page: &Page, stream: TcpStream) -> Result<Response, String> {
    if !page.is_secure {
        return talk(page, stream).await;
    }
    let name = ServerName::try_from(page.host.clone()).map_err(|error| error.to_string())?;
    let stream = tls()?.connect(name, stream).await.map_err(|error| error.to_string())?;
    talk(page, stream).await
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
    // One byte more than is kept shows that there is more.
    while body.len() <= MOST_BYTES {
        let Some(frame) = response.body_mut().frame().await else { break };
        let frame = frame.map_err(|error| error.to_string())?;
        body.extend(frame.data_ref().into_iter().flatten());
    }
    let is_cut = body.len() > MOST_BYTES;
    body.truncate(MOST_BYTES);
    Ok(Response { status: response.status().as_u16(), body, is_cut })
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
            "168.63.129.16",
            "::ffff:168.63.129.16",
        ] {
            for is_standin in [false, true] {
                assert!(refused(address.parse().unwrap(), is_standin).is_some(), "{address}");
            }
        }
        for address in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
            let why = refused(address.parse().unwrap(), false);
            assert_eq!(why, Some("an address of the machine that holds the drill"), "{address}");
            assert_eq!(refused(address.parse().unwrap(), true), None, "{address}");
        }
        for address in ["192.0.2.10", "10.0.0.1", "2001:db8::1", "fd00::1", "168.63.129.17"] {
            assert_eq!(refused(address.parse().unwrap(), false), None, "{address}");
        }
    }

    #[test]
    fn stand_in_is_a_loopback_address_without_tls() {
        for endpoint in ["http://127.0.0.1:4566", "http://127.0.0.1:4566/", "http://[::1]:4566"] {
            assert!(is_standin(endpoint), "{endpoint}");
        }
        for endpoint in [
            "",
            "127.0.0.1:4566",
            "https://127.0.0.1:443",
            "http://localhost:4566",
            "http://127.0.0.1.acme.example:80",
            "http://192.0.2.10:4566",
            "https://route53.amazonaws.com",
        ] {
            assert!(!is_standin(endpoint), "{endpoint}");
        }
    }

    #[test]
    fn text_after_the_part_that_was_read_is_unknown() {
        let response = |is_cut| Response { status: 200, body: b"all is well".to_vec(), is_cut };
        for is_cut in [false, true] {
            assert_eq!(response(is_cut).has("is well"), Some(true));
        }
        assert_eq!((response(false).has("is ill"), response(true).has("is ill")), (Some(false), None));
    }

    #[tokio::test]
    async fn address_without_a_route_is_told_from_one_that_refuses() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let page = Page {
            url: format!("http://shop.acme.example:{free}/"),
            is_secure: false,
            host: "shop.acme.example".to_owned(),
            port: free,
            path: "/".to_owned(),
        };
        let refused = get(&page, "127.0.0.1".parse().unwrap()).await.unwrap_err();
        assert!(matches!(refused, NoResponse::Silent(_)), "{refused:?}");
        // A multicast address: TCP has no route to one.
        let nowhere = get(&page, "224.0.0.1".parse().unwrap()).await.unwrap_err();
        assert!(matches!(nowhere, NoResponse::Unreachable(_)), "{nowhere:?}");
    }
}
