//! The declaration of a kind: what generic code and documentation need to know about it, as static data.
//! Providers declare kinds; this module names none.

use std::net::IpAddr;

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::address::Address;
use super::call::Call;
use super::values::Values;

/// A clause about an object that waits for a person, with the name in it that differs among objects of the same kind, so that one
/// sentence can speak of several: `` `on-call` has to confirm that critical alarms of us-east-1 come by mail ``.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waits {
    /// What stands before the name.
    pub before: String,
    /// The name.
    pub of: String,
    /// What stands after it.
    pub after: String,
}

impl Serialize for Waits {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{}{}{}", self.before, self.of, self.after))
    }
}

/// The declaration of a kind of resource.
#[derive(Debug)]
pub struct KindSchema {
    /// The provider's name, with which addresses begin. `None` for kinds that exist in no cloud.
    pub provider: Option<&'static str>,
    /// Its name in addresses. Unique over all providers: `existing` names kinds without their provider.
    pub name: &'static str,
    /// Who creates it.
    pub lifecycle: Lifecycle,
    /// Whether it belongs to the estate and to no service, because several services use it.
    pub of_estate: bool,
    /// Whether it holds data. Such an object is never replaced, and never deleted without consent.
    pub stateful: bool,
    /// Its attributes, in the order in which they are shown.
    pub attributes: &'static [AttributeSchema],
    /// The names of outputs: values that are known only once the object exists.
    pub outputs: &'static [&'static str],
    /// The attribute whose value groups changes into one atomic batch.
    pub batched_by: Option<&'static str>,
    /// Why an object is never deleted, whatever the consents.
    pub never_deleted: Option<&'static str>,
    /// Why an object cannot be deleted yet, and until when, as far as that is known: a clause.
    pub held: Option<fn(&Values) -> Option<String>>,
    /// For whom an object waits before it does its work, and what they have to do. That is no difference.
    pub waits: Option<fn(&Address, &Values) -> Option<Waits>>,
    /// Why an object can be gone although nobody has removed it, if the cloud forgets such objects.
    pub lapses: Option<Lapses>,
    /// What a reviewer must know about a removal.
    pub removal: Option<&'static str>,
    /// What a reviewer must know about replacing an object with a new one.
    pub replacement: Option<&'static str>,
    /// Whether an object has Holdfast's mark, for kinds whose identity does not show the owner. An object
    /// that somebody else put in place of an owned one is never deleted.
    pub ours: Option<fn(&Values) -> bool>,
    /// How to recognize an object of an interrupted run whose create call got no response.
    pub mark: Mark,
    /// How a person changes what Holdfast would have to replace, from the outputs of the object and the wanted attributes: the end of a sentence. A plan
    /// that would replace an object of such a kind is refused with that, because no replacement keeps what others rely on.
    pub by_person: Option<fn(&Values, &Values) -> String>,
    /// Which objects of the kind cannot exist side by side, if any.
    pub coexist: Option<Coexist>,
    /// The identity attributes that a policy may set in `existing`, because Holdfast otherwise generates
    /// them.
    pub known_as: &'static [&'static str],
    /// Whether other resources act with its permissions, as with a role.
    pub acts: bool,
    /// Whether it sends users to a site, as a DNS record does. It changes after the data of its service.
    pub sends_users: bool,
    /// Whether users are served without it, as with a backup: nothing that sends users to a site waits for it.
    pub aside: bool,
    /// Whether a policy may leave all of it as it is, in `existing`: then there is no such resource.
    pub optional: bool,
    /// Whether it only watches other objects. An import of those does without it: the next apply makes it, and changes nothing of theirs.
    pub watches: bool,
    /// Of the values before and after an update, those that serve what uses the object before it and after it: the attributes
    /// that differ from the values after. `None` if no value serves both.
    pub between: Option<fn(&Values, &Values) -> Option<Values>>,
    /// Whether other objects are in it, and are looked for there. One that an owned object needed is looked up also after it has left the
    /// policies.
    pub contains: bool,
    /// What an object acts with.
    pub acts_with: Option<ActsWith>,
    /// What is left of an object while a name that it uses belongs to somebody else.
    pub without: Option<Without>,
    /// The permissions of an object that Holdfast did not grant, as text.
    pub rights_of_others: Option<fn(&Values) -> Option<String>>,
    /// What a reviewer must know about settings that no policy manages, without the last full stop.
    pub foreign_settings: Option<ForeignSettings>,
    /// Whether an object with these values stops an object of another kind, of which that is the schema and the values.
    pub stops: Option<fn(&Values, &KindSchema, &Values) -> bool>,
    /// The attributes that grant permissions to an object.
    pub rights: &'static [&'static str],
    /// The name that a console shows for an object, if that is not its identity.
    pub shown_as: Option<fn(&Values) -> Option<String>>,
    /// How to create a required object by hand, for the help of the error that it is missing.
    pub by_hand: Option<fn(&str) -> String>,
    /// The calls of its driver.
    pub calls: &'static [&'static Call],
}

/// From the attributes of an object, and whether an object of another kind with the same id is managed.
pub type ForeignSettings = fn(&Values, &dyn Fn(&'static KindSchema) -> bool) -> Option<String>;

/// Objects that the cloud forgets, unless it has once been seen that they stay. The journal records that.
#[derive(Debug, Clone, Copy)]
pub struct Lapses {
    /// An observed attribute, which no policy sets.
    pub attribute: &'static str,
    /// Its value of an object that the cloud never forgets.
    pub stays: &'static str,
    /// Why an object is gone that was never seen with that value: the reason of a step that makes it again, a clause.
    pub why: &'static str,
}

impl Lapses {
    /// Whether an object with these attributes is never forgotten.
    #[must_use]
    pub fn stay(&self, values: &Values) -> bool {
        values.get(self.attribute).is_some_and(|value| value == self.stays)
    }
}

/// What an object acts with, such as a role. If an object that is not owned acts with another one, somebody else set it up.
#[derive(Debug, Clone, Copy)]
pub struct ActsWith {
    /// The attribute that says so.
    pub attribute: &'static str,
    /// Whether a value of it names the object with these identity attributes.
    pub names: fn(&str, &Values) -> bool,
}

/// What is left of an object while names that it uses belong to somebody else.
#[derive(Debug, Clone, Copy)]
pub struct Without {
    /// The attribute that uses the names.
    pub attribute: &'static str,
    /// Its value, from the desired one, the present one (null if there is no object) and the resources whose names are taken.
    pub rest: fn(&Value, &Value, &[Values]) -> Rest,
}

/// What an attribute is while names that it uses belong to somebody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rest {
    /// It stays as it is, because nothing of it concerns those names.
    Waits,
    /// This value, without those names.
    Value(Value),
    /// Nothing of the object is left.
    Nothing,
}

impl KindSchema {
    /// What a reviewer must know about settings that decide an objective, from the clause that names them: "the bucket `x` has …".
    #[must_use]
    pub fn decides(has: &str) -> String {
        format!("{has}: the policy does not manage that, and it decides an objective")
    }

    /// The defaults for a declaration.
    pub const BASE: Self = Self {
        provider: None,
        name: "",
        lifecycle: Lifecycle::Managed,
        of_estate: false,
        stateful: false,
        attributes: &[],
        outputs: &[],
        batched_by: None,
        never_deleted: None,
        held: None,
        waits: None,
        lapses: None,
        removal: None,
        replacement: None,
        ours: None,
        mark: Mark::Attributes,
        by_person: None,
        coexist: None,
        known_as: &[],
        acts: false,
        sends_users: false,
        aside: false,
        optional: false,
        watches: false,
        between: None,
        contains: false,
        acts_with: None,
        without: None,
        rights_of_others: None,
        foreign_settings: None,
        stops: None,
        rights: &[],
        shown_as: None,
        by_hand: None,
        calls: &[],
    };
}

/// How to recognize an object that an owned run created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// By its identity: a reference that nobody else uses.
    Identity,
    /// By an attribute that it has from its creation, such as its tags.
    Attribute(&'static str),
    /// By all desired attributes: it is created in one call, so it matches all of them or belongs to somebody
    /// else.
    Attributes,
}

/// Rules for objects of a kind that compete for a place.
#[derive(Debug)]
pub struct Coexist {
    /// Only objects with equal values of these attributes compete.
    pub within: &'static [&'static str],
    /// Whether two competing objects can exist side by side.
    pub rule: fn(&Values, &Values) -> bool,
    /// A description of the object if nothing may replace it.
    pub immovable: fn(&Values) -> Option<String>,
    /// The attributes that show what is lost with an object; the first one set is shown.
    pub answers: &'static [&'static str],
}

impl Coexist {
    /// The place that an object competes for.
    #[must_use]
    pub fn place(&self, values: &Values) -> Vec<String> {
        self.within.iter().map(|name| values.get(*name).map(Value::to_string).unwrap_or_default()).collect()
    }
}

/// Who creates an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifecycle {
    /// Holdfast.
    Managed,
    /// Somebody else: it must already exist. It belongs to no service; its address is its name.
    Prerequisite,
    /// Nobody: a point in the graph that is reached when its dependencies are done.
    Milestone,
    /// Holdfast, each time that something needs it: it does its work once, and is never changed or deleted.
    Task,
    /// Somebody else, or nobody: it is only looked at, because an objective depends on it. It has no address and no step.
    Evidence,
}

/// The declaration of an attribute.
#[derive(Debug)]
pub struct AttributeSchema {
    /// Its name.
    pub name: &'static str,
    /// How two values compare and how they are shown.
    pub shape: Shape,
    /// What a change of it requires.
    pub change: Change,
    /// What a reviewer must know about a change from one value to another.
    pub caution: Option<fn(&Value, &Value) -> Option<&'static str>>,
    /// Whether a policy may leave it unmanaged, in `existing`.
    pub leavable: bool,
    /// Whether its value is secret: plans show that it changes, but not the values.
    pub sensitive: bool,
    /// The value that the cloud gives a new object if none is set.
    pub unset: Option<fn() -> Value>,
    /// Which of its changes nobody can take back, if any.
    pub irreversible: Option<Irreversible>,
}

/// Changes that nobody can take back.
#[derive(Debug, Clone, Copy)]
pub struct Irreversible {
    /// What a change from one value to another does for good, as the end of a sentence that begins with the address.
    pub sets: fn(&Value, &Value) -> Option<&'static str>,
    /// Why nobody can change a value any more. It then stays, whatever the policy asks.
    pub stays: fn(&Value) -> Option<&'static str>,
}

/// How values compare and how they are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// As plain values.
    Plain,
    /// A list whose order is not significant.
    Set,
    /// A mapping of which only the desired keys are managed: other tags stay.
    Tags,
    /// A document, compared as data and shown as a text diff.
    Document,
    /// A path, such as an ARN, of which only the part after the last slash is compared.
    LastPart,
    /// The least value: a greater one protects more, so it is as good and stays. Numbers, or texts in their order; null is less than all.
    AtLeast,
}

/// What a change requires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// A different object, because the attribute is part of the identity.
    Identity,
    /// An update.
    InPlace,
    /// A replacement.
    Replace,
    /// A replacement if the value is added or removed, an update if it only changes.
    ReplaceIfNull,
}

impl AttributeSchema {
    /// A plain attribute that can be updated.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        let (shape, change) = (Shape::Plain, Change::InPlace);
        Self {
            name,
            shape,
            change,
            caution: None,
            leavable: false,
            sensitive: false,
            unset: None,
            irreversible: None,
        }
    }

    /// A part of the identity.
    #[must_use]
    pub const fn identity(name: &'static str) -> Self {
        Self { change: Change::Identity, ..Self::new(name) }
    }

    /// The same attribute with a shape.
    #[must_use]
    pub const fn shaped(self, shape: Shape) -> Self {
        Self { shape, ..self }
    }

    /// The same attribute with what a change requires.
    #[must_use]
    pub const fn change(self, change: Change) -> Self {
        Self { change, ..self }
    }

    /// The same attribute with a caution.
    #[must_use]
    pub const fn caution(self, caution: fn(&Value, &Value) -> Option<&'static str>) -> Self {
        Self { caution: Some(caution), ..self }
    }

    /// The same attribute, which a policy may leave unmanaged.
    #[must_use]
    pub const fn leavable(self) -> Self {
        Self { leavable: true, ..self }
    }

    /// The same attribute, whose value is never shown.
    #[must_use]
    pub const fn sensitive(self) -> Self {
        Self { sensitive: true, ..self }
    }

    /// The same attribute, with the value of a new object that does not set it.
    #[must_use]
    pub const fn unset(self, value: fn() -> Value) -> Self {
        Self { unset: Some(value), ..self }
    }

    /// The same attribute, some of whose changes nobody can take back.
    #[must_use]
    pub const fn irreversible(self, irreversible: Irreversible) -> Self {
        Self { irreversible: Some(irreversible), ..self }
    }

    /// Whether going from one value to another requires a replacement.
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
    /// The names of the identity attributes.
    pub fn identity(&self) -> impl Iterator<Item = &'static str> {
        self.attributes.iter().filter(|a| a.change == Change::Identity).map(|a| a.name)
    }

    /// The declaration of an attribute.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&'static AttributeSchema> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }

    /// The attributes that a policy may leave unmanaged.
    #[must_use]
    pub fn leavable(&self) -> Vec<&'static str> {
        self.attributes.iter().filter(|a| a.leavable).map(|a| a.name).collect()
    }

    /// The attributes of a new object that sets none.
    #[must_use]
    pub fn unset(&self) -> Values {
        let unset = self.attributes.iter().filter_map(|a| Some((a.name.to_owned(), a.unset?())));
        unset.collect()
    }
}
impl Shape {
    /// Whether the observed value matches the desired one.
    #[must_use]
    pub fn same(self, found: &Value, wanted: &Value) -> bool {
        match (self, found, wanted) {
            (Self::Set, Value::Array(found), Value::Array(wanted)) => sorted(found) == sorted(wanted),
            (Self::LastPart, Value::String(found), Value::String(wanted)) => {
                found.rsplit('/').next() == wanted.rsplit('/').next()
            }
            (Self::Tags, found, Value::Object(wanted)) => {
                wanted.iter().all(|(key, value)| found.get(key) == Some(value))
            }
            (Self::AtLeast, found, wanted) if is_less(wanted, found) => true,
            _ => found == wanted || canonical(found) == canonical(wanted),
        }
    }

    /// The value after an update: the desired value, with unmanaged parts of the observed one.
    #[must_use]
    pub fn merge(self, found: &Value, wanted: &Value) -> Value {
        match (self, found, wanted) {
            (Self::Tags, Value::Object(found), Value::Object(wanted)) => {
                let mut all = found.clone();
                all.extend(wanted.clone());
                Value::Object(all)
            }
            (Self::AtLeast, found, wanted) if is_less(wanted, found) => found.clone(),
            _ => wanted.clone(),
        }
    }
}

/// A value as text in a canonical form. IP addresses can have several spellings, and a service may return
/// another one than it was given (RFC 5952 §2).
fn canonical(value: &Value) -> String {
    let address = value.as_str().and_then(|text| text.parse::<IpAddr>().ok());
    address.map_or_else(|| value.to_string(), |address| address.to_string())
}

/// Whether both are numbers or both are texts, and the first one is less.
fn is_less(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.as_f64() < other.as_f64(),
        (Value::String(one), Value::String(other)) => one < other,
        _ => false,
    }
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
    fn greater_value_is_as_good_as_the_least_one_and_stays() {
        for (found, wanted, is_enough) in [
            (json!(30), json!(7), true),
            (json!(7), json!(7), true),
            (json!(1), json!(7), false),
            (Value::Null, json!(7), false),
            (json!("30"), json!(7), false),
            (json!("TLS1_3"), json!("TLS1_2"), true),
            (json!("TLS1_0"), json!("TLS1_2"), false),
            (json!(7), Value::Null, false),
        ] {
            assert_eq!(Shape::AtLeast.same(&found, &wanted), is_enough, "{found} {wanted}");
            let after = if is_enough { &found } else { &wanted };
            assert_eq!(Shape::AtLeast.merge(&found, &wanted), *after);
        }
    }

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
