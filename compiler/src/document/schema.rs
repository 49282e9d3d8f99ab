//! The JSON Schema (draft 2020-12) of the language, used by editors and by the compiler.
//!
//! It is generated from the document types and committed as `schema/holdfast.schema.json`. A test checks that
//! both are equal.

use std::sync::LazyLock;

use jsonschema::{Draft, Registry, RegistryBuilder, Validator};
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use super::continuity::Continuity;
use super::controls::Controls;
use super::drill::Drill;
use super::estate::Estate;
use super::service::Service;
use super::trust::Trust;

/// The `$id` of the schema.
pub const ID: &str = "https://holdfast.dev/schema/holdfast.schema.json";

/// The kinds of document with the names of their definitions.
pub(crate) const KINDS: [(&str, &str); 4] =
    [("estate", "Estate"), ("service", "Service"), ("continuity", "Continuity"), ("drill", "Drill")];

/// The schema for editors: one of the documents, distinguished by `kind`.
pub static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    generator.subschema_for::<Estate>();
    generator.subschema_for::<Service>();
    generator.subschema_for::<Continuity>();
    generator.subschema_for::<Drill>();
    let definitions = tidied(Value::Object(generator.take_definitions(true)));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": ID,
        "title": "Holdfast policy",
        "description": "A disaster-recovery policy: the estate, one of its services, its continuity plan, or a drill.",
        "type": "object",
        "required": ["kind"],
        "oneOf": KINDS.map(|(_, name)| json!({"$ref": format!("#/$defs/{name}")})),
        "$defs": definitions,
    })
});

/// A generated schema in the form that a person would write.
fn tidied(mut schema: Value) -> Value {
    tidy(&mut schema);
    schema
}

/// Remove what schemars generates only for Rust: integer formats, nulls for optional values (a key that is
/// present has a value), constants as one-item lists, the line breaks of comments.
fn tidy(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            if map.get("format").is_some_and(|f| f.as_str().is_some_and(|f| f.starts_with("uint"))) {
                map.remove("format");
            }
            map.remove("default");
            if let Some(Value::String(text)) = map.get_mut("description") {
                *text = paragraphs(text);
            }
            without_null(map);
            named_entries(map);
            choices(map);
            for_editors(map);
            map.values_mut().for_each(tidy);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        _ => {}
    }
}

/// Text without the line breaks inside its paragraphs.
fn paragraphs(text: &str) -> String {
    text.split("\n\n").map(|part| part.replace('\n', " ")).collect::<Vec<_>>().join("\n\n")
}

fn without_null(map: &mut serde_json::Map<String, Value>) {
    if let Some(Value::Array(types)) = map.get_mut("type") {
        types.retain(|t| t != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            map.insert("type".to_owned(), only);
        }
    }
    let Some(Value::Array(branches)) = map.get_mut("anyOf") else {
        return;
    };
    let count = branches.len();
    branches.retain(|branch| branch.get("type") != Some(&json!("null")));
    if branches.len() < count
        && let [only] = branches.as_mut_slice()
        && let Value::Object(only) = only.take()
    {
        map.remove("anyOf");
        for (key, value) in only {
            map.entry(key).or_insert(value);
        }
    }
}

/// A mapping by name. An invalid name gets the error for names, not the one for unknown keys.
fn named_entries(map: &mut serde_json::Map<String, Value>) {
    let Some(Value::Object(patterns)) = map.get("patternProperties") else {
        return;
    };
    let mut patterns = patterns.clone().into_iter();
    if let (Some((_, entry)), None) = (patterns.next(), patterns.next()) {
        map.remove("patternProperties");
        map.insert("propertyNames".to_owned(), json!({"$ref": "#/$defs/Name"}));
        map.insert("additionalProperties".to_owned(), entry);
    }
}

/// Turn a list of constants, each with a description, into an `enum` with one description of all of them:
/// editors complete it, and its errors name the choices.
fn choices(map: &mut serde_json::Map<String, Value>) {
    let Some(Value::Array(branches)) = map.get("oneOf") else {
        return;
    };
    let constants: Option<Vec<Value>> = branches.iter().map(|branch| branch.get("const").cloned()).collect();
    let Some(constants) = constants else {
        return;
    };
    let mut description = map.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
    let texts = branches.iter().map(|branch| branch.get("description").and_then(Value::as_str));
    let texts: Vec<String> = texts.map(|text| paragraphs(text.unwrap_or_default())).collect();
    for (constant, text) in constants.iter().zip(&texts).filter(|(_, text)| !text.is_empty()) {
        description.push_str(&format!("\n- `{}`: {text}", constant.as_str().unwrap_or_default()));
    }
    if constants.len() > 1 && texts.iter().any(|text| !text.is_empty()) {
        map.insert("enumDescriptions".to_owned(), texts.into());
    }
    map.remove("oneOf");
    map.insert("type".to_owned(), "string".into());
    map.insert("description".to_owned(), description.into());
    match constants.as_slice() {
        [only] => map.insert("const".to_owned(), only.clone()),
        _ => map.insert("enum".to_owned(), Value::Array(constants)),
    };
}

/// Keywords that JSON and YAML language servers read besides the standard ones: descriptions in Markdown.
fn for_editors(map: &mut serde_json::Map<String, Value>) {
    if let Some(text) = map.get("description").and_then(Value::as_str).filter(|text| text.contains('`')) {
        let text = text.to_owned();
        map.insert("markdownDescription".to_owned(), text.into());
    }
}

/// The `$id` of the schema of controls.
pub const CONTROLS_ID: &str = "https://holdfast.dev/schema/controls.schema.json";

/// The schema of documents of kind `controls`, for editors. They are not part of the language.
pub static CONTROLS: LazyLock<Value> = LazyLock::new(|| {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    generator.subschema_for::<Controls>();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": CONTROLS_ID,
        "title": "Holdfast controls",
        "description": "Controls of a framework, what is evidence for each, and what people attest.",
        "$ref": "#/$defs/Controls",
        "$defs": tidied(Value::Object(generator.take_definitions(true))),
    })
});

/// The definitions of everything that is read: the language, and the trust anchor and the controls, which are not part of the
/// language.
pub(super) static DEFINITIONS: LazyLock<Value> = LazyLock::new(|| {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    generator.subschema_for::<Trust>();
    generator.subschema_for::<Controls>();
    let mut definitions = tidied(Value::Object(generator.take_definitions(true)));
    if let (Value::Object(all), Some(Value::Object(language))) = (&mut definitions, SCHEMA.get("$defs")) {
        all.extend(language.clone());
    }
    json!({"$defs": definitions})
});

/// Where the registry of validators has the definitions.
const REGISTERED: &str = "holdfast:definitions";

/// The definitions, prepared once for all validators: each holds them by reference. Were they part of its schema, each start of the
/// program would check them against the metaschema, which takes as long as everything else that `validate` does; a test does that.
static REGISTRY: LazyLock<Option<Registry<'static>>> = LazyLock::new(|| {
    let registry = Registry::new().draft(Draft::Draft202012).retrieve_known_draft_meta_schemas(false);
    registry.add(REGISTERED, &*DEFINITIONS).and_then(RegistryBuilder::prepare).ok()
});

fn of_definition(name: &str) -> Option<Validator> {
    let schema = json!({"$ref": format!("{REGISTERED}#/$defs/{name}")});
    let options = jsonschema::options().with_draft(Draft::Draft202012).with_registry(REGISTRY.as_ref()?);
    options.build(&schema).ok()
}

/// The validator of trust anchors.
pub(super) fn trust_validator() -> Option<&'static Validator> {
    static VALIDATOR: LazyLock<Option<Validator>> = LazyLock::new(|| of_definition("Trust"));
    VALIDATOR.as_ref()
}

/// The validator of documents of kind `controls`.
pub(super) fn controls_validator() -> Option<&'static Validator> {
    static VALIDATOR: LazyLock<Option<Validator>> = LazyLock::new(|| of_definition("Controls"));
    VALIDATOR.as_ref()
}

/// The validator of one kind of document.
pub(super) fn validator(kind: &str) -> Option<&'static Validator> {
    static VALIDATORS: [LazyLock<Option<Validator>>; KINDS.len()] = [
        LazyLock::new(|| of_definition(KINDS[0].1)),
        LazyLock::new(|| of_definition(KINDS[1].1)),
        LazyLock::new(|| of_definition(KINDS[2].1)),
        LazyLock::new(|| of_definition(KINDS[3].1)),
    ];
    let at = KINDS.iter().position(|(known, _)| *known == kind)?;
    VALIDATORS.get(at)?.as_ref()
}

#[cfg(test)]
mod tests {
    use super::super::text::{PROSE, REACH};
    use super::*;

    #[test]
    fn every_kind_has_a_validator_and_the_schema_fits_its_metaschema() {
        for (kind, _) in KINDS {
            assert!(validator(kind).is_some(), "{kind}");
        }
        assert!(jsonschema::meta::is_valid(&SCHEMA) && jsonschema::meta::is_valid(&DEFINITIONS));
        assert!(trust_validator().is_some() && controls_validator().is_some());
    }

    /// Findings show the first example of a schema as what to write.
    #[test]
    fn every_example_fits_its_schema() {
        fn check(schema: &Value, seen: &mut usize) {
            match schema {
                Value::Object(map) => {
                    if let Some(Value::Array(examples)) = map.get("examples") {
                        let mut alone = map.clone();
                        alone.insert("$defs".to_owned(), SCHEMA["$defs"].clone());
                        let validator = jsonschema::options().build(&Value::Object(alone)).unwrap();
                        for example in examples {
                            assert!(validator.is_valid(example), "{example} in {schema}");
                            *seen += 1;
                        }
                    }
                    map.values().for_each(|value| check(value, seen));
                }
                Value::Array(items) => items.iter().for_each(|item| check(item, seen)),
                _ => {}
            }
        }
        let mut seen = 0;
        check(&SCHEMA, &mut seen);
        assert!(seen > 20, "{seen} examples");
    }

    /// Text that nobody wrote is no statement: free text has the pattern of prose, any other text its own. What
    /// others name is theirs: the text that a probe looks for, names and attributes of existing resources.
    #[test]
    fn every_free_text_refuses_placeholders() {
        fn free(schema: &Value, at: &str, found: &mut Vec<String>) {
            let Value::Object(map) = schema else { return };
            let limited = ["pattern", "enum", "const"].iter().any(|key| map.contains_key(*key));
            if map.get("type").is_some_and(|kind| kind == "string") && !limited {
                found.push(at.to_owned());
            }
            for (key, value) in map {
                free(value, &format!("{at}/{key}"), found);
            }
        }
        let mut found = Vec::new();
        free(&SCHEMA["$defs"], "", &mut found);
        assert_eq!(
            found,
            [
                "/CriterionProbe/properties/contains",
                "/Existing/properties/as/additionalProperties",
                "/Existing/properties/leave/items",
                "/Probe/properties/expect"
            ]
        );
    }

    #[test]
    fn placeholders_are_no_prose() {
        let prose = |pattern: &str, text: &str| {
            jsonschema::options().build(&json!({ "pattern": pattern })).unwrap().is_valid(&json!(text))
        };
        for text in ["…", "...", "-", "<reason>", "TODO", "xxx", "tbd", "because …", "reason", " \n"] {
            assert!(!prose(PROSE, text), "{text}");
        }
        for text in
            ["x", "contract 7", "a restore in May…", "7 d of logs", "日本", "Todo lists come back first"]
        {
            assert!(prose(PROSE, text), "{text}");
        }
        for text in ["+353…", "+1 555 ...", "…", "<number>", "todo"] {
            assert!(!prose(REACH, text), "{text}");
        }
        for text in
            ["+1 555 0100", "@dba", "duty@acme.example", "acme-on-call", "https://chat.acme.example/ops"]
        {
            assert!(prose(REACH, text), "{text}");
        }
    }
}
