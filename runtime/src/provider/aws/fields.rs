//! Reading the values of a command.

use std::collections::BTreeMap;

use holdfast_compiler::resource::{Call, Values};
use serde_json::{Map, Value};

use super::error::fault;
use crate::cloud::{CloudError, Command};

/// The desired values of a command, completed with the observed ones: a call that writes a whole object must keep the
/// attributes that the policy does not manage.
pub(super) fn with_found(command: &Command) -> Values {
    let mut values = command.object.as_ref().map(|object| object.attributes.clone()).unwrap_or_default();
    values.extend(command.values.clone());
    values
}

/// A string attribute.
pub(super) fn text<'a>(values: &'a Values, name: &str) -> Option<&'a str> {
    values.get(name).and_then(Value::as_str)
}

/// A string attribute that must be present.
pub(super) fn required<'a>(values: &'a Values, name: &str, call: &Call) -> Result<&'a str, CloudError> {
    text(values, name).ok_or_else(|| lacks(call, name))
}

/// A boolean attribute.
pub(super) fn flag(values: &Values, name: &str) -> Option<bool> {
    values.get(name).and_then(Value::as_bool)
}

/// An integer attribute that fits into 32 bits.
pub(super) fn number(values: &Values, name: &str) -> Option<i32> {
    values.get(name).and_then(Value::as_i64).and_then(|number| i32::try_from(number).ok())
}

/// The strings of a list attribute.
pub(super) fn texts(values: &Values, name: &str) -> Vec<String> {
    let list = values.get(name).and_then(Value::as_array).into_iter().flatten();
    list.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The attribute `tags`.
pub(super) fn tags(values: &Values) -> BTreeMap<String, String> {
    let tags = values.get("tags").and_then(Value::as_object).into_iter().flatten();
    tags.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

/// The tags that are missing or have a different value.
pub(super) fn new_tags(values: &Values, found: Option<&Values>) -> BTreeMap<String, String> {
    let found = found.map(tags).unwrap_or_default();
    let mut wanted = tags(values);
    wanted.retain(|key, value| found.get(key) != Some(value));
    wanted
}

/// Tags as an attribute value.
pub(super) fn tag_value(tags: impl IntoIterator<Item = (String, String)>) -> Value {
    let sorted: BTreeMap<String, String> = tags.into_iter().collect();
    Value::Object(sorted.into_iter().map(|(key, value)| (key, value.into())).collect::<Map<_, _>>())
}

/// The error for a command that lacks something. Only a bug in Holdfast causes it.
pub(super) fn lacks(call: &Call, name: &str) -> CloudError {
    let message = format!("the step has no usable `{name}`: this is a bug in Holdfast");
    fault(call, "IncompleteStep", message)
}
