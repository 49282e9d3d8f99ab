//! What depends on all containers of a storage account together: which copies get priority replication, and how many there can be.
//!
//! Sources: Azure Blob Storage documentation, "Object replication for block blobs" (two destinations of a source, two sources of a
//! destination, one policy for a pair of accounts) and "Object replication priority replication" (one such policy for a source account; no
//! promise above 5 PB or 1 Gbps of an account).

use std::collections::{BTreeMap, BTreeSet};

use super::name::AZURE;
use super::words::account_of;
use crate::diagnostic::{Diagnostic, codes};
use crate::document::Name;
use crate::policy::{Assumed, Bucket, DataSet, Service, Setting};
use crate::source::Span;
use crate::units::Bytes;

/// The most destinations of a source account, and the most sources of a destination account.
pub const MOST: usize = 2;
/// The most data of an account, in bytes, for which a time is promised. Later versions of the documentation have a larger number.
const MOST_DATA: u64 = 5_000_000_000_000_000;
/// The most changes of an account, in bytes a day: 1 Gbps.
const MOST_CHANGES: u64 = 125_000_000 * 24 * 60 * 60;

/// The accounts at the other ends of replications, in the order of services, data sets and copies, each with the place of the first.
type Ends = BTreeMap<String, Vec<(String, Span)>>;

pub(super) fn settle(services: &mut BTreeMap<Name, Service>, out: &mut Vec<Diagnostic>) {
    at_one_site(services, out);
    let (mut destinations, mut sources, mut prompt) = (Ends::new(), Ends::new(), BTreeMap::new());
    for (from, copy) in copies(services) {
        let to = account_of(copy.name.as_str()).to_owned();
        note(&mut destinations, &from, &to, copy.span);
        note(&mut sources, &to, &from, copy.span);
        if copy.timed {
            prompt.entry(from).or_insert((to, copy.site.name.clone()));
        }
    }
    too_many(
        &destinations,
        "copies to",
        "give some of the data an account of its own, or copy it to fewer sites",
        out,
    );
    too_many(&sources, "is copied to from", "name another account for some of the copies", out);
    for account in too_large(services) {
        prompt.remove(&account);
    }
    let sets = services.values_mut().flat_map(|service| service.data.values_mut());
    for set in sets.filter(|set| set.primary.site.region.provider.name == AZURE) {
        let first = prompt.get(account_of(set.primary.name.as_str()));
        for copy in &mut set.copies {
            let is_first = first.is_some_and(|(first, _)| first == account_of(copy.name.as_str()));
            if copy.timed && !is_first {
                copy.instead = first.map(|(_, site)| site.clone());
            }
            copy.timed &= is_first;
        }
    }
}

/// The copies on Azure, each with the account that it is copied from.
fn copies(services: &BTreeMap<Name, Service>) -> impl Iterator<Item = (String, &Bucket)> {
    sets(services).flat_map(|set| {
        set.copies.iter().map(|copy| (account_of(set.primary.name.as_str()).to_owned(), copy))
    })
}

/// The data sets on Azure.
fn sets(services: &BTreeMap<Name, Service>) -> impl Iterator<Item = &DataSet> {
    let sets = services.values().flat_map(|service| service.data.values());
    sets.filter(|set| set.primary.site.region.provider.name == AZURE)
}

/// The source accounts with more data, or more changes, than a time is promised for, by what the policies state.
fn too_large(services: &BTreeMap<Name, Service>) -> BTreeSet<String> {
    let mut all: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    let stated = |bytes: Option<&Setting<Assumed<Bytes>>>| bytes.map_or(0, |bytes| bytes.value.value.count());
    for set in sets(services) {
        let (size, changes) = all.entry(account_of(set.primary.name.as_str())).or_default();
        *size = size.saturating_add(stated(set.size.as_ref()));
        *changes = changes.saturating_add(stated(set.changes.as_ref()));
    }
    let large = all.into_iter().filter(|(_, (size, changes))| *size > MOST_DATA || *changes > MOST_CHANGES);
    large.map(|(account, _)| account.to_owned()).collect()
}

fn note(ends: &mut Ends, one: &str, other: &str, span: Span) {
    let all = ends.entry(one.to_owned()).or_default();
    if all.iter().all(|(known, _)| known != other) {
        all.push((other.to_owned(), span));
    }
}

fn too_many(ends: &Ends, does: &str, cure: &str, out: &mut Vec<Diagnostic>) {
    for (account, others) in ends {
        let Some((_, beyond)) = others.get(MOST) else { continue };
        let count = others.len();
        out.push(
            Diagnostic::new(
                codes::COPIES_COLLIDE,
                format!("the storage account `{account}` {does} {count} accounts"),
            )
            .at(*beyond, format!("beyond the {MOST} that object replication allows"))
            .help(cure),
        );
    }
}

/// A storage account is in one region.
fn at_one_site(services: &BTreeMap<Name, Service>, out: &mut Vec<Diagnostic>) {
    let mut first: BTreeMap<&str, &Bucket> = BTreeMap::new();
    let sets = services.values().flat_map(|service| service.data.values());
    let all = sets.flat_map(|set| std::iter::once(&set.primary).chain(&set.copies));
    for bucket in all.filter(|bucket| bucket.site.region.provider.name == AZURE) {
        let account = account_of(bucket.name.as_str());
        let other = *first.entry(account).or_insert(bucket);
        if other.site.name != bucket.site.name {
            let message = format!("the storage account `{account}` would be at two sites");
            out.push(
                Diagnostic::new(codes::COPIES_COLLIDE, message)
                    .at(bucket.span, format!("at `{}`", bucket.site.name))
                    .at(other.span, format!("at `{}`", other.site.name))
                    .help("name another account at one of them: a storage account is in one region"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::compile::{Options, check};
    use crate::source::Sources;

    /// Whether the copies of two data sets of one account have the promise of a time. `stated` is about the first one.
    fn timed(stated: &str) -> Vec<bool> {
        let place = "subscription: 11111111-2222-3333-4444-555555555555, resource-group: acme";
        let set = |name: &str, stated: &str| {
            format!(
                "  {name}:\n    container: {{ account: acmedocs, name: {name} }}\n    {stated}\n    \
                 backups: [{{ strategy: real-time, to: [dublin] }}]\n"
            )
        };
        let policy = format!(
            "kind: estate\nname: acme\nsites:\n  amsterdam: {{ azure: westeurope, {place} }}\n  \
             dublin: {{ azure: northeurope, {place} }}\n---\nkind: service\nname: files\nprimary: amsterdam\ndata:\n{}{}",
            set("docs", stated),
            set("scans", "")
        );
        let mut sources = Sources::default();
        sources.add("acme.yaml", policy);
        let policy = check(&sources, Options::default()).policy.unwrap();
        let sets = policy.services.values().flat_map(|service| service.data.values());
        sets.flat_map(|set| &set.copies).map(|copy| copy.timed).collect()
    }

    #[test]
    fn account_above_what_the_promise_is_for_has_none() {
        assert_eq!(timed(""), [true, true]);
        assert_eq!(timed("size: { value: 4000TiB, because: the inventory }"), [true, true]);
        assert_eq!(timed("size: { value: 5000TiB, because: the inventory }"), [false, false]);
        assert_eq!(timed("changes: { value: 9TiB, because: the inventory }"), [true, true]);
        assert_eq!(timed("changes: { value: 11TiB, because: the inventory }"), [false, false]);
    }
}
