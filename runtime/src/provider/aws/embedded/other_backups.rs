//! Backup plans of others that back up a bucket, if the cloud's file has some.

use holdfast_compiler::observation::Object;
use holdfast_compiler::provider::aws::backup::others as kind;
use holdfast_compiler::resource::{Identity, Kind, Values};

use super::text;
use crate::local::embedded::Embedded;
use crate::local::store::State;

/// Backup plans of others in the embedded cloud.
pub(super) struct OtherBackups;

impl Embedded for OtherBackups {
    fn kind(&self) -> Kind {
        kind::KIND
    }

    fn made(&self, _: &mut State, wanted: &Values) -> (String, Values) {
        (text(wanted, kind::BUCKET), Values::new())
    }

    fn evidence(&self, state: &State, identity: &Identity) -> Option<Object> {
        state.get(kind::KIND, identity.get(kind::BUCKET)?).cloned()
    }
}
