//! The words of schema errors: types, and what to write instead. What a cure shows is valid where the user types it.

use jsonschema::JsonType;
use jsonschema::error::TypeKind;
use serde_json::Value;

use super::scalar;
use super::schema::DEFINITIONS;
use crate::diagnostic::{Diagnostic, codes};

/// The finding for a text that cannot be a name, with the name that was probably meant.
pub(super) fn bad_name(text: &str) -> Diagnostic {
    let meant = text.to_ascii_lowercase().replace(['_', ' ', '.'], "-");
    let meant = Some(meant.trim_matches('-').to_owned())
        .filter(|name| is_name(name))
        .map(|name| format!("did you mean `{name}`?"));
    Diagnostic::new(codes::BAD_NAME, format!("`{text}` cannot be a name"))
        .help(
            "lower-case letters, digits and hyphens, starting with a letter and not ending with a hyphen, \
             at most 40 characters",
        )
        .maybe_help(meant)
}

/// The definition that a schema refers to, or the schema itself.
pub(super) fn resolved(schema: &'static Value) -> &'static Value {
    let name = schema.get("$ref").and_then(Value::as_str).and_then(|name| name.strip_prefix("#/$defs/"));
    name.and_then(|name| DEFINITIONS.get("$defs")?.get(name)).unwrap_or(schema)
}

/// Whether a text can be valid by a schema.
pub(super) fn takes_text(schema: &'static Value) -> bool {
    let schema = resolved(schema);
    let branches = schema.get("anyOf").and_then(Value::as_array);
    schema.get("type").is_some_and(|kind| kind == "string") || branches.into_iter().flatten().any(takes_text)
}

/// A text as it is written in YAML, also inside brackets: in quotes if it would mean something else without.
pub(super) fn in_yaml(text: &str) -> String {
    let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./:".contains(&b));
    let colons = text.contains(':') && !text.starts_with(|c: char| c.is_ascii_alphabetic());
    let same = matches!(scalar::plain(text), Ok(Value::String(_))) && !text.starts_with(['-', '.']);
    let same = plain && same && !colons && !text.ends_with(':');
    if same { text.to_owned() } else { Value::from(text).to_string() }
}

/// The whole numbers that a schema allows.
pub(super) fn numbers(schema: &Value) -> Option<String> {
    let limit = |key: &str| schema.get(key).and_then(Value::as_u64);
    Some(match (limit("minimum"), limit("maximum")) {
        (Some(least), Some(most)) => format!("write a whole number from {least} to {most}"),
        (Some(least), None) => format!("write a whole number from {least}"),
        _ => "write a whole number".to_owned(),
    })
}

/// A number of items, as part of a sentence.
pub(super) fn items(count: u64) -> String {
    if count == 1 { "1 item".to_owned() } else { format!("{count} items") }
}

fn is_name(text: &str) -> bool {
    let plain = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    plain && text.len() <= 40 && text.starts_with(|c: char| c.is_ascii_lowercase()) && !text.ends_with('-')
}

/// The first sentence of a schema description, as part of a message.
pub(super) fn first_sentence(description: &str) -> String {
    let text = description.split_whitespace().collect::<Vec<_>>().join(" ");
    let sentence = text.split(". ").next().unwrap_or_default().trim_end_matches('.');
    let mut chars = sentence.chars();
    match (chars.next(), chars.clone().next()) {
        // `AWS` and `S3` keep their capitals.
        (Some(first), Some(second)) if !second.is_uppercase() && !second.is_ascii_digit() => {
            first.to_lowercase().chain(chars).collect()
        }
        _ => sentence.to_owned(),
    }
}

/// What a schema says that a value must be, with its example.
pub(super) fn described(schema: &Value) -> Option<String> {
    let form = first_sentence(schema.get("description")?.as_str()?);
    let example = schema.get("examples").and_then(|examples| examples.get(0)?.as_str());
    Some(match example {
        Some(example) if !form.contains("such as") => {
            format!("it must be {form}, such as `{}`", in_yaml(example))
        }
        _ => format!("it must be {form}"),
    })
}

/// The duration that the user probably meant.
pub(super) fn duration_cure(text: &str) -> String {
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit()).trim().to_ascii_lowercase();
    let unit = match rest.as_str() {
        "s" | "sec" | "secs" | "second" | "seconds" => "s",
        "m" | "min" | "mins" | "minute" | "minutes" => "m",
        "h" | "hr" | "hrs" | "hour" | "hours" => "h",
        "d" | "day" | "days" => "d",
        _ => "",
    };
    match digits.as_str() {
        digits if digits.len() > 9 => "at most nine digits: use a larger unit".to_owned(),
        digits if rest.is_empty() && !digits.is_empty() => {
            format!("add the unit: `{digits}s`, `{digits}m`, `{digits}h` or `{digits}d`")
        }
        digits if !unit.is_empty() && !digits.is_empty() => format!("did you mean `{digits}{unit}`?"),
        _ => "a whole number and one of the units `s`, `m`, `h` and `d`, such as `90s` or `4h`".to_owned(),
    }
}

pub(super) fn type_names(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(only) => type_name(*only).to_owned(),
        TypeKind::Multiple(set) => set.iter().map(type_name).collect::<Vec<_>>().join(" or "),
    }
}

pub(super) fn type_name(json: JsonType) -> &'static str {
    match json {
        JsonType::Array => "a list",
        JsonType::Boolean => "true or false",
        JsonType::Integer => "a whole number",
        JsonType::Number => "a number",
        JsonType::Null => "empty",
        JsonType::Object => "a mapping of keys to values",
        JsonType::String => "text",
    }
}
