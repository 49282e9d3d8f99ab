//! Changes that nobody can take back, such as a lock. Each needs a consent of its own, and a plan shows them first.

use std::fmt::Write as _;

use serde_json::Value;

use super::{Action, After, Consent, Left, Plan, Step};
use crate::diagnostic::{Diagnostic, codes};
use crate::printable::one_line;
use crate::resource::{AttributeSchema, Resource};
use crate::text::{Pen, wrap};

impl Plan {
    /// The steps that change something for good, each with what it does. Of several attributes the first one says it.
    pub(super) fn irreversible(&self) -> impl Iterator<Item = (&Step, &'static str)> {
        let changes = self.pending().filter(|step| step.action != Action::Delete);
        changes.filter_map(|step| {
            let what = step.changes.iter().find_map(|change| {
                let irreversible = step.address.kind().schema().attribute(&change.name)?.irreversible?;
                match &change.after {
                    After::Known(after) => (irreversible.sets)(&change.before, after),
                    After::Unknown => None,
                }
            })?;
            Some((step, what))
        })
    }

    /// The finding that the consent to such changes is missing.
    pub(super) fn locks_without_consent(&self) -> Option<Diagnostic> {
        let missing: Vec<(&Step, &str)> = self
            .irreversible()
            .filter(|(step, _)| !self.consents.contains(&Consent::Lock(step.address.clone())))
            .collect();
        let (first, what) = missing.first()?;
        let message = match missing.len() {
            1 => format!("{} {what}", first.address),
            count => format!("{count} resources would be locked for good; {} {what}", first.address),
        };
        let flags: Vec<String> =
            missing.iter().map(|(step, _)| Consent::Lock(step.address.clone()).flag()).collect();
        let help = format!("if that is intended, plan with `{}`", flags.join(" "));
        Some(Diagnostic::new(codes::LOCKS_FOR_GOOD, message).help(help))
    }
}

/// An attribute of an existing object that nobody can change any more, and that the policy wants otherwise or does not mention.
pub(super) fn stays(
    resource: &Resource,
    attribute: &AttributeSchema,
    before: &Value,
    after: Option<&After>,
) -> Option<Left> {
    let reason = (attribute.irreversible?.stays)(before)?;
    let wanted = matches!(after, Some(After::Known(after)) if attribute.shape.same(before, after));
    let (address, name) = (resource.address.clone(), attribute.name.to_owned());
    (!wanted).then(|| Left { address, attribute: Some(name), reason: reason.to_owned() })
}

/// The refusal to change what cannot change.
pub(super) fn refusal(resource: &Resource, id: &str, name: &str, why: &str) -> Diagnostic {
    let kind = resource.address.kind().name();
    let message = format!("the `{name}` of the {kind} `{id}` cannot change: {why}");
    let help = match resource.address.kind().schema().never_deleted {
        Some(_) => "declare it as it is",
        None => "declare it as it is, or remove it by hand once it holds nothing any more",
    };
    Diagnostic::new(codes::LOCKED_FOR_GOOD, message).at(resource.origin, "would change").help(help)
}

/// `CANNOT BE UNDONE: …`
pub(super) fn text(plan: &Plan, pen: &Pen, out: &mut String) {
    for (step, what) in plan.irreversible() {
        let state = plan.state_of(&Consent::Lock(step.address.clone()));
        let text = format!("CANNOT BE UNDONE: {} {what}. {}.", step.address, capital(&state));
        let _ = writeln!(out, "\n{}", pen.minus(&wrap(&one_line(&text), 0, pen.width())));
    }
}

fn capital(text: &str) -> String {
    let mut all = text.chars();
    all.next().map(|first| first.to_uppercase().chain(all).collect()).unwrap_or_default()
}
