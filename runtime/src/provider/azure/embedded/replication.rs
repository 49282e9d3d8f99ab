//! What Azure demands of a replication policy at either account. Source: Azure Blob Storage documentation, "Object replication for block
//! blobs" and "Object replication priority replication".

use std::collections::BTreeSet;

use holdfast_compiler::observation::Object;
use holdfast_compiler::provider::azure::MOST;
use holdfast_compiler::provider::azure::region::continent;
use holdfast_compiler::provider::azure::storage::replication::{PRIORITY, RULES, rule};
use holdfast_compiler::provider::azure::storage::{account, container, destination, source};
use holdfast_compiler::resource::Kind;
use serde_json::Value;

use super::container::id;
use super::text;
use crate::local::embedded::{Checked, Look};
use crate::local::store::State;

/// The most rules of one policy.
const MOST_RULES: usize = 1_000;

/// Check a policy from one account to another one, wherever it stands.
pub(super) fn check(look: &Look<'_>, from: &str, to: &str) -> Checked {
    let accounts = [from, to].map(|name| look.state.get(account::KIND, name));
    let [Some(one), Some(other)] = accounts else {
        return look.refuse("ResourceNotFound", "both storage accounts must exist");
    };
    if from == to {
        return look.refuse("InvalidRequest", "an account cannot replicate to itself");
    }
    let is_on = |account: &Object, what: &str| account.attributes.get(what).is_some_and(|on| *on == true);
    if !is_on(one, account::VERSIONING) || !is_on(other, account::VERSIONING) {
        return look.refuse("BlobVersioningNotEnabled", "both accounts must have blob versioning");
    }
    if !is_on(one, account::CHANGE_FEED) {
        return look.refuse("ChangeFeedNotEnabled", "the source account must have a change feed");
    }
    if *look.get(PRIORITY) == true {
        let place = |account: &Object| continent(&text(&account.attributes, account::REGION));
        if place(one).is_none() || place(one) != place(other) {
            return look
                .refuse("InvalidRequest", "priority replication needs both accounts in one continent");
        }
        let prompt = |one: &&Object| one.attributes.get(PRIORITY).is_some_and(|on| *on == true);
        let others = of_account(look.state, source::KIND, from);
        let others = others.filter(|one| text(&one.attributes, source::DESTINATION) != to);
        let mut others = others.filter(prompt);
        if others.next().is_some() {
            return look
                .refuse("InvalidRequest", "a source account has one policy with priority replication");
        }
    }
    rules(look, from, to)
}

/// The policies of a kind that stand at an account.
pub(super) fn of_account<'s>(
    state: &'s State,
    kind: Kind,
    account: &str,
) -> impl Iterator<Item = &'s Object> + use<'s> {
    state.beginning(kind, format!("{account}/"))
}

fn rules(look: &Look<'_>, from: &str, to: &str) -> Checked {
    let rules = look.get(RULES).as_array().map(Vec::as_slice).unwrap_or_default();
    if rules.is_empty() || rules.len() > MOST_RULES {
        return look.refuse("InvalidRequest", "a policy has 1 to 1,000 rules");
    }
    let (mut sources, mut targets) = (BTreeSet::new(), BTreeSet::new());
    for one in rules {
        let get = |name: &str| one.get(name).and_then(Value::as_str).unwrap_or_default();
        let (here, there) = (get(rule::SOURCE), get(rule::DESTINATION));
        if !sources.insert(here) || !targets.insert(there) {
            return look.refuse("InvalidRequest", "a container is in one rule of a policy");
        }
        let missing =
            |account: &str, name: &str| look.state.get(container::KIND, &id(account, name)).is_none();
        if missing(from, here) || missing(to, there) {
            return look.refuse("ContainerNotFound", "the containers of a rule must exist");
        }
        let mut others = of_account(look.state, destination::KIND, to);
        let taken =
            others.any(|one| text(&one.attributes, destination::SOURCE) != from && writes_to(one, there));
        if taken {
            return look.refuse("Conflict", "another policy copies to the container already");
        }
    }
    Ok(())
}

/// Whether a policy copies to a container.
fn writes_to(policy: &Object, name: &str) -> bool {
    let rules = policy.attributes.get(RULES).and_then(Value::as_array).into_iter().flatten();
    let mut targets = rules.filter_map(|one| one.get(rule::DESTINATION)?.as_str());
    targets.any(|target| target == name)
}

/// Refuse a policy beyond those that an account may have with others.
pub(super) fn count(look: &Look<'_>, others: usize) -> Checked {
    if others >= MOST {
        return look.refuse("PolicyLimitExceeded", format!("an account has at most {MOST} such policies"));
    }
    Ok(())
}
