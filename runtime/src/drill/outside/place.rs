//! A record that a drill moves, and which site an answer is of.

use holdfast_compiler::plan::Plan;
use holdfast_compiler::policy::{Drill, EndpointTarget, Policy, RecordType};

use super::Ask;

/// What a site answers for a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::drill) struct Endpoint {
    /// The site.
    pub(in crate::drill) site: String,
    /// An address or a host name; of an alias the name of its target.
    pub(in crate::drill) value: String,
    /// Whether it is an alias: its answers are those of its target.
    pub(in crate::drill) is_alias: bool,
}

/// A record that a drill moves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::drill) struct Place {
    /// The service.
    pub(in crate::drill) service: String,
    /// The record.
    pub(in crate::drill) record: String,
    /// Its type.
    pub(in crate::drill) kind: RecordType,
    /// The site that answers before the drill and after it.
    pub(in crate::drill) home: String,
    /// The site that answers during it.
    pub(in crate::drill) away: String,
    /// How long resolvers may keep an answer, in seconds.
    pub(in crate::drill) ttl: u64,
    /// What each site answers.
    pub(in crate::drill) endpoints: Vec<Endpoint>,
}

/// An answer for a record, and the site whose endpoint it is.
pub(super) type Answer = Result<(Option<String>, Vec<String>), String>;

impl Place {
    /// The records of the services of a drill that a plan moves.
    pub(in crate::drill) fn all(policy: &Policy, drill: &Drill, plan: &Plan) -> Vec<Self> {
        let is_tested = |service: &str| drill.services.keys().any(|name| name.as_str() == service);
        let turns = plan.turns.iter().filter(|turn| is_tested(&turn.service));
        let moved = turns.flat_map(|turn| turn.traffic.iter().map(move |moved| (turn, moved)));
        let place =
            |(turn, moved): (&holdfast_compiler::plan::Turn, &holdfast_compiler::plan::TurnedTraffic)| {
                let service = policy.services.values().find(|one| one.name.as_str() == turn.service)?;
                let (_, traffic) = service.traffic.iter().find(|(name, _)| name.as_str() == moved.name)?;
                let endpoint = |at: &holdfast_compiler::policy::Endpoint| {
                    let (value, is_alias) = match &at.target {
                        EndpointTarget::Ip(address) => (address.to_string(), false),
                        EndpointTarget::Host(host) => (host.clone(), false),
                        EndpointTarget::Alias { name, .. } => (name.clone(), true),
                    };
                    Endpoint { site: at.site.name.to_string(), value, is_alias }
                };
                Some(Self {
                    service: turn.service.clone(),
                    record: moved.record.clone(),
                    kind: traffic.record_type,
                    home: moved.from.clone(),
                    away: moved.to.clone(),
                    ttl: traffic.ttl.value.as_seconds(),
                    endpoints: traffic.endpoints.iter().map(endpoint).collect(),
                })
            };
        moved.filter_map(place).collect()
    }

    /// What a resolver answers now. Of an alias the same resolver is asked for the targets, whose addresses can change any time.
    pub(super) async fn ask(&self, resolver: &dyn Ask) -> Answer {
        let values = resolver.ask(&self.record, self.kind).await?;
        let mut sites = Vec::new();
        for endpoint in &self.endpoints {
            let is_theirs = if endpoint.is_alias {
                // A target can have more addresses than one answer holds, so one of them is enough.
                let theirs = resolver
                    .ask(&endpoint.value, self.kind)
                    .await
                    .map_err(|why| format!("for `{}`, to which the record leads: {why}", endpoint.value))?;
                values.iter().any(|value| theirs.contains(value))
            } else {
                !values.is_empty() && values.iter().all(|value| *value == endpoint.value)
            };
            if is_theirs {
                sites.push(&endpoint.site);
            }
        }
        // An answer of two sites is of none, and so is one that holds anything besides the endpoint of a site.
        let site = match sites.as_slice() {
            [site] => Some((*site).clone()),
            _ => None,
        };
        Ok((site, values))
    }
}
