//! Health checks. Source: Route 53 API Reference, `HealthCheckConfig`.

use crate::provider::aws::clients::HOME;
use holdfast_compiler::provider::aws::route53::health_check as kind;
use holdfast_compiler::resource::{Kind, Values};
use serde_json::json;

use super::values;
use crate::local::embedded::{Checked, Embedded, Look};
use crate::local::store::State;

/// Health checks in the embedded cloud.
pub(super) struct HealthCheck;

impl Embedded for HealthCheck {
    fn kind(&self) -> Kind {
        kind::KIND
    }

    /// Source: AWS whitepaper "AWS Fault Isolation Boundaries", "Global services".
    fn control_plane(&self, _: &Values) -> Option<String> {
        Some(HOME.to_owned())
    }

    fn made(&self, state: &mut State, _: &Values) -> (String, Values) {
        let id = state.next_id("hc");
        let outputs = values(json!({kind::ID: id}));
        (id, outputs)
    }

    fn check(&self, look: &Look<'_>) -> Checked {
        let number = |name: &str| look.get(name).as_u64().unwrap_or_default();
        let asks = look.text(kind::TYPE);
        if !["HTTP", "HTTPS", "HTTP_STR_MATCH", "HTTPS_STR_MATCH", "TCP"].contains(&asks) {
            return look.refuse("InvalidInput", format!("there is no type `{asks}`"));
        }
        if ![10, 30].contains(&number(kind::INTERVAL)) || !(1..=10).contains(&number(kind::FAILURES)) {
            return look.refuse("InvalidInput", "the interval must be 10 or 30, the threshold 1 to 10");
        }
        if look.get(kind::IP).is_null() && look.get(kind::DOMAIN).is_null() {
            return look.refuse("InvalidInput", "a check needs an address or a domain name");
        }
        if asks.ends_with(kind::STRING_MATCH) == look.get(kind::SEARCH).is_null() {
            return look.refuse(
                "InvalidInput",
                "the types *_STR_MATCH need a search string, and no others have one",
            );
        }
        Ok(())
    }
}
