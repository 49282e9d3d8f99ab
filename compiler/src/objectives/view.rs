//! The existing resources of a service.

use crate::backups::SeenBackups;
use crate::copies::KnownCopy;
use crate::observation::Object;
use crate::policy::{Service, Site};
use crate::resource::{Address, Attribute, Identity, Kind, Resource, Values};
use crate::signals::{SeenSignals, Signal};
use serde_json::Value;

/// Access to the existing resources of an estate.
#[derive(Clone, Copy)]
pub struct Live<'a> {
    /// Finds the existing object of an address.
    pub find: &'a dyn Fn(&Address) -> Option<&'a Object>,
    /// The run in which Holdfast made the object. `None` if it existed before.
    pub made: &'a dyn Fn(&Address) -> Option<u64>,
    /// The attributes that the last apply gave the object, by the journal.
    pub applied: &'a dyn Fn(&Address) -> Option<&'a Values>,
    /// Whether the journal says that what the policy declares at an address existed.
    pub had: &'a dyn Fn(&Address) -> bool,
    /// What the journal remembers of a copy: from the bucket of the first name to that of the second.
    pub known: &'a dyn Fn(&str, &str) -> Option<&'a KnownCopy>,
    /// The resource that the policy declares at an address.
    pub declared: &'a dyn Fn(&Address) -> Option<&'a Resource>,
    /// Finds what was looked at besides, and what is in the place of a resource.
    pub look: &'a dyn Fn(Kind, &Identity) -> Option<&'a Object>,
    /// The objects in the place that an object with these attributes competes for, whoever they belong to.
    pub beside: &'a dyn Fn(Kind, &Values) -> Vec<&'a Object>,
    /// Why an object could not be seen. `None` if it was seen or was not looked for.
    pub unseen: &'a dyn Fn(Kind, &Identity) -> Option<&'a str>,
    /// The account of the estate at a provider, by its name.
    pub account: &'a dyn Fn(&str) -> Option<&'a str>,
    /// The scheduled backups that were seen. `None`: nobody has looked.
    pub backups: Option<&'a SeenBackups>,
    /// What the cloud measures. `None`: nobody has looked.
    pub signals: Option<&'a SeenSignals>,
    /// Why the name of an object cannot be that of a resource: it belongs to somebody else.
    pub taken: &'a dyn Fn(Kind, &Identity) -> Option<&'a str>,
}

/// The existing resources of one service.
pub struct View<'a, 's> {
    /// The service.
    pub service: &'s Service,
    /// The resources of the estate.
    pub live: Live<'a>,
}

impl<'a> View<'a, '_> {
    /// Whether Holdfast makes the vault at a site.
    #[must_use]
    pub fn is_made_vault(&self, site: &Site) -> bool {
        site.has_made_vault(self.estate(site))
    }

    /// The account of the estate at the provider of a site, if it is known.
    #[must_use]
    pub fn estate(&self, site: &Site) -> Option<&'a str> {
        (self.live.account)(site.region.provider.name)
    }

    /// What the cloud measures.
    ///
    /// # Errors
    /// Why it cannot be asked.
    pub fn measured(&self, signal: &Signal) -> Result<Option<u64>, String> {
        let seen = self.live.signals.and_then(|signals| signals.get(signal));
        seen.cloned().unwrap_or_else(|| Err("nobody has looked".to_owned()))
    }

    /// The address of a kind, from the names below the service.
    #[must_use]
    pub fn address(&self, kind: Kind, rest: &[&str]) -> Address {
        let path: Vec<&str> =
            std::iter::once(self.service.name.as_str()).chain(rest.iter().copied()).collect();
        Address::new(kind, &path)
    }

    /// The object of a kind, from the names below the service.
    #[must_use]
    pub fn find(&self, kind: Kind, rest: &[&str]) -> Option<&'a Object> {
        (self.live.find)(&self.address(kind, rest))
    }

    /// Whether an object exists and these attributes of it are as the policy declares them, or as the policy declared them when
    /// they were last applied: a change that waits to be applied breaks nothing today. An attribute that the policy leaves
    /// unmanaged is not compared. A reference to another resource is met by the output of the object that exists.
    #[must_use]
    pub fn is_as_declared(&self, kind: Kind, rest: &[&str], names: &[&str]) -> bool {
        let address = self.address(kind, rest);
        let (Some(object), Some(declared)) = ((self.live.find)(&address), (self.live.declared)(&address))
        else {
            return false;
        };
        let applied = (self.live.applied)(&address);
        names.iter().all(|name| {
            let found = object.attributes.get(*name).unwrap_or(&Value::Null);
            let schema = kind.schema().attribute(name);
            let same = |wanted: &Value| schema.is_some_and(|schema| schema.shape.same(found, wanted));
            if applied.and_then(|applied| applied.get(*name)).is_some_and(same) {
                return true;
            }
            match declared.attributes.get(*name) {
                None => true,
                Some(Attribute::Known(wanted)) => same(wanted),
                Some(Attribute::Output { of, name }) => {
                    (self.live.find)(of).and_then(|other| other.outputs.get(name)) == Some(found)
                }
            }
        })
    }

    /// An attribute as the policy declares it, and as it was last applied. Nothing where it is unmanaged, only known after
    /// an apply, or never applied.
    #[must_use]
    pub fn wanted(&self, kind: Kind, rest: &[&str], name: &str) -> Vec<&'a Value> {
        let address = self.address(kind, rest);
        let declared = (self.live.declared)(&address).and_then(|one| one.attributes.get(name));
        let declared = declared.and_then(|attribute| match attribute {
            Attribute::Known(value) => Some(value),
            Attribute::Output { .. } => None,
        });
        let applied = (self.live.applied)(&address).and_then(|applied| applied.get(name));
        declared.into_iter().chain(applied).collect()
    }

    /// What was looked at besides.
    ///
    /// # Errors
    /// Why it could not be seen.
    pub fn look(&self, kind: Kind, values: &Values) -> Result<Option<&'a Object>, &'a str> {
        let identity = Identity::of(kind, values);
        match (self.live.look)(kind, &identity) {
            Some(object) => Ok(Some(object)),
            None => (self.live.unseen)(kind, &identity).map_or(Ok(None), Err),
        }
    }

    /// The run in which Holdfast made it.
    #[must_use]
    pub fn made(&self, kind: Kind, rest: &[&str]) -> Option<u64> {
        (self.live.made)(&self.address(kind, rest))
    }
}
