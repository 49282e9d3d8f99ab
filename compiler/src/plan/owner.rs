//! Whose an existing object is. Tags name the estate and the service that it was made for; what it acts with shows who set it
//! up. An object of somebody else is taken over only with a consent.

use serde_json::Value;

use super::{Change, Consent, Consents};
use crate::diagnostic::{Diagnostic, codes};
use crate::graph::Graph;
use crate::lower::context::{ESTATE_TAG, SERVICE_TAG};
use crate::observation::{Object, Owned};
use crate::resource::{ActsWith, Attribute, Resource, Shape};

/// Who an object belongs to, in words: "the estate `other`", if that is not the estate and service that want to change it. An
/// object that stays as it is, such as one that was imported with its tags, is not taken from anybody.
///
/// The journal proves that an object is the estate's own, but not that nobody has taken it over since, which the tag of
/// another estate shows.
pub(super) fn other(
    resource: &Resource,
    object: &Object,
    ours: Option<&Owned>,
    estate: &str,
    graph: &Graph,
    changes: &[Change],
) -> Option<String> {
    if changes.is_empty() {
        return None;
    }
    let schema = resource.address.kind().schema();
    let tags = schema.attributes.iter().find(|attribute| attribute.shape == Shape::Tags);
    let tags = tags.and_then(|attribute| object.attributes.get(attribute.name));
    let tag = |key: &str| tags.and_then(|tags| tags.get(key)).and_then(Value::as_str);
    if let Some(other) = tag(ESTATE_TAG).filter(|other| *other != estate) {
        return Some(format!("the estate `{other}`"));
    }
    if ours.is_some() {
        return None;
    }
    if let Some(other) = tag(SERVICE_TAG).filter(|other| *other != resource.address.owner()) {
        return Some(format!("the service `{other}`"));
    }
    let ActsWith { attribute: acts_with, names } = schema.acts_with?;
    let found = changes.iter().find(|change| change.name == acts_with)?.before.as_str()?;
    // What it is to act with may be one that is gone and is made anew under the same name.
    let wanted = match resource.attributes.get(acts_with)? {
        Attribute::Output { of, .. } => graph.get(of),
        Attribute::Known(_) => None,
    };
    let same = wanted.is_some_and(|wanted| names(found, &wanted.identity().values()));
    (!same).then(|| format!("whoever set it up with the {acts_with} `{found}`"))
}

/// The refusal to take over an object. Nothing if it is allowed.
pub(super) fn refusal(
    resource: &Resource,
    object: &Object,
    owner: &str,
    given: &Consents,
) -> Option<Diagnostic> {
    let consent = Consent::Adopt(resource.address.clone());
    if given.contains(&consent) {
        return None;
    }
    let message = format!("the {} `{}` belongs to {owner}", resource.address.kind().name(), object.id);
    Some(Diagnostic::new(codes::ANOTHER_OWNER, message).at(resource.origin, "would be taken over").help(format!(
        "name another one, or take it out of the policy that it belongs to; if it is to change its owner, plan with `{}`",
        consent.flag()
    )))
}
