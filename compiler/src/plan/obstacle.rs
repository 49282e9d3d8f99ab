//! What in the live cloud stands in the way of a policy, said at the line of the policy it concerns.

use serde_json::Value;

use crate::diagnostic::{Diagnostic, codes};
use crate::observation::Object;
use crate::resource::{Attribute, Resource};

/// A prerequisite that is not there.
pub(super) fn missing(resource: &Resource) -> Diagnostic {
    let name = resource.address.name();
    Diagnostic::new(codes::NO_ZONE, format!("there is no public hosted zone `{name}` in this account"))
        .at(resource.origin, "not found")
        .help(format!(
            "create it and delegate the domain to it: aws route53 create-hosted-zone --name {name} \
             --caller-reference \"$(date)\""
        ))
}

/// A thing that holds data and is where the policy does not want it.
pub(super) fn elsewhere(resource: &Resource, object: &Object) -> Diagnostic {
    let found = |name: &str| object.attributes.get(name).and_then(Value::as_str).unwrap_or("another place");
    let (name, region, wanted) = (found("name"), found("region"), wanted(resource, "region"));
    Diagnostic::new(codes::BUCKET_ELSEWHERE, format!("the bucket `{name}` is in `{region}`, not `{wanted}`"))
        .at(resource.origin, format!("should be in `{wanted}`"))
        .help("a bucket cannot move and Holdfast never recreates one: name another bucket, or its real site")
}

/// A thing of others that nothing may take the place of.
pub(super) fn immovable(resource: &Resource, what: &str) -> Diagnostic {
    let name = wanted(resource, "name");
    Diagnostic::new(codes::OTHER_ROUTING, format!("`{name}` has {what}, which failover cannot join"))
        .at(resource.origin, "wants a failover record")
        .help("move or remove that record first, or give the failover another name")
}

fn wanted<'a>(resource: &'a Resource, name: &str) -> &'a str {
    match resource.attributes.get(name) {
        Some(Attribute::Known(Value::String(text))) => text,
        _ => "",
    }
}
