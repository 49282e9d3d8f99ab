//! What generic code knows about a kind: static data that stands next to the kind.

use std::net::IpAddr;

use serde_json::Value;

use super::Values;

/// A kind of resource, described.
#[derive(Debug)]
pub struct KindSchema {
    /// Its name in addresses.
    pub name: &'static str,
    /// Who makes it.
    pub lifecycle: Lifecycle,
    /// Whether it holds data: such a thing is never replaced and never deleted by Holdfast.
    pub stateful: bool,
    /// Its attributes, in the order in which they are shown.
    pub attributes: &'static [AttributeSchema],
    /// What only the cloud can tell once it exists.
    pub outputs: &'static [&'static str],
    /// The attribute by which changes travel together in one atomic batch.
    pub batched_by: Option<&'static str>,
    /// What a reviewer has to be told when one is removed.
    pub removal: Option<&'static str>,
    /// Whether a thing bears our mark, for kinds whose identity does not say whose it is. What somebody else
    /// has put in the place of ours is never deleted.
    pub ours: Option<fn(&Values) -> bool>,
    /// Whether two things of the kind can exist side by side, where not all can.
    pub coexist: Option<Coexist>,
}

/// Things of a kind that compete for a place.
#[derive(Debug)]
pub struct Coexist {
    /// Only things that agree in these attributes compete.
    pub within: &'static [&'static str],
    /// Whether two of those can exist side by side.
    pub rule: fn(&Values, &Values) -> bool,
    /// What a thing is, in words, if nothing may take its place.
    pub immovable: fn(&Values) -> Option<String>,
}

impl Coexist {
    /// The place that a thing competes for.
    #[must_use]
    pub fn place(&self, values: &Values) -> Vec<String> {
        self.within.iter().map(|name| values.get(*name).map(Value::to_string).unwrap_or_default()).collect()
    }
}

/// Who makes a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifecycle {
    /// Holdfast.
    Managed,
    /// Somebody else, before: it has to be there.
    Prerequisite,
    /// Nobody: a point in the graph that is reached when what it needs is done.
    Milestone,
}

/// An attribute, described.
#[derive(Debug)]
pub struct AttributeSchema {
    /// Its name.
    pub name: &'static str,
    /// How two values compare and how they are shown.
    pub shape: Shape,
    /// What a change of it takes.
    pub change: Change,
    /// What a reviewer has to be told about a change from one value to another.
    pub caution: Option<fn(&Value, &Value) -> Option<&'static str>>,
}

/// How values compare and how they are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// As they are.
    Plain,
    /// A list whose order means nothing.
    Set,
    /// A mapping of which only the wanted keys are managed: tags of others stay.
    Tags,
    /// A document, compared as data and shown as a text diff.
    Document,
}

/// What a change takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It is part of what the cloud knows the thing by.
    Identity,
    /// An update.
    InPlace,
    /// A new thing in the place of the old one.
    Replace,
    /// A new thing if the value appears or disappears, an update if it only changes.
    ReplaceIfNull,
}

impl AttributeSchema {
    /// A plain attribute that can be updated.
    pub(super) const fn new(name: &'static str) -> Self {
        Self { name, shape: Shape::Plain, change: Change::InPlace, caution: None }
    }

    pub(super) const fn identity(name: &'static str) -> Self {
        Self { change: Change::Identity, ..Self::new(name) }
    }

    pub(super) const fn shaped(self, shape: Shape) -> Self {
        Self { shape, ..self }
    }

    pub(super) const fn change(self, change: Change) -> Self {
        Self { change, ..self }
    }

    pub(super) const fn caution(self, caution: fn(&Value, &Value) -> Option<&'static str>) -> Self {
        Self { caution: Some(caution), ..self }
    }

    /// Whether going from one value to another needs a new thing.
    #[must_use]
    pub fn replaces(&self, before: &Value, after: &Value) -> bool {
        match self.change {
            Change::Replace | Change::Identity => true,
            Change::ReplaceIfNull => before.is_null() != after.is_null(),
            Change::InPlace => false,
        }
    }
}

impl KindSchema {
    /// The names of the attributes the cloud knows a thing by.
    pub fn identity(&self) -> impl Iterator<Item = &'static str> {
        self.attributes.iter().filter(|a| a.change == Change::Identity).map(|a| a.name)
    }

    /// The description of an attribute.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&'static AttributeSchema> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }
}

impl Shape {
    /// Whether what is there is what is wanted.
    #[must_use]
    pub fn same(self, found: &Value, wanted: &Value) -> bool {
        match (self, found, wanted) {
            (Self::Set, Value::Array(found), Value::Array(wanted)) => sorted(found) == sorted(wanted),
            (Self::Tags, found, Value::Object(wanted)) => {
                wanted.iter().all(|(key, value)| found.get(key) == Some(value))
            }
            _ => found == wanted || canonical(found) == canonical(wanted),
        }
    }

    /// What will be there afterwards: the wanted value, with what is not managed kept.
    #[must_use]
    pub fn merge(self, found: &Value, wanted: &Value) -> Value {
        match (self, found, wanted) {
            (Self::Tags, Value::Object(found), Value::Object(wanted)) => {
                let mut all = found.clone();
                all.extend(wanted.clone());
                Value::Object(all)
            }
            _ => wanted.clone(),
        }
    }
}

/// A value as text. An address is the same however it is written: services may give back another spelling
/// than they were given (RFC 5952 §2).
fn canonical(value: &Value) -> String {
    let address = value.as_str().and_then(|text| text.parse::<IpAddr>().ok());
    address.map_or_else(|| value.to_string(), |address| address.to_string())
}

fn sorted(items: &[Value]) -> Vec<String> {
    let mut texts: Vec<String> = items.iter().map(canonical).collect();
    texts.sort_unstable();
    texts
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_means_the_same_is_the_same() {
        assert!(Shape::Set.same(&json!(["2001:DB8:0:0::1", "b"]), &json!(["b", "2001:db8::1"])));
        assert!(Shape::Plain.same(&json!("2001:0db8::0001"), &json!("2001:db8::1")));
        assert!(!Shape::Plain.same(&json!("192.0.2.1"), &json!("192.0.2.2")));
        assert!(Shape::Tags.same(&json!({"a": "1", "theirs": "2"}), &json!({"a": "1"})));
        assert_eq!(
            Shape::Tags.merge(&json!({"theirs": "2"}), &json!({"a": "1"})),
            json!({"a": "1", "theirs": "2"})
        );
    }
}
