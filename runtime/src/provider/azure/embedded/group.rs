//! Resource groups, which exist as soon as a policy names one.

use holdfast_compiler::observation::Object;
use holdfast_compiler::provider::azure::group as kind;
use holdfast_compiler::resource::{Identity, Kind, Values};

use super::text;
use crate::local::embedded::Embedded;
use crate::local::store::State;

/// Resource groups in the embedded cloud.
pub(super) struct ResourceGroup;

impl Embedded for ResourceGroup {
    fn kind(&self) -> Kind {
        kind::KIND
    }

    fn made(&self, _: &mut State, wanted: &Values) -> (String, Values) {
        (text(wanted, kind::ID), Values::new())
    }

    fn provide(&self, identity: &Identity) -> Option<Object> {
        let id = identity.get(kind::ID)?.to_owned();
        Some(Object { kind: kind::KIND, id, attributes: identity.values(), outputs: Values::new() })
    }
}
