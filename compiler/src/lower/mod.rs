//! From the policy to the graph: which resources should exist, and what each needs.

pub mod context;
mod existing;
mod target;

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Diagnostic, codes};
use crate::document::Name;
use crate::graph::Graph;
use crate::policy::{Policy, Traffic};
use crate::posture::Posture;
use crate::provider;
use crate::resource::{Address, Identity, Kind, Resource};
pub use context::Context;
pub use target::TargetAccounts;

/// Lower a policy to its graph, while all sites are in use.
///
/// # Errors
/// See [`lower_in`].
pub fn lower(policy: &Policy, target: &TargetAccounts) -> Result<Graph, Vec<Diagnostic>> {
    lower_in(policy, target, &Posture::default())
}

/// Lower a policy to its graph in a posture.
///
/// # Errors
/// Two resources with one identity, an `existing` entry that does not apply, or traffic of which all sites are
/// evacuated. (Dependency cycles of services are found earlier.)
pub fn lower_in(
    policy: &Policy,
    target: &TargetAccounts,
    posture: &Posture,
) -> Result<Graph, Vec<Diagnostic>> {
    let mut resources: BTreeMap<Address, Resource> = BTreeMap::new();
    let mut errors = Vec::new();
    for service in policy.services.values() {
        let mut own = Vec::new();
        let context = Context { policy, target, posture, service };
        for (name, set) in &service.data {
            if let Some(provider) = provider::find(set.primary.site.region.provider.name) {
                (provider.data)(&context, name, set, &mut own);
            }
        }
        let data = own.iter().map(|resource| &resource.address);
        let data: BTreeSet<Address> =
            data.filter(|address| !address.kind().schema().aside).cloned().collect();
        for (name, traffic) in &service.traffic {
            if !posture.is_normal() && traffic.endpoints.iter().all(|at| posture.evacuates(&at.site.name)) {
                errors.push(nowhere(name, traffic, posture));
            } else if let Some(provider) = provider::find(traffic.provider.name) {
                (provider.traffic)(&context, name, traffic, &mut own);
            }
        }
        existing::apply(service, &mut own, &mut errors);
        for mut resource in own {
            if resource.address.kind().schema().sends_users {
                resource.follows.clone_from(&data);
            }
            if !resource.address.is_shared() {
                resource.after.extend(service.depends_on.keys().map(milestone));
            }
            let origin = resource.origin;
            let first = resources.entry(resource.address.clone()).or_insert(resource);
            // A resource shared by several services is reported at its first mention.
            first.origin = first.origin.min(origin);
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let awaited: BTreeSet<&Name> = policy.services.values().flat_map(|s| s.depends_on.keys()).collect();
    let mut own: BTreeMap<String, BTreeSet<Address>> = BTreeMap::new();
    for address in resources.keys().filter(|address| !address.is_shared()) {
        own.entry(address.owner().to_owned()).or_default().insert(address.clone());
    }
    for name in awaited {
        let Some(service) = policy.services.get(name) else { continue };
        let purpose = format!("all of service `{name}`");
        let mut resource = Resource::new(milestone(name), purpose, service.span);
        resource.after = own.remove(name.as_str()).unwrap_or_default();
        resource.after.extend(service.depends_on.keys().map(milestone));
        resources.insert(resource.address.clone(), resource);
    }
    duplicate_resources(&resources)?;
    Graph::new(resources)
}

/// Two resources with the same identity in the cloud would overwrite each other. The rules exclude this for
/// names that people write; this check covers generated names.
fn duplicate_resources(resources: &BTreeMap<Address, Resource>) -> Result<(), Vec<Diagnostic>> {
    let mut first: BTreeMap<(Kind, Identity), &Resource> = BTreeMap::new();
    let mut errors = Vec::new();
    for resource in resources.values().filter(|r| r.address.kind() != Kind::milestone()) {
        if let Some(other) = first.insert((resource.address.kind(), resource.identity()), resource) {
            let message =
                format!("`{}` and `{}` would be the same resource", resource.address, other.address);
            let error = Diagnostic::new(codes::RECORD_TWICE, message);
            let error = error.at(resource.origin, "this one").at(other.origin, "and this one");
            errors.push(error.help("give one of them another name"));
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// The finding that no site is left to answer.
fn nowhere(name: &Name, traffic: &Traffic, posture: &Posture) -> Diagnostic {
    let sites: Vec<&str> = posture.sites().collect();
    let message = format!("nothing answers for `{name}` any more: all its sites are evacuated");
    Diagnostic::new(codes::NOWHERE_TO_GO, message)
        .at(traffic.span, "has endpoints only at evacuated sites")
        .help(format!("add an endpoint at another site, or do not evacuate {} at once", sites.join(" and ")))
}

fn milestone(service: &Name) -> Address {
    Address::new(Kind::milestone(), &[service.as_str()])
}
