//! The providers: what each does with the kinds that it declares.

pub mod aws;

use std::collections::BTreeSet;

use futures::future::BoxFuture;
use holdfast_compiler::resource::Kind;

use crate::cloud::{Class, Cloud, CloudError, Command};
use crate::local::embedded::Embedded;

/// A provider.
pub struct Provider {
    /// What the compiler knows of it.
    pub declared: &'static holdfast_compiler::provider::Provider,
    /// Whether a command gives away rights that no policy gives, in an account. Asked before any call.
    pub check: fn(&Command, &str) -> Result<(), CloudError>,
    /// The partition that accounts are in where nobody says otherwise.
    pub partition: &'static str,
    /// Read the configuration and credentials of the machine. The first call comes later.
    pub connect: fn() -> BoxFuture<'static, Box<dyn Cloud>>,
    /// What one of its error codes means.
    pub class: fn(&str) -> Class,
    /// Its kinds in the embedded cloud.
    pub embedded: &'static [&'static dyn Embedded],
}

/// All providers. A new one is a folder beside this file, and a line here.
pub static PROVIDERS: [&Provider; 1] = [&aws::PROVIDER];

/// The provider of a kind; nothing for a milestone, which is in no cloud.
#[must_use]
pub fn of(kind: Kind) -> Option<&'static Provider> {
    let name = kind.schema().provider?;
    PROVIDERS.into_iter().find(|provider| provider.declared.name == name)
}

/// The provider of a name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Provider> {
    PROVIDERS.into_iter().find(|provider| provider.declared.name == name)
}

/// The providers of a text that names one, or several with `+` between them.
#[must_use]
pub fn named(text: &str) -> Option<BTreeSet<&'static str>> {
    text.split('+').map(|name| find(name).map(|provider| provider.declared.name)).collect()
}

/// A kind in the embedded cloud.
#[must_use]
pub fn embedded(kind: Kind) -> Option<&'static dyn Embedded> {
    of(kind)?.embedded.iter().copied().find(|embedded| embedded.kind() == kind)
}

/// What an error code means, for things of a kind.
#[must_use]
pub fn class(kind: Kind, code: &str) -> Class {
    of(kind).map_or(Class::Other, |provider| (provider.class)(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_declared_kind_is_in_the_embedded_cloud() {
        let declared = holdfast_compiler::provider::PROVIDERS;
        assert_eq!(PROVIDERS.map(|provider| provider.declared.name), declared.map(|provider| provider.name));
        for provider in PROVIDERS {
            for schema in provider.declared.kinds {
                let kind = Kind::of(schema);
                let count = provider.embedded.iter().filter(|embedded| embedded.kind() == kind).count();
                assert_eq!(count, 1, "{kind}");
            }
            assert_eq!(provider.embedded.len(), provider.declared.kinds.len());
        }
    }
}
