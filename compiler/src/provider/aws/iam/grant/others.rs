//! Foreign permissions of a role: permissions that Holdfast did not grant and cannot guarantee.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::resource::Values;

/// The observed attribute of a role that contains a [`Foreign`]. It is absent if the role has no foreign
/// permissions. No policy can set it.
pub const FOREIGN: &str = "foreign";

/// Foreign permissions of a role.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Foreign {
    /// Names of inline policies other than Holdfast's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inline_policies: Vec<String>,
    /// ARNs of attached managed policies.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attached_policies: Vec<String>,
    /// The ARN of the permissions boundary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boundary: Option<String>,
}

impl Foreign {
    /// The foreign permissions of an observed role. An attribute that cannot be parsed also counts as
    /// foreign.
    #[must_use]
    pub fn of(role: &Values) -> Option<Self> {
        let found = role.get(FOREIGN).filter(|found| !found.is_null())?;
        let unreadable = || Self { inline_policies: vec![found.to_string()], ..Self::default() };
        let foreign = serde_json::from_value(found.clone()).unwrap_or_else(|_| unreadable());
        (foreign != Self::default()).then_some(foreign)
    }

    /// As an attribute, or `None` if there are no foreign permissions.
    #[must_use]
    pub fn attribute(&self) -> Option<Value> {
        (*self != Self::default()).then(|| serde_json::to_value(self).unwrap_or_default())
    }

    /// As text: "inline policy `a`, attached policy `arn:…`".
    #[must_use]
    pub fn in_words(&self) -> String {
        let inline = self.inline_policies.iter().map(|name| format!("inline policy `{name}`"));
        let attached = self.attached_policies.iter().map(|arn| format!("attached policy `{arn}`"));
        let boundary = self.boundary.iter().map(|arn| format!("permissions boundary `{arn}`"));
        inline.chain(attached).chain(boundary).collect::<Vec<_>>().join(", ")
    }
}
