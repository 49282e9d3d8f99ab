//! What a policy says about things that are there already: the names they have, and what is left as it is.
//!
//! References follow by themselves: a role is referred to by its ARN, a health check by its id, and both are outputs.

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, codes, guess, one_of};
use crate::policy::{Existing, Service};
use crate::resource::{Address, Change, Kind, Resource};

/// What can be left as it is. Records are written whole, regions and zones are needed to find a thing, and an
/// interval or a TTL is what a bound is made of.
pub(crate) const fn leavable(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Bucket => {
            &["versioning", "encryption", "kms-key", "bucket-key", "public-access-block", "ownership", "tags"]
        }
        Kind::Role => &["trust", "policy", "tags"],
        Kind::Replication => &["rules"],
        Kind::HealthCheck => &["ip", "domain", "sni", "tags"],
        Kind::Record | Kind::HostedZone | Kind::Service => &[],
    }
}

/// What a thing can be known as: names that Holdfast makes up. The others stand elsewhere in the policy.
pub(crate) const fn nameable(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Role => &["name"],
        Kind::HealthCheck => &["reference"],
        Kind::Record => &["set-identifier"],
        Kind::Bucket | Kind::Replication | Kind::HostedZone | Kind::Service => &[],
    }
}

/// Apply it to the resources of a service.
pub(super) fn apply(service: &Service, own: &mut [Resource], out: &mut Vec<Diagnostic>) {
    if service.existing.is_empty() {
        return;
    }
    let owner = format!(".{}.", service.name);
    let mut resources: BTreeMap<String, &mut Resource> = BTreeMap::new();
    for resource in own.iter_mut().filter(|resource| resource.address.kind() != Kind::HostedZone) {
        resources.insert(resource.address.to_string().replacen(&owner, ".", 1), resource);
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
                out.push(finding.at(existing.span, "nothing of this address").help(help));
            }
        }
    }
    let roles: BTreeMap<Address, Option<String>> =
        own.iter().map(|resource| (resource.address.clone(), resource.named.role.clone())).collect();
    // What uses a role uses one of that name.
    for resource in own.iter_mut() {
        let role = resource.needs().into_iter().find_map(|need| roles.get(need)?.clone());
        resource.named.role = resource.named.role.take().or(role);
    }
}

fn one(address: &str, existing: &Existing, resource: &mut Resource, out: &mut Vec<Diagnostic>) {
    let kind = resource.address.kind();
    for (name, (value, span)) in &existing.known_as {
        if nameable(kind).contains(&name.as_str()) {
            if kind == Kind::Role {
                resource.named.role = Some(value.clone());
            }
            *resource = resource.clone().set(name, value.as_str());
        } else {
            let message = format!("`{address}` cannot be known as `{name}`");
            let finding = Diagnostic::new(codes::NOT_LEFT, message).at(*span, "not a name Holdfast makes up");
            out.push(finding.help(choices("known as", nameable(kind))));
        }
    }
    for (name, span) in &existing.leave {
        if leavable(kind).contains(&name.as_str()) {
            resource.attributes.remove(name);
            continue;
        }
        let why = match kind.schema().attribute(name).map(|attribute| attribute.change) {
            None => "there is no such attribute",
            Some(Change::Identity) => "it is what the thing is known by",
            Some(_) => "the policy relies on it",
        };
        let near = guess(out, name, leavable(kind).iter().copied());
        let help =
            near.map_or_else(|| choices("left", leavable(kind)), |near| format!("did you mean `{near}`?"));
        let message = format!("`{name}` of `{address}` cannot be left as it is");
        out.push(Diagnostic::new(codes::NOT_LEFT, message).at(*span, why).help(help));
    }
}

fn choices(what: &str, names: &[&str]) -> String {
    match names {
        [] => format!("remove it: nothing of this kind can be {what}"),
        names => format!("what can be {what}: {}", one_of(names.iter().copied())),
    }
}
