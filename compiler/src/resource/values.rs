//! Attribute values.

use std::collections::BTreeMap;

use serde_json::Value;

/// The attributes of an observed object, or the resolved attributes of a resource. Sorted by name.
pub type Values = BTreeMap<String, Value>;
