//! What rests on scheduled backups that nobody has seen.

use std::collections::{BTreeMap, BTreeSet};

use super::dependents::with_dependents;
use super::effect::BackupFault;
use crate::backups::KeptBackups;
use crate::document::{Disruption, Name};
use crate::objectives::{Derivation, Derived};
use crate::policy::Policy;

/// The services and disruptions whose recovery needs a scheduled backup.
pub(super) struct Resting<'p> {
    /// The backup is of their own data.
    pub(super) own: BTreeSet<(&'p str, Disruption)>,
    /// They, and the services that depend on them, are back only when that backup is restored.
    pub(super) all: BTreeSet<(&'p str, Disruption)>,
}

/// Find them: without backups, the loss of data has no bound, or is more than its objective. `with` and `without` are
/// derived from the same facts with the backups and without them.
pub(super) fn resting<'p>(
    policy: &'p Policy,
    with: &BTreeMap<&Name, Derived>,
    without: &BTreeMap<&Name, Derived>,
) -> Resting<'p> {
    let loss = |derived: &Derivation| derived.worst_rpo().and_then(|(_, bound)| bound.value());
    let mut own: BTreeSet<(&str, Disruption)> = BTreeSet::new();
    for name in policy.services.keys() {
        for derived in with.get(name).into_iter().flatten() {
            let bare = without.get(name).into_iter().flatten();
            let bare = bare.filter(|bare| bare.disruption == derived.disruption).find_map(loss);
            let asked = derived.asked.rpo.as_ref().map(|asked| asked.value);
            let misses = bare.is_none_or(|bare| asked.is_some_and(|asked| bare > asked));
            if misses && loss(derived).is_some_and(|loss| asked.is_none_or(|asked| loss <= asked)) {
                own.insert((name.as_str(), derived.disruption));
            }
        }
    }
    let all = Disruption::ALL.into_iter().flat_map(|disruption| {
        let from = own.iter().filter(|(_, of)| *of == disruption);
        let from = from.map(|(name, _)| (*name, String::new())).collect();
        with_dependents(policy, from, "").into_keys().map(move |name| (name, disruption))
    });
    let all = all.collect();
    Resting { own, all }
}

/// What is wrong with the backups that services rest on, and what that means for those that depend on them.
pub(super) fn backup_faults<'p>(
    policy: &'p Policy,
    mine: &BTreeMap<&'p str, Vec<KeptBackups>>,
    rests: &Resting<'p>,
) -> BTreeMap<&'p str, BackupFault> {
    let faults = |unseen: bool| -> BTreeMap<&'p str, String> {
        let own = rests.own.iter().filter_map(|(name, _)| {
            let all = mine.get(name)?;
            let faults: Vec<String> = all.iter().filter_map(KeptBackups::any_fault).collect();
            let counts = !unseen || all.iter().any(|backup| !backup.is_seen());
            (counts && !faults.is_empty()).then(|| (*name, faults.join("; ")))
        });
        with_dependents(policy, own.collect(), "whose backups are missing")
    };
    let unseen = faults(true);
    let fault = |(name, because): (&'p str, String)| {
        (name, BackupFault { unseen: unseen.contains_key(name), because })
    };
    faults(false).into_iter().map(fault).collect()
}
