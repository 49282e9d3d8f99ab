//! KMS keys: each can be used as soon as a policy names it, unless the cloud's file says otherwise. Source: AWS KMS API
//! Reference, `DescribeKey`.

use holdfast_compiler::observation::Object;
use holdfast_compiler::provider::aws::kms::{self, key as kind};
use holdfast_compiler::resource::{Identity, Kind, Values};
use serde_json::json;

use super::{text, values};
use crate::local::embedded::Embedded;
use crate::local::store::State;

/// The state of a key in the file that stands for a key that does not exist: KMS does not show deleted keys.
const DELETED: &str = "Deleted";

/// Keys in the embedded cloud.
pub(super) struct Key;

impl Embedded for Key {
    fn kind(&self) -> Kind {
        kind::KIND
    }

    fn made(&self, _: &mut State, wanted: &Values) -> (String, Values) {
        (text(wanted, kind::ARN), Values::new())
    }

    fn evidence(&self, state: &State, identity: &Identity) -> Option<Object> {
        let arn = identity.get(kind::ARN)?;
        let mut attributes = values(json!({
            kind::ARN: arn,
            kind::REGION: kms::region(arn),
            kind::STATE: kind::ENABLED,
            kind::SPEC: kind::SYMMETRIC,
            kind::USAGE: kind::ENCRYPTS,
            kind::MULTI_REGION: arn.contains("/mrk-"),
        }));
        if let Some(set) = state.get(kind::KIND, arn) {
            attributes.extend(set.attributes.clone());
        }
        let gone = attributes.get(kind::STATE).is_some_and(|state| state == DELETED);
        (!gone).then(|| Object { kind: kind::KIND, id: arn.to_owned(), attributes, outputs: Values::new() })
    }
}
