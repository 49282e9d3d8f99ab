//! Turns errors of the JSON Schema validator into findings at places in the user's text.

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::paths::LocationSegment;
use jsonschema::{JsonType, ValidationError};
use serde_json::Value;

use super::schema::DEFINITIONS;
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
struct Site<'a> {
    tree: &'a Tree,
    path: &'a [Step<'a>],
    fallback: Span,
    error: &'a ValidationError<'a>,
}

impl Site<'_> {
    /// The value, or its key if the value is empty.
    fn value(&self) -> Span {
        let span = self.tree.span(self.path).unwrap_or(self.fallback);
        if span.start == span.end { self.key() } else { span }
    }

    fn key(&self) -> Span {
        let span = self.tree.key_span(self.path).unwrap_or(self.fallback);
        match self.path {
            // An error about the whole document is marked at its first key.
            [] => self.fallback,
            _ => span,
        }
    }

    /// The last key on the path, as the user knows it.
    fn name(&self) -> String {
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
    fn schema(&self) -> Option<&'static Value> {
        let path = self.error.schema_path().as_str();
        DEFINITIONS.pointer(path.rsplit_once('/').map_or("", |(parent, _)| parent))
    }

    fn union(&self, context: &[Vec<ValidationError<'_>>], out: &mut Vec<Diagnostic>) {
        let depth = self.error.instance_path().segments().count();
        let wrong_type = |error: &ValidationError<'_>| {
            matches!(error.kind(), ValidationErrorKind::Type { .. })
                && error.instance_path().segments().count() == depth
        };
        let mut meant = context.iter().filter(|branch| !branch.iter().any(wrong_type));
        if let (Some(branch), None) = (meant.next(), meant.next()) {
            branch.iter().for_each(|error| report(self.tree, self.fallback, error, out));
            return;
        }
        let required = context.iter().flatten().filter_map(|error| match error.kind() {
            ValidationErrorKind::Required { property } => property.as_str(),
            _ => None,
        });
        let required: Vec<&str> = required.collect();
        if required.is_empty() {
            let types = context.iter().flatten().filter_map(|error| match error.kind() {
                ValidationErrorKind::Type { kind } => Some(type_names(kind)),
                _ => None,
            });
            out.push(self.wrong_type(&types.collect::<Vec<_>>().join(" or ")));
        } else {
            out.push(
                Diagnostic::new(codes::MISSING_KEY, format!("{} needs one more key", self.name()))
                    .at(self.key(), "one is missing here")
                    .help(format!("add exactly one of {}", one_of(required))),
            );
        }
    }

    /// The place of a key of the mapping.
    fn key_within(&self, key: &str) -> Span {
        let path: Vec<Step<'_>> = self.path.iter().copied().chain([Step::Key(key)]).collect();
        self.tree.key_span(&path).unwrap_or(self.fallback)
    }

    /// The keys that the mapping can have. If a condition holds the failed keyword, those of its definition.
    fn properties(&self) -> Option<&'static serde_json::Map<String, Value>> {
        let own = self.schema().filter(|_| !self.error.schema_path().as_str().contains("/then/"));
        let schema = own.or_else(|| DEFINITIONS.get("$defs")?.get(self.definition()))?;
        schema.get("properties")?.as_object()
    }

    fn known_keys(&self) -> Vec<&'static str> {
        self.properties().into_iter().flatten().map(|(key, _)| key.as_str()).collect()
    }

    /// Whether the mapping has an unknown key that is probably a misspelling of this one.
    fn is_misspelt(&self, missing: &Value) -> bool {
        let known = self.known_keys();
        let written = self.error.instance();
        let mut unknown =
            written.as_object().into_iter().flatten().filter(|(k, _)| !known.contains(&k.as_str()));
        unknown.any(|(key, _)| did_you_mean(key, known.iter().copied()) == missing.as_str())
    }

    /// Whether a list of texts is expected.
    fn lists_text(&self) -> bool {
        let items = self.schema().and_then(|schema| schema.get("items"));
        let name = items.and_then(|items| items.get("$ref")?.as_str()?.strip_prefix("#/$defs/"));
        let items = name.map_or(items, |name| DEFINITIONS.get("$defs").and_then(|all| all.get(name)));
        items.is_some_and(|items| items.get("type").is_none_or(|kind| kind == "string"))
    }

    fn unknown_key(&self, key: &str) -> Diagnostic {
        let span = self.key_within(key);
        let known = self.known_keys();
        let help = match did_you_mean(key, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("it can have {}", one_of(known)),
        };
        let message = format!("{} has no key `{key}`", self.name());
        Diagnostic::new(codes::UNKNOWN_KEY, message).at(span, "unknown key").help(help)
    }

    fn wrong_type(&self, expected: &str) -> Diagnostic {
        let value = self.error.instance();
        let duration = ["Duration", "Limit", "Interval"].contains(&self.definition());
        let expected = if duration { "a duration" } else { expected };
        let found = match value.as_ref() {
            Value::Number(_) if expected == "a whole number" => "a fraction",
            other => type_name(JsonType::from(other)),
        };
        let help = match (expected, value.as_ref()) {
            ("a duration", Value::Number(number)) => Some(duration_cure(&number.to_string())),
            ("text", Value::Number(_) | Value::Bool(_)) => Some("put it in quotes".to_owned()),
            ("a list", Value::String(text)) if self.lists_text() => {
                Some(format!("put it in brackets: `[{text}]`"))
            }
            (_, Value::Null) => Some("write a value, or remove the key".to_owned()),
            _ => None,
        };
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
                (codes::OUT_OF_RANGE, format!("{name} must be at least {limit}"), "too small".into(), None)
            }
            ValidationErrorKind::Maximum { limit } => {
                (codes::OUT_OF_RANGE, format!("{name} must be at most {limit}"), "too large".into(), None)
            }
            ValidationErrorKind::MinLength { .. } => {
                (codes::OUT_OF_RANGE, format!("{name} is empty"), "empty".into(), None)
            }
            ValidationErrorKind::MaxLength { limit } => (
                codes::OUT_OF_RANGE,
                format!("{name} is longer than {limit} characters"),
                "too long".into(),
                None,
            ),
            ValidationErrorKind::MinItems { limit } => {
                let noun = if *limit == 1 { "item" } else { "items" };
                (codes::OUT_OF_RANGE, format!("{name} needs at least {limit} {noun}"), "too few".into(), None)
            }
            ValidationErrorKind::MinProperties { limit } => {
                (codes::OUT_OF_RANGE, format!("{name} needs at least {limit} entry"), "too few".into(), None)
            }
            ValidationErrorKind::MaxItems { limit } => {
                (codes::OUT_OF_RANGE, format!("{name} has more than {limit} items"), "too many".into(), None)
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
        let (other, shown) =
            condition.unwrap_or_else(|| (after("dependentSchemas"), after("dependentSchemas").into()));
        let parents = self.path.split_last().map_or(self.path, |(_, parents)| parents);
        let path: Vec<Step<'_>> = parents.iter().copied().chain([Step::Key(other)]).collect();
        let message = format!("{} cannot be combined with `{shown}`", self.name());
        Diagnostic::new(codes::UNKNOWN_KEY, message)
            .at(self.key(), "one too many")
            .at(self.tree.key_span(&path).unwrap_or(self.fallback), "excluded by this")
            .help("keep one of them")
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
        let help = match did_you_mean(&written, allowed.iter().copied()) {
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
        match self.definition() {
            "Duration" | "Limit" => {
                Diagnostic::new(codes::BAD_DURATION, format!("`{text}` is not a duration"))
                    .at(self.value(), "not a duration")
                    .help(duration_cure(text))
            }
            "BucketName" => {
                Diagnostic::new(codes::BAD_BUCKET_NAME, format!("`{text}` cannot be the name of a bucket"))
                    .at(self.value(), words::bucket_name_fault(text).unwrap_or("the cloud would refuse it"))
                    .help("3 to 63 lower-case letters, digits, hyphens and dots")
            }
            "Name" => bad_name(text).at(self.value(), "not a name"),
            _ => Diagnostic::new(codes::BAD_FORM, format!("{name} cannot be `{text}`"))
                .at(self.value(), "does not have the right form")
                .maybe_help(description.map(|text| format!("it must be {}", first_sentence(text)))),
        }
    }
}

fn bad_name(text: &str) -> Diagnostic {
    let meant = text.to_ascii_lowercase().replace(['_', ' ', '.'], "-");
    let meant = Some(meant).filter(|name| is_name(name)).map(|name| format!("did you mean `{name}`?"));
    Diagnostic::new(codes::BAD_NAME, format!("`{text}` cannot be a name"))
        .help(
            "lower-case letters, digits and hyphens, starting with a letter and not ending with a hyphen, \
             at most 40 characters",
        )
        .maybe_help(meant)
}

fn is_name(text: &str) -> bool {
    let plain = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    plain && text.len() <= 40 && text.starts_with(|c: char| c.is_ascii_lowercase()) && !text.ends_with('-')
}

/// The first sentence of a schema description, as part of a message.
fn first_sentence(description: &str) -> String {
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

/// The duration that the user probably meant.
fn duration_cure(text: &str) -> String {
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

fn type_names(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(only) => type_name(*only).to_owned(),
        TypeKind::Multiple(set) => set.iter().map(type_name).collect::<Vec<_>>().join(" or "),
    }
}

fn type_name(json: JsonType) -> &'static str {
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
