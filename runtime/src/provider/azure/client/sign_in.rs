//! Who signs in, by the variables that Azure's own tools use. The first that is set up decides, and there is no search beyond it:
//!
//! | set | signs in |
//! | --- | --- |
//! | `AZURE_TENANT_ID`, `AZURE_CLIENT_ID`, `AZURE_CLIENT_SECRET` | a service principal with a secret |
//! | `AZURE_TENANT_ID`, `AZURE_CLIENT_ID`, `AZURE_FEDERATED_TOKEN_FILE` | a workload identity: a token of Kubernetes or of a CI system |
//! | `AZURE_TOKEN_CREDENTIALS=ManagedIdentityCredential` | the managed identity of the machine; `AZURE_CLIENT_ID` chooses one of several |
//! | nothing of these | whoever signed in with `az login` or `azd auth login` |
//!
//! A certificate signs in through `az login --service-principal`: `azure_identity` reads certificates with OpenSSL only, which
//! Holdfast does not link.
//!
//! Sources: Azure SDK documentation, "Azure Identity environment variables"; Microsoft identity platform documentation, "Access token
//! claims reference".

use std::sync::Arc;

use azure_core::base64;
use azure_core::credentials::{Secret, TokenCredential};
use azure_core::http::{ClientOptions, ExponentialRetryOptions, RetryOptions, Transport};
use azure_identity::{
    ClientAssertionCredentialOptions, ClientSecretCredential, ClientSecretCredentialOptions,
    DeveloperToolsCredential, ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId,
    WorkloadIdentityCredential, WorkloadIdentityCredentialOptions,
};
use holdfast_compiler::plan::Account;
use serde::Deserialize;

use super::error::{SIGN_IN, causes, no_credentials, untrusted};
use super::transport::{self, Way};
use crate::cloud::{Caller, CloudError};

const TENANT: &str = "AZURE_TENANT_ID";
const CLIENT: &str = "AZURE_CLIENT_ID";
const SECRET: &str = "AZURE_CLIENT_SECRET";
const TOKEN_FILE: &str = "AZURE_FEDERATED_TOKEN_FILE";
const CERTIFICATE: &str = "AZURE_CLIENT_CERTIFICATE_PATH";
const CHOICE: &str = "AZURE_TOKEN_CREDENTIALS";
/// How often a token is asked for again. Who is not there after some seconds is most likely not there.
const TOKEN_RETRIES: u32 = 4;
const MANAGED: &str = "ManagedIdentityCredential";

/// The credential that the environment selects. Makes no call.
///
/// # Errors
/// Variables are missing, contradict each other, or name a certificate.
pub(super) fn credential(transport: &Transport) -> Result<Arc<dyn TokenCredential>, CloudError> {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let needs = |name: &str, with: &str| {
        set(name).ok_or_else(|| no_credentials(format!("`{with}` is set, so `{name}` is needed too")))
    };
    // What asks for tokens repeats its own calls: a token can be asked for twice.
    let retry = ExponentialRetryOptions { max_retries: TOKEN_RETRIES, ..ExponentialRetryOptions::default() };
    let client_options = ClientOptions {
        transport: Some(transport.clone()),
        retry: RetryOptions::exponential(retry),
        ..ClientOptions::default()
    };
    let unusable = |error: azure_core::Error| no_credentials(error.to_string());
    if let Some(secret) = set(SECRET) {
        let (tenant, client) = (needs(TENANT, SECRET)?, needs(CLIENT, SECRET)?);
        let options = ClientSecretCredentialOptions { client_options };
        return Ok(ClientSecretCredential::new(&tenant, client, Secret::new(secret), Some(options))
            .map_err(unusable)?);
    }
    if set(TOKEN_FILE).is_some() {
        needs(TENANT, TOKEN_FILE)?;
        needs(CLIENT, TOKEN_FILE)?;
        let credential_options = ClientAssertionCredentialOptions { client_options };
        let options = WorkloadIdentityCredentialOptions { credential_options, ..Default::default() };
        return Ok(WorkloadIdentityCredential::new(Some(options)).map_err(unusable)?);
    }
    if set(CERTIFICATE).is_some() {
        return Err(no_credentials(format!(
            "`{CERTIFICATE}` is set, and Holdfast cannot read certificates: run `az login --service-principal` with it and unset \
             the variable"
        )));
    }
    match set(CHOICE).as_deref() {
        Some(MANAGED) => {
            let user_assigned_id = set(CLIENT).map(UserAssignedId::ClientId);
            let transport = Some(Transport::new(transport::http_client(Way::Direct)?));
            let client_options = ClientOptions { transport, ..client_options };
            let options = ManagedIdentityCredentialOptions { user_assigned_id, client_options };
            Ok(ManagedIdentityCredential::new(Some(options)).map_err(unusable)?)
        }
        None | Some("dev") => Ok(DeveloperToolsCredential::new(None).map_err(unusable)?),
        Some(_) => Err(no_credentials(format!(
            "`{CHOICE}` is `{MANAGED}` or `dev`, or unset; Holdfast knows no others"
        ))),
    }
}

/// Who a token is for.
#[derive(Deserialize)]
struct Claims {
    /// The tenant.
    tid: String,
    /// The principal that roles are assigned to.
    oid: String,
}

/// Whom the token is for: the tenant is the account, and the object id of the principal is who acts. The token is not verified: it came
/// from the authority over TLS, and Azure verifies it.
///
/// # Errors
/// No token, or one without the claims.
pub(super) async fn caller(
    credential: &dyn TokenCredential,
    scope: &str,
    partition: &str,
) -> Result<Caller, CloudError> {
    let token = credential.get_token(&[scope], None).await;
    let token = token
        .map_err(|error| untrusted(SIGN_IN, &error).unwrap_or_else(|| no_credentials(causes(&error))))?;
    let claims = claims(token.token.secret())
        .ok_or_else(|| no_credentials("the token does not say which tenant and principal it is for"))?;
    let account = Account { id: claims.tid, partition: partition.to_owned() };
    Ok(Caller { account, principal: claims.oid })
}

fn claims(token: &str) -> Option<Claims> {
    let payload = token.split('.').nth(1)?;
    serde_json::from_slice(&base64::decode_url_safe(payload).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_names_tenant_and_principal_or_nobody() {
        let payload = base64::encode_url_safe(r#"{"tid":"t","oid":"o","aud":"x"}"#);
        let found = claims(&format!("e30.{payload}.c2ln")).unwrap();
        assert_eq!((found.tid.as_str(), found.oid.as_str()), ("t", "o"));
        for token in ["", "opaque", "a.b.c", "a.e30.c"] {
            assert!(claims(token).is_none(), "{token}");
        }
    }
}
