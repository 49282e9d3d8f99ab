//! What in the live cloud blocks a policy, reported at the line it concerns.

use serde_json::Value;

use super::{Change, irreversible};
use crate::diagnostic::{Diagnostic, codes};
use crate::observation::Object;
use crate::resource::{Attribute, Resource};

/// A prerequisite that does not exist.
pub(super) fn missing(resource: &Resource) -> Diagnostic {
    let name = resource.address.name();
    let schema = resource.address.kind().schema();
    let what = schema.name.replace("-", " ");
    let message = format!("there is no public {what} `{name}` in this account");
    let found = Diagnostic::new(codes::NO_ZONE, message).at(resource.origin, "not found");
    found.maybe_help(schema.by_hand.map(|by_hand| by_hand(&name)))
}

/// A resource that holds data and exists at another place than the policy declares, or with what cannot change.
pub(super) fn elsewhere(resource: &Resource, object: &Object, changes: &[Change]) -> Diagnostic {
    if let Some(change) = changes.iter().find(|change| change.replaces && change.name != "region") {
        let why = "it holds data, and Holdfast never replaces it";
        return irreversible::refusal(resource, &object.id, &change.name, why);
    }
    let found = |name: &str| object.attributes.get(name).and_then(Value::as_str).unwrap_or("another place");
    let (name, region, wanted) = (found("name"), found("region"), wanted(resource, "region"));
    Diagnostic::new(codes::BUCKET_ELSEWHERE, format!("the bucket `{name}` is in `{region}`, not `{wanted}`"))
        .at(resource.origin, format!("should be in `{wanted}`"))
        .help("a bucket cannot move and Holdfast never recreates one: name another bucket, or its real site")
}

/// A resource whose replacement would lose what others rely on, and which a person can change.
pub(super) fn by_person(resource: &Resource, object: &Object, replaced: &str, cure: &str) -> Diagnostic {
    let kind = resource.address.kind().name();
    let message = format!("the {replaced} of the {kind} `{}` cannot change without replacing it", object.id);
    Diagnostic::new(codes::LOCKED_FOR_GOOD, message).at(resource.origin, "would change").help(cure)
}

/// A resource of another owner that must not be replaced.
pub(super) fn immovable(resource: &Resource, what: &str) -> Diagnostic {
    let name = wanted(resource, "name");
    Diagnostic::new(
        codes::OTHER_ROUTING,
        format!("`{name}` has {what}, which does not allow a failover record of the same name"),
    )
    .at(resource.origin, "needs a failover record")
    .help("move or remove that record first, or give the failover another name")
}

/// A role whose permissions the policy manages, and that also has other permissions. If the role is owned and
/// unchanged, this is only a caution, because the plan grants it nothing.
pub(super) fn rights_of_others(
    resource: &Resource,
    object: &Object,
    ours: bool,
    changes: bool,
) -> Option<Diagnostic> {
    let kind = resource.address.kind();
    let schema = kind.schema();
    let decides = schema.rights.iter().any(|name| resource.attributes.contains_key(*name));
    if (ours && !changes) || !decides {
        return None;
    }
    let others = schema.rights_of_others?(&object.attributes)?;
    let (name, entry, what) = (wanted(resource, "name"), resource.address.within_service(), kind.name());
    let message = format!("the {what} `{name}` has rights that Holdfast did not grant: {others}");
    let found = Diagnostic::new(codes::FOREIGN_RIGHTS, message);
    Some(found.at(resource.origin, format!("would copy with this {what}")).help(format!(
        "remove them from the {what}; or leave all its rights as they are, with `{entry}: {{ as: {{ name: {name} }}, \
         leave: [{}] }}` in `existing`; or name no {what} there, and Holdfast creates its own",
        schema.rights.join(", ")
    )))
}

fn wanted<'a>(resource: &'a Resource, name: &str) -> &'a str {
    match resource.attributes.get(name) {
        Some(Attribute::Known(Value::String(text))) => text,
        _ => "",
    }
}
