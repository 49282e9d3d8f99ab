//! What in the live cloud stands in the way of a policy, said at the line of the policy it concerns.

use serde_json::Value;

use crate::diagnostic::{Diagnostic, codes};
use crate::grant::Foreign;
use crate::observation::Object;
use crate::resource::{Attribute, Attributes, Resource};

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

/// A role whose rights the policy wants to decide, and on which others have put rights of theirs. One that is ours and
/// as it should be is only worth a caution: nothing is handed to it.
pub(super) fn rights_of_others(
    resource: &Resource,
    object: &Object,
    ours: bool,
    changes: bool,
) -> Option<Diagnostic> {
    if (ours && !changes) || !decides_rights(&resource.attributes) {
        return None;
    }
    let foreign = Foreign::of(&object.attributes)?;
    let name = wanted(resource, "name");
    let address = &resource.address;
    let entry =
        format!("{}.{}", address.kind(), address.name().replacen(&format!("{}.", address.owner()), "", 1));
    let message = format!("others have put rights on the role `{name}`: {}", foreign.in_words());
    Some(Diagnostic::new(codes::FOREIGN_RIGHTS, message).at(resource.origin, "would copy with this role").help(
        format!(
            "remove them from the role; or leave all its rights as they are, with `{entry}: {{ as: {{ name: {name} }}, \
             leave: [trust, policy] }}` in `existing`; or name no role there, and Holdfast makes its own"
        ),
    ))
}

/// Whether a policy says what a role may do or who may be it.
fn decides_rights(attributes: &Attributes) -> bool {
    ["trust", "policy"].iter().any(|name| attributes.contains_key(*name))
}

fn wanted<'a>(resource: &'a Resource, name: &str) -> &'a str {
    match resource.attributes.get(name) {
        Some(Attribute::Known(Value::String(text))) => text,
        _ => "",
    }
}
