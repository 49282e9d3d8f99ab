//! The HTTP client below the pipeline: TLS with the machine's certificate authorities, no redirects, and bodies with an end.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use azure_core::error::ErrorKind;
use azure_core::http::{AsyncRawResponse, HttpClient, Request};
use azure_core::{Bytes, Error};
use futures::StreamExt as _;
use rustls::{ClientConfig, RootCertStore};

use crate::cloud::{Class, CloudError};
use crate::provider::trusted::bad_certificate;

const CONNECT: Duration = Duration::from_secs(5);
const ATTEMPT: Duration = Duration::from_secs(30);
/// The largest answer in bytes. A page of a list has at most a few hundred entries of a few KiB.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// An HTTP client whose answers have an end.
#[derive(Debug)]
struct Bounded(reqwest::Client);

/// Which way a request takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Through the proxy that the environment asks for, if it asks for one.
    AsTheEnvironmentSays,
    /// Through none: what gives a managed identity its tokens is at this machine, and a proxy would get the token of its own machine, or
    /// read this one's. Source: Azure documentation, "How to use managed identities for Azure resources on an Azure VM to acquire an access
    /// token" and "Azure Instance Metadata Service", proxies.
    Direct,
}

/// The HTTP client.
///
/// # Errors
/// There are no certificate authorities, or a proxy variable cannot be used.
pub(super) fn http_client(way: Way) -> Result<Arc<dyn HttpClient>, CloudError> {
    let unusable = |message: String| CloudError::new(Class::Other, "connect to Azure", "BadSetting", message);
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (usable, _) = roots.add_parsable_certificates(found.certs);
    if usable == 0 {
        let cure = "set SSL_CERT_FILE to a PEM file with certificates of authorities";
        return Err(unusable(format!("this machine has no usable certificate authorities: {cure}")));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let tls = tls.map_err(|error| unusable(format!("TLS cannot be set up: {error}")))?;
    let tls = tls.with_root_certificates(roots).with_no_client_auth();
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT)
        .timeout(ATTEMPT);
    let client = match way {
        Way::AsTheEnvironmentSays => client,
        Way::Direct => client.no_proxy(),
    };
    let client = client.build();
    // The message would have the value of a proxy variable, with its password.
    let client = client.map_err(|_| {
        unusable("the HTTP client cannot be set up: look at HTTPS_PROXY, ALL_PROXY and NO_PROXY".to_owned())
    })?;
    Ok(Arc::new(Bounded(client)))
}

/// A certificate that is not trusted is not trusted the next time either: what asks for tokens repeats only other kinds of errors.
fn final_if_untrusted(error: Error) -> Error {
    match bad_certificate(&error) {
        Some(_) => Error::with_error(ErrorKind::Other, error, "the endpoint is not trusted"),
        None => error,
    }
}

#[async_trait]
impl HttpClient for Bounded {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let answer = HttpClient::execute_request(&self.0, request).await.map_err(final_if_untrusted)?;
        let (status, headers, mut body) = answer.deconstruct();
        let mut bytes = Vec::new();
        while let Some(chunk) = body.next().await {
            bytes.extend_from_slice(&chunk?);
            if bytes.len() > MOST_BYTES {
                let message = format!("the answer has more than {MOST_BYTES} bytes");
                return Err(Error::with_message(ErrorKind::DataConversion, message));
            }
        }
        Ok(AsyncRawResponse::from_bytes(status, headers, Bytes::from(bytes)))
    }
}
