//! Hosted zones: each exists as soon as a policy names it, unless the cloud's file fixes the zones.

use holdfast_compiler::digest::sha256;
use holdfast_compiler::observation::Object;
use holdfast_compiler::provider::aws::route53::hosted_zone as kind;
use holdfast_compiler::resource::{Identity, Kind, Values};
use serde_json::json;

use super::{text, values};
use crate::local::embedded::Embedded;
use crate::local::store::State;

/// Hosted zones in the embedded cloud.
pub(super) struct HostedZone;

impl Embedded for HostedZone {
    fn kind(&self) -> Kind {
        kind::KIND
    }

    fn made(&self, _: &mut State, wanted: &Values) -> (String, Values) {
        (text(wanted, kind::NAME), Values::new())
    }

    fn provide(&self, identity: &Identity) -> Option<Object> {
        let name = identity.get(kind::NAME)?;
        let id: String = sha256(name).chars().take(14).collect();
        let id = format!("Z{}", id.to_uppercase());
        let outputs = values(json!({kind::ID: id}));
        Some(Object { kind: kind::KIND, id, attributes: values(json!({kind::NAME: name})), outputs })
    }
}
