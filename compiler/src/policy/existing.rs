//! Existing resources of a service, with their places in the text. Only the graph knows all addresses, so
//! these entries are checked when the policy is lowered.

use std::collections::BTreeMap;

use super::Service;
use super::binder::Binder;
use crate::document::Step;
use crate::source::Span;

/// An existing resource.
#[derive(Debug, Clone)]
pub struct Existing {
    /// The place of its address.
    pub span: Span,
    /// Its names in the cloud, by identity attribute.
    pub known_as: BTreeMap<String, (String, Span)>,
    /// The attributes that are left unmanaged.
    pub leave: BTreeMap<String, Span>,
}

impl Binder<'_> {
    pub(super) fn existing(&self) -> BTreeMap<String, Existing> {
        let bind = |(address, body): (&String, &crate::document::Existing)| {
            let at: [Step<'_>; 2] = ["existing".into(), Step::Key(address)];
            let known_as = body.known_as.iter().map(|(name, value)| {
                let span = self.document.key_span(&[at[0], at[1], "as".into(), Step::Key(name)]);
                (name.clone(), (value.clone(), span))
            });
            let leave = body.leave.iter().enumerate().map(|(nth, name)| {
                (name.clone(), self.document.span(&[at[0], at[1], "leave".into(), nth.into()]))
            });
            let span = self.document.key_span(&at);
            (address.clone(), Existing { span, known_as: known_as.collect(), leave: leave.collect() })
        };
        self.service.existing.iter().map(bind).collect()
    }
}

impl Service {
    /// The place where the policy leaves an attribute unmanaged. The address omits the service.
    #[must_use]
    pub fn leaves(&self, address: &str, attribute: &str) -> Option<Span> {
        self.existing.get(address)?.leave.get(attribute).copied()
    }
}
