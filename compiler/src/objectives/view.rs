//! The existing resources of a service.

use crate::observation::Object;
use crate::policy::Service;
use crate::resource::{Address, Kind};

/// Access to the existing resources of an estate.
#[derive(Clone, Copy)]
pub struct Live<'a> {
    /// Finds the existing object of an address.
    pub find: &'a dyn Fn(&Address) -> Option<&'a Object>,
    /// The run in which Holdfast made the object. `None` if it existed before.
    pub made: &'a dyn Fn(&Address) -> Option<u64>,
}

/// The existing resources of one service.
pub struct View<'a, 's> {
    /// The service.
    pub service: &'s Service,
    /// The resources of the estate.
    pub live: Live<'a>,
}

impl<'a> View<'a, '_> {
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

    /// The run in which Holdfast made it.
    #[must_use]
    pub fn made(&self, kind: Kind, rest: &[&str]) -> Option<u64> {
        (self.live.made)(&self.address(kind, rest))
    }
}
