//! What every section uses: the policies, the objectives derived from them, and words for both.

use std::collections::BTreeMap;

use super::Inputs;
use crate::document::{Continuity, Disruption, Level, Name, Step};
use crate::objectives::{Derived, Deriver, Facts};
use crate::policy::{Plan, Policy, Service};
use crate::report::{Gap, Phrase};
use crate::source::{Place, Span};
use crate::units::Duration;

/// The inputs, and what is derived from them once.
pub(crate) struct Context<'a> {
    pub(crate) inputs: &'a Inputs<'a>,
    pub(crate) policy: &'a Policy,
    /// What each service can achieve, and in which order each person works.
    pub(crate) derived: BTreeMap<&'a Name, Derived>,
}

impl<'a> Context<'a> {
    pub(crate) fn new(inputs: &'a Inputs<'a>) -> Self {
        let policy = inputs.policy;
        let derived = Deriver::new(policy, Some(inputs.as_of)).all(Facts::wanted);
        Self { inputs, policy, derived }
    }

    /// The continuity plan.
    pub(crate) fn plan(&self) -> Option<&'a Plan> {
        self.policy.continuity.as_ref()
    }

    /// The text of the continuity plan.
    pub(crate) fn body(&self) -> Option<&'a Continuity> {
        self.plan().map(|plan| &plan.body)
    }

    /// The levels, the most severe first, each with its index in the text.
    pub(crate) fn levels(&self) -> Vec<(usize, &'a Level)> {
        let mut levels: Vec<(usize, &Level)> =
            self.body().into_iter().flat_map(|body| body.levels.iter().enumerate()).collect();
        levels.sort_by_key(|(_, level)| level.level);
        levels
    }

    /// The level that an incident of this kind has at least.
    pub(crate) fn level_of(&self, disruption: Disruption) -> Option<&'a Level> {
        self.levels()
            .into_iter()
            .map(|(_, level)| level)
            .find(|level| level.disruptions.contains(&disruption))
    }

    /// The deputy of a contact, the deputy of that one, and so on.
    pub(crate) fn successors(&self, name: &Name) -> Vec<&'a Name> {
        let mut all: Vec<&Name> = Vec::new();
        let Some(plan) = self.plan() else { return all };
        let mut next = plan.contacts.get(name).and_then(|contact| contact.deputy.as_ref());
        while let Some(deputy) = next.filter(|deputy| *deputy != name && !all.contains(deputy)) {
            all.push(deputy);
            next = plan.contacts.get(deputy).and_then(|contact| contact.deputy.as_ref());
        }
        all
    }

    /// How long a contact takes to answer.
    pub(crate) fn answers(&self, name: &Name) -> Option<Duration> {
        self.plan()?.contacts.get(name).map(|contact| contact.answers_within.0)
    }

    /// `after 10 min deputy-commander, after 15 min more payments-oncall`.
    pub(crate) fn if_no_answer(&self, name: &Name) -> Phrase {
        self.if_no_answer_to(None, name)
    }

    /// The same for a caller, who does not call themselves.
    pub(crate) fn if_no_answer_to(&self, caller: Option<&Name>, name: &Name) -> Phrase {
        let mut waited = self.answers(name);
        let mut parts = Vec::new();
        for deputy in self.successors(name).into_iter().filter(|deputy| Some(*deputy) != caller) {
            let wait = waited.map(|wait| format!("after {} ", wait.in_words())).unwrap_or_default();
            let more = if parts.is_empty() { "" } else { "more " };
            parts.push(Phrase::new().text(wait).text(more).strong(deputy.as_str()));
            waited = self.answers(deputy);
        }
        if parts.is_empty() { "nobody else is named".into() } else { Phrase::joined(parts, ", ") }
    }

    /// The services, each after those it needs, and otherwise by name.
    pub(crate) fn services(&self) -> Vec<&'a Service> {
        let mut ordered: Vec<&Service> = Vec::new();
        let mut waiting: Vec<&Service> = self.policy.services.values().collect();
        let ready = |service: &Service, ordered: &[&Service]| {
            service.depends_on.keys().all(|name| ordered.iter().any(|done| done.name == *name))
        };
        while let Some(next) = waiting.iter().position(|service| ready(service, &ordered)) {
            ordered.push(waiting.remove(next));
        }
        ordered
    }

    /// The place of a span.
    pub(crate) fn place(&self, span: Span) -> Place {
        self.inputs.sources.place(span)
    }

    /// A gap in the continuity plan: the value at a path, or the plan itself if there is nothing.
    pub(crate) fn plan_gap(&self, what: impl Into<Phrase>, why: &str, cure: Phrase, at: &[Step<'_>]) -> Gap {
        match self.plan() {
            Some(plan) => self.gap(what, why, cure, Some(plan.span(at))),
            None => {
                let cure = Phrase::new()
                    .text("Write a document of kind ")
                    .code("continuity")
                    .text(" first: ")
                    .phrase(cure);
                self.gap(what, why, cure, Some(self.policy.estate_span))
            }
        }
    }

    /// A gap.
    pub(crate) fn gap(&self, what: impl Into<Phrase>, why: &str, cure: Phrase, at: Option<Span>) -> Gap {
        Gap {
            number: 0,
            what: what.into(),
            why: why.to_owned(),
            cure,
            place: at.map(|span| self.place(span)),
        }
    }
}

/// `Add KEY`, for the cure of a gap.
pub(crate) fn add(key: &str) -> Phrase {
    Phrase::new().text("Add ").code(key)
}

/// The heading of a disruption.
pub(crate) fn heading(disruption: Disruption) -> &'static str {
    match disruption {
        Disruption::SiteLoss => "Loss of the primary site",
        Disruption::Corruption => "Deletion or corruption of data",
        Disruption::AccountCompromise => "Compromise of the account",
        Disruption::KeyLoss => "Loss of the encryption key",
    }
}

/// Names as text: `a, b`, or `none`.
pub(crate) fn names<'n>(names: impl IntoIterator<Item = &'n Name>) -> Phrase {
    let names: Vec<&str> = names.into_iter().map(Name::as_str).collect();
    if names.is_empty() { "none".into() } else { names.join(", ").into() }
}
