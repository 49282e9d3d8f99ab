//! Redaction: values of attributes that their kind declares sensitive are never shown. Renderings use the
//! redacted plan; execution, comparison and digests use the plan itself.

use std::borrow::Cow;

use serde_json::Value;

use super::{Action, After, Plan, Step};
use crate::observation::Object;
use crate::resource::{Attribute, Kind, KindSchema, Values};

/// What replaces a value.
const HIDDEN: &str = "(sensitive)";

impl Plan {
    /// The plan with sensitive values replaced.
    #[must_use]
    pub fn shown(&self) -> Cow<'_, Self> {
        let touched = |kind: Kind| is_sensitive(kind.schema());
        let any = self.steps.iter().any(|step| touched(step.address.kind()))
            || self.observed.iter().any(|object| touched(object.kind));
        if !any {
            return Cow::Borrowed(self);
        }
        let mut shown = self.clone();
        shown.steps.iter_mut().for_each(redact_step);
        shown.observed.iter_mut().for_each(redact_object);
        Cow::Owned(shown)
    }
}

/// The values of an object of a kind, for the record. Sensitive ones are left out.
#[must_use]
pub fn recorded(kind: Kind, values: &Values) -> Values {
    let sensitive = |name: &str| kind.schema().attribute(name).is_some_and(|attribute| attribute.sensitive);
    values
        .iter()
        .filter(|(name, _)| !sensitive(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

impl Step {
    /// The values that it changes or removes, for the record. Sensitive ones are left out.
    #[must_use]
    pub fn replaced_values(&self) -> Values {
        let values: Values = match (&self.object, self.action) {
            (_, Action::Update | Action::Replace) => {
                self.changes.iter().map(|change| (change.name.clone(), change.before.clone())).collect()
            }
            (Some(object), Action::Delete) => object.attributes.clone(),
            _ => Values::new(),
        };
        recorded(self.address.kind(), &values)
    }
}

impl Step {
    /// The values of the objects that are deleted because they occupy its place, for the record. Sensitive ones are left out.
    #[must_use]
    pub fn displaced_values(&self) -> Vec<Values> {
        let own = self.object.as_ref().map(|object| object.id.as_str());
        let others = self.displaces.iter().filter(|object| own != Some(object.id.as_str()));
        others.map(|object| recorded(object.kind, &object.attributes)).collect()
    }
}

fn is_sensitive(schema: &KindSchema) -> bool {
    schema.attributes.iter().any(|attribute| attribute.sensitive)
}

fn redact_step(step: &mut Step) {
    let schema = step.address.kind().schema();
    for attribute in schema.attributes.iter().filter(|attribute| attribute.sensitive) {
        if let Some(Attribute::Known(value)) = step.attributes.get_mut(attribute.name) {
            hide(value);
        }
        for change in step.changes.iter_mut().filter(|change| change.name == attribute.name) {
            hide(&mut change.before);
            change.applied.iter_mut().for_each(hide);
            if let After::Known(value) = &mut change.after {
                hide(value);
            }
        }
    }
    step.object.iter_mut().chain(&mut step.displaces).for_each(redact_object);
}

pub(super) fn redact_object(object: &mut Object) {
    redact(object.kind.schema(), &mut object.attributes);
}

fn redact(schema: &KindSchema, values: &mut Values) {
    for attribute in schema.attributes.iter().filter(|attribute| attribute.sensitive) {
        values.get_mut(attribute.name).into_iter().for_each(hide);
    }
}

/// Replace a value, unless it is null: whether a value is set is not secret.
fn hide(value: &mut Value) {
    if !value.is_null() {
        *value = HIDDEN.into();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::super::{Action, Cause, Change, StepId};
    use super::*;
    use crate::resource::{Address, AttributeSchema, Named};

    static SCHEMA: KindSchema = KindSchema {
        provider: Some("test"),
        name: "webhook",
        attributes: &[AttributeSchema::identity("name"), AttributeSchema::new("token").sensitive()],
        ..KindSchema::BASE
    };

    #[test]
    fn sensitive_value_appears_in_no_output() {
        let kind = Kind::of(&SCHEMA);
        let values = |token: &str| {
            Values::from([("name".to_owned(), "ops".into()), ("token".to_owned(), token.into())])
        };
        let object =
            Object { kind, id: "ops".to_owned(), attributes: values("tok-old"), outputs: BTreeMap::new() };
        let address = Address::new(kind, &["s", "ops"]);
        let change = Change {
            name: "token".to_owned(),
            before: "tok-old".into(),
            after: After::Known("tok-new".into()),
            cause: Cause::Policy,
            applied: Some("tok-applied".into()),
            replaces: false,
        };
        let attributes = values("tok-new").into_iter().map(|(name, value)| (name, Attribute::Known(value)));
        let mut step = Step {
            id: StepId::of(&address),
            address,
            action: Action::Update,
            purpose: String::new(),
            reason: String::new(),
            unfinished: false,
            cause: None,
            place: None,
            changes: vec![change],
            cautions: Vec::new(),
            attributes: attributes.collect(),
            named: Named::default(),
            object: Some(object.clone()),
            displaces: vec![object],
            superseded: false,
            needs: BTreeSet::new(),
            follows: BTreeSet::new(),
            batch: None,
        };
        assert!(serde_json::to_string(&step).unwrap().contains("tok-"));
        redact_step(&mut step);
        let shown = serde_json::to_string(&step).unwrap();
        assert!(!shown.contains("tok-") && shown.contains(HIDDEN) && shown.contains("ops"), "{shown}");
    }
}
