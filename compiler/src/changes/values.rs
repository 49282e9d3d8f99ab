//! Values of settings without ways to reach people, so that a change stays visible.

use serde_json::Value;

use super::Setting;
use crate::bcp::{self, Context};
use crate::document::Reach;

/// How many digits an account of AWS has.
const ACCOUNT_DIGITS: usize = 12;
/// What stands behind two values that differ only in what is left out. A digest would tell a telephone number to whoever tries all.
const DIFFERS: &str = " (differs in what is left out)";

impl Setting {
    /// The setting without ways to reach people. Values that differ still do.
    pub(super) fn shown(&self, context: &Context<'_>) -> Self {
        let shown = |value: &Option<String>| value.as_deref().map(|text| of_value(context, text));
        let (mut before, mut after) = (shown(&self.before), shown(&self.after));
        if before == after && self.before != self.after {
            [&mut before, &mut after].into_iter().flatten().for_each(|value| value.push_str(DIFFERS));
        }
        Self { name: self.name.clone(), before, after }
    }
}

/// A value. Of JSON each text is looked at alone, because compact JSON is one word.
fn of_value(context: &Context<'_>, text: &str) -> String {
    match serde_json::from_str::<Value>(text) {
        Ok(value) => match of_json(context, &value) {
            // As it is written, with its blanks and the order of its keys.
            same if same == value => text.to_owned(),
            Value::String(shown) => shown,
            changed => changed.to_string(),
        },
        Err(_) => without_reach(context, text),
    }
}

fn of_json(context: &Context<'_>, value: &Value) -> Value {
    match value {
        Value::Null | Value::Bool(_) => value.clone(),
        Value::Number(number) => {
            let text = number.to_string();
            if is_stated(context, &text) { bcp::redacted(context, &text).into() } else { value.clone() }
        }
        Value::String(text) => without_reach(context, text).into(),
        Value::Array(all) => all.iter().map(|one| of_json(context, one)).collect(),
        Value::Object(all) => {
            let pairs = all.iter().map(|(key, one)| (without_reach(context, key), of_json(context, one)));
            Value::Object(pairs.collect())
        }
    }
}

/// Text of settings or of policies without ways to reach people. Accounts of AWS stay, although they look like telephone numbers.
pub(crate) fn without_reach(context: &Context<'_>, text: &str) -> String {
    if text.contains(['+', '@']) || text.contains("://") || is_stated(context, text) {
        return bcp::redacted(context, text);
    }
    let (mut out, mut between) = (String::new(), String::new());
    let letters: Vec<char> = text.chars().collect();
    for run in letters.chunk_by(|one, next| one.is_ascii_digit() == next.is_ascii_digit()) {
        if run.len() == ACCOUNT_DIGITS && run.iter().all(char::is_ascii_digit) {
            out.push_str(&bcp::redacted(context, &between));
            between.clear();
            out.extend(run);
        } else {
            between.extend(run);
        }
    }
    out.push_str(&bcp::redacted(context, &between));
    out
}

/// Whether an address that the continuity plan states is in the text.
fn is_stated(context: &Context<'_>, text: &str) -> bool {
    let contacts = context.body().into_iter().flat_map(|body| body.contacts.values());
    contacts.flat_map(|contact| &contact.reach).any(|reach| {
        let address = match reach {
            Reach::Phone(one) | Reach::Pager(one) | Reach::Mail(one) | Reach::Chat(one) => one.0.as_str(),
            Reach::Https(one) => one.as_str(),
        };
        !address.is_empty() && text.contains(address)
    })
}
