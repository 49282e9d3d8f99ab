//! Where an objective stands. The policies alone can show that it is missed; that it holds, only an observation shows.

use super::context::{self, Context};
use crate::document::{Disruption, Name};
use crate::objectives::{Bound, Derivation};
use crate::plan::Measure;
use crate::policy::Setting;
use crate::report::{Phrase, Tone};
use crate::status::State;
use crate::units::Duration;

/// Where an objective stands, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    /// Nothing is asked for.
    NotAsked,
    /// It held when somebody looked.
    Holds,
    /// The policies are within it, and nobody can tell whether it holds now.
    Unknown,
    /// The policies are within it, and it was missed when somebody looked.
    MissedNow,
    /// The policies miss it.
    Missed,
}

impl Verdict {
    /// As words, coloured.
    pub(super) fn phrase(self) -> Phrase {
        let (tone, text) = match self {
            Self::NotAsked => return "no objective".into(),
            Self::Holds => (Tone::Good, "holds now"),
            Self::Unknown => (Tone::Unknown, "unknown now"),
            Self::MissedNow => (Tone::Bad, "missed now"),
            Self::Missed => (Tone::Bad, "missed by the policies"),
        };
        Phrase::new().verdict(tone, text)
    }
}

/// An objective of a service: what is asked, what the policies can keep, and where it stands.
pub(super) struct Objective<'a> {
    pub(super) service: &'a Name,
    pub(super) disruption: Disruption,
    pub(super) measure: Measure,
    pub(super) asked: Option<&'a Setting<Duration>>,
    /// `None`: the service has no data to lose.
    pub(super) bound: Option<&'a Bound>,
}

/// The RTO and the RPO of a service for a disruption.
pub(super) fn objectives<'a>(service: &'a Name, derivation: &'a Derivation) -> [Objective<'a>; 2] {
    let disruption = derivation.disruption;
    let one = |measure, asked, bound| Objective { service, disruption, measure, asked, bound };
    [
        one(Measure::Rto, derivation.asked.rto.as_ref(), Some(&derivation.rto)),
        one(Measure::Rpo, derivation.asked.rpo.as_ref(), derivation.worst_rpo().map(|(_, bound)| bound)),
    ]
}

impl Objective<'_> {
    /// Where it stands.
    pub(super) fn verdict(&self, context: &Context<'_>) -> Verdict {
        let (Some(asked), Some(bound)) = (self.asked, self.bound) else { return Verdict::NotAsked };
        if !bound.meets(Some(asked)) {
            return Verdict::Missed;
        }
        let same = |one: &&crate::status::Standing| {
            one.service == self.service.as_str()
                && one.disruption == self.disruption
                && one.measure == self.measure
        };
        let now = context.status().and_then(|status| status.objectives.iter().find(same));
        match now.map(|standing| standing.state) {
            Some(State::Holds) => Verdict::Holds,
            Some(State::Missed) => Verdict::MissedNow,
            Some(State::Unknown) | None => Verdict::Unknown,
        }
    }

    /// `RTO 33 min of 1 h: holds now`.
    pub(super) fn in_words(&self, context: &Context<'_>) -> Phrase {
        let name = match self.measure {
            Measure::Rto => "RTO",
            Measure::Rpo => "RPO",
        };
        let Some(bound) = self.bound else { return format!("{name}: no data").into() };
        let of = self.asked.map(|asked| format!(" of {}", asked.value.in_words())).unwrap_or_default();
        let text = format!("{name} {}{of}: ", context::bound(bound));
        Phrase::new().text(text).phrase(self.verdict(context).phrase())
    }
}

/// Every objective of the estate, with its verdict, in the order of the services.
pub(super) fn all(context: &Context<'_>) -> Vec<(String, Disruption, Measure, Verdict)> {
    let mut all = Vec::new();
    for service in context.plan.services() {
        for derivation in context.derived(&service.name) {
            for one in objectives(&service.name, derivation) {
                all.push((service.name.to_string(), one.disruption, one.measure, one.verdict(context)));
            }
        }
    }
    all.retain(|(.., verdict)| *verdict != Verdict::NotAsked);
    all
}
