//! Applies `existing`: the names of existing resources, and the attributes that are left unmanaged.
//!
//! References need no change: a role is referenced by its ARN and a health check by its id, and both are
//! outputs.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Diagnostic, codes, guess, one_of};
use crate::policy::{Existing, Service};
use crate::resource::{Address, Change, Resource};

/// Apply the `existing` entries of a service to its resources.
pub(super) fn apply(service: &Service, own: &mut Vec<Resource>, out: &mut Vec<Diagnostic>) {
    if service.existing.is_empty() {
        return;
    }
    let mut resources: BTreeMap<String, &mut Resource> = BTreeMap::new();
    for resource in own.iter_mut().filter(|resource| !resource.address.is_shared()) {
        resources.insert(resource.address.within_service(), resource);
    }
    for (address, existing) in &service.existing {
        match resources.get_mut(address) {
            Some(resource) => one(address, existing, resource, out),
            None => {
                let near = guess(out, address, resources.keys().map(String::as_str));
                let names = || one_of(resources.keys().map(String::as_str));
                let help = match near {
                    Some(near) => format!("did you mean `{near}`?"),
                    None if resources.is_empty() => {
                        "remove it: the service has neither data nor traffic".to_owned()
                    }
                    None => format!("it can be {}", names()),
                };
                let message = format!("`{}` has no `{address}`", service.name);
                let finding = Diagnostic::new(codes::UNKNOWN_EXISTING, message);
                out.push(finding.at(existing.span, "no resource has this address").help(help));
            }
        }
    }
    drop_left(service, own);
    let roles: BTreeMap<Address, Option<String>> =
        own.iter().map(|resource| (resource.address.clone(), resource.named.acts_as.clone())).collect();
    // Resources that use a role act with the role of that name.
    for resource in own.iter_mut() {
        let role = resource.needs().into_iter().find_map(|need| roles.get(need)?.clone());
        resource.named.acts_as = resource.named.acts_as.take().or(role);
    }
}

/// Take out what the policy leaves as it is altogether.
fn drop_left(service: &Service, own: &mut Vec<Resource>) {
    let is_left = |resource: &Resource| {
        let schema = resource.address.kind().schema();
        let said = service.existing.get(&resource.address.within_service());
        let left =
            said.is_some_and(|said| schema.leavable().iter().all(|name| said.leave.contains_key(*name)));
        schema.optional && left
    };
    let left: BTreeSet<Address> =
        own.iter().filter(|resource| is_left(resource)).map(|resource| resource.address.clone()).collect();
    own.retain(|resource| !left.contains(&resource.address));
    own.iter_mut().for_each(|resource| resource.after.retain(|address| !left.contains(address)));
}

fn one(address: &str, existing: &Existing, resource: &mut Resource, out: &mut Vec<Diagnostic>) {
    let schema = resource.address.kind().schema();
    let leavable = schema.leavable();
    for (name, (value, span)) in &existing.known_as {
        if schema.known_as.contains(&name.as_str()) {
            if schema.acts {
                resource.named.acts_as = Some(value.clone());
            }
            *resource = resource.clone().set(name, value.as_str());
        } else {
            let message = format!("`{name}` of `{address}` cannot be set with `as`");
            let finding =
                Diagnostic::new(codes::NOT_LEFT, message).at(*span, "not a name that Holdfast generates");
            out.push(finding.help(choices("set with `as`", schema.known_as)));
        }
    }
    for (name, span) in &existing.leave {
        if leavable.contains(&name.as_str()) {
            resource.attributes.remove(name);
            continue;
        }
        let why = match schema.attribute(name).map(|attribute| attribute.change) {
            None => "there is no such attribute",
            Some(Change::Identity) => "it identifies the resource",
            Some(_) => "the policy relies on it",
        };
        let near = guess(out, name, leavable.iter().copied());
        let help = near
            .map_or_else(|| choices("left as it is", &leavable), |near| format!("did you mean `{near}`?"));
        let message = format!("`{name}` of `{address}` cannot be left as it is");
        out.push(Diagnostic::new(codes::NOT_LEFT, message).at(*span, why).help(help));
    }
}

fn choices(what: &str, names: &[&str]) -> String {
    match names {
        [] => format!("remove it: no resource of this kind can be {what}"),
        names => format!("what can be {what}: {}", one_of(names.iter().copied())),
    }
}
