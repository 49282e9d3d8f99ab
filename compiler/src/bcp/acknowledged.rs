//! Who has acknowledged the plan: each role signs the policies that it is made from (ISO 22301:2019 7.3, awareness; 7.5.3, control of
//! documented information).
//!
//! An acknowledgement is for one version of the policies. After any change of them it is outdated, because nobody can tell
//! without reading whether the change concerns the role.

use std::collections::BTreeSet;

use super::changes::version;
use super::context::Context;
use super::redact::{redacted, without_domain};
use crate::report::{Phrase, Section, Severity, Table};
use crate::units::Date;

/// What somebody has signed for a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledged {
    /// The role: the name of a contact.
    pub role: String,
    /// Who signed: a principal of the list of signers.
    pub signer: String,
    /// The day, as the signer states it (UTC).
    pub day: Date,
    /// The digest of the policies, in hexadecimal digits: [`version`].
    pub version: String,
    /// Why it does not count, such as a signature that is not valid.
    pub refused: Option<String>,
}

/// Acknowledgements, as far as they could be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Acknowledgements {
    /// The newest of each role, by role.
    pub all: Vec<Acknowledged>,
    /// What could not be read, each as a sentence.
    pub notes: Vec<String>,
}

/// The table of the section about approval.
pub(super) fn add_to(section: &mut Section, context: &Context<'_>) {
    let Acknowledgements { all, notes } = context.inputs.acknowledged;
    let now = version(context.inputs.sources);
    let roles: Vec<&str> =
        context.body().into_iter().flat_map(|body| body.contacts.keys()).map(|name| name.as_str()).collect();
    if roles.is_empty() && all.is_empty() && notes.is_empty() {
        return;
    }
    let mut table =
        Table::new("Acknowledged by role", &["Role", "Acknowledged", "Day", "Signed by", "Version"]);
    let of = |role: &str| all.iter().find(|one| one.role == role);
    let (mut current, mut signers) = (0, BTreeSet::new());
    for role in &roles {
        let Some(one) = of(role) else {
            table.row(vec![(*role).into(), "no".into(), Phrase::new(), Phrase::new(), Phrase::new()]);
            continue;
        };
        let state = state(one, &now, context);
        if state == CURRENT {
            current += 1;
            signers.insert(one.signer.to_lowercase());
        }
        table.row(row(one, &state, context));
    }
    for one in all.iter().filter(|one| !roles.contains(&one.role.as_str())) {
        table.row(row(one, "does not count: the policies have no such role", context));
    }
    let by = match signers.len() {
        people if people == current => String::new(),
        1 => ", by 1 person".to_owned(),
        people => format!(", by {people} people"),
    };
    let count = format!("{current} of {} roles have acknowledged this version{by} (", roles.len());
    let rest =
        "). The day is what the signer stated, and any key of the list of signers can sign for any role.";
    section.say(Phrase::new().text(count).code("holdfast bcp acknowledge").text(rest));
    section.table(table);
    for note in notes {
        section.note(Severity::Warning, redacted(context, note));
    }
}

/// What is said of an acknowledgement of these policies.
const CURRENT: &str = "yes";

fn state(one: &Acknowledged, now: &str, context: &Context<'_>) -> String {
    match &one.refused {
        Some(why) => format!("does not count: {why}"),
        None if one.day > context.inputs.as_of => {
            "does not count: it is dated after this document".to_owned()
        }
        None if one.version == now => CURRENT.to_owned(),
        None => "outdated: another version of the policies".to_owned(),
    }
}

fn row(one: &Acknowledged, state: &str, context: &Context<'_>) -> Vec<Phrase> {
    vec![
        redacted(context, &one.role).into(),
        redacted(context, state).into(),
        one.day.to_string().into(),
        without_domain(context, &one.signer).into(),
        Phrase::new().code(super::changes::short(&one.version)),
    ]
}
