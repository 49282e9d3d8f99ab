//! Data sets: resource groups, storage accounts, containers, and the replication from the primary container to every copy.

use serde_json::{Value, json};

use super::replication::{METRICS, POLICY, PRIORITY, REGION, RULES};
use super::{account, container, destination, pairs, source};
use crate::document::Name;
use crate::lower::context::{Context, ESTATE_TAG, SITE_TAG};
use crate::policy::{Bucket, DataSet};
use crate::provider::azure::group;
use crate::provider::azure::words::{account_of, container_of};
use crate::resource::Resource;

pub(in crate::provider::azure) fn lower(
    context: &Context<'_>,
    name: &Name,
    set: &DataSet,
    out: &mut Vec<Resource>,
) {
    for at in std::iter::once(&set.primary).chain(&set.copies) {
        out.extend(at.site.within.as_deref().map(|id| {
            Resource::new(group::address(id), format!("holds what is at `{}`", at.site.name), at.span)
                .set(group::ID, id)
        }));
        out.push(lower_account(context, at));
        let part = if at.site.name == set.primary.site.name { "primary" } else { "copy" };
        out.push(lower_container(context, name, at, part));
    }
    for copy in &set.copies {
        out.extend(replication(context, &set.primary, copy));
    }
}

fn lower_account(context: &Context<'_>, at: &Bucket) -> Resource {
    let name = account_of(at.name.as_str());
    let purpose = format!("the storage account of containers at `{}`", at.site.name);
    let tags = json!({
        ESTATE_TAG: context.policy.estate.as_str(),
        SITE_TAG: at.site.name.as_str(),
    });
    let mut resource = Resource::new(account::address(name), purpose, at.span)
        .set(account::NAME, name)
        .set(account::REGION, at.site.region.as_str())
        .set(account::VERSIONING, true)
        .set(account::SECURE_TRANSFER, true)
        .set(account::MIN_TLS, account::TLS_1_2)
        .set(account::PUBLIC_BLOBS, false)
        .set(account::CROSS_TENANT, false)
        .set(account::SOFT_DELETE, account::SOFT_DELETE_DAYS)
        .set(account::TAGS, tags);
    if let Some(id) = at.site.within.as_deref() {
        resource = resource.set(account::GROUP, id).after(&group::address(id));
    }
    // Where nothing is copied from, others may have reasons for it.
    match pairs::is_source(context.policy, name) {
        true => resource.set(account::CHANGE_FEED, true),
        false => resource,
    }
}

fn lower_container(context: &Context<'_>, data: &Name, at: &Bucket, part: &str) -> Resource {
    let name = at.name.as_str();
    let purpose = format!("{part} of data `{data}` at `{}`", at.site.name);
    Resource::new(container::address(&context.service.name, data, at), purpose, at.span)
        .set(container::ACCOUNT, account_of(name))
        .set(container::NAME, container_of(name))
        .set(container::REGION, at.site.region.as_str())
        .set(container::PUBLIC_ACCESS, container::NOBODY)
        .after(&account::address(account_of(name)))
}

/// The policy between the accounts of two containers, at both of them. Several data sets can have rules in it.
fn replication(context: &Context<'_>, primary: &Bucket, copy: &Bucket) -> [Resource; 2] {
    let [from, to] = [primary, copy].map(|at| account_of(at.name.as_str()));
    let all = pairs::between(context.policy, from, to);
    let rules = Value::Array(all.iter().map(pairs::Copied::rule).collect());
    let region = |at: &Bucket| at.site.region.as_str();
    let mut there = Resource::new(
        destination::address(from, to),
        format!("lets `{to}` take what `{from}` copies"),
        copy.span,
    )
    .set(destination::ACCOUNT, to)
    .set(destination::SOURCE, from)
    .set(REGION, region(copy))
    .set(RULES, rules.clone())
    .set(PRIORITY, copy.timed)
    .set(METRICS, true)
    .after(&account::address(from))
    .after(&account::address(to));
    there.after.extend(all.iter().flat_map(pairs::Copied::containers));
    if copy.timed {
        // A source account has one policy with priority: another one gives it up first.
        let others = pairs::without_priority(context.policy, from);
        there.after.extend(
            others.into_iter().filter(|other| *other != to).map(|other| source::address(from, other)),
        );
    }
    let here = Resource::new(
        source::address(from, to),
        format!("copies what is written to `{from}` to `{to}`"),
        copy.span,
    )
    .set(source::ACCOUNT, from)
    .set(source::DESTINATION, to)
    .set(REGION, region(primary))
    .refer(POLICY, &there.address, POLICY)
    .set(RULES, rules)
    .set(PRIORITY, copy.timed)
    .set(METRICS, true);
    [there, here]
}

#[cfg(test)]
mod tests {
    use crate::compile::{Options, check};
    use crate::lower::{TargetAccounts, lower};
    use crate::source::Sources;

    #[test]
    fn priority_is_given_up_before_another_policy_gets_it() {
        let place = "subscription: 11111111-2222-3333-4444-555555555555, resource-group: acme";
        let policy = format!(
            "kind: estate\nname: acme\nsites:\n  amsterdam: {{ azure: westeurope, {place} }}\n  \
             dublin: {{ azure: northeurope, {place} }}\n  london: {{ azure: uksouth, {place} }}\n---\nkind: service\n\
             name: files\nprimary: amsterdam\ndata:\n  docs:\n    container: {{ account: acmedocs, name: docs }}\n    \
             backups: [{{ strategy: real-time, to: [dublin, london] }}]\n"
        );
        let mut sources = Sources::default();
        sources.add("acme.yaml", policy);
        let policy = check(&sources, Options::default()).policy.unwrap();
        let graph = lower(&policy, &TargetAccounts::one("azure", "000000000000")).unwrap();
        let order: Vec<String> = graph.iter().map(|resource| resource.address.to_string()).collect();
        let nth = |address: &str| order.iter().position(|one| one == address).unwrap();
        let without = nth("azure.replication-source.acmedocs.acmedocsuksouth");
        let with = nth("azure.replication-destination.acmedocs.acmedocsnortheurope");
        assert!(without < with, "{order:?}");
    }
}
