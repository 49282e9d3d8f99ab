//! Evidence on Azure. A copy exists if the same policy stands at both accounts with a rule for its containers, both accounts keep
//! versions, and the source has a change feed. How far a copy is behind is not asked yet, so nobody can tell.

use serde_json::Value;

use super::storage::replication::{POLICY, PRIORITY, RULES};
use super::storage::{account, container, destination, pairs, source};
use super::traffic;
use super::words::account_of;
use crate::document::Name;
use crate::objectives::facts::{Backfill, Data};
use crate::objectives::view::View;
use crate::observation::Object;
use crate::policy::Bucket;
use crate::provider::evidence::Evidence;
use crate::resource::{Address, Values};

pub(super) const EVIDENCE: Evidence = Evidence {
    // Nothing that a copy needs can be left as it is: accounts and policies belong to the estate, which has no `existing`.
    left: |_, _, _| None,
    leaves_versions: |_, _, _| false,
    leaves_key: |_, _, _| false,
    exists: |service, data, at| {
        service.existing.contains_key(&container::address(&service.name, data, at).within_service())
    },
    traffic: traffic::observed,
    diverted: traffic::diverted,
    data,
    backups: |_, _, data| data.schedules.clear(),
    backup_place: |_, _, _, _| None,
    backup_unseen: |_, _, _, _, _| None,
    stop: |_, _, _| {},
    undecided: |_, _, _| None,
    lag: |view, _, from, to| find_source(view, from, to).map(|_| Err(NOT_ASKED.to_owned())),
    objects: |_, _| None,
    passes: traffic::passes,
    bucket: |view, data, at| container::address(&view.service.name, data, at),
    copier: |view, data, copy| copier(view, data, copy),
    // Nothing copies back: the destination of a replication refuses every other write.
    way_back: |_, _, from| source::address(account_of(from.name.as_str()), ""),
    behind: |_, _, _| None,
    encrypts,
    obstacles: |_, _, _| Vec::new(),
    backfill,
    copy_job: |_, _| None,
    begin_back: |_, _, _| Vec::new(),
    job_home: |_, _, _| None,
    begin: |view, data, _| (view.address(container::KIND, &[data.as_str()]), Values::new()),
};

/// Everything is encrypted, and nobody can turn that off (Azure Storage documentation, "Azure Storage encryption for data at rest"). Which
/// key an account names is not observed yet.
fn encrypts(object: &Object) -> Option<(String, String)> {
    let text = |name: &str| object.attributes.get(name).and_then(Value::as_str);
    let (account, name) = (text(container::ACCOUNT), text(container::NAME));
    let known_by = account.zip(name).filter(|_| object.kind == container::KIND);
    known_by.map(|(account, name)| {
        (
            format!("{account}/{name}"),
            "AES256; nobody has looked whether with a key of the account".to_owned(),
        )
    })
}

const NOT_ASKED: &str = "Holdfast does not ask Azure Monitor yet";

/// What completes a copy: the policy at the source.
fn copier(view: &View<'_, '_>, data: &Name, copy: &Bucket) -> Address {
    let primary = view.service.data.get(data).map(|set| account_of(set.primary.name.as_str()));
    source::address(primary.unwrap_or_default(), account_of(copy.name.as_str()))
}

fn find_account<'a>(view: &View<'a, '_>, at: &Bucket) -> Option<&'a Object> {
    (view.live.find)(&account::address(account_of(at.name.as_str())))
}

fn find_source<'a>(view: &View<'a, '_>, from: &Bucket, to: &Bucket) -> Option<&'a Object> {
    (view.live.find)(&source::address(account_of(from.name.as_str()), account_of(to.name.as_str())))
}

fn find_container<'a>(view: &View<'a, '_>, data: &Name, at: &Bucket) -> Option<&'a Object> {
    (view.live.find)(&container::address(&view.service.name, data, at))
}

fn is_on(object: Option<&Object>, attribute: &str) -> bool {
    object.and_then(|object| object.attributes.get(attribute)).is_some_and(|value| *value == true)
}

fn data(view: &View<'_, '_>, name: &Name, data: &mut Data<'_>) -> bool {
    if find_container(view, name, data.primary).is_none() {
        return false;
    }
    let primary = data.primary;
    data.versioned = is_on(find_account(view, primary), account::VERSIONING);
    data.copies.retain_mut(|copy| {
        let to = copy.bucket;
        let here = find_source(view, primary, to);
        copy.timed = copy.timed && is_on(here, PRIORITY);
        here.is_some_and(|here| copies(view, name, here, primary, to))
    });
    true
}

/// Whether what is written to one container is copied to the other one.
fn copies(view: &View<'_, '_>, name: &Name, here: &Object, from: &Bucket, to: &Bucket) -> bool {
    let [source, target] = [from, to].map(|at| account_of(at.name.as_str()));
    let Some(there) = (view.live.find)(&destination::address(source, target)) else { return false };
    let rule = pairs::rule_of(from, to);
    let has_rule = |object: &Object| {
        object.attributes.get(RULES).and_then(Value::as_array).is_some_and(|rules| rules.contains(&rule))
    };
    let (one, other) = (here.attributes.get(POLICY), there.outputs.get(POLICY));
    one.is_some()
        && one == other
        && has_rule(here)
        && has_rule(there)
        && find_container(view, name, to).is_some()
        && is_on(find_account(view, from), account::VERSIONING)
        && is_on(find_account(view, from), account::CHANGE_FEED)
        && is_on(find_account(view, to), account::VERSIONING)
}

/// A container that existed before its replication may have blobs that are not copied. That is so if Holdfast did not create it, if it
/// gets another copy, or if its replication was created in a later run: the policy between the accounts, or its rule for this container.
/// A policy can be older than its rule. The rule came with the container that it copies to, which Holdfast makes for it and never
/// deletes.
fn backfill(view: &View<'_, '_>, name: &Name, data: &mut Data<'_>) {
    let primary = data.primary;
    if find_container(view, name, primary).is_none() {
        return;
    }
    let made = (view.live.made)(&container::address(&view.service.name, name, primary));
    for copy in &mut data.copies {
        let copying = (view.live.made)(&copier(view, name, copy.bucket));
        let taking = (view.live.made)(&container::address(&view.service.name, name, copy.bucket));
        let begun = copying.zip(taking).map(|(copying, taking)| copying.max(taking));
        let together = made.zip(begun).is_some_and(|(made, begun)| begun <= made);
        let here = find_source(view, primary, copy.bucket);
        let copied = here.is_some_and(|here| copies(view, name, here, primary, copy.bucket));
        // A `backfilled` statement does not apply to a copy that does not exist yet.
        if copy.backfill == Backfill::Unsaid && !together || !copied {
            copy.backfill = Backfill::Missing;
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::compile::{Options, check};
    use crate::objectives::{Facts, Live};
    use crate::source::Sources;

    #[test]
    fn container_is_known_by_the_name_that_policies_give_it() {
        let object = |kind, attributes: Value| Object {
            kind,
            id: String::new(),
            attributes: serde_json::from_value(attributes).unwrap(),
            outputs: Values::new(),
        };
        let docs = object(container::KIND, json!({container::ACCOUNT: "acmedocs", container::NAME: "docs"}));
        let (known_by, how) = encrypts(&docs).unwrap();
        assert_eq!(known_by, "acmedocs/docs");
        assert!(how.starts_with("AES256"), "{how}");
        assert!(encrypts(&object(account::KIND, json!({account::NAME: "acmedocs"}))).is_none());
    }

    /// Whether the copy of a container that was made in run 1 may lack older blobs. The policy between the accounts is of that run too; the
    /// container at the other end is of run `taking`, or was not made by Holdfast.
    fn lacks(taking: Option<u64>) -> bool {
        let place = "subscription: 11111111-2222-3333-4444-555555555555, resource-group: acme";
        let policy = format!(
            "kind: estate\nname: acme\nsites:\n  amsterdam: {{ azure: westeurope, {place} }}\n  \
             dublin: {{ azure: northeurope, {place} }}\n---\nkind: service\nname: files\nprimary: amsterdam\ndata:\n  docs:\n    \
             container: {{ account: acmedocs, name: docs }}\n    backups: [{{ strategy: real-time, to: [dublin] }}]\n"
        );
        let mut sources = Sources::default();
        sources.add("acme.yaml", policy);
        let policy = check(&sources, Options::default()).policy.unwrap();
        let service = policy.services.values().next().unwrap();
        let rules = json!([{"source": "docs", "destination": "docs"}]);
        // An object with everything that a copy looks for, whatever its kind.
        let whole = json!({
            account::VERSIONING: true, account::CHANGE_FEED: true, RULES: rules, POLICY: "one", PRIORITY: true,
        });
        let object = Object {
            kind: container::KIND,
            id: String::new(),
            attributes: serde_json::from_value(whole).unwrap(),
            outputs: serde_json::from_value(json!({POLICY: "one"})).unwrap(),
        };
        let made =
            |address: &Address| if address.to_string().ends_with("docs.dublin") { taking } else { Some(1) };
        let live = Live {
            find: &|_| Some(&object),
            made: &made,
            applied: &|_| None,
            had: &|_| true,
            known: &|_, _| None,
            declared: &|_| None,
            look: &|_, _| None,
            beside: &|_, _| Vec::new(),
            unseen: &|_, _| None,
            account: &|_| None,
            backups: None,
            signals: None,
            taken: &|_, _| None,
        };
        let mut facts = Facts::wanted(service);
        let (name, data) = facts.data.iter_mut().next().unwrap();
        backfill(&View { service, live }, name, data);
        data.copies.iter().any(|copy| copy.backfill == Backfill::Missing)
    }

    #[test]
    fn rule_in_an_older_policy_is_as_old_as_the_container_that_it_copies_to() {
        assert!(!lacks(Some(1)));
        assert!(lacks(Some(2)));
        assert!(lacks(None));
    }
}
