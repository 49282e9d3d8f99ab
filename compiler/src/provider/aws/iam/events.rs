//! The role that EventBridge sends events to other regions with.
//!
//! Source: Amazon EventBridge User Guide, "Permissions for event buses in Amazon EventBridge".

use std::collections::BTreeSet;

use serde_json::json;

use super::grant::{self, Service};
use super::role;
use super::statements::allow;
use crate::lower::context::{Context, ESTATE_TAG};
use crate::provider::aws::name::AWS;
use crate::provider::aws::named::generated;
use crate::resource::{Address, ESTATE, Resource};
use crate::source::Span;

/// The last name of its address and the last part of its name.
const HEARTBEAT: &str = "heartbeat";

/// The role, one for the estate, and its name. `buses` are the ARNs of the event buses that it may send to.
pub(in crate::provider::aws) fn role(
    context: &Context<'_>,
    buses: &BTreeSet<String>,
    span: Span,
) -> (Resource, String) {
    let estate = context.policy.estate.as_str();
    let name = generated(&[estate, HEARTBEAT], "", role::LONGEST_NAME);
    let statement = allow("SendHeartbeats", "", json!(buses), serde_json::Value::Null);
    let address = Address::new(role::KIND, &[ESTATE, HEARTBEAT]);
    let role = Resource::new(address, "lets regions tell each other that they are there", span)
        .set(role::NAME, name.as_str())
        .set(role::TRUST, grant::trust(Service::Events, context.target.account(AWS)))
        .set(role::POLICY, json!({"Version": "2012-10-17", "Statement": [statement]}))
        .set(role::TAGS, json!({ESTATE_TAG: estate}))
        .phased();
    (role, name)
}
