//! Roles. Source: IAM API Reference, `CreateRole`.

use crate::provider::aws::clients::HOME;
use holdfast_compiler::provider::aws::iam::{self, role as kind};
use holdfast_compiler::resource::{Kind, Values};
use serde_json::json;

use super::{text, values};
use crate::local::embedded::{Checked, Embedded, Look};
use crate::local::store::State;

/// Roles in the embedded cloud.
pub(super) struct Role;

impl Embedded for Role {
    fn kind(&self) -> Kind {
        kind::KIND
    }

    /// Source: AWS whitepaper "AWS Fault Isolation Boundaries", "Global services".
    fn control_plane(&self, _: &Values) -> Option<String> {
        Some(HOME.to_owned())
    }

    fn made(&self, state: &mut State, wanted: &Values) -> (String, Values) {
        let name = text(wanted, kind::NAME);
        let outputs = values(json!({kind::ARN: iam::role_arn(state.account(), &name)}));
        (name, outputs)
    }

    fn exists(&self) -> Option<(&'static str, &'static str)> {
        Some(("EntityAlreadyExists", "the role already exists"))
    }

    fn check(&self, look: &Look<'_>) -> Checked {
        if !(1..=kind::LONGEST_NAME).contains(&look.text(kind::NAME).len()) {
            return look.refuse("ValidationError", "a role's name must have 1 to 64 characters");
        }
        if look.get(kind::TRUST).get("Statement").is_none()
            || look.get(kind::POLICY).get("Statement").is_none()
        {
            return look.refuse("MalformedPolicyDocument", "a policy needs statements");
        }
        Ok(())
    }
}
