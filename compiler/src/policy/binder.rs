//! What a mention in a service can mean.

use std::collections::BTreeMap;

use super::sites::Sites;
use crate::document::{self, Document, Name};

/// One service with everything its names can mean.
pub(super) struct Binder<'a> {
    /// The text of the service.
    pub(super) document: &'a Document,
    /// What it says.
    pub(super) service: &'a document::Service,
    /// The estate's sites.
    pub(super) sites: &'a Sites,
    /// The estate's defaults.
    pub(super) defaults: &'a document::Defaults,
    /// All services.
    pub(super) names: &'a BTreeMap<&'a Name, &'a Document>,
}
