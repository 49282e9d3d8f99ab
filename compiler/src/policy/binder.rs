//! The names that a service can refer to.

use std::collections::{BTreeMap, BTreeSet};

use super::calendar::Calendar;
use super::sites::Sites;
use crate::diagnostic::{Code, Diagnostic, guess};
use crate::document::{self, Document, Name, Text, Tier};
use crate::provider::aws::facts::FACTS;
use crate::provider::facts::Facts;
use crate::source::Span;

/// One service with everything that its names can refer to.
#[derive(Clone, Copy)]
pub(super) struct Binder<'a> {
    /// The text of the service.
    pub(super) document: &'a Text,
    /// Its typed content.
    pub(super) service: &'a document::Service,
    /// The estate's text.
    pub(super) estate: &'a Text,
    /// The estate's sites.
    pub(super) sites: &'a Sites,
    /// The estate's defaults.
    pub(super) defaults: &'a document::Defaults,
    /// The service's tier.
    pub(super) tier: Option<(&'a Name, &'a Tier)>,
    /// All services.
    pub(super) names: &'a BTreeMap<&'a Name, &'a Document>,
    /// The contacts of the continuity plan.
    pub(super) contacts: &'a Names<'a>,
    /// When backups are due.
    pub(super) calendar: &'a Calendar,
    /// Whether every document could be read.
    pub(super) complete: bool,
}

/// Names that can be referred to, and the finding for an unknown one.
pub(super) struct Names<'a> {
    /// The code for an unknown name.
    pub(super) code: Code,
    /// What the names denote, such as `contact`.
    pub(super) noun: &'static str,
    /// Where to declare one.
    pub(super) cure: &'static str,
    /// The names.
    pub(super) known: BTreeSet<&'a Name>,
    /// Whether the names are complete. If a document could not be read, it may declare others.
    pub(super) complete: bool,
}

impl Names<'_> {
    /// Whether the name is known. Reports a finding if it is certainly unknown.
    pub(super) fn check(&self, name: &Name, span: Span, out: &mut Vec<Diagnostic>) -> bool {
        let known = self.known.contains(&name);
        if !known && self.complete {
            let near = guess(out, name.as_str(), self.known.iter().map(|name| name.as_str()));
            let help = near.map_or(self.cure.to_owned(), |near| format!("did you mean `{near}`?"));
            let noun = self.noun;
            out.push(
                Diagnostic::new(self.code, format!("there is no {noun} `{name}`"))
                    .at(span, format!("unknown {noun}"))
                    .help(help),
            );
        }
        known
    }
}

impl Binder<'_> {
    /// The provider of the primary site. If the site is unknown, which is reported elsewhere, the first
    /// provider, so that the rest of the service is still checked.
    pub(super) fn provider(&self) -> &'static Facts {
        self.sites.get(&self.service.primary).map_or(&FACTS, |site| site.region.provider)
    }
}
