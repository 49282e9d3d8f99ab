//! Where Azure Resource Manager is.
//!
//! Source: Azure documentation, "Compare Azure Government and global Azure" and "Azure China developer guide", endpoints.

use azure_core::http::Url;

use crate::cloud::{Class, CloudError};

/// The variable with the URL of Azure Resource Manager.
const ENDPOINT: &str = "HOLDFAST_AZURE_ENDPOINT";
/// That of the public cloud.
const PUBLIC: &str = "https://management.azure.com";

/// The endpoint, and what follows from it.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    /// The URL that every path is appended to.
    pub(super) endpoint: Url,
    /// The scope of the tokens.
    pub(super) scope: String,
    /// The name of the cloud, as `az cloud list` has it, or the host of the endpoint.
    pub(super) partition: String,
}

impl Settings {
    /// As the environment says.
    ///
    /// # Errors
    /// The endpoint is not an `https://` URL of a host.
    pub(super) fn read() -> Result<Self, CloudError> {
        let set = std::env::var(ENDPOINT).ok().filter(|value| !value.is_empty());
        Self::of(set.as_deref().unwrap_or(PUBLIC))
    }

    fn of(text: &str) -> Result<Self, CloudError> {
        let url = Url::parse(text).ok().filter(|url| url.scheme() == "https" && url.host_str().is_some());
        let plain = |url: &Url| {
            matches!(url.path(), "" | "/")
                && url.query().is_none()
                && url.username().is_empty()
                && url.password().is_none()
        };
        let Some(endpoint) = url.filter(plain) else {
            // Not its value: it could have a password.
            let message = format!(
                "the variable `{ENDPOINT}` is not the URL of Azure Resource Manager: write https://HOST, or unset it"
            );
            return Err(CloudError::new(Class::Other, "connect to Azure", "BadSetting", message));
        };
        let host = endpoint.host_str().unwrap_or_default();
        let partition = match host {
            "management.azure.com" => "AzureCloud",
            "management.usgovcloudapi.net" => "AzureUSGovernment",
            "management.chinacloudapi.cn" => "AzureChinaCloud",
            other => other,
        };
        let partition = partition.to_owned();
        let scope = format!("{}/.default", endpoint.as_str().trim_end_matches('/'));
        Ok(Self { endpoint, scope, partition })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoint_gives_scope_and_name_of_the_cloud() {
        for (endpoint, scope, partition) in [
            (PUBLIC, "https://management.azure.com/.default", "AzureCloud"),
            (
                "https://management.usgovcloudapi.net/",
                "https://management.usgovcloudapi.net/.default",
                "AzureUSGovernment",
            ),
            ("https://127.0.0.1:8443", "https://127.0.0.1:8443/.default", "127.0.0.1"),
        ] {
            let settings = Settings::of(endpoint).unwrap();
            assert_eq!((settings.scope.as_str(), settings.partition.as_str()), (scope, partition));
        }
    }

    #[test]
    fn endpoint_without_tls_is_refused_without_its_value() {
        for text in [
            "http://management.azure.com",
            "secret",
            "https://",
            "https://user:secret@host",
            "https://host/secret",
        ] {
            let refused = Settings::of(text).unwrap_err().to_string();
            assert!(refused.contains(ENDPOINT) && !refused.contains("secret"), "{refused}");
        }
    }
}
