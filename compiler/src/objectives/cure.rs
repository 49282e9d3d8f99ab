//! Finds the cheapest change that meets an objective. Most changes are tried on the facts; those with a
//! simple effect (a real-time copy, a stated time) are calculated.

use super::facts::{Detection, Facts};
use super::{Bound, Derivation, Deriver};
use crate::document::{Disruption, Lock, Name, Strategy};
use crate::policy::{Origin, Service};
use crate::units::Duration;

/// The keep-alive that ARC's best practices recommend for clients.
const SHORT_KEEP_ALIVE: Duration = Duration::minutes(5);

/// A change as text, and the facts after it.
struct Change<'p> {
    words: String,
    facts: Facts<'p>,
}

/// The cheapest change that meets the RTO.
pub(super) fn of_rto<'p>(
    deriver: &Deriver<'p>,
    service: &'p Service,
    facts: &Facts<'p>,
    missed: &Derivation,
    asked: Duration,
) -> Option<String> {
    let kept = |facts: &Facts<'p>| {
        let derived = deriver.derive(service, facts, missed.disruption);
        derived.rto.value().is_some_and(|value| value <= asked)
    };
    let mut changes = Vec::new();
    if missed.disruption == Disruption::SiteLoss {
        changes.extend(traffic_changes(facts));
    }
    changes.extend(step_changes(facts, missed, asked));
    changes.into_iter().find(|change| kept(&change.facts)).map(|change| change.words)
}

fn traffic_changes<'p>(facts: &Facts<'p>) -> Vec<Change<'p>> {
    let ttl = |facts: &mut Facts<'p>| {
        let mut changed = false;
        for traffic in facts.traffic.values_mut().filter(|t| !t.alias) {
            let (shortest, ..) = traffic.dns.fastest;
            if traffic.ttl.value > shortest {
                (traffic.ttl.value, changed) = (shortest, true);
            }
        }
        changed
    };
    let probe = |facts: &mut Facts<'p>| {
        let mut changed = false;
        for traffic in facts.traffic.values_mut() {
            let (_, every, most) = traffic.dns.fastest;
            if let Detection::Probe { interval, failures, .. } = &mut traffic.detection
                && (*interval > every || *failures > most)
            {
                (*interval, *failures, changed) = (every, (*failures).min(most), true);
            }
        }
        changed
    };
    let keep_alive = |facts: &mut Facts<'p>| {
        let setting = &mut facts.assumptions.keep_alive;
        let changed = setting.value.value > SHORT_KEEP_ALIVE;
        if changed {
            setting.value.value = SHORT_KEEP_ALIVE;
            setting.origin = Origin::BuiltIn("");
        }
        changed
    };
    type Step<'f, 'p> = (&'static str, &'f dyn Fn(&mut Facts<'p>) -> bool);
    let one: [Step<'_, 'p>; 3] = [
        ("`ttl: 60s`", &ttl),
        ("probes with `every: 10s` and no more than `failures: 3`", &probe),
        (
            "a keep-alive of 5 min at the load balancers, stated as `assumptions: { keep-alive: { value: 5m, \
             because: … } }`",
            &keep_alive,
        ),
    ];
    // One change before two, two before three. A shorter TTL costs nothing, faster probes cost a little.
    let sets: [&[usize]; 7] = [&[0], &[1], &[2], &[0, 1], &[0, 2], &[1, 2], &[0, 1, 2]];
    let mut changes = Vec::new();
    for set in sets {
        let mut facts = facts.clone();
        let chosen = set.iter().filter_map(|nth| one.get(*nth));
        let words: Vec<&str> =
            chosen.filter(|(_, change)| change(&mut facts)).map(|(words, _)| *words).collect();
        if words.len() == set.len() {
            changes.push(Change { words: words.join(" and "), facts });
        }
    }
    changes
}

/// Shorten one step of the procedure by the excess, the longest step first.
fn step_changes<'p>(facts: &Facts<'p>, missed: &Derivation, asked: Duration) -> Vec<Change<'p>> {
    let Some(value) = missed.rto.value() else { return Vec::new() };
    let excess = value.minus(asked);
    let mut steps: Vec<_> =
        facts.steps(missed.disruption).iter().filter_map(|s| Some((s.takes?.0, &s.name))).collect();
    steps.sort_by_key(|(takes, name)| (std::cmp::Reverse(*takes), *name));
    let shorter = |(takes, name): (Duration, &Name)| {
        let left = takes.minus(excess).in_minutes_down();
        let mut facts = facts.clone();
        let steps = facts.recovery.get_mut(&missed.disruption)?;
        let step = steps.iter_mut().find(|step| step.name == *name)?;
        step.takes = step.takes.map(|(_, span)| (left, span));
        (left > Duration::default())
            .then(|| Change { words: format!("step `{name}` with `takes: {left}`"), facts })
    };
    steps.into_iter().filter_map(shorter).collect()
}

/// The cheapest change that meets the RPO of a data set.
pub(super) fn of_rpo<'p>(
    deriver: &Deriver<'p>,
    service: &'p Service,
    facts: &Facts<'p>,
    disruption: Disruption,
    name: &Name,
    asked: Duration,
) -> Option<String> {
    let mut changes: Vec<Change<'p>> = Vec::new();
    let mut change = |words: String, edit: &dyn Fn(&mut super::facts::Data<'p>)| {
        let mut facts = facts.clone();
        if let Some(data) = facts.data.get_mut(name) {
            edit(data);
        }
        changes.push(Change { words, facts });
    };
    let data = facts.data.get(name)?;
    let weekly = data.schedules.iter().any(|schedule| schedule.strategy == Strategy::Weekly);
    if disruption == Disruption::AccountCompromise && !data.schedules.is_empty() {
        change("`lock: compliance` on the backups".to_owned(), &|data| {
            data.schedules.iter_mut().for_each(|schedule| schedule.lock = Some(Lock::Compliance));
        });
    }
    let short =
        data.schedules.len() == 1 && data.schedules.iter().all(|schedule| schedule.complete <= Duration::DAY);
    if weekly && short {
        change("`strategy: daily`, without `on`".to_owned(), &|data| {
            for schedule in &mut data.schedules {
                (schedule.strategy, schedule.interval) = (Strategy::Daily, Some(Duration::DAY));
            }
        });
    }
    // Stating how long a copy takes costs nothing.
    let bound = deriver.derive(service, facts, disruption).rpo.remove(name)?;
    // Without a schedule there is no backup whose copy could take less time.
    let unstated =
        bound.value().is_none() && facts.assumptions.backup_copy.is_none() && !data.schedules.is_empty();
    if unstated && bound.terms.len() > 1 && bound.at_least() < asked {
        return Some(format!(
            "a copy of the backup within that time, stated as `assumptions: {{ backup-copy: {{ value: {}, because: … }} }}`",
            asked.minus(bound.at_least()).in_minutes_down()
        ));
    }
    let kept = |bound: Option<&Bound>| bound.and_then(Bound::value).is_some_and(|value| value <= asked);
    let found = changes
        .into_iter()
        .find(|change| kept(deriver.derive(service, &change.facts, disruption).rpo.get(name)));
    found.map(|change| change.words).or_else(|| real_time(service, data, disruption, asked))
}

/// Whether a real-time copy would meet the objective, and at which site.
fn real_time(
    service: &Service,
    data: &super::facts::Data<'_>,
    disruption: Disruption,
    asked: Duration,
) -> Option<String> {
    if data.provider.storage.copy.value > asked {
        return None;
    }
    let lost = &data.primary.site;
    // An existing copy is not a change.
    let new = |site: &&crate::policy::Site| data.copies.iter().all(|copy| copy.bucket.site.name != site.name);
    let promised = |site: &crate::policy::Site| {
        site.region.provider.name == data.provider.name
            && (data.provider.storage.promises)(lost.region, site.region)
    };
    let helps = |site: &&crate::policy::Site| match disruption {
        _ if !promised(site) => false,
        Disruption::SiteLoss => site.name != lost.name,
        Disruption::KeyLoss => {
            site.name != lost.name && !data.provider.one_key(data.key(site), data.key(lost))
        }
        Disruption::Corruption | Disruption::AccountCompromise => false,
    };
    let site = service.sites.iter().filter(new).find(helps)?;
    Some(format!("a real-time copy: `{{ strategy: real-time, to: [{}] }}`", site.name))
}
