//! Who is told when copies, backups or endpoints fail.

use std::collections::BTreeSet;
use std::fmt;

use super::binder::Names;
use crate::diagnostic::{Diagnostic, codes};
use crate::document::{self, Continuity, Name, Reach, Step, Text};
use crate::source::Span;

/// How severe it is what an alarm says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Something fails now.
    Critical,
    /// Something may fail soon.
    Warning,
}

impl Severity {
    /// Its key in the policy.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Warning => "warning",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Who is told, by severity.
#[derive(Debug, Clone)]
pub struct Alarms {
    critical: Told,
    warning: Option<Told>,
}

/// Who is told of what has one severity.
#[derive(Debug, Clone)]
pub struct Told {
    /// The level of the incident.
    pub level: u8,
    /// The name of that level. `None` only where the policy has a finding.
    pub name: Option<Name>,
    /// The ways by which people are told, each once.
    pub ways: Vec<Way>,
    /// The place that says so.
    pub span: Span,
}

impl Told {
    /// The level, for people: `Level 1 (disaster)`.
    #[must_use]
    pub fn level_in_words(&self) -> String {
        let name = self.name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
        format!("Level {}{name}", self.level)
    }
}

/// A way by which a contact is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// The contact.
    pub contact: Name,
    /// How they get the message.
    pub medium: Medium,
    /// Where: a detail of a person, which is not shown.
    pub address: String,
    /// The place that names the contact.
    pub span: Span,
}

/// How a message gets to a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Medium {
    /// By mail.
    Mail,
    /// By a request to a URL.
    Https,
}

impl Medium {
    /// Its key in the policy.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Https => "https",
        }
    }
}

impl Alarms {
    /// Who is told of something with a severity, and the severity that takes it: without `warning`, `critical` takes all.
    #[must_use]
    pub fn of(&self, severity: Severity) -> (Severity, &Told) {
        match (severity, &self.warning) {
            (Severity::Warning, Some(warning)) => (Severity::Warning, warning),
            _ => (Severity::Critical, &self.critical),
        }
    }
}

pub(super) fn bind(
    text: &Text,
    body: &document::Alarms,
    plan: Option<&Continuity>,
    contacts: &Names<'_>,
    out: &mut Vec<Diagnostic>,
) -> Alarms {
    let mut told =
        |severity: Severity, body: &document::Told| bind_one(text, severity, body, plan, contacts, out);
    Alarms {
        critical: told(Severity::Critical, &body.critical),
        warning: body.warning.as_ref().map(|body| told(Severity::Warning, body)),
    }
}

fn bind_one(
    text: &Text,
    severity: Severity,
    body: &document::Told,
    plan: Option<&Continuity>,
    contacts: &Names<'_>,
    out: &mut Vec<Diagnostic>,
) -> Told {
    let at: [Step<'_>; 2] = ["alarms".into(), severity.as_str().into()];
    let mut ways: Vec<Way> = Vec::new();
    let mut seen: BTreeSet<(Medium, &str)> = BTreeSet::new();
    for (nth, contact) in body.tell.iter().enumerate() {
        let span = text.span(&[at[0], at[1], "tell".into(), nth.into()]);
        let known = contacts.check(contact, span, out);
        let Some(person) = plan.and_then(|plan| plan.contacts.get(contact)).filter(|_| known) else {
            continue;
        };
        let all: Vec<(Medium, &str)> = person.reach.iter().filter_map(way).collect();
        if all.is_empty() {
            out.push(untold(contact, span));
        }
        // Two contacts can share one address: it is told once.
        for (medium, address) in all.into_iter().filter(|way| seen.insert(*way)) {
            ways.push(Way { contact: contact.clone(), medium, address: address.to_owned(), span });
        }
    }
    let levels = plan.map(|plan| plan.levels.as_slice()).unwrap_or_default();
    let level = levels.iter().find(|level| level.level == body.level);
    // Levels that are not 1 to 5 have their own finding, and so have contacts without a plan.
    if plan.is_some() && levels.is_empty() {
        let message = format!("the continuity plan has no incident level {}", body.level);
        out.push(
            Diagnostic::new(codes::NO_LEVEL, message)
                .at(text.span(&[at[0], at[1], "level".into()]), "no such level")
                .help("declare the five `levels` in the document of kind `continuity`"),
        );
    }
    let name = level.map(|level| level.name.clone());
    let span = text.key_span(&at);
    Told { level: body.level, name, ways, span }
}

/// A way that takes messages of machines. A mail without an address, such as the name of a mailing list, takes none.
fn way(reach: &Reach) -> Option<(Medium, &str)> {
    match reach {
        Reach::Mail(address) => Some((Medium::Mail, address.0.trim())).filter(|(_, text)| is_address(text)),
        Reach::Https(url) => Some((Medium::Https, url.as_str())),
        Reach::Phone(_) | Reach::Pager(_) | Reach::Chat(_) => None,
    }
}

/// Whether a text has the form of a mail address (RFC 5321 §4.1.2, without quoted local parts).
fn is_address(text: &str) -> bool {
    let plain =
        |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || "@<>\"".contains(c));
    text.split_once('@').is_some_and(|(local, domain)| plain(local) && plain(domain) && domain.contains('.'))
}

fn untold(contact: &Name, span: Span) -> Diagnostic {
    Diagnostic::new(codes::UNTOLD, format!("no alarm can tell `{contact}`"))
        .at(span, "is reached neither by `mail` nor by `https`")
        .help("add `mail`, with an address, or `https`, with the URL of an on-call service, to the `reach` of the contact")
}
