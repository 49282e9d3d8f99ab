//! Converting the configuration of a health check to values and back.

use aws_sdk_route53::types::{HealthCheckConfig, HealthCheckType};
use holdfast_compiler::provider::aws::route53::health_check as kind;
use holdfast_compiler::resource::{Call, Values};
use serde_json::json;

use super::error::Named;
use super::fields::{flag, number, required, text};
use crate::cloud::CloudError;

/// A configuration as attributes. Omitted fields get the default that Route 53 documents (API Reference,
/// `HealthCheckConfig`).
pub(super) fn to_values(config: &HealthCheckConfig) -> Values {
    let kind = config.r#type().as_str();
    let secure = kind.starts_with("HTTPS");
    let present = |text: Option<&str>| json!(text.filter(|text| !text.is_empty()));
    let port = config.port().or(match kind {
        "HTTP" | "HTTP_STR_MATCH" => Some(80),
        "HTTPS" | "HTTPS_STR_MATCH" => Some(443),
        _ => None,
    });
    let attributes = [
        (kind::TYPE, json!(kind)),
        (kind::INTERVAL, json!(config.request_interval().unwrap_or(30))),
        (kind::FAILURES, json!(config.failure_threshold().unwrap_or(3))),
        (kind::IP, present(config.ip_address())),
        (kind::DOMAIN, present(config.fully_qualified_domain_name())),
        (kind::PORT, json!(port)),
        (kind::PATH, present(config.resource_path())),
        (kind::SEARCH, present(config.search_string())),
        (kind::SNI, json!(config.enable_sni().unwrap_or(secure))),
        (kind::INVERTED, json!(config.inverted().unwrap_or(false))),
        (kind::DISABLED, json!(config.disabled().unwrap_or(false))),
    ];
    let regions = config.regions().iter().map(|region| region.as_str()).collect::<Vec<_>>();
    let regions = (!regions.is_empty()).then(|| (kind::REGIONS, json!(regions)));
    attributes.into_iter().chain(regions).map(|(name, value)| (name.to_owned(), value)).collect()
}

/// A configuration from attributes.
pub(super) fn from_values(values: &Values) -> Result<HealthCheckConfig, CloudError> {
    const OPERATION: &Call = &kind::CREATE;
    let owned = |name: &str| text(values, name).map(str::to_owned);
    HealthCheckConfig::builder()
        .r#type(HealthCheckType::from(required(values, kind::TYPE, OPERATION)?))
        .set_request_interval(number(values, kind::INTERVAL))
        .set_failure_threshold(number(values, kind::FAILURES))
        .set_ip_address(owned(kind::IP))
        .set_fully_qualified_domain_name(owned(kind::DOMAIN))
        .set_port(number(values, kind::PORT))
        .set_resource_path(owned(kind::PATH))
        .set_search_string(owned(kind::SEARCH))
        .set_enable_sni(flag(values, kind::SNI))
        .set_inverted(flag(values, kind::INVERTED))
        .set_disabled(flag(values, kind::DISABLED))
        .build()
        .named(OPERATION)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn values(value: Value) -> Values {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn written_value_reads_back_unchanged() {
        let wanted = values(json!({
            "type": "HTTPS_STR_MATCH", "interval": 10, "failures": 2, "ip": "192.0.2.1",
            "domain": "app.example.com", "port": 8443, "path": "/health", "search": "ok", "sni": true,
            "inverted": false, "disabled": false,
        }));
        assert_eq!(to_values(&from_values(&wanted).unwrap()), wanted);
        let wanted = values(json!({
            "type": "TCP", "interval": 30, "failures": 3, "ip": "192.0.2.1", "domain": null, "port": 5432,
            "path": null, "search": null, "sni": false, "inverted": false, "disabled": false,
        }));
        assert_eq!(to_values(&from_values(&wanted).unwrap()), wanted);
    }

    #[test]
    fn omitted_setting_reads_as_the_default() {
        let found = HealthCheckConfig::builder().r#type(HealthCheckType::Https).resource_path("");
        let found = to_values(&found.build().unwrap());
        let wanted = values(json!({
            "type": "HTTPS", "interval": 30, "failures": 3, "ip": null, "domain": null, "port": 443,
            "path": null, "search": null, "sni": true, "inverted": false, "disabled": false,
        }));
        assert_eq!(found, wanted);
    }
}
