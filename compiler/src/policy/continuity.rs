//! The continuity plan: its contacts, and every reference to them.

use std::collections::BTreeMap;

use super::binder::Names;
use super::sites::Sites;
use crate::diagnostic::{Diagnostic, codes};
use crate::document::{self, Name, Step, Text};
use crate::source::Span;
use crate::units::Duration;

/// The default review interval: a year (NIST SP 800-34 rev. 1 §3.6; DORA, Regulation (EU) 2022/2554, article
/// 11(6)).
pub(crate) const REVIEW_EVERY: Duration = Duration::hours(365 * 24);

/// The continuity plan with its names bound.
#[derive(Debug)]
pub struct Plan {
    /// Its typed content.
    pub body: document::Continuity,
    /// The byte ranges of its values.
    pub text: Text,
    /// Its contacts.
    pub contacts: BTreeMap<Name, Contact>,
}

/// A person or team that the plan relies on.
#[derive(Debug, Clone)]
pub struct Contact {
    /// The place of their name.
    pub span: Span,
    /// How long they take to answer, with the place that states it.
    pub answers_within: (Duration, Span),
    /// Their deputy.
    pub deputy: Option<Name>,
}

impl Plan {
    /// The place of the value at a path.
    #[must_use]
    pub fn span(&self, path: &[Step<'_>]) -> Span {
        self.text.span(path)
    }
}

/// Bind the names of the plan.
pub(super) fn bind(
    body: document::Continuity,
    text: Text,
    sites: &Sites,
    names: &Names<'_>,
    out: &mut Vec<Diagnostic>,
) -> Plan {
    mentions(&body, &text, names, out);
    let mut levels: Vec<u8> = body.levels.iter().map(|level| level.level).collect();
    levels.sort_unstable();
    if !levels.is_empty() && levels != [1, 2, 3, 4, 5] {
        out.push(
            Diagnostic::new(codes::BAD_LEVELS, "the levels of incidents must be 1 to 5, each once")
                .at(text.key_span(&["levels".into()]), "these levels")
                .help("use each number once, from 1, the most severe, to 5"),
        );
    }
    for (nth, channel) in body.communication.channels.iter().enumerate() {
        let place = text.span(&["communication".into(), "channels".into(), nth.into(), "site".into()]);
        channel.site.as_ref().map(|site| sites.find(site, place, out));
    }
    if let Some(site) = body.access.as_ref().and_then(|access| access.identity_provider.as_ref()) {
        sites.find(site, text.span(&["access".into(), "identity-provider".into()]), out);
    }
    let contact = |(name, contact): (&Name, &document::Contact)| {
        let at: [Step<'_>; 2] = ["contacts".into(), name.as_str().into()];
        let answers = text.span(&[at[0], at[1], "answers-within".into()]);
        let (within, deputy) = (contact.answers_within, contact.deputy.clone());
        let span = text.key_span(&at);
        (name.clone(), Contact { span, answers_within: (within, answers), deputy })
    };
    let contacts = body.contacts.iter().map(contact).collect();
    Plan { body, text, contacts }
}

/// Check every name in the plan that must be a contact.
fn mentions(body: &document::Continuity, text: &Text, names: &Names<'_>, out: &mut Vec<Diagnostic>) {
    let mut check = |name: &Name, path: &[Step<'_>]| names.check(name, text.span(path), out);
    let mut own = Vec::new();
    for (name, contact) in &body.contacts {
        let Some(deputy) = &contact.deputy else { continue };
        let path = ["contacts".into(), name.as_str().into(), "deputy".into()];
        if check(deputy, &path) && deputy == name {
            own.push((name.clone(), text.span(&path)));
        }
    }
    for (nth, level) in body.levels.iter().enumerate() {
        check(&level.declared_by, &["levels".into(), nth.into(), "declared-by".into()]);
        for (item, name) in level.tell.iter().enumerate() {
            check(name, &["levels".into(), nth.into(), "tell".into(), item.into()]);
        }
        for (item, deadline) in level.deadlines.iter().enumerate() {
            check(&deadline.by, &["levels".into(), nth.into(), "deadlines".into(), item.into(), "by".into()]);
        }
    }
    for (name, resource) in &body.resources {
        check(&resource.owner, &["resources".into(), name.as_str().into(), "owner".into()]);
    }
    for (name, procedure) in &body.procedures {
        check(&procedure.owner, &["procedures".into(), name.as_str().into(), "owner".into()]);
    }
    for (nth, name) in body.access.iter().flat_map(|access| access.break_glass.iter().enumerate()) {
        check(name, &["access".into(), "break-glass".into(), nth.into()]);
    }
    if let Some(budget) = &body.budget {
        check(&budget.authority, &["budget".into(), "authority".into()]);
        if let Some(deputy) = &budget.deputy {
            let path = ["budget".into(), "deputy".into()];
            if check(deputy, &path) && *deputy == budget.authority {
                own.push((deputy.clone(), text.span(&path)));
            }
        }
    }
    for (name, span) in own {
        out.push(
            Diagnostic::new(codes::OWN_DEPUTY, format!("`{name}` cannot be their own deputy"))
                .at(span, "the same contact")
                .help("name another contact: a deputy steps in when this one cannot be reached"),
        );
    }
}
