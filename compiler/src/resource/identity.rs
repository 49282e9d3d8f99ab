//! The identity of a resource in its cloud.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::address::Address;
use super::kind::Kind;
use super::values::Values;
use super::{Attribute, Attributes};

/// What a cloud identifies an object by: the identity attributes of its kind. `None` is an attribute that the
/// object does not have, such as the set identifier of a simple record. Objects of one kind with equal
/// identities are the same object.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Identity(BTreeMap<String, Option<String>>);

impl Identity {
    /// The identity of an object with these attributes.
    #[must_use]
    pub fn of(kind: Kind, attributes: &Values) -> Self {
        Self::by(kind, |name| attributes.get(name))
    }

    /// The identity of a resource with these attributes. Identity attributes are always known.
    #[must_use]
    pub fn of_resource(kind: Kind, attributes: &Attributes) -> Self {
        Self::by(kind, |name| match attributes.get(name)? {
            Attribute::Known(value) => Some(value),
            Attribute::Output { .. } => None,
        })
    }

    /// The identity of what exists already, whose address is its name.
    #[must_use]
    pub fn of_prerequisite(address: &Address) -> Self {
        let parts = address.kind().schema().identity();
        Self(parts.map(|part| (part.to_owned(), Some(address.name()))).collect())
    }

    fn by<'a>(kind: Kind, get: impl Fn(&str) -> Option<&'a Value>) -> Self {
        let text = |value: &Value| match value {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            // No kind has such an identity value. If a cloud returns one, it must not match another object.
            other => Some(other.to_string()),
        };
        let parts = kind.schema().identity();
        Self(parts.map(|name| (name.to_owned(), get(name).and_then(text))).collect())
    }

    /// One identity attribute.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_deref()
    }

    /// The identity as attributes, with null for those that the object does not have.
    #[must_use]
    pub fn values(&self) -> Values {
        self.0.iter().map(|(name, part)| (name.clone(), Value::from(part.clone()))).collect()
    }

    /// Whether it is what policies call `name`: one of its values, or all of them, such as `ACCOUNT/CONTAINER`.
    #[must_use]
    pub fn is_named(&self, name: &str) -> bool {
        self.names().iter().any(|one| one == name)
    }

    /// What policies may call the object: each of its values, and all of them with `/` between.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let parts: Vec<&str> = self.parts().collect();
        let whole = (parts.len() > 1).then(|| parts.join("/"));
        parts.iter().map(|part| (*part).to_owned()).chain(whole).collect()
    }

    /// The values that the object has, in the order of their names.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        self.0.values().filter_map(Option::as_deref)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::aws::route53::record;
    use serde_json::json;

    fn values(value: Value) -> Values {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn missing_part_equals_null() {
        let plain =
            values(json!({"zone": "acme.example", "name": "www.acme.example", "type": "A", "ttl": 60}));
        let null = values(
            json!({"zone": "acme.example", "name": "www.acme.example", "type": "A", "set-identifier": null}),
        );
        let other = values(
            json!({"zone": "acme.example", "name": "www.acme.example", "type": "A", "set-identifier": "null"}),
        );
        let of = |values: &Values| Identity::of(record::KIND, values);
        assert_eq!(of(&plain), of(&null));
        assert_ne!(of(&null), of(&other));
        assert_eq!(of(&plain).get("name"), Some("www.acme.example"));
        assert_eq!(of(&null).get("set-identifier"), None);
    }
}
