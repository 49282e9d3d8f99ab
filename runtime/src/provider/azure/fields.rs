//! Reading the values of a command.

use std::collections::BTreeMap;

use holdfast_compiler::resource::{Call, Values};
use serde_json::Value;

use super::client::error::fault;
use crate::cloud::CloudError;

/// A string attribute that must be present.
pub(super) fn required<'a>(values: &'a Values, name: &str, call: &Call) -> Result<&'a str, CloudError> {
    values.get(name).and_then(Value::as_str).ok_or_else(|| lacks(call, name))
}

/// A string attribute.
pub(super) fn text(values: &Values, name: &str) -> Option<String> {
    values.get(name).and_then(Value::as_str).map(str::to_owned)
}

/// A boolean attribute.
pub(super) fn flag(values: &Values, name: &str) -> Option<bool> {
    values.get(name).and_then(Value::as_bool)
}

/// A mapping of texts.
pub(super) fn texts(values: &Values, name: &str) -> BTreeMap<String, String> {
    let all = values.get(name).and_then(Value::as_object).into_iter().flatten();
    all.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

/// Attributes from their names and values.
pub(super) fn values(all: impl IntoIterator<Item = (&'static str, Value)>) -> Values {
    all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The error for a command that lacks something. Only a bug in Holdfast causes it.
pub(super) fn lacks(call: &Call, name: &str) -> CloudError {
    let message = format!("the step has no usable `{name}`: this is a bug in Holdfast");
    fault(call, "IncompleteStep", message)
}
