//! From the policy to the graph: which resources should exist, and what needs what.

mod data;
mod role;
mod traffic;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::diagnostic::{self, Diagnostic, codes};
use crate::document::Name;
use crate::graph::{Graph, circles};
use crate::policy::{Policy, Service};
use crate::resource::{Address, Kind, Resource};

/// What the policy cannot know: where it is applied.
#[derive(Debug, Clone)]
pub struct Target {
    /// The account, twelve digits.
    pub account: String,
}

/// Compile a policy into its graph.
///
/// # Errors
/// A circle in what waits for what.
pub fn lower(policy: &Policy, target: &Target) -> Result<Graph, Vec<Diagnostic>> {
    service_circles(policy)?;
    let mut resources: BTreeMap<Address, Resource> = BTreeMap::new();
    for service in policy.services.values() {
        let mut own = Vec::new();
        let context = Context { policy, target, service };
        data::lower(&context, &mut own);
        traffic::lower(&context, &mut own);
        for mut resource in own {
            let shared = resource.address.kind() == Kind::HostedZone;
            if !shared {
                resource.after.extend(service.after.keys().map(milestone));
            }
            let origin = resource.origin;
            let first = resources.entry(resource.address.clone()).or_insert(resource);
            // What several services share is reported where the text mentions it first.
            first.origin = first.origin.min(origin);
        }
    }
    let awaited: BTreeSet<&Name> = policy.services.values().flat_map(|s| s.after.keys()).collect();
    let mut own: BTreeMap<String, BTreeSet<Address>> = BTreeMap::new();
    for address in resources.keys().filter(|address| address.kind() != Kind::HostedZone) {
        own.entry(address.owner().to_owned()).or_default().insert(address.clone());
    }
    for name in awaited {
        let Some(service) = policy.services.get(name) else { continue };
        let purpose = format!("all of service `{name}`");
        let mut resource = Resource::new(milestone(name), purpose, service.span);
        resource.after = own.remove(name.as_str()).unwrap_or_default();
        resource.after.extend(service.after.keys().map(milestone));
        resources.insert(resource.address.clone(), resource);
    }
    same_thing_twice(&resources)?;
    Graph::new(resources)
}

/// Two resources that the cloud would know by the same name overwrite each other. The rules of the policy
/// exclude what people would write; this is for names that are made.
fn same_thing_twice(resources: &BTreeMap<Address, Resource>) -> Result<(), Vec<Diagnostic>> {
    let mut first: BTreeMap<(Kind, String), &Resource> = BTreeMap::new();
    let mut errors = Vec::new();
    for resource in resources.values().filter(|r| r.address.kind() != Kind::Service) {
        let identity = serde_json::to_string(&resource.identity()).unwrap_or_default();
        if let Some(other) = first.insert((resource.address.kind(), identity), resource) {
            let message = format!("`{}` and `{}` would be the same thing", resource.address, other.address);
            let error = Diagnostic::error(codes::RECORD_TWICE, message);
            let error = error.at(resource.origin, "this one").at(other.origin, "and this one");
            errors.push(error.help("give one of them another name"));
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

fn milestone(service: &Name) -> Address {
    Address::new(Kind::Service, &[service.as_str()])
}

/// Circles of services are found here, where the user's own words can be marked, and not among the
/// dozens of resources they would drag along.
fn service_circles(policy: &Policy) -> Result<(), Vec<Diagnostic>> {
    let edges = policy.services.values().flat_map(|s| s.after.keys().map(|after| (&s.name, after)));
    let found = circles(policy.services.keys(), edges);
    let mut errors = Vec::new();
    for members in found {
        let names: Vec<String> = members.iter().map(|name| format!("`{name}`")).collect();
        let message = match names.split_last() {
            Some((only, [])) => format!("{only} waits for itself"),
            Some((last, rest)) => {
                format!("{} and {last} wait for each other, so none can come first", rest.join(", "))
            }
            None => continue,
        };
        let mut error = Diagnostic::error(codes::CYCLE, message);
        for service in members.iter().filter_map(|name| policy.services.get(*name)) {
            for (after, span) in
                service.after.iter().filter(|(after, _)| members.binary_search(after).is_ok())
            {
                error = error.at(*span, format!("`{}` waits for `{after}`", service.name));
            }
        }
        errors.push(error.help("remove one of these entries of `after`"));
    }
    diagnostic::sort(&mut errors);
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// The service that is being lowered, with what surrounds it.
struct Context<'a> {
    policy: &'a Policy,
    target: &'a Target,
    service: &'a Service,
}

impl Context<'_> {
    fn address(&self, kind: Kind, rest: &[&str]) -> Address {
        let path: Vec<&str> =
            std::iter::once(self.service.name.as_str()).chain(rest.iter().copied()).collect();
        Address::new(kind, &path)
    }

    /// The tags that say whose a thing is. Tags of others are left alone.
    fn tags(&self, part: &str, name: &Name) -> Value {
        json!({
            "holdfast:estate": self.policy.estate.as_str(),
            "holdfast:service": self.service.name.as_str(),
            format!("holdfast:{part}"): name.as_str(),
        })
    }
}
