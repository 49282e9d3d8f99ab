use std::collections::BTreeSet;

use serde_json::Value;

use super::table::TABLE;
use super::*;
use crate::document::schema::{KINDS, SCHEMA};

/// The paths of all keys below a schema; a name that the user chooses is `NAME`. A definition within itself is not
/// entered again.
fn keys(schema: &Value, path: &[String], within: &[&str], out: &mut BTreeSet<Vec<String>>) {
    let mut below = |schema: &Value, key: Option<&str>, within: &[&str]| {
        let mut path = path.to_vec();
        if let Some(key) = key {
            path.push(key.to_owned());
            out.insert(path.clone());
        }
        keys(schema, &path, within, out);
    };
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        let definition = SCHEMA.pointer(name.trim_start_matches('#')).unwrap();
        if !within.contains(&name) {
            below(definition, None, &[within, &[name]].concat());
        }
    }
    for choice in ["anyOf", "oneOf", "allOf"] {
        let all = schema.get(choice).and_then(Value::as_array);
        all.into_iter().flatten().for_each(|one| below(one, None, within));
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    properties.into_iter().flatten().for_each(|(key, schema)| below(schema, Some(key), within));
    let named = schema.get("additionalProperties").filter(|schema| schema.is_object());
    named.into_iter().for_each(|schema| below(schema, Some("NAME"), within));
    schema.get("items").into_iter().for_each(|schema| below(schema, Some("[]"), within));
}

fn language() -> BTreeSet<Vec<String>> {
    let mut all = BTreeSet::new();
    for (kind, definition) in KINDS {
        keys(&SCHEMA["$defs"][definition], &[kind.to_owned()], &[], &mut all);
    }
    all
}

fn borrowed(path: &[String]) -> Vec<&str> {
    path.iter().map(String::as_str).collect()
}

#[test]
fn every_key_of_the_language_has_a_direction() {
    let all = language();
    assert!(all.len() > 300, "{}", all.len());
    let missing: Vec<String> =
        all.iter().filter(|path| direction(&borrowed(path)).is_none()).map(|path| path.join(".")).collect();
    assert!(missing.is_empty(), "no direction in `table.rs`: {missing:#?}");
}

#[test]
fn every_line_decides_a_key_of_the_language() {
    let all = language();
    let decides = |line: usize| {
        all.iter()
            .any(|path| TABLE.iter().position(|(pattern, _)| matches(pattern, &borrowed(path))) == Some(line))
    };
    for (line, (pattern, _)) in TABLE.iter().enumerate() {
        assert!(decides(line), "`{pattern}` decides nothing");
    }
}

#[test]
fn every_built_in_value_has_a_place_in_an_order() {
    let facts = crate::provider::PROVIDERS[0].facts;
    let mut built_in = 0;
    for path in language() {
        let Some(value) = unsaid(&borrowed(&path), facts) else { continue };
        built_in += 1;
        let direction = direction(&borrowed(&path)).unwrap();
        let known = match direction.order {
            Order::Ranked(values) => values.contains(&value.as_str()),
            Order::Less | Order::More => measure(&value).is_some(),
            Order::None => false,
        };
        assert!(known, "{path:?} {value}");
    }
    assert!(built_in > 20, "{built_in}");
}

#[test]
fn values_are_compared_in_their_unit() {
    let of = |order, old: &str, new: &str| Direction { said: Said::Protects, order }.of_values(old, new);
    for (order, old, new, better) in [
        (Order::Less, "90m", "1h", Some(true)),
        (Order::Less, "1h", "undecided", Some(false)),
        (Order::Less, "undecided", "1h", Some(true)),
        (Order::More, "35d", "5d", Some(false)),
        (Order::More, "35d", "840h", None),
        (Order::More, "200MiB/s", "1GiB/s", Some(true)),
        (Order::More, "10MiB/s", "fast", Some(false)),
        (Order::Less, "2TiB", "750GiB", Some(true)),
        (Order::Less, "2027-06-30", "2028-01-01", Some(false)),
        (Order::More, "2", "10", Some(true)),
        (Order::Ranked(&["governance", "compliance"]), "compliance", "governance", Some(false)),
        (Order::None, "1", "2", None),
    ] {
        assert_eq!(of(order, old, new), better, "{order:?} {old} {new}");
    }
}
