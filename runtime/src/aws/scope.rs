//! What is looked for, sorted by how AWS is asked for it.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_compiler::observation::Wanted;
use holdfast_compiler::resource::Kind;

/// The wanted identities of each kind, each once.
#[derive(Debug, Default)]
pub(super) struct Scope {
    /// Names of buckets.
    pub(super) buckets: BTreeSet<String>,
    /// Names of source buckets.
    pub(super) replications: BTreeSet<String>,
    /// Names of roles.
    pub(super) roles: BTreeSet<String>,
    /// Names of zones.
    pub(super) zones: BTreeSet<String>,
    /// Names of records, by name of zone.
    pub(super) records: BTreeMap<String, BTreeSet<String>>,
    /// Beginnings of caller references of health checks.
    pub(super) references: BTreeSet<String>,
}

impl Scope {
    /// Sort.
    pub(super) fn of(wanted: &[Wanted]) -> Self {
        let mut scope = Self::default();
        for Wanted { kind, identity } in wanted {
            let named = |name: &str| identity.get(name).map(str::to_owned);
            match kind {
                Kind::Bucket => scope.buckets.extend(named("name")),
                Kind::Replication => scope.replications.extend(named("bucket")),
                Kind::Role => scope.roles.extend(named("name")),
                Kind::HostedZone => scope.zones.extend(named("name")),
                Kind::Record => {
                    if let (Some(zone), Some(name)) = (named("zone"), named("name")) {
                        scope.records.entry(zone).or_default().insert(name);
                    }
                }
                Kind::HealthCheck => scope.references.extend(named("reference")),
                // A milestone is nowhere but in the graph.
                Kind::Service => {}
            }
        }
        scope
    }
}
