//! Values and resources as text for people.

use serde_json::Value;

use crate::observation::Object;

/// A value in lines of at most `width` columns, if possible: on one line if it fits, otherwise broken at its
/// structure.
pub(super) fn pretty(value: &Value, width: usize) -> String {
    let mut out = String::new();
    write(value, 0, width, &mut out);
    out
}

fn write(value: &Value, indent: usize, width: usize, out: &mut String) {
    let column = out.len() - out.rfind('\n').map_or(0, |at| at + 1);
    let flat = flat(value);
    // Reserve one column for a comma.
    if column + flat.chars().count() < width {
        out.push_str(&flat);
        return;
    }
    let inner = indent + 2;
    let pad = " ".repeat(inner);
    match value {
        Value::Array(items) if !items.is_empty() => {
            out.push_str("[\n");
            for (nth, item) in items.iter().enumerate() {
                out.push_str(&pad);
                write(item, inner, width, out);
                out.push_str(if nth + 1 < items.len() { ",\n" } else { "\n" });
            }
            out.push_str(&" ".repeat(indent));
            out.push(']');
        }
        Value::Object(map) if !map.is_empty() => {
            out.push_str("{\n");
            for (nth, (key, item)) in map.iter().enumerate() {
                out.push_str(&format!("{pad}{}: ", Value::from(key.as_str())));
                write(item, inner, width, out);
                out.push_str(if nth + 1 < map.len() { ",\n" } else { "\n" });
            }
            out.push_str(&" ".repeat(indent));
            out.push('}');
        }
        _ => out.push_str(&flat),
    }
}

fn flat(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(flat).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(map) => {
            let entry =
                |(key, value): (&String, &Value)| format!("{}: {}", Value::from(key.as_str()), flat(value));
            let entries: Vec<String> = map.iter().map(entry).collect();
            format!("{{{}}}", entries.join(", "))
        }
        other => other.to_string(),
    }
}

/// A value on one line: text without quotes, null as a word, lists and mappings in short form.
#[must_use]
pub fn brief(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) if text.is_empty() => "\"\"".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(brief).collect();
            if items.is_empty() { "none".to_owned() } else { items.join(", ") }
        }
        Value::Object(map) => {
            let entries: Vec<String> =
                map.iter().map(|(key, value)| format!("{key}={}", brief(value))).collect();
            if entries.is_empty() { "none".to_owned() } else { entries.join(", ") }
        }
        other => other.to_string(),
    }
}

/// An object in a few words. The name that a console shows comes first, because it says more than an opaque
/// identity. Anybody who can write tags can copy that name, so the identity is always shown too.
pub(super) fn summary_of(object: &Object) -> String {
    if let Some(name) = object.kind.schema().shown_as.and_then(|shown_as| shown_as(&object.attributes)) {
        return format!("`{}` ({})", brief(&name.into()), identity(object));
    }
    identity(object)
}

fn identity(object: &Object) -> String {
    let parts = object.kind.schema().identity().filter_map(|name| {
        let value = object.attributes.get(name)?;
        value.as_str().map(|text| format!("`{text}`"))
    });
    parts.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_lines_that_do_not_fit_are_broken() {
        let value = json!({"a": [1, 2, 3], "b": {"long": "0123456789", "x": true}});
        assert_eq!(pretty(&value, 80), "{\"a\": [1, 2, 3], \"b\": {\"long\": \"0123456789\", \"x\": true}}");
        assert_eq!(
            pretty(&value, 30),
            "{\n  \"a\": [1, 2, 3],\n  \"b\": {\n    \"long\": \"0123456789\",\n    \"x\": true\n  }\n}"
        );
    }
}
