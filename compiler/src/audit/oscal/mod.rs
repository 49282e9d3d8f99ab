//! The audit in OSCAL 1.2.1 (NIST), as JSON: a catalogue of the controls, what the policies claim for them (component definition),
//! which drills are planned (assessment plan), what was found (assessment results), and what is open (plan of action and
//! milestones).
//!
//! The files refer to each other and to the policies by back-matter resources with SHA-256. All UUIDs are version 5 (RFC 9562) of
//! names of ours, so the same thing has the same UUID in every audit. Nothing has the time of a clock: the moments are those of the
//! observation, or of the day of the audit.

mod catalog;
mod check;
mod component;
mod context;
mod ids;
mod items;
mod milestones;
mod plan;
mod results;

use serde_json::Value;

use super::Audit;
pub use check::check;
use context::Context;

/// The version of OSCAL.
const VERSION: &str = "1.2.1";

/// A file in OSCAL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OscalFile {
    /// Its name.
    pub name: &'static str,
    /// Its text.
    pub text: String,
}

/// Makes the content of a file, if there is anything to say.
type Make = fn(&Context<'_>) -> Option<Value>;

/// The audit as files in OSCAL. Without a control that is not satisfied there is no plan of action, because OSCAL has no empty one.
///
/// # Errors
/// What does not fit together in them, which is a bug.
pub fn oscal(audit: &Audit<'_>) -> Result<Vec<OscalFile>, Vec<String>> {
    let mut context = Context::new(audit);
    let mut files = Vec::new();
    let steps: [(&'static str, Make); 5] = [
        ("catalog.json", |context| Some(catalog::document(context))),
        ("component-definition.json", |context| Some(component::document(context))),
        ("assessment-plan.json", |context| Some(plan::document(context))),
        ("assessment-results.json", |context| Some(results::document(context))),
        ("plan-of-action-and-milestones.json", milestones::document),
    ];
    for (name, make) in steps {
        let Some(document) = make(&context) else { continue };
        let text = format!("{document:#}\n");
        context.wrote(name, &text);
        files.push(OscalFile { name, text });
    }
    let all: Vec<(&str, &str)> = files.iter().map(|file| (file.name, file.text.as_str())).collect();
    let faults = check(&all);
    if faults.is_empty() { Ok(files) } else { Err(faults) }
}

#[cfg(test)]
mod tests;
