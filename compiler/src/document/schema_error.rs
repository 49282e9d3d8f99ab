//! Turns errors of the JSON Schema validator into findings at places in the user's text.

use jsonschema::error::ValidationErrorKind;
use jsonschema::paths::LocationSegment;
use jsonschema::{JsonType, ValidationError};
use serde_json::Value;

use super::schema::DEFINITIONS;
use super::schema_words::{
    bad_name, described, duration_cure, first_sentence, in_yaml, items, numbers, resolved, takes_text,
    type_name, type_names,
};
use super::text::{PROSE, REACH};
use super::tree::{Step, Tree};
use crate::diagnostic::{Code, Diagnostic, MOST_REPORTED, codes, did_you_mean, one_of};
use crate::provider::aws::words;
use crate::source::Span;

/// Report one error of the validator. For a union, report the errors of the branch that the user meant.
pub(super) fn report(tree: &Tree, fallback: Span, error: &ValidationError<'_>, out: &mut Vec<Diagnostic>) {
    let segments: Vec<LocationSegment<'_>> = error.instance_path().iter().collect();
    let path: Vec<Step<'_>> = segments
        .iter()
        .map(|segment| match segment {
            LocationSegment::Property(key) => Step::Key(key.as_ref()),
            LocationSegment::Index(at) => Step::Item(*at),
        })
        .collect();
    let at = Site { tree, path: &path, fallback, error };
    match error.kind() {
        ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
            at.union(context, out);
        }
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            out.extend(unexpected.iter().take(MOST_REPORTED).map(|key| at.unknown_key(key)));
        }
        // The misspelt key is reported. A second finding about the missing key would report the same mistake.
        ValidationErrorKind::Required { property } if at.is_misspelt(property) => {}
        // What is not even text is reported as that. Its choices are in the help.
        ValidationErrorKind::Enum { .. } | ValidationErrorKind::Constant { .. }
            if !error.instance().is_string() && at.schema().is_some_and(|s| s.get("type").is_some()) => {}
        // A key that is excluded by two others gives one finding, not two.
        ValidationErrorKind::FalseSchema => {
            let excluded = at.excluded();
            let place = |d: &Diagnostic| d.labels.first().map(|label| label.span);
            if !out.iter().any(|d| d.code == excluded.code && place(d) == place(&excluded)) {
                out.push(excluded);
            }
        }
        _ => out.push(at.single()),
    }
}

/// One error and the place that it is about.
pub(super) struct Site<'a> {
    pub(super) tree: &'a Tree,
    path: &'a [Step<'a>],
    pub(super) fallback: Span,
    pub(super) error: &'a ValidationError<'a>,
}

/// Keys that people look for and that do not exist, with the reason.
const ABSENT: [(&str, &str); 2] = [("compression", UNCOMPRESSED), ("compress", UNCOMPRESSED)];
const UNCOMPRESSED: &str =
    "neither S3 replication nor AWS Backup compresses (`holdfast explain E0201` says what you can do)";

impl Site<'_> {
    /// The value, or its key if the value is empty.
    fn value(&self) -> Span {
        let span = self.tree.span(self.path).unwrap_or(self.fallback);
        if span.start == span.end { self.key() } else { span }
    }

    pub(super) fn key(&self) -> Span {
        let span = self.tree.key_span(self.path).unwrap_or(self.fallback);
        match self.path {
            // An error about the whole document is marked at its first key.
            [] => self.fallback,
            _ => span,
        }
    }

    /// The last key on the path, as the user knows it.
    pub(super) fn name(&self) -> String {
        let key = self.path.iter().rev().find_map(|step| match step {
            Step::Key(key) => Some(*key),
            Step::Item(_) => None,
        });
        match (key, self.path.last()) {
            (None, _) => "the document".to_owned(),
            (Some(key), Some(Step::Item(_))) => format!("an item of `{key}`"),
            (Some(key), _) => format!("`{key}`"),
        }
    }

    /// The schema object that holds the failed keyword.
    pub(super) fn schema(&self) -> Option<&'static Value> {
        let path = self.error.schema_path().as_str();
        DEFINITIONS.pointer(path.rsplit_once('/').map_or("", |(parent, _)| parent))
    }

    /// The place of a key of the mapping.
    pub(super) fn key_within(&self, key: &str) -> Span {
        let path: Vec<Step<'_>> = self.path.iter().copied().chain([Step::Key(key)]).collect();
        self.tree.key_span(&path).unwrap_or(self.fallback)
    }

    /// The keys that the mapping can have. If a condition holds the failed keyword, those of its definition.
    fn properties(&self) -> Option<&'static serde_json::Map<String, Value>> {
        let path = self.error.schema_path().as_str();
        let own = self.schema().filter(|_| !path.contains("/then/") && !path.contains("/dependentSchemas/"));
        let schema = own.or_else(|| DEFINITIONS.get("$defs")?.get(self.definition()))?;
        schema.get("properties")?.as_object()
    }

    fn known_keys(&self) -> Vec<&'static str> {
        self.properties().into_iter().flatten().map(|(key, _)| key.as_str()).collect()
    }

    /// Whether the mapping has an unknown key that is probably a misspelling of this one.
    pub(super) fn is_misspelt(&self, missing: &Value) -> bool {
        let known = self.known_keys();
        let written = self.error.instance();
        let mut unknown =
            written.as_object().into_iter().flatten().filter(|(k, _)| !known.contains(&k.as_str()));
        unknown.any(|(key, _)| did_you_mean(key, known.iter().copied()) == missing.as_str())
    }

    /// The list that a text alone was probably meant as.
    fn in_brackets(&self, text: &str) -> Option<String> {
        let items = resolved(self.schema()?.get("items")?);
        let text = in_yaml(text);
        if takes_text(items) {
            return Some(format!("put it in brackets: `[{text}]`"));
        }
        let choices = items.get("oneOf")?.as_array()?;
        let keys = choices.iter().filter_map(|choice| choice.get("required")?.get(0)?.as_str());
        let keys: Vec<&str> = keys.collect();
        let first = keys.first()?;
        Some(format!(
            "write a list with one of {} for each item, such as `[{{ {first}: {text} }}]`",
            one_of(keys.iter().copied())
        ))
    }

    /// What a mapping or a number is written like, by its schema.
    fn form(&self) -> Option<String> {
        let schema = self.schema()?;
        if schema.get("propertyNames").is_some() {
            return Some("give each entry a name and a `:`, and remove any `-`".to_owned());
        }
        if let Some(keys) = schema.get("properties").and_then(Value::as_object) {
            return Some(format!("write its keys; it can have {}", one_of(keys.keys().map(String::as_str))));
        }
        if schema.get("type").is_some_and(|kind| kind == "integer") {
            return numbers(schema);
        }
        if let Some(choices) = schema.get("enum").and_then(Value::as_array) {
            return Some(format!("it can be {}", one_of(choices.iter().filter_map(Value::as_str))));
        }
        described(schema)
    }

    /// Whether a text would be valid here.
    fn takes(&self, text: &str) -> bool {
        let validator = self.schema().and_then(|schema| jsonschema::options().build(schema).ok());
        validator.is_some_and(|validator| validator.is_valid(&Value::from(text)))
    }

    /// A key that does not exist.
    fn unknown_key(&self, key: &str) -> Diagnostic {
        let span = self.key_within(key);
        // A key that is there already would then be there twice.
        let written = self.error.instance().as_object();
        let free = |key: &&str| written.is_none_or(|written| !written.contains_key(*key));
        let known: Vec<&str> = self.known_keys().into_iter().filter(free).collect();
        // A path, as messages and pages name what is inside.
        let inside = key.split_once('.').filter(|(outer, _)| self.known_keys().contains(outer));
        let help = match (did_you_mean(key, known.iter().copied()), inside) {
            _ if let Some((_, why)) = ABSENT.iter().find(|(absent, _)| *absent == key) => {
                format!("remove it: {why}")
            }
            (Some(near), _) => format!("did you mean `{near}`?"),
            (None, Some((outer, inner))) => format!("write `{inner}` as a key of `{outer}`"),
            (None, None) if known.is_empty() => "remove it".to_owned(),
            (None, None) => format!("remove it; it can have {}", one_of(known)),
        };
        let message = format!("{} has no key `{key}`", self.name());
        Diagnostic::new(codes::UNKNOWN_KEY, message).at(span, "unknown key").help(help)
    }

    pub(super) fn wrong_type(&self, expected: &str) -> Diagnostic {
        let value = self.error.instance();
        let duration = ["Duration", "Limit", "Interval"].contains(&self.definition());
        let expected = if duration { "a duration" } else { expected };
        let found = match value.as_ref() {
            Value::Number(_) if expected == "a whole number" => "a fraction",
            other => type_name(JsonType::from(other)),
        };
        let help = match (expected, value.as_ref()) {
            ("a duration", Value::Number(number)) => Some(duration_cure(&number.to_string())),
            ("text", Value::Number(_) | Value::Bool(_)) if self.takes(&value.to_string()) => {
                Some("put it in quotes".to_owned())
            }
            ("a list", Value::String(text)) => self.in_brackets(text),
            (_, Value::Null) => Some("write a value, or remove the key if nothing requires it".to_owned()),
            _ => None,
        };
        let help = help.or_else(|| self.form());
        Diagnostic::new(codes::WRONG_TYPE, format!("{} must be {expected}", self.name()))
            .at(self.value(), format!("this is {found}"))
            .maybe_help(help)
    }

    fn single(&self) -> Diagnostic {
        let name = self.name();
        let (code, message, label, help): (Code, String, String, Option<String>) = match self.error.kind() {
            ValidationErrorKind::Type { kind } => return self.wrong_type(&type_names(kind)),
            ValidationErrorKind::Required { property } => {
                let missing = property.as_str().unwrap_or_default();
                let text = format!("{name} lacks the key `{missing}`");
                let diagnostic = Diagnostic::new(codes::MISSING_KEY, text);
                return diagnostic
                    .at(self.key(), format!("`{missing}` is missing here"))
                    .maybe_help(self.describe(missing));
            }
            ValidationErrorKind::Enum { options } => return self.not_allowed(options),
            ValidationErrorKind::Constant { expected_value } => {
                return self.not_allowed(&Value::Array(vec![expected_value.as_ref().clone()]));
            }
            ValidationErrorKind::Pattern { .. } => return self.pattern(),
            ValidationErrorKind::Minimum { limit } => {
                let text = format!("{name} must be at least {limit}");
                (codes::OUT_OF_RANGE, text, "too small".into(), self.schema().and_then(numbers))
            }
            ValidationErrorKind::Maximum { limit } => {
                let text = format!("{name} must be at most {limit}");
                (codes::OUT_OF_RANGE, text, "too large".into(), self.schema().and_then(numbers))
            }
            ValidationErrorKind::MinLength { .. } => {
                (codes::OUT_OF_RANGE, format!("{name} is empty"), "empty".into(), self.length())
            }
            ValidationErrorKind::MaxLength { limit } => (
                codes::OUT_OF_RANGE,
                format!("{name} is longer than {limit} characters"),
                "too long".into(),
                self.length(),
            ),
            ValidationErrorKind::MinItems { limit } => {
                let text = format!("{name} needs at least {}", items(*limit));
                let missing = limit.saturating_sub(self.len());
                (codes::OUT_OF_RANGE, text, "too few".into(), Some(format!("add {}", items(missing))))
            }
            ValidationErrorKind::MinProperties { limit } => {
                let text = format!("{name} needs at least {limit} entry");
                (codes::OUT_OF_RANGE, text, "too few".into(), Some("add an entry".to_owned()))
            }
            ValidationErrorKind::MaxItems { limit } => {
                let text = format!("{name} has more than {}", items(*limit));
                let extra = self.len().saturating_sub(*limit);
                (codes::OUT_OF_RANGE, text, "too many".into(), Some(format!("remove {}", items(extra))))
            }
            ValidationErrorKind::PropertyNames { error } => {
                return self.property_name(error);
            }
            other => {
                let text = format!("{name} does not fit the schema (`{}`)", other.keyword());
                (codes::BAD_FORM, text, "here".into(), None)
            }
        };
        Diagnostic::new(code, message).at(self.value(), label).maybe_help(help)
    }

    /// How many items or entries the value has.
    fn len(&self) -> u64 {
        let value = self.error.instance();
        let list = value.as_array().map(Vec::len).or_else(|| value.as_object().map(serde_json::Map::len));
        list.and_then(|len| u64::try_from(len).ok()).unwrap_or_default()
    }

    /// How long a text can be.
    fn length(&self) -> Option<String> {
        let schema = self.schema()?;
        let limit = |key: &str| schema.get(key).and_then(Value::as_u64);
        Some(format!("write {} to {} characters", limit("minLength").unwrap_or(0), limit("maxLength")?))
    }

    /// An invalid name as a key of a mapping by name.
    fn property_name(&self, error: &ValidationError<'_>) -> Diagnostic {
        let key = error.instance().as_str().unwrap_or_default().to_owned();
        bad_name(&key).at(self.key_within(&key), "not a name")
    }

    /// A key, or its value, that another key excludes.
    fn excluded(&self) -> Diagnostic {
        let rule = self.error.schema_path().as_str();
        let after = |part: &str| rule.split('/').skip_while(|p| *p != part).nth(1).unwrap_or_default();
        let condition = rule.split_once("/then/").and_then(|(rule, _)| {
            let condition = DEFINITIONS.pointer(&format!("{rule}/if/properties"))?.as_object()?;
            let (key, value) = condition.iter().next()?;
            Some((key.as_str(), format!("{key}: {}", value.get("const")?.as_str()?)))
        });
        let conditional = condition.is_some();
        let (other, shown) =
            condition.unwrap_or_else(|| (after("dependentSchemas"), after("dependentSchemas").into()));
        let parents = self.path.split_last().map_or(self.path, |(_, parents)| parents);
        let path: Vec<Step<'_>> = parents.iter().copied().chain([Step::Key(other)]).collect();
        let message = format!("{} cannot be combined with `{shown}`", self.name());
        Diagnostic::new(codes::UNKNOWN_KEY, message)
            .at(self.key(), "one too many")
            .at(self.tree.key_span(&path).unwrap_or(self.fallback), "excluded by this")
            .help(if !conditional && self.is_choice(other) {
                "keep one of them".to_owned()
            } else {
                format!("remove {}", self.name())
            })
    }

    /// Whether the excluded key, and the one that excludes it, are two of those of which one is needed.
    fn is_choice(&self, other: &str) -> bool {
        let Some(Step::Key(own)) = self.path.last() else { return false };
        let definition = DEFINITIONS.get("$defs").and_then(|all| all.get(self.definition()));
        let choices = definition.and_then(|schema| schema.get("anyOf")?.as_array());
        let needed = |key: &str| {
            let keys = choices.into_iter().flatten().filter_map(|choice| choice.get("required")?.as_array());
            keys.flatten().any(|needed| needed == key)
        };
        needed(own) && needed(other)
    }

    /// The definition that holds the failed keyword.
    fn definition(&self) -> &str {
        let mut parts = self.error.schema_path().as_str().split('/');
        parts.find(|part| *part == "$defs").and_then(|_| parts.next()).unwrap_or_default()
    }

    /// What the schema says about a key.
    fn describe(&self, key: &str) -> Option<String> {
        let property = self.properties()?.get(key)?;
        Some(format!("add `{key}`: {}", first_sentence(property.get("description")?.as_str()?)))
    }

    fn not_allowed(&self, options: &Value) -> Diagnostic {
        let found = self.error.instance();
        let written = found.as_str().map_or_else(|| found.to_string(), str::to_owned);
        let allowed = options.as_array().into_iter().flatten().filter_map(Value::as_str);
        let allowed: Vec<&str> = allowed.collect();
        let unwaivable = self.definition() == "FindingCode"
            && codes::PAGES.iter().any(|(code, _)| code.as_str() == written);
        let help = match did_you_mean(&written, allowed.iter().copied()) {
            _ if unwaivable => {
                "fix the cause, and remove the waiver: only warnings, and errors about objectives or \
                 recovery, can be waived"
                    .to_owned()
            }
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("it can be {}", one_of(allowed)),
        };
        let message = format!("{} cannot be `{written}`", self.name());
        Diagnostic::new(codes::NOT_ALLOWED, message).at(self.value(), "not one of the choices").help(help)
    }

    fn pattern(&self) -> Diagnostic {
        let name = self.name();
        let text = self.error.instance().as_str().unwrap_or_default();
        let schema = self.schema();
        let description = schema.and_then(|s| s.get("description")).and_then(Value::as_str);
        let pattern = schema.and_then(|s| s.get("pattern")?.as_str());
        match self.definition() {
            _ if pattern.is_some_and(|pattern| [PROSE, REACH].contains(&pattern)) => {
                let what = description.map(|text| format!(": {}", first_sentence(text)));
                Diagnostic::new(codes::BAD_FORM, format!("{name} cannot be `{text}`"))
                    .at(self.value(), "a placeholder")
                    .help(format!("write it out{}", what.unwrap_or_default()))
            }
            "Duration" | "Limit" => {
                Diagnostic::new(codes::BAD_DURATION, format!("`{text}` is not a duration"))
                    .at(self.value(), "not a duration")
                    .help(duration_cure(text))
            }
            "BucketName" => {
                Diagnostic::new(codes::BAD_BUCKET_NAME, format!("`{text}` cannot be the name of a bucket"))
                    .at(self.value(), words::bucket_name_fault(text).unwrap_or("the cloud would refuse it"))
                    .help(words::bucket_name_cure(text))
            }
            "Name" => bad_name(text).at(self.value(), "not a name"),
            _ => Diagnostic::new(codes::BAD_FORM, format!("{name} cannot be `{text}`"))
                .at(self.value(), "does not have the right form")
                .maybe_help(schema.and_then(described)),
        }
    }
}
