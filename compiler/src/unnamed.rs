//! What was made in an account that no site names any more. The credentials of the estate do not show it: looked up with them, it would
//! seem to be gone, and the plan would forget what still exists and is paid for.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::graph::Graph;
use crate::observation::{Owned, Unseen, Wanted};
use crate::plan::Accounts;
use crate::policy::Policy;
use crate::resource::{Identity, Kind};

/// The attribute with the region of an object.
const REGION: &str = "region";

/// What can be looked up, and what cannot because nobody names its account. What a policy declares is looked up where it is declared.
/// Of what the journal says no account, an earlier version wrote it: it is looked up where its region is.
#[must_use]
pub fn split(
    policy: &Policy,
    accounts: &Accounts,
    graph: &Graph,
    owned: &[Owned],
    wanted: Vec<Wanted>,
) -> (Vec<Wanted>, Vec<Unseen>) {
    let declared: BTreeSet<(Kind, Identity)> =
        graph.iter().map(|one| (one.address.kind(), one.identity())).collect();
    let lost = owned.iter().filter_map(|own| {
        let (region, account) = in_no_named_account(policy, accounts, own)?;
        Some(((own.address.kind(), own.identity.clone()), (region, account)))
    });
    let mut lost: BTreeMap<(Kind, Identity), (&str, &str)> = lost.collect();
    lost.retain(|slot, _| !declared.contains(slot));
    if lost.is_empty() {
        return (wanted, Vec::new());
    }
    let (mut seen, mut unseen) = (Vec::new(), Vec::new());
    for one in wanted {
        match lost.get(&(one.kind, one.identity.clone())) {
            None => seen.push(one),
            Some((region, account)) => unseen.push(Unseen {
                kind: one.kind,
                identity: one.identity,
                region: Some((*region).to_owned()),
                reason: format!(
                    "it was made in account {account}, where no site in {region} is any more: declare one of that account \
                     there, to see it or to have it deleted"
                ),
                taken: false,
                evacuated: false,
            }),
        }
    }
    (seen, unseen)
}

/// The region and the account of an object, if its region is in another account now.
fn in_no_named_account<'a>(
    policy: &Policy,
    accounts: &Accounts,
    own: &'a Owned,
) -> Option<(&'a str, &'a str)> {
    let provider = own.address.kind().schema().provider?;
    let account = own.account.as_deref()?;
    let values = own.applied.as_ref().or(own.begun.as_ref())?;
    let region = values.get(REGION).and_then(Value::as_str)?;
    let elsewhere = policy.elsewhere.iter();
    let mut elsewhere = elsewhere.filter(|(at, _)| at.provider.name == provider && at.as_str() == region);
    let named = elsewhere.next().map(|(_, site)| site.id.as_str());
    let now = named.or_else(|| accounts.get(provider).map(|own| own.id.as_str()))?;
    (now != account).then_some((region, account))
}
