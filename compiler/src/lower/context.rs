//! The service that is being lowered, and its surroundings.

use serde_json::{Value, json};

use super::target::TargetAccounts;
use crate::document::Name;
use crate::policy::{Policy, Service, Site};
use crate::posture::Posture;
use crate::resource::{Address, Kind};

/// The tag with the name of the estate that an object belongs to.
pub const ESTATE_TAG: &str = "holdfast:estate";
/// The tag with the name of the service that it belongs to.
pub const SERVICE_TAG: &str = "holdfast:service";

/// The tag with the name of the site that it belongs to, for what several services use.
pub const SITE_TAG: &str = "holdfast:site";

/// The tag with what a key encrypts: `data` or `backups`.
pub const KEY_TAG: &str = "holdfast:key";

/// The service that is being lowered, and its surroundings.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The whole policy.
    pub policy: &'a Policy,
    /// The accounts that the policy is applied in.
    pub target: &'a TargetAccounts,
    /// Which sites are evacuated.
    pub posture: &'a Posture,
    /// The service.
    pub service: &'a Service,
}

impl Context<'_> {
    /// The address of a kind, from the names below the service.
    #[must_use]
    pub fn address(&self, kind: Kind, rest: &[&str]) -> Address {
        let path: Vec<&str> =
            std::iter::once(self.service.name.as_str()).chain(rest.iter().copied()).collect();
        Address::new(kind, &path)
    }

    /// The account of what is at a site.
    #[must_use]
    pub fn account<'a>(&'a self, site: &'a Site) -> &'a str {
        site.own_account().unwrap_or_else(|| self.target.account(site.region.provider.name))
    }

    /// The tags that mark an object as owned by Holdfast. Other tags are not managed.
    #[must_use]
    pub fn tags(&self, part: &str, name: &Name) -> Value {
        json!({
            ESTATE_TAG: self.policy.estate.as_str(),
            SERVICE_TAG: self.service.name.as_str(),
            format!("holdfast:{part}"): name.as_str(),
        })
    }
}
