//! The effect of a plan on the objectives: what the cloud can meet today, and what it will meet after the
//! apply.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Serialize;

use super::inputs::Inputs;
use super::{Consent, Consents};
use crate::copies::{KnownCopy, SeenCopy};
use crate::diagnostic::{Diagnostic, Style};
use crate::document::{Disruption, Name};
use crate::objectives::{
    Assurance, Bound, Derivation, Derived, Deriver, Facts, Live, copies, gone_primary, observed, obstacles,
    planned,
};
use crate::observation::Object;
use crate::policy::Policy;
use crate::printable::one_line;
use crate::provider::evidence::Obstacle;
use crate::resource::{Address, Identity, Kind, Lifecycle, Values};
use crate::text::{Pen, wrap};
use crate::units::Duration;

/// One objective of a service before and after the apply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Effect {
    /// The service.
    pub service: String,
    /// The disruption.
    pub disruption: Disruption,
    /// RTO or RPO.
    pub measure: Measure,
    /// The objective in seconds, if the policy sets one.
    pub objective: Option<u64>,
    /// What the cloud can meet today. `None` if no resource of the service exists.
    pub before: Option<Achievable>,
    /// What it will meet.
    pub after: Achievable,
    /// Whether what can be met today rests on scheduled backups. Nobody has looked whether they are made.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub rests_on_backups: bool,
}

/// Which objective.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Measure {
    /// The recovery time.
    Rto,
    /// The recovery point, for the data set with the largest loss.
    Rpo,
}

/// What can be met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Achievable {
    /// In seconds. `None` if there is no limit.
    pub seconds: Option<u64>,
    /// How reliable the value is.
    pub assurance: String,
    /// Why there is no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

/// The assurance of a value that nobody can tell.
const UNKNOWN: &str = "unknown";

impl Effect {
    /// Whether the plan changes it.
    #[must_use]
    pub fn changes(&self) -> bool {
        self.before.as_ref() != Some(&self.after)
    }

    /// Whether it is worse after the apply than today: longer, or no longer bounded.
    #[must_use]
    pub fn is_weaker(&self) -> bool {
        self.before.as_ref().is_some_and(|before| self.after.is_worse_than(before))
    }

    /// Whether it is met after the apply.
    #[must_use]
    pub fn met(&self) -> bool {
        self.objective.is_none_or(|objective| self.after.seconds.is_some_and(|seconds| seconds <= objective))
    }
}

impl Achievable {
    /// Whether it is worse than another value: more seconds, or unbounded where the other is bounded.
    #[must_use]
    pub fn is_worse_than(&self, other: &Self) -> bool {
        match (self.seconds, other.seconds) {
            (Some(this), Some(other)) => this > other,
            (this, other) => this.is_none() && other.is_some(),
        }
    }

    /// Whether it is unknown, because something that it depends on could not be seen. It counts as not met.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.assurance == UNKNOWN
    }

    fn unknown(because: &str) -> Self {
        Self { seconds: None, assurance: UNKNOWN.to_owned(), because: Some(because.to_owned()) }
    }

    /// No limit, as was seen.
    fn none(because: &str) -> Self {
        let assurance = Assurance::Proven.to_string();
        Self { seconds: None, assurance, because: Some(because.to_owned()) }
    }

    fn of(bound: &Bound) -> Self {
        let unlimited = bound.terms.iter().find(|term| term.value.is_none());
        Self {
            seconds: bound.value().map(Duration::as_seconds),
            assurance: match bound.assurance() {
                Assurance::Sla => "sla".to_owned(),
                other => other.to_string(),
            },
            because: unlimited.map(|term| format!("{}: {}", term.what, term.source)),
        }
    }

    fn in_words(&self) -> String {
        match self.seconds {
            Some(seconds) => Duration::seconds(seconds).in_words(),
            None if self.is_unknown() => UNKNOWN.to_owned(),
            None => "unbounded".to_owned(),
        }
    }
}

/// What is derived from what exists.
pub(super) struct Seen {
    /// The effects on all services, in the order of their names.
    pub(super) effects: Vec<Effect>,
    /// The copies.
    pub(super) copies: Vec<SeenCopy>,
    /// What keeps Holdfast from managing it, and nobody has allowed.
    pub(super) obstacles: Vec<Diagnostic>,
}

/// Derive the effects. `unknown` are the services of which not everything could be seen, with the reason.
pub(super) fn effects<'c>(
    inputs: &Inputs<'c>,
    found: &BTreeMap<Address, &Object>,
    unknown: BTreeMap<&'c str, String>,
) -> Seen {
    let Inputs { compiled, graph, owned, observation, .. } = *inputs;
    let (policy, as_of) = (&compiled.policy, compiled.options.as_of);
    let made: BTreeMap<(Kind, &Identity), u64> = owned
        .iter()
        .filter(|owned| owned.run > 0)
        .map(|owned| ((owned.address.kind(), &owned.identity), owned.run))
        .collect();
    let find = |address: &Address| found.get(address).copied();
    let made = |address: &Address| find(address).and_then(|o| made.get(&(o.kind, &o.identity())).copied());
    let last: BTreeMap<(Kind, &Identity), &Values> = owned
        .iter()
        .filter_map(|owned| Some(((owned.address.kind(), &owned.identity), owned.applied.as_ref()?)))
        .collect();
    let applied = |address: &Address| find(address).and_then(|o| last.get(&(o.kind, &o.identity())).copied());
    let declared = |address: &Address| graph.get(address);
    let had = |address: &Address| {
        let wanted = graph.get(address).map(|wanted| (address.kind(), wanted.identity()));
        wanted.is_some_and(|(kind, identity)| last.contains_key(&(kind, &identity)))
    };
    let remembered: BTreeMap<(&str, &str), &KnownCopy> =
        inputs.copies.iter().map(|known| ((known.from.as_str(), known.to.as_str()), known)).collect();
    let known = |from: &str, to: &str| remembered.get(&(from, to)).copied();
    let beside = |object: &&Object| {
        let schema = object.kind.schema();
        schema.lifecycle == Lifecycle::Evidence || schema.coexist.is_some()
    };
    let beside = observation.objects.iter().filter(beside);
    let beside: BTreeMap<(Kind, Identity), &Object> =
        beside.map(|object| ((object.kind, object.identity()), object)).collect();
    let look = |kind: Kind, identity: &Identity| beside.get(&(kind, identity.clone())).copied();
    let unseen: BTreeMap<(Kind, &Identity), &str> =
        observation.unseen.iter().map(|one| ((one.kind, &one.identity), one.reason.as_str())).collect();
    let unseen = |kind: Kind, identity: &Identity| unseen.get(&(kind, identity)).copied();
    let others = observation.unseen.iter().filter(|one| one.taken);
    let others: BTreeMap<(Kind, &Identity), &str> =
        others.map(|one| ((one.kind, &one.identity), one.reason.as_str())).collect();
    let taken = |kind: Kind, identity: &Identity| others.get(&(kind, identity)).copied();
    let live = Live {
        find: &find,
        made: &made,
        applied: &applied,
        had: &had,
        known: &known,
        declared: &declared,
        look: &look,
        unseen: &unseen,
        taken: &taken,
    };
    let obstacles = policy.services.values().flat_map(|service| obstacles(service, live));
    let obstacles = obstacles.filter_map(|one| refused(one, &inputs.consents)).collect();
    let seen = policy.services.values().filter(|service| !unknown.contains_key(service.name.as_str()));
    let seen = seen.flat_map(|service| copies(service, live));
    // A plan with targets looks at a part of the copies.
    let seen = seen.filter(|copy| graph.get(&copy.by).is_some()).collect();
    // For a service without existing resources, other services use its desired facts. Its effects have no
    // `before`.
    let today: BTreeMap<&str, Facts<'_>> = policy
        .services
        .values()
        .filter_map(|service| Some((service.name.as_str(), observed(service, live)?)))
        .collect();
    let before = Deriver::new(policy, as_of)
        .all(|service| today.get(service.name.as_str()).cloned().unwrap_or_else(|| Facts::wanted(service)));
    let after = Deriver::new(policy, as_of).all(|service| planned(service, live));
    let bare = Deriver::new(policy, as_of).all(|service| {
        let mut facts = today.get(service.name.as_str()).cloned().unwrap_or_else(|| Facts::wanted(service));
        facts.data.values_mut().for_each(|data| data.schedules.clear());
        facts
    });
    let rests = resting(policy, &before, &bare);
    let here = policy.services.iter().filter(|(name, _)| !unknown.contains_key(name.as_str()));
    let gone = here.filter_map(|(name, service)| Some((name.as_str(), gone_primary(service, live)?)));
    let gone: BTreeMap<&str, String> = gone.collect();
    let lost_itself: BTreeSet<&str> = gone.keys().copied().collect();
    let gone = with_dependents(policy, gone, "whose data is gone");
    let unknown = undecided(policy, &today, unknown);
    let unknown = with_dependents(policy, unknown, "which is unknown");
    let mut effects = Vec::new();
    for (name, derived) in &after {
        let old = before.get(name).filter(|_| today.contains_key(name.as_str()));
        for derivation in derived {
            let old = old.and_then(|all| all.iter().find(|one| one.disruption == derivation.disruption));
            let mut both = both(name, derivation, old);
            for effect in &mut both {
                effect.rests_on_backups = rests.contains(&(name.as_str(), effect.disruption));
                // Data of another service that it needs delays it, and is not its own.
                let own = effect.measure == Measure::Rto || lost_itself.contains(name.as_str());
                if let Some(because) = gone.get(name.as_str()).filter(|_| own) {
                    effect.before = Some(Achievable::none(because));
                }
            }
            if let Some(because) = unknown.get(name.as_str()) {
                for effect in &mut both {
                    effect.before = Some(Achievable::unknown(because));
                    effect.after = Achievable::unknown(because);
                }
            }
            effects.extend(both);
        }
    }
    Seen { effects, copies: seen, obstacles }
}

/// The refusal to take over an object, unless it is allowed.
fn refused(obstacle: Obstacle, given: &Consents) -> Option<Diagnostic> {
    let Obstacle { address, found, cure, may_adopt } = obstacle;
    let consent = Consent::Adopt(address);
    if !may_adopt {
        return Some(found.help(cure));
    }
    let help = || format!("{cure}; to take it over all the same, plan with `{}`", consent.flag());
    (!given.contains(&consent)).then(|| found.help(help()))
}

/// The services and disruptions of which an objective would not be bounded today, or not be met, without scheduled backups.
fn resting<'p>(
    policy: &'p Policy,
    with: &BTreeMap<&Name, Derived>,
    without: &BTreeMap<&Name, Derived>,
) -> BTreeSet<(&'p str, Disruption)> {
    let mut rests: BTreeSet<(&str, Disruption)> = BTreeSet::new();
    let loss = |derived: &Derivation| derived.worst_rpo().and_then(|(_, bound)| bound.value());
    for name in policy.services.keys() {
        for derived in with.get(name).into_iter().flatten() {
            let bare = without.get(name).into_iter().flatten();
            let bare = bare.filter(|bare| bare.disruption == derived.disruption).find_map(loss);
            let asked = derived.asked.rpo.as_ref().map(|asked| asked.value);
            let misses = bare.is_none_or(|bare| asked.is_some_and(|asked| bare > asked));
            if misses && loss(derived).is_some_and(|loss| asked.is_none_or(|asked| loss <= asked)) {
                rests.insert((name.as_str(), derived.disruption));
            }
        }
    }
    loop {
        let before = rests.len();
        for (name, service) in &policy.services {
            for disruption in Disruption::ALL {
                if service.depends_on.keys().any(|on| rests.contains(&(on.as_str(), disruption))) {
                    rests.insert((name.as_str(), disruption));
                }
            }
        }
        if rests.len() == before {
            return rests;
        }
    }
}

/// The services whose objectives nobody can tell, with the reason: of some not everything could be seen, and of some what was
/// seen does not decide.
fn undecided<'p>(
    policy: &'p Policy,
    today: &BTreeMap<&str, Facts<'_>>,
    mut why: BTreeMap<&'p str, String>,
) -> BTreeMap<&'p str, String> {
    for name in policy.services.keys() {
        if let Some(reason) = today.get(name.as_str()).and_then(|facts| facts.undecided.clone()) {
            why.entry(name.as_str()).or_insert(reason);
        }
    }
    why
}

/// Some services with a reason, and all that depend on one of them: "it depends on payments, which is unknown".
fn with_dependents<'p>(
    policy: &'p Policy,
    mut why: BTreeMap<&'p str, String>,
    which: &str,
) -> BTreeMap<&'p str, String> {
    loop {
        let before = why.len();
        for (name, service) in &policy.services {
            let on = service.depends_on.keys().find(|on| why.contains_key(on.as_str()));
            if let Some(on) = on.filter(|_| !why.contains_key(name.as_str())) {
                why.insert(name.as_str(), format!("it depends on {on}, {which}"));
            }
        }
        if why.len() == before {
            return why;
        }
    }
}

fn both(name: &Name, after: &Derivation, before: Option<&Derivation>) -> Vec<Effect> {
    let mut effects = Vec::new();
    let asked =
        |setting: &Option<crate::policy::Setting<Duration>>| setting.as_ref().map(|s| s.value.as_seconds());
    if after.asked.rto.is_some() {
        effects.push(Effect {
            service: name.to_string(),
            disruption: after.disruption,
            measure: Measure::Rto,
            objective: asked(&after.asked.rto),
            before: before.map(|before| Achievable::of(&before.rto)),
            after: Achievable::of(&after.rto),
            rests_on_backups: false,
        });
    }
    if let (Some(_), Some((_, bound))) = (&after.asked.rpo, after.worst_rpo()) {
        effects.push(Effect {
            service: name.to_string(),
            disruption: after.disruption,
            measure: Measure::Rpo,
            objective: asked(&after.asked.rpo),
            before: before.and_then(Derivation::worst_rpo).map(|(_, bound)| Achievable::of(bound)),
            after: Achievable::of(bound),
            rests_on_backups: false,
        });
    }
    effects
}

/// The objectives that the plan changes, and those that are not met, as [`text`](super::text()) shows them.
#[must_use]
pub fn objectives(effects: &[Effect], style: Style) -> String {
    let mut out = String::new();
    text(effects, &Pen::new(style), &mut out);
    out
}

/// The first thing that a reviewer reads: objectives that change, and those that are not met.
pub(super) fn text(effects: &[Effect], pen: &Pen, out: &mut String) {
    let worth: Vec<&Effect> = effects.iter().filter(|effect| effect.changes() || !effect.met()).collect();
    if worth.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{}", pen.bold("Objectives"));
    let mut above = None;
    for effect in worth {
        let head = (&effect.service, effect.disruption);
        if above != Some(head) {
            let _ = writeln!(out, "  {}, {}", one_line(&effect.service), effect.disruption);
            above = Some(head);
        }
        line(effect, pen, out);
    }
}

/// `    RTO  11 min 48 s → 7 min 48 s, 4 min less · within 1 h, attested`.
fn line(effect: &Effect, pen: &Pen, out: &mut String) {
    let measure = match effect.measure {
        Measure::Rto => "RTO",
        Measure::Rpo => "RPO",
    };
    let after = effect.after.in_words();
    let movement = match &effect.before {
        None => format!("{after}, new"),
        Some(before) if *before == effect.after => after,
        Some(before) if before.seconds.is_none() && before.in_words() == after => after,
        Some(before) => {
            let difference =
                before.seconds.zip(effect.after.seconds).map(|(before, after)| match after.cmp(&before) {
                    std::cmp::Ordering::Less => {
                        format!(", {} less", Duration::seconds(before - after).in_words())
                    }
                    std::cmp::Ordering::Greater => {
                        format!(", {} more", Duration::seconds(after - before).in_words())
                    }
                    std::cmp::Ordering::Equal => String::new(),
                });
            format!("{} → {after}{}", before.in_words(), difference.unwrap_or_default())
        }
    };
    let objective = effect.objective.map(|seconds| Duration::seconds(seconds).in_words()).unwrap_or_default();
    let verdict = if effect.met() {
        format!("within {objective}, {}", effect.after.assurance.replace("sla", "SLA"))
    } else if effect.after.is_unknown() {
        pen.caution(&format!("counts as not met: objective {objective}"))
    } else {
        pen.minus(&format!("NOT MET: objective {objective}"))
    };
    let _ = writeln!(out, "    {measure}  {} · {verdict}", pen.bold(&movement));
    if let Some(because) = effect.after.because.as_ref().filter(|_| !effect.met()) {
        let _ = writeln!(out, "{}", pen.caution(&wrap(&format!("! {}", one_line(because)), 9, pen.width())));
    }
}
