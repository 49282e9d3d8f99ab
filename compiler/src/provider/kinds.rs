//! The registry of kinds: those that providers declare, and the milestone. Kinds are found by name, as in
//! addresses and files.

use super::PROVIDERS;
use crate::resource::{Kind, KindSchema, milestone};

/// The declarations of all kinds.
fn declared() -> impl Iterator<Item = &'static KindSchema> {
    let provided = PROVIDERS.iter().flat_map(|provider| provider.kinds.iter().copied());
    std::iter::once(&milestone::SCHEMA).chain(provided)
}

impl Kind {
    /// All kinds of all providers, in the order in which they are declared.
    pub fn all() -> impl Iterator<Item = Self> {
        declared().map(Self::of)
    }

    /// The kind of a service as a whole.
    #[must_use]
    pub const fn milestone() -> Self {
        Self::of(&milestone::SCHEMA)
    }

    /// Its position among all kinds in order of declaration, which is the display order.
    #[must_use]
    pub fn rank(self) -> usize {
        Self::all().take_while(|kind| *kind != self).count()
    }

    /// The kind with this provider and name.
    #[must_use]
    pub fn find(provider: Option<&str>, name: &str) -> Option<Self> {
        Self::all().find(|kind| kind.schema().provider == provider && kind.name() == name)
    }

    /// The kind of a text such as `aws.bucket`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once('.') {
            Some((provider, name)) => Self::find(Some(provider), name),
            None => Self::find(None, text),
        }
    }
}

impl<'de> serde::Deserialize<'de> for Kind {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::parse(&name)
            .ok_or_else(|| serde::de::Error::custom(format!("`{name}` is not a kind of resource")))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::resource::{Change, Lifecycle, Made};

    #[test]
    fn no_two_kinds_share_a_name() {
        let mut names = BTreeSet::new();
        for kind in Kind::all() {
            assert!(names.insert(kind.name()), "{kind}: `existing` names kinds without their provider");
            assert_eq!(Kind::parse(&kind.to_string()), Some(kind));
        }
    }

    #[test]
    fn declarations_name_existing_attributes() {
        for schema in declared() {
            let known = |name: &str| assert!(schema.attribute(name).is_some(), "{}: `{name}`", schema.name);
            let coexist =
                schema.coexist.iter().flat_map(|coexist| coexist.within.iter().chain(coexist.answers));
            schema
                .known_as
                .iter()
                .chain(schema.rights)
                .chain(&schema.batched_by)
                .chain(coexist)
                .for_each(|n| known(n));
            for made in schema.calls.iter().flat_map(|call| call.made) {
                match made {
                    Made::Update(names) => names.iter().for_each(|name| known(name)),
                    Made::CreateUnless(name) => {
                        known(name);
                        assert!(
                            schema.attribute(name).is_some_and(|a| a.unset.is_some()),
                            "{}: `{name}`",
                            schema.name
                        );
                    }
                    _ => {}
                }
            }
            schema.known_as.iter().for_each(|name| assert!(schema.identity().any(|part| part == *name)));
        }
    }

    /// Every attribute that can be updated has a call that updates it, and every kind that can be created has
    /// a call that deletes it, unless that never happens.
    #[test]
    fn every_change_declares_its_call() {
        for schema in declared().filter(|schema| schema.lifecycle == Lifecycle::Managed) {
            let made: Vec<Made> = schema.calls.iter().flat_map(|call| call.made.iter().copied()).collect();
            let batched = made.contains(&Made::Change);
            for one in [Made::Observe, Made::Create, Made::Delete] {
                if one == Made::Delete && schema.never_deleted.is_some() {
                    continue;
                }
                assert!(made.contains(&one) || batched && one != Made::Observe, "{}: {one:?}", schema.name);
            }
            for attribute in schema.attributes {
                let in_place = matches!(attribute.change, Change::InPlace | Change::ReplaceIfNull);
                let written = made.iter().any(|made| match made {
                    Made::Update(names) => names.contains(&attribute.name),
                    _ => false,
                });
                assert!(
                    !in_place || written || batched,
                    "{}: nothing updates `{}`",
                    schema.name,
                    attribute.name
                );
            }
        }
    }
}
