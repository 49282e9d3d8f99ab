//! Attributes with their values.

use std::collections::BTreeMap;

use serde_json::Value;

/// The attributes of a thing in the cloud, or the resolved ones of a resource. Sorted by name.
pub type Values = BTreeMap<String, Value>;
