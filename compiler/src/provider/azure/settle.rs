//! What depends on all containers of a storage account together: which copies get priority replication, and how many there can be.
//!
//! Sources: Azure Blob Storage documentation, "Object replication for block blobs" (two destinations of a source, two sources of a
//! destination, one policy for a pair of accounts) and "Object replication priority replication" (one such policy for a source account).

use std::collections::BTreeMap;

use super::name::AZURE;
use super::words::account_of;
use crate::diagnostic::{Diagnostic, codes};
use crate::document::Name;
use crate::policy::{Bucket, Service};
use crate::source::Span;

/// The most destinations of a source account, and the most sources of a destination account.
pub const MOST: usize = 2;

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
            prompt.entry(from).or_insert(to);
        }
    }
    too_many(
        &destinations,
        "copies to",
        "give some of the data an account of its own, or copy it to fewer sites",
        out,
    );
    too_many(&sources, "is copied to from", "name another account for some of the copies", out);
    let sets = services.values_mut().flat_map(|service| service.data.values_mut());
    for set in sets.filter(|set| set.primary.site.region.provider.name == AZURE) {
        let first = prompt.get(account_of(set.primary.name.as_str()));
        for copy in &mut set.copies {
            copy.timed &= first.is_some_and(|first| first == account_of(copy.name.as_str()));
        }
    }
}

/// The copies on Azure, each with the account that it is copied from.
fn copies(services: &BTreeMap<Name, Service>) -> impl Iterator<Item = (String, &Bucket)> {
    let sets = services.values().flat_map(|service| service.data.values());
    let sets = sets.filter(|set| set.primary.site.region.provider.name == AZURE);
    sets.flat_map(|set| {
        set.copies.iter().map(|copy| (account_of(set.primary.name.as_str()).to_owned(), copy))
    })
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
