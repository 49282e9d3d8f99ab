//! Errors of unions: a value that can have one of several forms, and has none of them.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;

use super::schema_error::{Site, report};
use super::schema_words::type_names;
use crate::diagnostic::{Diagnostic, MOST_REPORTED, codes, did_you_mean, one_of};

impl Site<'_> {
    /// Report the errors of the branch of a union that the user meant.
    pub(super) fn union(&self, context: &[Vec<ValidationError<'_>>], out: &mut Vec<Diagnostic>) {
        let depth = self.error.instance_path().segments().count();
        let deeper = |error: &ValidationError<'_>| error.instance_path().segments().count() > depth;
        let mut fitting = context.iter().filter(|branch| branch.iter().all(deeper));
        if let (Some(branch), None) = (fitting.next(), fitting.next()) {
            branch.iter().for_each(|error| report(self.tree, self.fallback, error, out));
            return;
        }
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
        let alone = context.iter().flatten().any(|error| {
            matches!(error.kind(), ValidationErrorKind::AdditionalProperties { .. }) && !deeper(error)
        });
        if alone && !required.is_empty() {
            let branches = self.schema().and_then(|schema| schema.get("oneOf")?.as_array());
            let keys =
                branches.into_iter().flatten().filter_map(|branch| branch.get("required")?.get(0)?.as_str());
            out.extend(self.not_one_key(&keys.collect::<Vec<_>>()));
        } else if required.is_empty() {
            let types = context.iter().flatten().filter_map(|error| match error.kind() {
                ValidationErrorKind::Type { kind } => Some(type_names(kind)),
                _ => None,
            });
            let mut types: Vec<String> = types.collect();
            types.dedup();
            out.push(self.wrong_type(&types.join(" or ")));
        } else if !required.iter().any(|key| self.is_misspelt(&(*key).into())) {
            // The misspelt key is reported. A second finding about the missing key would report the same mistake.
            out.push(self.one_key_missing(&required));
        }
    }

    /// A mapping that has exactly one of these keys, and no other, does not.
    fn not_one_key(&self, choices: &[&str]) -> Vec<Diagnostic> {
        let written = self.error.instance();
        let keys = || written.as_object().into_iter().flatten().map(|(key, _)| key.as_str());
        let unknown = keys().filter(|key| !choices.contains(key)).take(MOST_REPORTED).map(|key| {
            let help = match did_you_mean(key, choices.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("it can be {}", one_of(choices.iter().copied())),
            };
            let message = format!("{} has no key `{key}`", self.name());
            Diagnostic::new(codes::UNKNOWN_KEY, message).at(self.key_within(key), "unknown key").help(help)
        });
        let unknown: Vec<Diagnostic> = unknown.collect();
        let mut known = keys().filter(|key| choices.contains(key));
        match (known.next(), known.next()) {
            (Some(first), Some(second)) => {
                let message = format!("`{second}` cannot be combined with `{first}`");
                let twice = Diagnostic::new(codes::UNKNOWN_KEY, message)
                    .at(self.key_within(second), "one too many")
                    .at(self.key_within(first), "excluded by this")
                    .help("write an item for each");
                vec![twice]
            }
            _ if unknown.is_empty() => vec![self.one_key_missing(choices)],
            _ => unknown,
        }
    }

    fn one_key_missing(&self, choices: &[&str]) -> Diagnostic {
        Diagnostic::new(codes::MISSING_KEY, format!("{} needs one more key", self.name()))
            .at(self.key(), "one is missing here")
            .help(format!("add exactly one of {}", one_of(choices.iter().copied())))
    }
}
