//! The way to AWS: proxies and certificate authorities, as the environment names them.
//!
//! | variable | means |
//! | --- | --- |
//! | `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` | the proxy for endpoints with `https://` or `http://`, or for both; lower case too |
//! | `NO_PROXY` | hosts, domains and networks that are reached without it, separated by commas |
//! | `AWS_CA_BUNDLE` | a PEM file with the certificate authorities that are trusted, instead of the machine's |
//!
//! Source: AWS CLI User Guide, "Using an HTTP proxy for the AWS CLI" and "Configuring environment variables",
//! `AWS_CA_BUNDLE`. No message shows the value of a proxy variable, because it may contain a password.

use std::error::Error;
use std::path::Path;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::cloud::{Class, CloudError};
use crate::files;
use crate::provider::trusted::bad_certificate;

/// The largest bundle in bytes. That of a Linux distribution has about 250 KiB.
const MAX_BUNDLE_BYTES: u64 = 16 * 1024 * 1024;
const PROXIES: [&str; 6] =
    ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];
const BUNDLE: &str = "AWS_CA_BUNDLE";

/// The HTTP client that the environment asks for.
///
/// # Errors
/// A proxy variable is not the URL of an HTTP proxy, or the bundle cannot be used.
pub(super) fn http_client() -> Result<SharedHttpClient, CloudError> {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    for name in PROXIES {
        check_proxy(name, set(name).as_deref())?;
    }
    let trusted = match set(BUNDLE) {
        Some(file) => TrustStore::empty().with_pem_certificate(bundle(Path::new(&file))?),
        None => TrustStore::default(),
    };
    let tls = TlsContext::builder().with_trust_store(trusted).build();
    let tls = tls.map_err(|error| unusable(format!("TLS cannot be set up: {error}")))?;
    Ok(Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = Connector::builder().proxy_config(ProxyConfig::from_env());
        connector.set_connector_settings(settings.cloned());
        if let Some(components) = components {
            connector.set_sleep_impl(components.sleep_impl());
        }
        connector.tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(tls.clone()).build()
    }))
}

fn unusable(message: String) -> CloudError {
    CloudError::new(Class::Other, "connect to AWS", "BadSetting", message)
}

/// The SDK ignores a proxy that it does not understand, and would then go around it.
fn check_proxy(name: &str, value: Option<&str>) -> Result<(), CloudError> {
    let Some(value) = value else { return Ok(()) };
    let (scheme, rest) = value.split_once("://").unwrap_or(("http", value));
    let is_host = !rest.is_empty() && !rest.starts_with(['/', ':']) && !rest.contains(char::is_whitespace);
    if matches!(scheme, "http" | "https") && is_host {
        return Ok(());
    }
    Err(unusable(format!(
        "the variable `{name}` is not the URL of an HTTP proxy: write http://HOST:PORT, or unset it"
    )))
}

/// The text of a bundle of certificates, all of which can be used.
fn bundle(file: &Path) -> Result<Vec<u8>, CloudError> {
    let wrong = |what: String| {
        let cure = "name a PEM file with certificates of authorities, or unset it";
        unusable(format!("the variable `{BUNDLE}` names {}, {what}: {cure}", file.display()))
    };
    let text = files::read(file, MAX_BUNDLE_BYTES)
        .map_err(|error| wrong(format!("which cannot be read ({})", error.why)))?;
    let mut roots = RootCertStore::empty();
    for (nth, certificate) in CertificateDer::pem_slice_iter(&text).enumerate() {
        let bad =
            |error: &dyn Error| wrong(format!("whose certificate {} cannot be used ({error})", nth + 1));
        roots.add(certificate.map_err(|error| bad(&error))?).map_err(|error| bad(&error))?;
    }
    if roots.is_empty() { Err(wrong("which has no PEM certificate".to_owned())) } else { Ok(text) }
}

/// Whether the proxy refused or failed, if that is the cause of an error.
pub(super) fn is_of_proxy(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.to_string().starts_with("tunnel error") {
            return true;
        }
        next = error.source();
    }
    false
}

/// Never repeats a call because of a certificate: the next attempt meets the same one.
#[derive(Debug)]
pub(super) struct CertificateIsFinal;

impl ClassifyRetry for CertificateIsFinal {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let failed = context.output_or_error().and_then(Result::err);
        let cause = failed.and_then(|error| error.as_connector_error());
        match cause.and_then(|error| bad_certificate(error)) {
            Some(_) => RetryAction::RetryForbidden,
            None => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "certificates of endpoints"
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a test lays out the file that is read")]
mod tests {
    use super::*;

    #[test]
    fn proxy_that_the_sdk_would_ignore_is_refused_without_its_value() {
        for value in ["http://proxy:3128", "https://user:pass@proxy", "proxy:3128", "http://[::1]:1"] {
            assert_eq!(check_proxy("HTTPS_PROXY", Some(value)), Ok(()), "{value}");
        }
        for value in ["socks5://secret", "http://", "http:///secret", "secret proxy", "://secret"] {
            let refused = check_proxy("https_proxy", Some(value)).unwrap_err().to_string();
            assert!(refused.contains("`https_proxy`") && !refused.contains("secret"), "{refused}");
        }
    }

    #[test]
    fn bundle_without_usable_certificates_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bundle.pem");
        let refused = |text: &str| {
            std::fs::write(&path, text).unwrap();
            bundle(&path).unwrap_err().message
        };
        for text in ["", "no certificates", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
        {
            let said = refused(text);
            assert!(
                said.contains("`AWS_CA_BUNDLE`") && said.contains("bundle.pem, which has no PEM"),
                "{said}"
            );
        }
        let said = refused("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        assert!(said.contains("whose certificate 1 cannot be used"), "{said}");
        let said = bundle(folder.path()).unwrap_err().message;
        assert!(said.contains("this is a folder"), "{said}");
        let said = bundle(Path::new("no-such.pem")).unwrap_err().message;
        assert!(said.contains("names no-such.pem, which cannot be read"), "{said}");
    }
}
