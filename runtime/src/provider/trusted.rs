//! Whether an endpoint could not be trusted, whichever HTTP client asked.

use std::error::Error;
use std::io;

/// Why the certificate of an endpoint or a proxy is not trusted, if that is the cause of an error.
pub(super) fn bad_certificate(error: &(dyn Error + 'static)) -> Option<String> {
    if let Some(tls @ rustls::Error::InvalidCertificate(_)) = error.downcast_ref() {
        return Some(tls.to_string());
    }
    // The source of an I/O error is that of the error in it, so the one in it has to be asked for.
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(inner) => bad_certificate(inner),
        None => error.source().and_then(bad_certificate),
    }
}
