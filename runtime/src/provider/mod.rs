//! The providers: how each manages the kinds that it declares.

pub mod aws;
pub mod azure;
mod trusted;

use std::collections::{BTreeMap, BTreeSet};

use futures::future::BoxFuture;
use holdfast_compiler::policy::SiteAccount;
use holdfast_compiler::resource::Kind;

use crate::cloud::{Class, Cloud, CloudError, Command};
use crate::local::embedded::Embedded;

/// A provider that is ready for calls, or why its configuration cannot be used.
pub type Connected = Result<Box<dyn Cloud>, CloudError>;

/// Reads configuration and credentials.
pub type Connect = fn(Places) -> BoxFuture<'static, Connected>;

/// Where an estate is at a provider.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// The name of the estate, which names the sessions in other accounts.
    pub estate: String,
    /// The regions of its sites, each once.
    pub regions: Vec<String>,
    /// The accounts of the regions whose sites are not in the estate's own.
    pub accounts: BTreeMap<String, SiteAccount>,
}

/// A provider of cloud resources.
pub struct Provider {
    /// Its declaration in the compiler.
    pub declared: &'static holdfast_compiler::provider::Provider,
    /// Refuses a command that would grant rights that no policy grants; the second argument is the account. Called
    /// before any API call.
    pub check: fn(&Command, &str) -> Result<(), CloudError>,
    /// The default partition of its accounts.
    pub partition: &'static str,
    /// Reads the configuration and credentials of the machine, for an estate in these places. Makes no API call. Fails if the
    /// configuration cannot be used.
    pub connect: Connect,
    /// Whether an import looks for what no policy describes.
    pub is_surveyed: bool,
    /// Whether a restore reads what is there.
    pub is_restored: bool,
    /// The class of one of its error codes.
    pub class: fn(&str) -> Class,
    /// Its kinds in the embedded cloud.
    pub embedded: &'static [&'static dyn Embedded],
}

/// All providers. To add one, add a folder beside this file, and a line here.
pub static PROVIDERS: [&Provider; 2] = [&aws::PROVIDER, &azure::PROVIDER];

/// The provider of a kind; `None` for a milestone, which exists in no cloud.
#[must_use]
pub fn of(kind: Kind) -> Option<&'static Provider> {
    let name = kind.schema().provider?;
    PROVIDERS.into_iter().find(|provider| provider.declared.name == name)
}

/// The provider with a name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Provider> {
    PROVIDERS.into_iter().find(|provider| provider.declared.name == name)
}

/// Parses the names of one or several providers, separated by `+`.
#[must_use]
pub fn named(text: &str) -> Option<BTreeSet<&'static str>> {
    text.split('+').map(|name| find(name).map(|provider| provider.declared.name)).collect()
}

/// The implementation of a kind in the embedded cloud.
#[must_use]
pub fn embedded(kind: Kind) -> Option<&'static dyn Embedded> {
    of(kind)?.embedded.iter().copied().find(|embedded| embedded.kind() == kind)
}

/// The class of an error code, for objects of a kind.
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
