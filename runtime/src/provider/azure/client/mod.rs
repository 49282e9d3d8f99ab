//! The client of Azure Resource Manager: sign-in, one place that sends, and the shapes of what is sent and answered.
//!
//! | variable | means |
//! | --- | --- |
//! | `HOLDFAST_AZURE_ENDPOINT` | the URL of Azure Resource Manager, for a sovereign cloud; `https://management.azure.com` if unset |
//! | `AZURE_AUTHORITY_HOST` | where to sign in, for a sovereign cloud |
//! | `AZURE_TENANT_ID`, `AZURE_CLIENT_ID`, and more | who signs in: see [`sign_in`] |
//! | `SSL_CERT_FILE`, `SSL_CERT_DIR` | the certificate authorities that are trusted, instead of the machine's |
//! | `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY` | the proxy, as for AWS; what gives a managed identity its tokens is asked without one |
//!
//! The crate `azure_core` gives the pipeline and `azure_identity` the tokens. Repeating a call is ours: the pipeline would repeat
//! every write whose answer is lost, also one that is not the same the second time.

pub(super) mod arm;
pub(super) mod error;
pub(super) mod models;
mod operation;
mod patience;
mod renewed;
mod settings;
pub(super) mod sign_in;
mod transport;
