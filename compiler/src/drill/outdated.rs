//! What the record of a drill no longer shows.
//!
//! A drill shows what the estate could do on its day. Measured times are told and never put in place of what the policy assumes: a drill
//! that restores a folder measures something else than the restore of everything does.

use std::collections::BTreeMap;

use super::limits::Limits;
use super::{Achieved, Last, Measure};
use crate::policy::{Drill, Policy};
use crate::units::{Date, Duration, Throughput, bytes_in_words};

/// The last run that changed something of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Changed {
    /// Its number.
    pub run: u64,
    /// The day on which it began, in UTC. `None`: the journal has no valid time.
    pub on: Option<Date>,
}

/// The least that has to be restored for its rate to say something about the restore of more. Holdfast's choice: of less than this, most
/// of the time goes into the first requests.
const LEAST: u64 = 1 << 30;

/// What no longer is as a record shows it, each as a clause. `changed` has the last run that changed each service.
pub(super) fn outdated(
    policy: &Policy,
    drill: &Drill,
    last: &Last,
    changed: &BTreeMap<String, Changed>,
    limits: &BTreeMap<String, Limits>,
) -> Vec<String> {
    let mut all = Vec::new();
    // Whoever only talked tested people and texts, not what runs change.
    if !drill.form.0.recovers_nothing() {
        all.extend(older(drill, last, changed));
    }
    all.extend(last.achieved.iter().filter_map(|one| longer(one, limits.get(&one.service)?)));
    all.extend(last.restored.iter().filter_map(|one| slower(policy, one)));
    all
}

/// What was changed after the drill.
fn older(drill: &Drill, last: &Last, changed: &BTreeMap<String, Changed>) -> Option<String> {
    let since = drill.services.keys().filter_map(|name| {
        let change = changed.get(name.as_str()).filter(|change| change.run > last.run)?;
        let on = change.on.map(|on| format!(" on {on}")).unwrap_or_default();
        Some(format!("`{name}` (run {}{on})", change.run))
    });
    let since: Vec<String> = since.collect();
    (!since.is_empty()).then(|| {
        format!(
            "runs after it (run {1}) changed, or tried to change, {0}, so it shows an older estate: hold it again",
            since.join(", "),
            last.run
        )
    })
}

/// A bound that is longer now than when the drill was held.
fn longer(one: &Achieved, limits: &Limits) -> Option<String> {
    let (now, of) = match (&one.data, one.measure) {
        (Some(data), Measure::Rpo) => (limits.rpo.get(data)?.bound, format!("{}.{data}", one.service)),
        (None, Measure::Rto) => (limits.rto.bound, one.service.clone()),
        _ => return None,
    };
    let then = one.bound?;
    let words = |seconds: u64| Duration::seconds(seconds).in_words();
    let now = match now {
        Some(now) if now <= then => return None,
        Some(now) => format!("is {} now", words(now)),
        None => "has no limit now".to_owned(),
    };
    Some(format!("the {} bound of `{of}` was {} when it was held, and {now}", one.measure, words(then)))
}

/// A restore that was slower than the policy assumes.
fn slower(policy: &Policy, one: &super::Restored) -> Option<String> {
    let (service, _) = one.entry.split_once('.')?;
    let service = policy.services.values().find(|it| it.name.as_str() == service)?;
    let assumed = service.assumptions.restore_throughput.as_ref()?.value.value;
    let measured = Throughput::measured(one.bytes, one.milliseconds).filter(|_| one.bytes >= LEAST)?;
    (measured < assumed).then(|| {
        format!(
            "it restored {} of `{}` at {measured}, and the policy assumes {assumed} (`restore-throughput`): the bounds that rest on it are \
             too good",
            bytes_in_words(one.bytes),
            one.entry
        )
    })
}
