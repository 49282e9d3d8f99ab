//! What a plan says besides its steps: what was renamed, what leaves, and what nobody makes.

use std::collections::{BTreeMap, BTreeSet};

use super::{Accounts, Action, Moved, Step};
use crate::document::{Name, Strategy};
use crate::graph::Graph;
use crate::observation::Owned;
use crate::policy::{Criterion, Drill, Policy};
use crate::resource::{Address, Identity, Kind};
use crate::source::Span;

/// Objects that are owned under one address and declared under another.
pub(super) fn moved(graph: &Graph, owned: &[Owned]) -> Vec<Moved> {
    let wanted: BTreeMap<(Kind, Identity), &Address> =
        graph.iter().map(|r| ((r.address.kind(), r.identity()), &r.address)).collect();
    let moved = owned.iter().filter_map(|made| {
        let to = *wanted.get(&(made.address.kind(), made.identity.clone()))?;
        let (from, identity) = (made.address.clone(), made.identity.clone());
        (from != *to).then(|| Moved { from, to: to.clone(), identity })
    });
    moved.collect()
}

/// Services that lose resources and that no policy declares. A folder missing on the command line looks the
/// same, so this needs a consent of its own.
pub(super) fn leaving(steps: &[Step], policy: &Policy) -> BTreeSet<String> {
    let there: BTreeSet<&str> = policy.services.keys().map(Name::as_str).collect();
    let removed = steps.iter().filter(|step| step.action == Action::Delete).map(|step| step.address.owner());
    removed.filter(|owner| !owner.is_empty() && !there.contains(owner)).map(str::to_owned).collect()
}

/// Copies of scheduled backups to vaults in other accounts for which no site names a role. Holdfast checks them and does not make them:
/// that takes credentials for those accounts.
pub(super) fn unmade(policy: &Policy, accounts: &Accounts) -> Vec<String> {
    let sets = policy
        .services
        .values()
        .flat_map(|service| service.data.iter().map(move |(name, set)| (service, name, set)));
    let schedules = sets.flat_map(|(service, name, set)| {
        set.schedules.iter().map(move |schedule| (service, name, set, schedule))
    });
    let words = schedules.flat_map(|(service, name, set, schedule)| {
        let provider = set.primary.site.region.provider;
        let own = accounts.get(provider.name).map(|account| account.id.as_str());
        let elsewhere = schedule.to.iter().filter_map(move |(site, _)| {
            let account = site.vault_account().filter(|_| !site.has_made_vault(own))?;
            Some((site.name.as_str(), account))
        });
        let every = match schedule.strategy {
            Strategy::Weekly => "weekly",
            Strategy::Daily | Strategy::RealTime => "daily",
        };
        elsewhere.map(move |(site, account)| {
            let backup = provider.backup.service;
            format!(
                "{}.{name}: the copy of the {every} backup to {site}, in account {account}, with {backup}",
                service.name
            )
        })
    });
    words.collect()
}

/// The commands that the criteria of drills are, each with its drill: with `--approved`, a drill runs them from an approved plan.
pub(super) fn commands(policy: &Policy) -> Vec<String> {
    let of = |drill: &Drill| {
        let commands = drill.criteria.iter().filter(|(one, _)| matches!(one, Criterion::Command { .. }));
        let named = |(one, _): &(Criterion, Span)| format!("drill `{}`: {}", drill.name, one.text());
        commands.map(named).collect::<Vec<_>>()
    };
    policy.drills.values().flat_map(of).collect()
}
