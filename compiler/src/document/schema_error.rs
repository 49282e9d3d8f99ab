//! What the JSON Schema validator found, in the user's own text and words.

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::paths::LocationSegment;
use jsonschema::{JsonType, ValidationError};
use serde_json::Value;

use super::schema::SCHEMA;
use super::text::bucket_name_fault;
use super::tree::{Step, Tree};
use crate::diagnostic::{Code, Diagnostic, codes, did_you_mean, one_of};
use crate::source::Span;

/// Report one error of the validator. A union reports the errors of the branch the user meant.
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
            out.extend(unexpected.iter().map(|key| at.unknown_key(key)));
        }
        _ => out.push(at.single()),
    }
}

/// One error with the place it is about.
struct Site<'a> {
    tree: &'a Tree,
    path: &'a [Step<'a>],
    fallback: Span,
    error: &'a ValidationError<'a>,
}

impl Site<'_> {
    fn value(&self) -> Span {
        self.tree.span(self.path).unwrap_or(self.fallback)
    }

    fn key(&self) -> Span {
        let span = self.tree.key_span(self.path).unwrap_or(self.fallback);
        match self.path {
            // A whole document is marked at its first key: marking all of it marks nothing.
            [] => self.fallback,
            _ => span,
        }
    }

    /// The last key on the way: what the user calls the thing.
    fn name(&self) -> String {
        let key = self.path.iter().rev().find_map(|step| match step {
            Step::Key(key) => Some(*key),
            Step::Item(_) => None,
        });
        key.map_or_else(|| "the document".to_owned(), |key| format!("`{key}`"))
    }

    /// The schema object that holds the failed keyword.
    fn schema(&self) -> Option<&'static Value> {
        let path = self.error.schema_path().as_str();
        SCHEMA.pointer(path.rsplit_once('/').map_or("", |(parent, _)| parent))
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
                Diagnostic::error(codes::MISSING_KEY, format!("{} needs one more key", self.name()))
                    .at(self.key(), "one is missing here")
                    .help(format!("add exactly one of {}", one_of(required))),
            );
        }
    }

    fn unknown_key(&self, key: &str) -> Diagnostic {
        let path: Vec<Step<'_>> = self.path.iter().copied().chain([Step::Key(key)]).collect();
        let span = self.tree.key_span(&path).unwrap_or(self.fallback);
        let properties = self.schema().and_then(|s| s.get("properties")).and_then(Value::as_object);
        let known: Vec<&str> = properties.into_iter().flatten().map(|(k, _)| k.as_str()).collect();
        let help = match did_you_mean(key, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("it can have {}", one_of(known)),
        };
        let message = format!("{} has no key `{key}`", self.name());
        Diagnostic::error(codes::UNKNOWN_KEY, message).at(span, "unknown key").help(help)
    }

    fn wrong_type(&self, expected: &str) -> Diagnostic {
        let found = type_name(JsonType::from(self.error.instance().as_ref()));
        let message = format!("{} has to be {expected}", self.name());
        let mut diagnostic = Diagnostic::error(codes::WRONG_TYPE, message);
        if expected == "text" && matches!(self.error.instance().as_ref(), Value::Number(_) | Value::Bool(_)) {
            let code = self.schema().and_then(|s| s.get("x-code")).and_then(Value::as_str);
            let number = self.error.instance();
            diagnostic = diagnostic.help(match code {
                Some("E0205") => {
                    format!("add the unit: `{number}s`, `{number}m`, `{number}h` or `{number}d`")
                }
                _ => "put it in quotes".to_owned(),
            });
        }
        diagnostic.at(self.value(), format!("this is {found}"))
    }

    fn single(&self) -> Diagnostic {
        let name = self.name();
        let (code, message, label, help): (Code, String, String, Option<String>) = match self.error.kind() {
            ValidationErrorKind::Type { kind } => return self.wrong_type(&type_names(kind)),
            ValidationErrorKind::Required { property } => {
                let missing = property.as_str().unwrap_or_default();
                let text = format!("{name} lacks the key `{missing}`");
                let diagnostic = Diagnostic::error(codes::MISSING_KEY, text);
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
                (codes::OUT_OF_RANGE, format!("{name} has to be at least {limit}"), "too small".into(), None)
            }
            ValidationErrorKind::Maximum { limit } => {
                (codes::OUT_OF_RANGE, format!("{name} has to be at most {limit}"), "too large".into(), None)
            }
            ValidationErrorKind::MinLength { .. } => {
                (codes::OUT_OF_RANGE, format!("{name} is empty"), "nothing here".into(), None)
            }
            ValidationErrorKind::MaxLength { limit } => (
                codes::OUT_OF_RANGE,
                format!("{name} is longer than {limit} characters"),
                "too long".into(),
                None,
            ),
            ValidationErrorKind::MinItems { limit } => {
                (codes::OUT_OF_RANGE, format!("{name} needs at least {limit} item"), "too few".into(), None)
            }
            ValidationErrorKind::MinProperties { limit } => {
                (codes::OUT_OF_RANGE, format!("{name} needs at least {limit} entry"), "too few".into(), None)
            }
            ValidationErrorKind::MaxItems { limit } => {
                (codes::OUT_OF_RANGE, format!("{name} has more than {limit} items"), "too many".into(), None)
            }
            ValidationErrorKind::OneOfMultipleValid { .. } => {
                let text = format!("{name} has more than one of the keys that exclude each other");
                (codes::UNKNOWN_KEY, text, "one too many".into(), self.exclusive())
            }
            ValidationErrorKind::PropertyNames { error } => {
                return self.property_name(error);
            }
            other => {
                let text = format!("{name} does not fit the schema (`{}`)", other.keyword());
                (codes::BAD_FORM, text, "here".into(), None)
            }
        };
        Diagnostic::error(code, message).at(self.value(), label).maybe_help(help)
    }

    /// A key of a mapping by name that is no name.
    fn property_name(&self, error: &ValidationError<'_>) -> Diagnostic {
        let key = error.instance().as_str().unwrap_or_default().to_owned();
        let path: Vec<Step<'_>> = self.path.iter().copied().chain([Step::Key(&key)]).collect();
        let span = self.tree.key_span(&path).unwrap_or(self.fallback);
        bad_name(&key).at(span, "not a name")
    }

    fn exclusive(&self) -> Option<String> {
        let branches = self.error.schema_path().as_str();
        let keys = SCHEMA.pointer(branches)?.as_array()?.iter();
        let keys = keys.filter_map(|branch| branch.pointer("/required/0")?.as_str());
        Some(format!("keep exactly one of {}", one_of(keys)))
    }

    /// What the schema says about a key.
    fn describe(&self, key: &str) -> Option<String> {
        let property = self.schema()?.get("properties")?.get(key)?;
        let text = property.get("description")?.as_str()?;
        Some(format!("{key}: {}", text.split_whitespace().collect::<Vec<_>>().join(" ")))
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
        Diagnostic::error(codes::NOT_ALLOWED, message).at(self.value(), "not one of the choices").help(help)
    }

    fn pattern(&self) -> Diagnostic {
        let name = self.name();
        let text = self.error.instance().as_str().unwrap_or_default();
        let schema = self.schema();
        let code = schema.and_then(|s| s.get("x-code")).and_then(Value::as_str);
        let description = schema.and_then(|s| s.get("description")).and_then(Value::as_str);
        match code {
            Some("E0205") => Diagnostic::error(codes::BAD_DURATION, format!("`{text}` is not a duration"))
                .at(self.value(), "not a duration")
                .help(duration_cure(text)),
            Some("E0206") => {
                Diagnostic::error(codes::BAD_BUCKET_NAME, format!("`{text}` cannot be the name of a bucket"))
                    .at(self.value(), bucket_name_fault(text))
                    .help("3 to 63 lower-case letters, digits, hyphens and dots")
            }
            Some("E0207") => bad_name(text).at(self.value(), "not a name"),
            _ => Diagnostic::error(codes::BAD_FORM, format!("{name} cannot be `{text}`"))
                .at(self.value(), "does not have the right form")
                .maybe_help(description.map(str::to_owned)),
        }
    }
}

fn bad_name(text: &str) -> Diagnostic {
    Diagnostic::error(codes::BAD_NAME, format!("`{text}` cannot be a name"))
        .help("lower-case letters, digits and hyphens, starting with a letter and not ending with a hyphen, at most 40")
}

/// The duration that was probably meant.
fn duration_cure(text: &str) -> String {
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit()).trim().to_ascii_lowercase();
    let unit = match unit.as_str() {
        "s" | "sec" | "secs" | "second" | "seconds" => "s",
        "m" | "min" | "mins" | "minute" | "minutes" => "m",
        "h" | "hr" | "hrs" | "hour" | "hours" => "h",
        "d" | "day" | "days" => "d",
        _ => "",
    };
    match (digits.as_str(), unit) {
        ("", _) => "a whole number and a unit: `90s`, `15m`, `4h`, `35d`".to_owned(),
        (digits, "") => format!("did you mean `{digits}s`, `{digits}m`, `{digits}h` or `{digits}d`?"),
        (digits, unit) => format!("did you mean `{digits}{unit}`?"),
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
        JsonType::Integer | JsonType::Number => "a number",
        JsonType::Null => "empty",
        JsonType::Object => "a mapping of keys to values",
        JsonType::String => "text",
    }
}
