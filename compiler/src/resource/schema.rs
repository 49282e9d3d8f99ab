//! The declaration of a kind: everything that generic code and documents need to know about it, as static data. A
//! provider declares its kinds; nothing here names one.

use std::net::IpAddr;

use serde_json::Value;

use super::call::Call;
use super::values::Values;

/// A kind of resource, declared once.
#[derive(Debug)]
pub struct KindSchema {
    /// The provider's name, which addresses begin with; nothing for kinds that are in no cloud.
    pub provider: Option<&'static str>,
    /// Its name in addresses. Unique over all providers: `existing` names kinds without their provider.
    pub name: &'static str,
    /// Who makes it.
    pub lifecycle: Lifecycle,
    /// Whether it holds data: such a thing is never replaced, and never deleted without consent.
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
    /// What tells that a run of ours made a thing, when the answer to the call that made it was lost.
    pub mark: Mark,
    /// Whether two things of the kind can exist side by side, where not all can.
    pub coexist: Option<Coexist>,
    /// The parts of its identity that a policy may give under `existing`: names that Holdfast generates otherwise.
    pub known_as: &'static [&'static str],
    /// Whether other resources act with its rights, as with a role.
    pub acts: bool,
    /// The rights that others have put on a thing of the kind, in words.
    pub rights_of_others: Option<fn(&Values) -> Option<String>>,
    /// The attributes that say what rights a thing has.
    pub rights: &'static [&'static str],
    /// The name that a console shows for a thing, where that is not its identity.
    pub shown_as: Option<fn(&Values) -> Option<String>>,
    /// How a thing that has to be there already is made by hand, for the cure of the error that it is missing.
    pub by_hand: Option<fn(&str) -> String>,
    /// The calls that its driver makes.
    pub calls: &'static [&'static Call],
}

impl KindSchema {
    /// What a kind is unless its declaration says otherwise.
    pub const BASE: Self = Self {
        provider: None,
        name: "",
        lifecycle: Lifecycle::Managed,
        stateful: false,
        attributes: &[],
        outputs: &[],
        batched_by: None,
        removal: None,
        ours: None,
        mark: Mark::Attributes,
        coexist: None,
        known_as: &[],
        acts: false,
        rights_of_others: None,
        rights: &[],
        shown_as: None,
        by_hand: None,
        calls: &[],
    };
}

/// What tells that a run of ours made a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Its identity: a reference that nobody else uses.
    Identity,
    /// An attribute that it has from the moment it is made, such as its tags.
    Attribute(&'static str),
    /// All that is wanted of it: it is made in one call, and is as wanted or somebody else's.
    Attributes,
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
    /// The attributes that tell what is lost when one goes; the first that is set is shown.
    pub answers: &'static [&'static str],
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
    /// Somebody else, before: it has to be there. It belongs to no service; its address is its name.
    Prerequisite,
    /// Nobody: a point in the graph that is reached when what it needs is done.
    Milestone,
}

/// An attribute, declared.
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
    /// Whether a policy may leave it as it is, under `existing`.
    pub leavable: bool,
    /// Whether its value is never shown: plans say that it changes, and not from what to what.
    pub sensitive: bool,
    /// What the cloud gives a new thing that does not say.
    pub unset: Option<fn() -> Value>,
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
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        let (shape, change) = (Shape::Plain, Change::InPlace);
        Self { name, shape, change, caution: None, leavable: false, sensitive: false, unset: None }
    }

    /// A part of the identity.
    #[must_use]
    pub const fn identity(name: &'static str) -> Self {
        Self { change: Change::Identity, ..Self::new(name) }
    }

    /// The same with a shape.
    #[must_use]
    pub const fn shaped(self, shape: Shape) -> Self {
        Self { shape, ..self }
    }

    /// The same with what a change takes.
    #[must_use]
    pub const fn change(self, change: Change) -> Self {
        Self { change, ..self }
    }

    /// The same with a caution.
    #[must_use]
    pub const fn caution(self, caution: fn(&Value, &Value) -> Option<&'static str>) -> Self {
        Self { caution: Some(caution), ..self }
    }

    /// The same, for policies to leave as it is.
    #[must_use]
    pub const fn leavable(self) -> Self {
        Self { leavable: true, ..self }
    }

    /// The same, never shown.
    #[must_use]
    pub const fn sensitive(self) -> Self {
        Self { sensitive: true, ..self }
    }

    /// The same with what a new thing has that does not say.
    #[must_use]
    pub const fn unset(self, value: fn() -> Value) -> Self {
        Self { unset: Some(value), ..self }
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

    /// The attributes that a policy may leave as they are.
    #[must_use]
    pub fn leavable(&self) -> Vec<&'static str> {
        self.attributes.iter().filter(|a| a.leavable).map(|a| a.name).collect()
    }

    /// What a new thing has that does not say otherwise.
    #[must_use]
    pub fn unset(&self) -> Values {
        let unset = self.attributes.iter().filter_map(|a| Some((a.name.to_owned(), a.unset?())));
        unset.collect()
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
    fn equivalent_values_are_equal() {
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
