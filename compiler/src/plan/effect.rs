//! The effect of a plan on the objectives: what the cloud can meet today, and what it will meet after the
//! apply.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::dependents::with_dependents;
use super::inputs::Inputs;
use super::unseen_backups::{backup_faults, resting};
use super::{Consent, Consents};
use crate::backups::KeptBackups;
use crate::copies::{CopyJob, KnownCopy, SeenCopy};
use crate::diagnostic::Diagnostic;
use crate::document::{Disruption, Name};
use crate::objectives::{
    Assurance, Bound, Derivation, Deriver, Facts, Live, begins, checks, copies, gone_primary, kept, lags,
    observed, obstacles, planned, with_kept,
};
use crate::observation::Object;
use crate::policy::{Policy, Service};
use crate::posture::Posture;
use crate::provider::evidence::{Begin, Obstacle};
use crate::resource::{Address, Identity, Kind, Lifecycle, Values};
use crate::signals::{CheckHealth, CopyLag};
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
    /// Whether what can be met today rests on scheduled backups that nobody has seen.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub rests_on_backups: bool,
    /// What is wrong with the scheduled backups that it rests on. Only a status looks.
    #[serde(skip)]
    pub backup_fault: Option<BackupFault>,
    /// Why nobody can tell, because something that it rests on is measured and could not be seen. Only a status looks.
    #[serde(skip)]
    pub unmeasured: Option<String>,
}

/// Why scheduled backups that an objective rests on are not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupFault {
    /// Whether one of them cannot be seen, so that it may be there.
    pub unseen: bool,
    /// Why: missing, too old, or not to be seen.
    pub because: String,
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

impl Measure {
    /// `RTO` or `RPO`.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Rto => "RTO",
            Self::Rpo => "RPO",
        }
    }
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

    pub(super) fn in_words(&self) -> String {
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
    /// The jobs that have to be begun.
    pub(super) begins: Vec<Begin>,
    /// The scheduled backups that somebody has looked at.
    pub(super) backups: Vec<KeptBackups>,
    /// How far copies are behind, if somebody has looked.
    pub(super) lags: Vec<CopyLag>,
    /// Whether health checks pass, if somebody has looked.
    pub(super) checks: Vec<CheckHealth>,
}

/// The services whose data is written elsewhere than at its primary site, to which a return is prepared, with that as the reason. What the
/// policies declare is for the time after the return.
fn away<'p>(policy: &'p Policy, posture: &Posture) -> BTreeMap<&'p str, String> {
    let home = |service: &'p Service| {
        let mut homes = service.data.values().map(|set| &set.primary.site.name);
        let home = homes.find(|home| posture.prepares(home))?;
        let because = format!("users are away from `{home}`, to which a return is prepared");
        Some((service.name.as_str(), because))
    };
    policy.services.values().filter_map(home).collect()
}

/// Derive the effects. `unknown` are the services of which not everything could be seen, with the reason.
pub(super) fn effects<'c>(
    inputs: &Inputs<'c>,
    found: &BTreeMap<Address, &Object>,
    unknown: BTreeMap<&'c str, String>,
) -> Seen {
    let Inputs { compiled, graph, owned, observation, ref context, .. } = *inputs;
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
    let mut places: BTreeMap<(Kind, Vec<String>), Vec<&Object>> = BTreeMap::new();
    for object in &observation.objects {
        if let Some(coexist) = &object.kind.schema().coexist {
            places.entry((object.kind, coexist.place(&object.attributes))).or_default().push(object);
        }
    }
    let in_place = |kind: Kind, values: &Values| {
        let place = kind.schema().coexist.as_ref().map(|coexist| (kind, coexist.place(values)));
        place.and_then(|place| places.get(&place)).cloned().unwrap_or_default()
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
    let account = |provider: &str| context.accounts.get(provider).map(|account| account.id.as_str());
    let live = Live {
        find: &find,
        made: &made,
        applied: &applied,
        had: &had,
        known: &known,
        declared: &declared,
        look: &look,
        beside: &in_place,
        unseen: &unseen,
        account: &account,
        backups: observation.backups.as_ref(),
        signals: observation.signals.as_ref(),
        taken: &taken,
    };
    let obstacles = policy.services.values().flat_map(|service| obstacles(service, live));
    let urgent = !inputs.posture.is_normal();
    let obstacles = obstacles
        .filter(|one| !(urgent && one.may_wait))
        .filter_map(|one| refused(one, &inputs.consents))
        .collect();
    let can_tell = || policy.services.values().filter(|service| !unknown.contains_key(service.name.as_str()));
    let begins = can_tell().flat_map(|service| begins(service, live)).collect();
    let seen = can_tell().flat_map(|service| copies(service, live));
    // A plan with targets looks at a part of the copies.
    let seen = seen.filter(|copy| graph.get(&copy.by).is_some());
    // A job that the journal remembers is no news.
    let seen = seen.map(|copy| {
        let remembered = known(&copy.from, &copy.to).and_then(|known| known.job.as_ref());
        let is_news = |job: &CopyJob| remembered.is_none_or(|known| known.id != job.id);
        SeenCopy { job: copy.job.filter(is_news), ..copy }
    });
    let seen = seen.collect();
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
    // If all that is measured and could not be seen were broken: what is met only without that, nobody can tell.
    let worst: BTreeMap<&str, Facts<'_>> =
        today.iter().filter_map(|(name, facts)| Some((*name, facts.at_worst()?))).collect();
    let at_worst = (!worst.is_empty()).then(|| {
        Deriver::new(policy, as_of).all(|service| {
            let name = service.name.as_str();
            worst.get(name).or_else(|| today.get(name)).cloned().unwrap_or_else(|| Facts::wanted(service))
        })
    });
    let looked = observation.backups.is_some();
    let mine: BTreeMap<&str, Vec<KeptBackups>> = policy
        .services
        .values()
        .map(|service| {
            let name = service.name.as_str();
            (name, kept(service, live, today.get(name), as_of))
        })
        .collect();
    // Without the backups that nobody has seen; without any if nobody has looked.
    let bare = Deriver::new(policy, as_of).all(|service| {
        let name = service.name.as_str();
        let mut facts = today.get(name).cloned().unwrap_or_else(|| Facts::wanted(service));
        if looked {
            return with_kept(facts, mine.get(name).map_or(&[][..], Vec::as_slice));
        }
        facts.data.values_mut().for_each(|data| data.schedules.clear());
        facts
    });
    // The backups that the policy declares, and not what is left of them: a vault that is gone is missed too.
    let declared = Deriver::new(policy, as_of).all(|service| {
        let wanted = Facts::wanted(service);
        let Some(mut facts) = today.get(service.name.as_str()).cloned() else { return wanted };
        for (name, data) in wanted.data {
            let schedules = data.schedules.clone();
            facts.data.entry(name).or_insert(data).schedules = schedules;
        }
        facts
    });
    let rests = resting(policy, &declared, &bare);
    let faults = backup_faults(policy, &mine, &rests);
    let here = policy.services.iter().filter(|(name, _)| !unknown.contains_key(name.as_str()));
    let gone = here.filter_map(|(name, service)| Some((name.as_str(), gone_primary(service, live)?)));
    let gone: BTreeMap<&str, String> = gone.collect();
    let lost_itself: BTreeSet<&str> = gone.keys().copied().collect();
    let gone = with_dependents(policy, gone, "whose data is gone");
    let mut unknown = undecided(policy, &today, unknown);
    for (name, because) in away(policy, inputs.posture) {
        unknown.entry(name).or_insert(because);
    }
    let unknown = with_dependents(policy, unknown, "which is unknown");
    let mut effects = Vec::new();
    for (name, derived) in &after {
        let old = before.get(name).filter(|_| today.contains_key(name.as_str()));
        for derivation in derived {
            let old = old.and_then(|all| all.iter().find(|one| one.disruption == derivation.disruption));
            let worst = at_worst.as_ref().and_then(|all| all.get(name));
            let worst = worst.and_then(|all| all.iter().find(|one| one.disruption == derivation.disruption));
            let mut both = both(name, derivation, old, worst);
            for effect in &mut both {
                // What another service lacks delays this one, and is no loss of its own data.
                let (key, waits) = ((name.as_str(), effect.disruption), effect.measure == Measure::Rto);
                effect.rests_on_backups = if waits { &rests.all } else { &rests.own }.contains(&key);
                effect.backup_fault =
                    faults.get(name.as_str()).filter(|_| effect.rests_on_backups && looked).cloned();
                let gone = gone.get(name.as_str()).filter(|_| waits || lost_itself.contains(name.as_str()));
                if let Some(because) = gone {
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
    let of_all = || policy.services.values();
    Seen {
        effects,
        copies: seen,
        obstacles,
        begins,
        backups: mine.into_values().flatten().collect(),
        lags: of_all().flat_map(|service| lags(service, live)).collect(),
        checks: of_all().flat_map(|service| checks(service, live)).collect(),
    }
}

/// The refusal to take over an object, unless it is allowed.
fn refused(obstacle: Obstacle, given: &Consents) -> Option<Diagnostic> {
    let Obstacle { address, found, cure, may_adopt, may_wait: _ } = obstacle;
    let consent = Consent::Adopt(address);
    if !may_adopt {
        return Some(found.help(cure));
    }
    let help = || format!("{cure}; to take it over all the same, plan with `{}`", consent.flag());
    (!given.contains(&consent)).then(|| found.help(help()))
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

fn both(
    name: &Name,
    after: &Derivation,
    before: Option<&Derivation>,
    worst: Option<&Derivation>,
) -> Vec<Effect> {
    let limit = |setting: &Option<crate::policy::Setting<Duration>>| setting.as_ref().map(|one| one.value);
    // Why an objective that is met now would not be met at worst.
    let unmeasured = |now: Option<&Bound>, worst: Option<&Bound>, limit: Option<Duration>| {
        let meets =
            |bound: &Bound| bound.value().is_some_and(|value| limit.is_none_or(|limit| value <= limit));
        let worst = worst.filter(|worst| now.is_some_and(meets) && !meets(worst))?;
        Achievable::of(worst).because.or_else(|| Some("what is measured cannot be seen".to_owned()))
    };
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
            backup_fault: None,
            unmeasured: unmeasured(
                before.map(|it| &it.rto),
                worst.map(|it| &it.rto),
                limit(&after.asked.rto),
            ),
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
            backup_fault: None,
            unmeasured: unmeasured(
                before.and_then(Derivation::worst_rpo).map(|(_, bound)| bound),
                worst.and_then(Derivation::worst_rpo).map(|(_, bound)| bound),
                limit(&after.asked.rpo),
            ),
        });
    }
    effects
}
